"""What is learned of the target column, and how answers come back in its own unit or words.

Rows, folds and networks must not be known here.
"""

from dataclasses import replace
from typing import Any, Self

import numpy as np

from gradus._dataclasses import dataclass
from gradus._ordered import distinct, median
from gradus._typing import Float64Array, Int64Array
from gradus.tables.closed import as_json, from_json
from gradus.tables.convert import spelled, to_words
from gradus.tables.moments import mean_and_scale, skewness
from gradus.tables.table import Column

# Logarithms are learned where the target leans more than this (a bell leans 0, waiting times 2) and
# its logarithm less than half as much. Fewer rows do not tell.
_LEANING, _GAIN, _ENOUGH_ROWS = 1.0, 2.0, 20
# Whole numbers with more different values than this are counts.
_FEW_VALUES = 10
# Every float64 from here on is whole, whatever it stands for.
_ALL_WHOLE = 2.0**53
# Beyond this, exp() of a float64 overflows or vanishes.
_LARGEST_LOG = 700.0
# Residuals further from their median than this many robust standard deviations count as this far
# when the smearing factor is fitted, and the factor stays within 1/100 to 100.
_FARTHEST_RESIDUAL, _MAD_TO_SCALE, _MOST_SMEARING = 4.0, 1.4826, 100.0
_MOST_CLASSES = 1000
# Numbers are read up to 1e150; rounding may carry their spread a little further.
_LARGEST = 1.1e150


@dataclass(frozen=True)
class NumberTarget:
    """Standardize numbers, perhaps their logarithms, and bring answers back.

    ``z = (y - mean) / scale``, or ``z = (log(y) - mean) / scale`` where `is_log`. Answers are
    ``mean + scale * z``, or ``smearing * exp(mean + scale * z)``; those of counts are never below
    0.

    Attributes
    ----------
    mean, scale
        Of the known values or their logarithms; the scale is greater than 0.
    is_log
        Whether logarithms are learned.
    is_count
        Whether the target counts something, so that no answer is below 0.
    smearing
        Factor that corrects the mean for the bend of the exponential, greater than 0.
    highest
        No answer is above it, in own units; None where there is no such limit.
    notes
        One sentence for each thing decided.
    """

    mean: float
    scale: float
    is_log: bool = False
    is_count: bool = False
    smearing: float = 1.0
    highest: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check signs and sizes."""
        if not (0 < self.scale <= _LARGEST and abs(self.mean) <= _LARGEST):
            raise ValueError("mean and scale of a target must be those of numbers up to 1e150.")
        if not 1 / _MOST_SMEARING <= self.smearing <= _MOST_SMEARING:
            raise ValueError("the smearing of a target must be from 1/100 to 100.")
        if self.highest is not None and not 0 < self.highest <= _LARGEST:
            raise ValueError("the highest answer must be above 0 and no more than 1e150.")

    @classmethod
    def fit(cls, name: str, y: Float64Array, weights: Float64Array | None = None) -> Self:
        """Learn from known values.

        Logarithms are learned if all values are above 0, there are 20 or more, their skewness is
        above 1, that of the logarithms is less than half as far from 0, and it is at least half
        of what the exponential of a bell with the logarithms' spread (1 at most) has:
        ``(exp(s**2) + 2) * sqrt(exp(s**2) - 1)``. The last keeps values in own units that are
        spread evenly over many powers of ten, where a small error of the largest logarithms is a
        large one of the values. Whole numbers of at least 0 with more than ten different values
        are counts.

        Parameters
        ----------
        name
            Of the column, for the notes.
        y
            Shape (n,), finite, not all equal.
        weights
            Shape (n,) or None; they count in mean and scale.
        """
        notes = []
        before = skewness(y)
        after = skewness(np.log(y)) if y.min() > 0 else np.inf
        is_log = len(y) >= _ENOUGH_ROWS and _leans_like_exp(y, before, after)
        is_whole = bool((y == np.floor(y)).all() and y.min() >= 0 and y.max() < _ALL_WHOLE)
        is_count = is_whole and len(distinct(y)) > _FEW_VALUES
        if is_log:
            notes.append(
                f"{name!r} is learned in logarithms: skewness {round(after, 1) + 0:.1f} instead of "
                f"{before:.1f}."
            )
        elif is_count:
            notes.append(f"{name!r} holds whole numbers from {y.min():g}: no answer is below 0.")
        mean, scale = mean_and_scale(np.log(y) if is_log else y, weights)
        return cls(mean, scale, is_log, is_count, notes=tuple(notes))

    def in_own_unit(self, y: Float64Array, weights: Float64Array | None = None) -> Self:
        """Learn the values, not their logarithms; `y` and `weights` as in `fit`."""
        mean, scale = mean_and_scale(y, weights)
        return replace(self, mean=mean, scale=scale, is_log=False, notes=())

    def held_to(self, highest: float) -> Self:
        """Allow no answer above `highest`, the largest known value, where logarithms are learned.

        A straight line in logarithms carries rows a little beyond the known ones to many times
        the largest value. Where rows come in no order, a new one exceeds the n known ones with a
        probability of 1 / (n + 1).
        """
        if not self.is_log:
            return self
        note = f"No answer is above {spelled(highest)}, the largest value known."
        return replace(self, highest=highest, notes=(*self.notes, note))

    def learn(self, y: Float64Array) -> Float64Array:
        """Return what a network learns for values `y` of the target."""
        return ((np.log(y) if self.is_log else y) - self.mean) / self.scale

    def restore(self, z: Float64Array) -> Float64Array:
        """Return mean answers in the target's own unit; nan stays nan."""
        bound = self.restore_bound(z)
        answers = bound * self.smearing if self.is_log else bound
        return answers if self.highest is None else np.minimum(answers, self.highest)

    def restore_bound(self, z: Float64Array) -> Float64Array:
        """Return quantiles in the target's own unit: monotone, without the smearing factor."""
        own = self.mean + self.scale * z
        if self.is_log:
            return np.asarray(np.exp(np.clip(own, -_LARGEST_LOG, _LARGEST_LOG)))
        return np.maximum(own, 0.0) if self.is_count else np.asarray(own)

    def slope(self, z: Float64Array) -> Float64Array:
        """Differentiate `restore` at each z; 0 where an answer is held at a limit."""
        own = self.mean + self.scale * z
        if self.is_log:
            answers = self.restore(z)
            is_held = (np.abs(own) > _LARGEST_LOG) | (answers == self.highest)
            return np.where(is_held, 0.0, answers * self.scale)
        return np.where(self.is_count & (own < 0), 0.0, self.scale)

    def with_smearing(
        self,
        z_true: Float64Array,
        z_out_of_fold: Float64Array,
        weights: Float64Array | None = None,
    ) -> Self:
        """Fit the smearing factor on rows not learned from ([DUA83]); nothing without logarithms.

        It is the mean of ``exp(scale * (z_true - z_out_of_fold))``, the factor by which the mean
        of y exceeds the exponential of the mean logarithm.

        Parameters
        ----------
        z_true, z_out_of_fold
            Shape (n,): what was to be learned, and the answers of who did not see the row. Rows
            with nan are left out.
        weights
            Shape (n,) or None.
        """
        residuals = self.scale * (z_true - z_out_of_fold)
        is_there = np.isfinite(residuals)
        if not self.is_log or not is_there.any():
            return self
        residuals = residuals[is_there]
        kept = None if weights is None or not weights[is_there].any() else weights[is_there]
        middle = median(residuals)
        reach = _FARTHEST_RESIDUAL * _MAD_TO_SCALE * median(np.abs(residuals - middle))
        tamed = np.clip(residuals, middle - reach, middle + reach)
        factors = np.exp(np.clip(tamed, -_LARGEST_LOG, _LARGEST_LOG))
        factor = float(np.average(factors, weights=kept))
        return replace(self, smearing=min(max(factor, 1 / _MOST_SMEARING), _MOST_SMEARING))

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


