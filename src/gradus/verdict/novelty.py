"""Is a row unlike all rows learned from, and in which feature?"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from gradus._typing import Float64Array, Int64Array


class Novelty:
    """Distances from the middle of the rows learned from."""

    @classmethod
    def fit(cls, X: Float64Array, column_of_feature: Sequence[int], n_plain: int) -> Self:
        """Learn from encoded rows; columns from `n_plain` on hold codes and are left out."""
        raise NotImplementedError

    def unlike(self, X: Float64Array) -> Int64Array:
        """Return shape (n,): -1, or the input column that contributes most."""
        raise NotImplementedError

    def arrays(self) -> dict[str, Any]:
        """Return what `from_arrays` needs."""
        raise NotImplementedError

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """Build it again; ValueError for anything else."""
        raise NotImplementedError
