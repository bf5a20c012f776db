"""Bounds between which a true answer lies nine times in ten: the CV+ intervals of [BCRT21].

They need the answers of models that each left one fold out, and how wrong those were on it;
nothing about the models themselves is known here.
"""

import math
from fractions import Fraction

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.candidate import Candidate

#: The share of true answers that the bounds are made to hold.
COVERAGE = Fraction(9, 10)
#: With fewer judged rows the rank of the high bound would lie beyond them, or nearly so.
FEWEST_JUDGED = 10
_N_HALVINGS = 100


def cv_plus(
    y: Float64Array, folds: Int64Array, candidate: Candidate
) -> tuple[Float64Array, Float64Array]:
    """Return the low and the high bound of every answer.

    With ``R_i = |y_i - mu_{-k(i)}(x_i)|``, the error on row i of the model that left out its fold
    k(i), the bounds at x are [BCRT21]

        low  = the floor((1 - coverage)(n + 1))-th smallest of ``mu_{-k(i)}(x) - R_i``,
        high = the ceil(coverage (n + 1))-th smallest of ``mu_{-k(i)}(x) + R_i``.

    They hold a new row's answer with probability of about `COVERAGE` for any model, if the rows
    come in no particular order. Where the answer itself, which averages the models, lies
    outside, the bound is moved to it; this can only widen the interval. With one fold they are
    those of split conformal prediction.

    Parameters
    ----------
    y
        Shape (n_samples,).
    folds
        Shape (n_samples,), the fold of each row; rows with -1 were left out by no model and do
        not count in n.
    candidate
        In the unit of `y`.

    Returns
    -------
    low, high
        Shape (n_answers,). All nan where the fewer than 10 judged rows cannot give such bounds.
    """
    n = int((folds >= 0).sum())
    n_answers = len(candidate.answers)
    if n < FEWEST_JUDGED:
        return np.full(n_answers, np.nan), np.full(n_answers, np.nan)
    rank = math.ceil(COVERAGE * (n + 1))
    residuals = np.abs(y - candidate.out_of_fold)
    sorted_residuals = [np.sort(residuals[folds == k]) for k in range(len(candidate.by_fold))]
    high = _upper_bound(candidate.by_fold, sorted_residuals, rank)
    # Mirrored at zero the lower bound is an upper one: floor((1 - c)(n + 1)) = n + 1 - rank.
    low = -_upper_bound(-candidate.by_fold, sorted_residuals, rank)
    return np.minimum(low, candidate.answers), np.maximum(high, candidate.answers)


def _upper_bound(
    by_fold: Float64Array, sorted_residuals: list[Float64Array], rank: int
) -> Float64Array:
    """Return the rank-th smallest of ``by_fold[k] + residual`` over all folds and residuals.

    The interval that holds it is halved until it is as narrow as float64 can say, by counting how
    many sums lie at or below the middle. That takes memory for the answers only, where writing
    out all sums would take n_samples times n_answers.
    """
    below: Float64Array = by_fold.min(axis=0) + min(float(r[0]) for r in sorted_residuals)
    above: Float64Array = by_fold.max(axis=0) + max(float(r[-1]) for r in sorted_residuals)
    for _ in range(_N_HALVINGS):
        middle = below + (above - below) / 2
        count = np.zeros(middle.shape, dtype=np.int64)
        for mu, residuals in zip(by_fold, sorted_residuals, strict=True):
            count += np.searchsorted(residuals, middle - mu, side="right")
        is_enough = count >= rank
        above = np.where(is_enough, middle, above)
        below = np.where(is_enough, below, middle)
    return above
