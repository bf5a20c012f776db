"""Turn the input columns into what a network learns from.

All is fixed by the rows it was fitted on. Targets, folds and networks must not be known here.
"""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus._words import counted
from gradus.errors import DataError
from gradus.tables.closed import as_json, from_json
from gradus.tables.convert import to_dates, to_numbers, to_words
from gradus.tables.features.category import CategoryEncoding, YesNoEncoding
from gradus.tables.features.date import DateEncoding
from gradus.tables.features.number import NumberEncoding
from gradus.tables.kinds import Described
from gradus.tables.table import Column, ColumnType, Table, listed

Encoding = NumberEncoding | CategoryEncoding | YesNoEncoding | DateEncoding
# An id is learned from only where the question found nothing else; it is a number then.
_CLASS_OF_KIND: dict[str, type[Encoding]] = {
    "number": NumberEncoding,
    "id": NumberEncoding,
    "category": CategoryEncoding,
    "yes/no": YesNoEncoding,
    "date": DateEncoding,
}
_TYPE_OF_CLASS: dict[type[Encoding], ColumnType] = {
    NumberEncoding: "number",
    CategoryEncoding: "word",
    YesNoEncoding: "word",
    DateEncoding: "date",
}
_AS_OTHER = "such words count as other"
# How many words or reasons a sentence lists.
_SHOWN = 3


