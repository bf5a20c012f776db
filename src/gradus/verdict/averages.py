"""Averages over rows that may count for more or less than one another."""

import numpy as np

from gradus._typing import Float64Array


def mean(values: Float64Array, weights: Float64Array | None = None) -> float:
    """Return ``sum(w * values) / sum(w)``; nan where all weights are 0.

    Parameters
    ----------
    values
        Shape (n_samples,).
    weights
        Shape (n_samples,), at least 0; None counts every row alike.
    """
    if weights is None:
        return float(values.mean()) if len(values) else np.nan
    total = float(weights.sum())
    return float(weights @ values) / total if total > 0 else np.nan


def effective_number(weights: Float64Array) -> float:
    """Return Kish's number of rows of equal weight that say as much: ``sum(w)**2 / sum(w**2)``.

    For equal weights it is their number [Kis65].
    """
    squares = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
