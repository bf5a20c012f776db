"""Mean, spread and shape of numbers, right at any size.

Columns and what the moments decide must not be known here.
"""

import numpy as np

from gradus._typing import Float64Array


def mean_and_scale(
    values: Float64Array, weights: Float64Array | None = None
) -> tuple[float, float]:
    """Return the mean and the standard deviation (divided by n), or 1 where all values are equal.

    Values closer to each other than the smallest normal number, 2e-308, count as equal.

    The squares are taken of deviations divided by the largest one, so numbers of any size below
    1e150 and of any closeness give their true spread.

    Parameters
    ----------
    values
        Shape (n,), n > 0, finite.
    weights
        Shape (n,), how much each counts, not all 0; None counts all alike.
    """
    if weights is not None:
        values, weights = values[weights > 0], weights[weights > 0]
    if values.max() - values.min() < np.finfo(np.float64).tiny:
        return float(values[0]), 1.0
    mean = float(np.average(values, weights=weights))
    deviations = values - mean
    largest = float(np.abs(deviations).max())
    mean_square = float(np.average((deviations / largest) ** 2, weights=weights))
    return mean, largest * float(np.sqrt(mean_square))


def skewness(values: Float64Array) -> float:
    """Return the mean cube of the standardized values: 0 where symmetric, 2 for waiting times."""
    mean, scale = mean_and_scale(values)
    return float(np.mean(((values - mean) / scale) ** 3))


def kurtosis(values: Float64Array) -> float:
    """Return the mean fourth power of the standardized values: 3 for a bell, 9 for waiting times.

    It is 0 where all values are equal.
    """
    mean, scale = mean_and_scale(values)
    # A power of 4 takes several times as long as two squares.
    return float(np.mean(np.square(np.square((values - mean) / scale))))