@dataclass(frozen=True)
class Encoder:
    """One encoding for each input column.

    X has the features of all columns in their order, and after them one column of level numbers
    for each embedded category.

    Attributes
    ----------
    encodings
        In the order of the columns; at least one.
    """

    encodings: tuple[Encoding, ...]

    def __post_init__(self) -> None:
        """Check that there are columns, and no two of one name."""
        names = [encoding.name for encoding in self.encodings]
        if not names or len(set(names)) < len(names):
            raise ValueError("an encoder must have columns of different names.")

    @classmethod
    def fit(cls, inputs: Sequence[Described]) -> Self:
        """Learn from input columns of the rows to learn from (see `Described.take`).

        Parameters
        ----------
        inputs
            Numbers, categories, yes/no and dates, each with a value in some row.
        """
        return cls(tuple(_CLASS_OF_KIND[found.kind].fit(found.column) for found in inputs))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the input columns."""
        return tuple(encoding.name for encoding in self.encodings)

    @property
    def word_columns(self) -> tuple[str, ...]:
        """Names of the columns whose cells are words, also where they look like numbers."""
        return tuple(e.name for e in self.encodings if _TYPE_OF_CLASS[type(e)] == "word")

    @property
    def _order(self) -> list[int]:
        """Places of the encodings in the order of X: those embedded last."""
        return sorted(range(len(self.encodings)), key=lambda j: self.encodings[j].n_levels > 0)

    @property
    def features(self) -> tuple[str, ...]:
        """A name for each column of X."""
        return tuple(name for j in self._order for name in self.encodings[j].features)

    @property
    def column_of_feature(self) -> tuple[int, ...]:
        """For each column of X the place of the input it is made from."""
        return tuple(j for j in self._order for _ in self.encodings[j].features)

    @property
    def embedded(self) -> tuple[int, ...]:
        """Number of levels of each embedded category; their numbers are the last columns of X."""
        return tuple(e.n_levels for e in self.encodings if e.n_levels)

    def transform(self, columns: Sequence[Column]) -> Float64Array:
        """Return X of shape (n, n_features), C-contiguous.

        Parameters
        ----------
        columns
            The input columns in the encoder's order, with the types they were fitted on.
        """
        return np.hstack([self.encodings[j].transform(columns[j]) for j in self._order])

    def match(self, table: Table) -> tuple[tuple[Column, ...], tuple[str, ...]]:
        """Find the input columns in another table, by name and in any order.

        Parameters
        ----------
        table
            A table that may have other columns too.

        Returns
        -------
        columns, notes
            The columns in the encoder's order, with the types it was fitted on; and a sentence on
            columns that are not used and on words that were not seen.

        Raises
        ------
        DataError
            If columns are missing, or their cells are of another type and cannot be turned.
        """
        missing = [name for name in self.names if name not in table.names]
        if missing:
            raise DataError(self._why_missing(table, missing))
        found = {column.name: column for column in table.columns}
        columns = tuple(_converted(found[e.name], e) for e in self.encodings)
        extra = [name for name in table.names if name not in self.names]
        notes = [f"Not learned from and not used: {listed(extra)}."] if extra else []
        notes += [
            _unseen_note(column, encoding)
            for column, encoding in zip(columns, self.encodings, strict=True)
            if isinstance(encoding, CategoryEncoding | YesNoEncoding)
        ]
        return columns, tuple(note for note in notes if note)

    def _why_missing(self, table: Table, missing: list[str]) -> str:
        """Say which columns a table lacks, and which of its own may be meant."""
        spare = [name for name in table.names if name not in self.names]
        plain = {name.strip().casefold(): name for name in spare}
        asks = []
        for name in missing:
            near = difflib.get_close_matches(name.strip().casefold(), plain, n=1, cutoff=0.75)
            if near:
                asks.append(f"Is {plain[near[0]]!r} the column {name!r}?")
        verb = "is" if len(missing) == 1 else "are"
        hint = f" {' '.join(asks[:_SHOWN])}" if asks else ""
        return (
            f"{table.name} must have the {len(self.names)} columns learned from; "
            f"{listed(missing)} {verb} missing.{hint}"
        )

    def strange(self, columns: Sequence[Column]) -> npt.NDArray[np.object_]:
        """Say of each row in which columns it is unlike all rows learned from.

        Parameters
        ----------
        columns
            As `match` returns them.

        Returns
        -------
        object array of str, shape (n,)
            At most three reasons, "" where the row is like the others.
        """
        found = [e.strange(column) for e, column in zip(self.encodings, columns, strict=True)]
        said = np.full(len(columns[0].values), "", dtype=np.object_)
        is_strange = np.any([reasons != "" for reasons in found], axis=0)
        for row in np.flatnonzero(is_strange):
            reasons = [part[row] for part in found if part[row]]
            more = f"; {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
            said[row] = "; ".join(reasons[:_SHOWN]) + more
        return said

    def describe(self) -> dict[str, Any]:
        """Return JSON that `from_description` undoes exactly."""
        description: dict[str, Any] = as_json(self)
        return description

    @classmethod
    def from_description(cls, entries: object) -> Self:
        """Undo `describe`.

        Raises
        ------
        ValueError
            For anything else.
        """
        return from_json((cls,), entries)


def _converted(column: Column, encoding: Encoding) -> Column:
    """Return a column with the type the encoding was fitted on."""
    wanted = _TYPE_OF_CLASS[type(encoding)]
    if column.type == wanted:
        return column
    if bool(column.is_missing.all()):
        blank = np.full(len(column.values), None if wanted == "word" else np.nan)
        return replace(column, type=wanted, values=blank)
    if wanted == "word":
        return to_words(column)
    if wanted == "number" and column.type == "date":
        raise DataError(
            f"Column {column.name!r} must hold numbers, as in training; it holds dates."
        )
    return to_numbers(column) if wanted == "number" else to_dates(column)


def _unseen_note(column: Column, encoding: CategoryEncoding | YesNoEncoding) -> str:
    """Say which words of a column were not seen in training; "" if all were."""
    is_unseen = encoding.unseen(column)
    words = list(dict.fromkeys(column.values[is_unseen]))
    if not words or (isinstance(encoding, CategoryEncoding) and not encoding.tells_unseen):
        return ""
    shown = ", ".join(repr(word) for word in words[:_SHOWN])
    more = ", ..." if len(words) > _SHOWN else ""
    n = int(is_unseen.sum())
    rows = counted(n, "row")
    if len(words) == 1:
        return f"{column.name!r} has a word not seen in training ({shown}) in {rows}; {_AS_OTHER}."
    return (
        f"{column.name!r} has {len(words):,} words not seen in training ({shown}{more}) in {rows}; "
        f"{_AS_OTHER}."
    )
