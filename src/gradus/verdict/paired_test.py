"""Is one way of answering better than another, or was it luck? A paired t test over rows.

Nothing here knows what made the answers.
"""

import math

import numpy as np

from gradus._typing import Float64Array
from gradus.verdict.averages import effective_number, mean
from gradus.verdict.student import upper_tail


def p_better(
    losses: Float64Array, losses_of_other: Float64Array, weights: Float64Array | None = None
) -> float:
    """Return the one-sided p-value that the first losses are not smaller than the second.

    With ``d = losses_of_other - losses``, m its weighted mean and n Kish's effective number of
    rows,

        t = m / sqrt(sum(w**2 (d - m)**2) / sum(w)**2 * n / (n - 1)),

    and p is the upper tail of Student's t with n - 1 degrees of freedom [S08]; with equal weights
    this is ``mean(d) / (sd(d) / sqrt(n))``. A row of weight 2 counts twice in the mean but is one
    piece of evidence, so it proves less than the row written twice. The rows are taken as
    independent; out-of-fold rows are nearly so, as each pair of folds shares most of the rows
    learned from, and p is then a little too small [D98].

    Parameters
    ----------
    losses, losses_of_other
        Shape (n_samples,): squared errors or log losses of the two on the same rows.
    weights
        Shape (n_samples,), at least 0; None counts every row alike.

    Returns
    -------
    From 0 to 1. With fewer than two rows or an infinite loss 1. If all differences are equal, 0
    where they favor the first and 1 where they do not.
    """
    w = np.ones(len(losses)) if weights is None else weights
    n = effective_number(w)
    if (w > 0).sum() < 2 or n <= 1:
        return 1.0
    d = (losses_of_other - losses)[w > 0]
    w = w[w > 0]
    if not np.isfinite(d).all():
        return 1.0
    middle = mean(d, w)
    variance = float(np.square(w * (d - middle)).sum()) / float(w.sum()) ** 2 * n / (n - 1)
    if variance == 0 or np.ptp(d) == 0:
        return 0.0 if d[0] > 0 else 1.0
    return upper_tail(middle / math.sqrt(variance), n - 1)
