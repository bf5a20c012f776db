"""Columns of numbers standardized, weighted as rows are, with what is missing marked.

Frames, networks and training must not be known here.
"""

from typing import Self

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Float64Array, FloatArray
from gradus.tables.moments import mean_and_scale

# Numbers further from 0 than this after scaling count as this far: products stay finite.
_FARTHEST = 1e6
# Numbers further from 0 count as this far, so that squares of differences are finite.
_LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class Scaling:
    """``z = (x - mean) / scale``; a missing x counts as the mean, and is marked in a column more.

    Attributes
    ----------
    mean, scale : arrays of shape (k,)
        Weighted mean and standard deviation of the known values; the scale is 1 where all are
        equal.
    has_gaps : array of shape (k,)
        Where values were missing; each such column has one more that is 1 where it is missing.
    """

    mean: Float64Array
    scale: Float64Array
    has_gaps: BoolArray

    @classmethod
    def fit(cls, values: FloatArray, weights: FloatArray | None) -> Self:
        """Learn from numbers of shape (n, k), nan where missing.

        Parameters
        ----------
        values
            At least one row.
        weights : array of shape (n,) or None
            Greater than 0.
        """
        is_missing = np.isnan(values)
        moments = [
            _moments(column[~gaps], None if weights is None else weights[~gaps])
            for column, gaps in zip(values.T.astype(np.float64), is_missing.T, strict=True)
        ]
        mean, scale = np.array(moments).reshape(-1, 2).T
        return cls(mean, scale, np.asarray(is_missing.any(axis=0)))

    def apply(self, values: FloatArray) -> Float64Array:
        """Return standardized columns, then the marks of what is missing."""
        is_missing = np.isnan(values)
        with np.errstate(over="ignore"):
            z = np.clip((values - self.mean) / self.scale, -_FARTHEST, _FARTHEST)
        z[is_missing] = 0.0
        return np.hstack([z, is_missing[:, self.has_gaps].astype(np.float64)])

    def undo(self, z: FloatArray) -> Float64Array:
        """Bring standardized numbers back into their units."""
        return z * self.scale + self.mean


def _moments(known: Float64Array, weights: FloatArray | None) -> tuple[float, float]:
    """Return mean and scale of known values; 0 and 1 where there is none."""
    if not len(known):
        return 0.0, 1.0
    exact = None if weights is None else weights.astype(np.float64)
    return mean_and_scale(np.clip(known, -_LARGEST, _LARGEST), exact)
