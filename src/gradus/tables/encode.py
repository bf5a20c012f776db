"""Turn the input columns into what a network learns from.

All is fixed by the rows it was fitted on. Targets, folds and networks must not be known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gradus._typing import Float64Array
from gradus.tables.kinds import Described
from gradus.tables.table import Column, Table


@dataclass(frozen=True)
class Encoder:
    """One encoding per input column.

    X has the features of all columns in their order, and after them one column of level numbers
    for each embedded category.
    """

    encodings: tuple[Any, ...]

    @classmethod
    def fit(cls, inputs: Sequence[Described]) -> Self:
        """Learn from columns of the rows to learn from (`Described.take`)."""
        raise NotImplementedError

    @property
    def features(self) -> tuple[str, ...]:
        """A name for each column of X."""
        raise NotImplementedError

    @property
    def column_of_feature(self) -> tuple[int, ...]:
        """For each column of X the place of the input it is made from."""
        raise NotImplementedError

    @property
    def embedded(self) -> tuple[int, ...]:
        """Number of levels of each embedded category; their codes are the last columns of X."""
        raise NotImplementedError

    def transform(self, columns: Sequence[Column]) -> Float64Array:
        """Return X of shape (n, n_features)."""
        raise NotImplementedError

    def match(self, table: Table) -> tuple[tuple[Column, ...], tuple[str, ...]]:
        """Return the input columns of another table, found by name, and notes."""
        raise NotImplementedError

    def strange(self, columns: Sequence[Column]) -> npt.NDArray[np.object_]:
        """Say of each row in which way it is unlike all rows learned from; "" where in none."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Return JSON that `from_description` undoes exactly."""
        raise NotImplementedError

    @classmethod
    def from_description(cls, entries: object) -> Self:
        """Undo `describe`; ValueError for anything else."""
        raise NotImplementedError
