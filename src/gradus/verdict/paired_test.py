"""Is one way of answering better than another, or was it luck? A paired t test over rows.

Nothing here knows what made the answers.
"""

import math

import numpy as np

from gradus._typing import Float64Array


def p_better(squared: Float64Array, squared_of_other: Float64Array) -> float:
    """Return the one-sided p-value that the first errors are not smaller than the second.

    With ``d = squared_of_other - squared`` over n rows, ``t = mean(d) / (sd(d) / sqrt(n))``, sd
    divided by n - 1, and p is the upper tail of Student's t with n - 1 degrees of freedom [S08].
    The rows are taken as independent; out-of-fold rows are nearly so, as each pair of folds
    shares most of the rows learned from, and p is then a little too small [D98].

    Parameters
    ----------
    squared, squared_of_other
        Shape (n_samples,): squared errors of the two on the same rows.

    Returns
    -------
    From 0 to 1. With fewer than two rows or an infinite error 1. If all differences are equal, 0
    where they favor the first and 1 where they do not.
    """
    n = len(squared)
    if n < 2:
        return 1.0
    d = squared_of_other - squared
    if not np.isfinite(d).all():
        return 1.0
    mean, sd = float(d.mean()), float(d.std(ddof=1))
    if sd == 0:
        return 0.0 if mean > 0 else 1.0
    from scipy.special import stdtr

    return float(stdtr(n - 1, -mean / (sd / math.sqrt(n))))
