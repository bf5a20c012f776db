"""What is learned of the target column, and how answers come back in its own unit or words.

Rows, folds and networks must not be known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from gradus._typing import Float64Array, Int64Array
from gradus.tables.table import Column


@dataclass(frozen=True)
class NumberTarget:
    """Standardize numbers, perhaps their logarithms, and bring answers back.

    ``z = (y - mean) / scale``, or ``z = (log(y) - mean) / scale`` where `is_log`. Answers are
    ``mean + scale * z``, or ``smearing * exp(mean + scale * z)``.

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
    notes
        One sentence for each thing decided.
    """

    mean: float
    scale: float
    is_log: bool = False
    is_count: bool = False
    smearing: float = 1.0
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(cls, name: str, y: Float64Array, weights: Float64Array | None = None) -> Self:
        """Learn from the known values."""
        raise NotImplementedError

    def learn(self, y: Float64Array) -> Float64Array:
        """Return what a network learns for values `y`."""
        raise NotImplementedError

    def restore(self, z: Float64Array) -> Float64Array:
        """Return mean answers in the target's own unit."""
        raise NotImplementedError

    def restore_bound(self, z: Float64Array) -> Float64Array:
        """Return bounds in the target's own unit: `restore` without the smearing factor."""
        raise NotImplementedError

    def with_smearing(
        self,
        z_true: Float64Array,
        z_out_of_fold: Float64Array,
        weights: Float64Array | None = None,
    ) -> Self:
        """Fit the smearing factor on rows not learned from."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Return JSON that `from_description` undoes exactly."""
        raise NotImplementedError

    @classmethod
    def from_description(cls, entries: object) -> Self:
        """Undo `describe`; ValueError for anything else."""
        raise NotImplementedError


@dataclass(frozen=True)
class Classes:
    """The different values of the target, and their numbers.

    Attributes
    ----------
    names
        Sorted; words, or floats where the column holds numbers.
    """

    names: tuple[str, ...] | tuple[float, ...]

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn the classes from a column of known values."""
        raise NotImplementedError

    @property
    def labels_as_words(self) -> tuple[str, ...]:
        """The names as a person reads them: 3 for 3.0."""
        raise NotImplementedError

    def codes(self, column: Column) -> Int64Array:
        """Return the class number of each cell, -1 where it is blank or of no class."""
        raise NotImplementedError

    def labels(self, name: str, codes: Int64Array) -> Column:
        """Return a column of class names."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Return JSON that `from_description` undoes exactly."""
        raise NotImplementedError

    @classmethod
    def from_description(cls, entries: object) -> Self:
        """Undo `describe`; ValueError for anything else."""
        raise NotImplementedError


Target = NumberTarget | Classes