@dataclass(frozen=True)
class Classes:
    """The different values of the target, numbered from 0.

    Attributes
    ----------
    names
        In order: words by alphabet (by size if all of them spell numbers), or floats where the
        column holds numbers. From 2 to 1,000.
    """

    names: tuple[str, ...] | tuple[float, ...]

    def __post_init__(self) -> None:
        """Check how many there are."""
        n = len(self.names)
        if not 2 <= n <= _MOST_CLASSES or len(set(self.names)) < n:
            raise ValueError(f"classes must be 2 to {_MOST_CLASSES:,} different names.")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the classes of a column of words or numbers; blanks are none."""
        known = column.values[~column.is_missing].tolist()
        return cls(tuple(sorted(set(known), key=_by_size(known))))

    @property
    def labels_as_words(self) -> tuple[str, ...]:
        """The names as a person reads them: 3 for 3.0."""
        return tuple(n if isinstance(n, str) else spelled(n) for n in self.names)

    def codes(self, column: Column) -> Int64Array:
        """Return the class number of each cell, -1 where it is blank or of no class.

        A column of the other type is compared as it is spelled.
        """
        numbers = {name: code for code, name in enumerate(self.labels_as_words)}
        words = to_words(column).values.tolist()
        return np.array([numbers.get(word, -1) for word in words], dtype=np.int64)

    def labels(self, name: str, codes: Int64Array) -> Column:
        """Return a column of class names, blank where the class number is negative.

        Parameters
        ----------
        name
            Of the new column.
        codes
            Class numbers of shape (n,).
        """
        if isinstance(self.names[0], str):
            words = np.array([*self.names, None], dtype=np.object_)
            return Column(name, "word", words[np.maximum(codes, -1)])
        numbers = np.array([*self.names, np.nan], dtype=np.float64)
        return Column(name, "number", numbers[np.maximum(codes, -1)])

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


def _leans_like_exp(y: Float64Array, before: float, after: float) -> bool:
    """Say whether values above 0 are much like the exponential of something symmetric."""
    if before <= _LEANING or _GAIN * abs(after) >= before:
        return False
    spread = min(mean_and_scale(np.log(y))[1], 1.0)
    growth = float(np.exp(spread**2))
    return _GAIN * before >= (growth + 2) * float(np.sqrt(growth - 1))


def _by_size(names: list[Any]) -> Any:  # noqa: ANN401 - a key of sorted()
    """Return what classes are sorted by: their size if they are or spell numbers, else nothing."""
    try:
        sizes = {name: float(name) for name in names}
    except ValueError:
        return None
    if not all(np.isfinite(size) for size in sizes.values()):
        return None
    return lambda name: (sizes[name], name)


Target = NumberTarget | Classes
