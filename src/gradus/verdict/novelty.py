"""Which rows are unlike all rows learned from, and because of which input.

A distance from the middle of the rows, in the directions in which they are spread. Names and words
are not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Self

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array

#: With fewer rows nothing is called unlike them.
FEWEST_ROWS = 30
# Above this many features each is looked at alone: the matrix would cost more than it tells.
_MOST_JOINT = 300
# Share of the variance that is taken as 1 in every direction, which is what encoded numbers have:
# a level that one row has, and an input that follows from others, must not decide alone.
_LEAST_SHRINK = 0.05
# The greatest of this many distances is surpassed by one new row in 200, half a percent.
_ENOUGH_ROWS = 200
_N_PARTS = 5
# Means of encoded numbers and the inverse of what has at least 0.05 of the identity are far below.
_LARGEST = 1e9
_NAMES = ("means", "factor", "column", "threshold")


@dataclass(frozen=True, eq=False)
class Novelty:
    """Distances from the middle of the rows learned from.

    Attributes
    ----------
    means
        Shape (n_plain,).
    factor
        Shape (n_plain, n_plain), the inverse C of the covariance, shrunk; above 300 features
        shape (n_plain,), its diagonal alone.
    column
        Shape (n_plain,): the input column each feature is made from.
    threshold
        Largest squared distance that is still like the others; infinite below 30 rows.
    """

    means: Float64Array = field(repr=False)
    factor: Float64Array = field(repr=False)
    column: Int64Array = field(repr=False)
    threshold: float

    @classmethod
    def fit(cls, X: Float64Array, column_of_feature: Sequence[int], n_plain: int) -> Self:
        """Learn middle, spread and threshold.

        The squared distance of x is ``(x - mean).T C (x - mean)`` [Mah36]. How far a row can lie
        that is like the others is found on rows left out: each fifth's distances are measured
        from the other four. The greatest of n is surpassed by one new row in n + 1; for n below
        200 it is multiplied by ``200 / n``, which keeps the share at half a percent if squared
        distances d occur no more often than ``1 / d``.

        Parameters
        ----------
        X
            Shape (n_samples, n_features), encoded, numbers standardized.
        column_of_feature
            For each column of X the place of the input it is made from.
        n_plain
            Columns from this one on hold codes and are left out.
        """
        X = X[:, :n_plain]
        n = len(X)
        column = np.array(column_of_feature[:n_plain], dtype=np.int64)
        if n < FEWEST_ROWS or n_plain == 0:
            return cls(np.zeros(n_plain), np.ones(n_plain), column, np.inf)
        farthest = 0.0
        part = np.arange(n) % _N_PARTS
        for k in range(_N_PARTS):
            means, factor = _spread(X[part != k])
            its = cls(means, factor, column, np.inf)
            farthest = max(farthest, float(its._contributions(X[part == k]).sum(axis=1).max()))
        means, factor = _spread(X)
        return cls(means, factor, column, farthest * max(1.0, _ENOUGH_ROWS / n))

    def unlike(self, X: Float64Array) -> Int64Array:
        """Tell which rows are unlike those learned from.

        Parameters
        ----------
        X
            Shape (n, n_features), encoded.

        Returns
        -------
        Shape (n,): -1, or the input column whose features contribute most to the distance.
        """
        found = np.full(len(X), -1, dtype=np.int64)
        if not len(self.means):
            return found
        parts = self._contributions(X[:, : len(self.means)])
        far = np.flatnonzero(parts.sum(axis=1) > self.threshold)
        by_column = np.zeros((len(far), int(self.column.max()) + 1))
        np.add.at(by_column.T, self.column, parts[far].T)
        found[far] = by_column.argmax(axis=1)
        return found

    def _contributions(self, X: Float64Array) -> Float64Array:
        """Return each feature's part of the squared distances; a row's parts sum to its own."""
        off = X - self.means
        turned = off * self.factor if self.factor.ndim == 1 else off @ self.factor
        turned *= off
        return turned

    def arrays(self) -> dict[str, Any]:
        """Return what `from_arrays` needs, as arrays by name."""
        return {name: np.asarray(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], n_plain: int, n_columns: int) -> Self:
        """Build what `arrays` was called on.

        Parameters
        ----------
        arrays
            By name, from a file that nobody vouches for.
        n_plain, n_columns
            Features that hold no codes, and inputs, of the encoder that belongs to it.

        Raises
        ------
        ValueError
            If the arrays are anything else.
        """
        if set(arrays) != set(_NAMES):
            raise ValueError(f"novelty must hold {', '.join(_NAMES)}")
        means, factor, column, threshold = (arrays[name] for name in _NAMES)
        shapes = ((n_plain,), (n_plain, n_plain))
        is_sound = (
            means.dtype == factor.dtype == threshold.dtype == np.dtype(np.float64)
            and column.dtype == np.dtype(np.int64)
            and means.shape == column.shape == (n_plain,)
            and factor.shape in shapes
            and threshold.shape == ()
            and bool((np.abs(means) <= _LARGEST).all() and (np.abs(factor) <= _LARGEST).all())
            and bool(((column >= 0) & (column < n_columns)).all())
            and bool(threshold >= 0)
        )
        if not is_sound:
            raise ValueError("novelty must hold finite arrays of the encoder's size")
        return cls(means, factor, column, float(threshold))


def _spread(X: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return means and the inverse of ``(1 - s) covariance + s identity``.

    ``s = 0.05 + 0.95 p / (n + p)`` with p features and n rows: more where rows are few.
    """
    n, p = X.shape
    shrink = _LEAST_SHRINK + (1 - _LEAST_SHRINK) * p / (n + p)
    means = X.mean(axis=0)
    if p > _MOST_JOINT:
        return means, 1 / ((1 - shrink) * X.var(axis=0) + shrink)
    off = X - means
    covariance = (1 - shrink) * (off.T @ off) / n + shrink * np.eye(p)
    return means, np.linalg.inv(covariance)
