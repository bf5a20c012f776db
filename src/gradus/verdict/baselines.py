"""The two simple ways of answering that a network has to beat: the mean, and a linear model.

Both are solved exactly, on all rows for the answers and without one fold at a time for the
judgment. Nothing here knows networks or words.
"""

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.candidate import Candidate


def always_the_mean(y: Float64Array, folds: Int64Array, n_answers: int) -> Candidate:
    """Answer every row with the mean target of the rows learned from.

    Parameters
    ----------
    y
        Shape (n_samples,).
    folds
        Shape (n_samples,): 0 to n_folds - 1, each leaving a row over; -1 for rows in no fold.
    n_answers
        Number of asked rows.
    """
    means = [float(y[folds != k].mean()) for k in range(int(folds.max()) + 1)]
    out_of_fold = np.full(len(y), np.nan)
    for k, mean in enumerate(means):
        out_of_fold[folds == k] = mean
    by_fold = np.repeat(np.array(means)[:, np.newaxis], n_answers, axis=1)
    return Candidate("mean", out_of_fold, by_fold, np.full(n_answers, y.mean()))


def linear_model(
    X: Float64Array, y: Float64Array, folds: Int64Array, X_asked: Float64Array
) -> Candidate:
    """Answer with ``X @ weight + bias`` of the least squared error.

    This is the network without a hidden layer, at its minimum. Where several weights reach the
    minimum (columns that follow from others, fewer rows than columns) the shortest vector of
    weight and bias is taken.

    Parameters
    ----------
    X, y
        Shapes (n_samples, n_features) and (n_samples,), encoded.
    folds
        As in `always_the_mean`.
    X_asked
        Shape (n_answers, n_features).
    """
    n_folds = int(folds.max()) + 1
    out_of_fold = np.full(len(y), np.nan)
    by_fold = np.empty((n_folds, len(X_asked)))
    for k in range(n_folds):
        is_left_out = folds == k
        solution = _solve(X[~is_left_out], y[~is_left_out])
        out_of_fold[is_left_out] = _answer(solution, X[is_left_out])
        by_fold[k] = _answer(solution, X_asked)
    return Candidate("linear", out_of_fold, by_fold, _answer(_solve(X, y), X_asked))


def _solve(X: Float64Array, y: Float64Array) -> Float64Array:
    """Return weight and, last, bias of the least-squares solution of least length."""
    solution = np.linalg.lstsq(_with_ones(X), y, rcond=None)[0]
    return solution.astype(np.float64, copy=False)


def _answer(solution: Float64Array, X: Float64Array) -> Float64Array:
    answers: Float64Array = _with_ones(X) @ solution
    return answers


def _with_ones(X: Float64Array) -> Float64Array:
    """Return X with a column of ones for the bias."""
    return np.hstack((X, np.ones((len(X), 1))))
