"""Words as features: one column for each frequent word, or one number of a level to embed.

Other columns, and how levels are embedded, must not be known here.
"""

import hashlib
from collections import Counter
from typing import Self

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.tables.kinds import YES_NO
from gradus.tables.table import Column

#: More levels than this become one column of level numbers, to be embedded.
ONE_HOT_MOST = 32
# A word is a level of its own from so many rows on: one in 200, but no fewer than 3 and no more
# than 20 (2 where there are fewer than 30 rows).
_ONE_IN, _FEWEST, _ENOUGH, _FEWEST_OF_FEW, _FEW_ROWS = 200, 3, 20, 2, 30
# That a word was never seen is strange if at most one row in 50 has a word of its own: so often
# does a row like those learned from bring a new one ([GOO53]).
_STRANGE_BELOW = 0.02
# No more rare words than this are kept to tell them from words never seen.
_MOST_RARE = 1000


@dataclass(frozen=True)
class CategoryEncoding:
    """A category as levels: each frequent word, all others together, and blank.

    Up to 32 levels are one-hot: a column for each frequent word, one for all other words if the
    rows fitted on have some, one for blank if they have some. Words never seen go with the others,
    or are 0 everywhere. More levels are embedded: one column of level numbers, 0 for all other
    words, the frequent ones from 1, blank last if the rows fitted on have some.

    Attributes
    ----------
    name
        Of the column.
    levels
        The frequent words, most frequent first.
    rare
        Digests of the other words that were seen, if `tells_unseen`, ascending. Few rows have such
        a word, so a model must not give it away.
    has_other, has_blanks
        Whether the rows fitted on have other words, and blanks.
    tells_unseen
        Whether a word that was not seen makes a row strange.
    """

    name: str
    levels: tuple[str, ...]
    rare: tuple[str, ...]
    has_other: bool
    has_blanks: bool
    tells_unseen: bool

    def __post_init__(self) -> None:
        """Check that no word stands twice and some feature is left."""
        if len({*self.levels, *self.rare}) < len(self.levels) + len(self.rare):
            raise ValueError("a word must be one level only.")
        if not self.levels and not self.has_other:
            raise ValueError("a category must have a level.")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn from a column of words with at least one word."""
        counts = Counter(word for word in column.values if word is not None)
        n_rows = sum(counts.values())
        fewest = min(max(_FEWEST, -(-len(column.values) // _ONE_IN)), _ENOUGH)
        if len(column.values) < _FEW_ROWS:
            fewest = _FEWEST_OF_FEW
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        levels = tuple(word for word in ordered if counts[word] >= fewest)
        rare = tuple(sorted(_digest(word) for word in ordered if counts[word] < fewest))
        n_single = sum(count == 1 for count in counts.values())
        tells_unseen = n_single <= _STRANGE_BELOW * n_rows and len(rare) <= _MOST_RARE
        has_blanks = n_rows < len(column.values)
        return cls(
            column.name, levels, rare if tells_unseen else (), bool(rare), has_blanks, tells_unseen
        )

    @property
    def _n_kept(self) -> int:
        """Levels that rows were learned from."""
        return len(self.levels) + self.has_other + self.has_blanks

    @property
    def n_levels(self) -> int:
        """Number of levels where they are embedded, level 0 included; 0 where one-hot."""
        return 0 if self._n_kept <= ONE_HOT_MOST else 1 + len(self.levels) + self.has_blanks

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        if self.n_levels:
            return (f"{self.name} level",)
        names = [f"{self.name}={level}" for level in self.levels]
        names += [f"{self.name} other"] if self.has_other else []
        return (*names, *((f"{self.name} missing",) if self.has_blanks else ()))

    def transform(self, column: Column) -> Float64Array:
        """Return features of shape (n, n_features)."""
        n = len(self.levels)
        if self.n_levels:
            others = 0
            places = {word: place for place, word in enumerate(self.levels, start=1)}
            blanks = n + 1 if self.has_blanks else others
        else:
            # One place after all features takes up what is 0 everywhere.
            others = n if self.has_other else self._n_kept
            places = {word: place for place, word in enumerate(self.levels)}
            blanks = n + self.has_other if self.has_blanks else others
        found = [blanks if word is None else places.get(word, others) for word in column.values]
        codes = np.array(found, dtype=np.int64)
        if self.n_levels:
            return codes[:, np.newaxis].astype(np.float64)
        one_hot = np.zeros((len(codes), self._n_kept + 1))
        one_hot[np.arange(len(codes)), codes] = 1.0
        return one_hot[:, :-1]

    def unseen(self, column: Column) -> npt.NDArray[np.bool_]:
        """Return True where a word is none of those known here."""
        known, rare = {None, *self.levels}, set(self.rare)
        is_unseen = {
            word: word not in known and _digest(word) not in rare for word in set(column.values)
        }
        return np.array([is_unseen[word] for word in column.values.tolist()], dtype=np.bool_)

    def strange(self, column: Column) -> npt.NDArray[np.object_]:
        """Say of each row how the column is unlike all rows learned from; "" where it is not."""
        found = np.full(len(column.values), "", dtype=np.object_)
        if self.tells_unseen:
            for row in np.flatnonzero(self.unseen(column)):
                found[row] = f"{self.name} {column.values[row]!r} was not seen"
        if not self.has_blanks:
            found[column.is_missing] = f"{self.name} is blank, which it never was"
        return found


def _digest(word: str) -> str:
    """Return 16 hexadecimal digits that stand for a word without saying it."""
    return hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class YesNoEncoding:
    """Yes as 1, no as -1, anything else as 0, and an indicator where the rows have blanks.

    Attributes
    ----------
    name
        Of the column.
    yes, no
        The two words without capitals; `no` is empty if the rows fitted on have one word only.
    has_blanks
        Whether the rows fitted on have blanks.
    """

    name: str
    yes: str
    no: str
    has_blanks: bool

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn from a column of one or two different words."""
        words = sorted({_plain(word) for word in column.values if word is not None})
        first, last = words[0], words[-1]
        if YES_NO.get(first) == last:
            first, last = last, first
        no = first if len(words) > 1 else ""
        return cls(column.name, last, no, bool(column.is_missing.any()))

    @property
    def n_levels(self) -> int:
        """0: yes and no are not embedded."""
        return 0

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        return (f"{self.name}={self.yes}", *((f"{self.name} missing",) if self.has_blanks else ()))

    def transform(self, column: Column) -> Float64Array:
        """Return features of shape (n, n_features)."""
        numbers = {self.yes: 1.0, self.no: -1.0}
        signs = [0.0 if word is None else numbers.get(_plain(word), 0.0) for word in column.values]
        parts = [np.array(signs, dtype=np.float64)]
        if self.has_blanks:
            parts.append(column.is_missing.astype(np.float64))
        return np.column_stack(parts)

    def unseen(self, column: Column) -> npt.NDArray[np.bool_]:
        """Return True where a word is neither of the two."""
        known = {self.yes, self.no}
        is_unseen = [word is not None and _plain(word) not in known for word in column.values]
        return np.array(is_unseen, dtype=np.bool_)

    def strange(self, column: Column) -> npt.NDArray[np.object_]:
        """Say of each row how the column is unlike all rows learned from; "" where it is not."""
        found = np.full(len(column.values), "", dtype=np.object_)
        for row in np.flatnonzero(self.unseen(column)):
            found[row] = f"{self.name} {column.values[row]!r} was not seen"
        if not self.has_blanks:
            found[column.is_missing] = f"{self.name} is blank, which it never was"
        return found


def _plain(word: str) -> str:
    """Return a word as yes and no are compared."""
    return word.strip().casefold()
