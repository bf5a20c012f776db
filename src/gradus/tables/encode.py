"""Turn columns of numbers into what a network learns from, and its answers back into own units.

Both directions are fixed by the rows they were fitted on. This must know nothing about columns'
names, files or networks.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from gradus._typing import BoolArray, Float64Array

#: Inputs further from the mean than this many standard deviations count as this far. No row of
#: fewer than 10^12 rows fitted on can lie there (the bound is the root of their number); for the
#: others it keeps products of float32 numbers finite.
FARTHEST = 1e6


@dataclass(frozen=True, eq=False)
class Encoder:
    """Shift and scale numbers; give missing ones the median and an indicator column.

    With m the median, mu the mean and s the standard deviation (divided by n) of the column after
    blanks were given m: ``z = ((x or m) - mu) / s``. A column that has blanks in the rows fitted on
    adds one column after all others: 1 where it is blank, else 0. A blank met later in a column
    that had none gets the median and no indicator.

    Attributes
    ----------
    medians, means, scales
        Shape (n_columns,), in the units of the columns. The scale of a column with a single
        value is 1, so it becomes 0 everywhere it is fitted.
    has_indicator
        Shape (n_columns,).
    """

    medians: Float64Array
    means: Float64Array
    scales: Float64Array
    has_indicator: BoolArray

    @classmethod
    def fit(cls, values: Float64Array) -> Self:
        """Learn the four arrays from rows.

        Parameters
        ----------
        values
            Shape (n_samples, n_columns) of finite numbers within ±1e150, nan where missing; every
            column has a value in some row.
        """
        is_missing = np.isnan(values)
        medians = np.nanmedian(values, axis=0)
        filled = np.where(is_missing, medians, values)
        moments = [mean_and_scale(column) for column in filled.T]
        means, scales = (np.array(part, dtype=np.float64) for part in zip(*moments, strict=True))
        return cls(medians, means, scales, np.asarray(is_missing.any(axis=0)))

    @property
    def n_features(self) -> int:
        """Columns of what `transform` returns."""
        return len(self.medians) + int(self.has_indicator.sum())

    def transform(self, values: Float64Array) -> Float64Array:
        """Return new features of shape (n_samples, n_features) for rows of the same columns."""
        is_missing = np.isnan(values)
        z = (np.where(is_missing, self.medians, values) - self.means) / self.scales
        indicators = is_missing[:, self.has_indicator].astype(np.float64)
        return np.hstack((np.clip(z, -FARTHEST, FARTHEST), indicators))


@dataclass(frozen=True)
class Target:
    """Standardize the values to learn, ``z = (y - mean) / scale``, and bring answers back.

    Attributes
    ----------
    mean, scale
        Of the known values, in the target's own unit; the scale is their standard deviation
        (divided by n) and is greater than 0.
    """

    mean: float
    scale: float

    @classmethod
    def fit(cls, y: Float64Array) -> Self:
        """Learn mean and scale from known values of shape (n_samples,) that are not all equal."""
        return cls(*mean_and_scale(y))

    def standardize(self, y: Float64Array) -> Float64Array:
        """Return ``(y - mean) / scale``."""
        return (y - self.mean) / self.scale

    def restore(self, z: Float64Array) -> Float64Array:
        """Return ``mean + scale * z``, in the target's own unit."""
        return self.mean + self.scale * z


def mean_and_scale(column: Float64Array) -> tuple[float, float]:
    """Return the mean and the standard deviation (divided by n), or 1 where all values are equal.

    The squares are taken of deviations divided by the largest one, so numbers of any size below
    1e150 and of any closeness give their true spread.
    """
    if column.min() == column.max():
        return float(column[0]), 1.0
    mean = float(column.mean())
    deviations = column - mean
    largest = float(np.abs(deviations).max())
    return mean, largest * float(np.sqrt(np.mean((deviations / largest) ** 2)))
