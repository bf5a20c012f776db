"""Multinomial logistic regression, on all rows and without each fold.

Nothing here knows what the columns or the classes mean.
"""

from typing import Any

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.design import Design

#: Penalty on the weights of columns of mean square 1; it keeps them finite where a plane separates
#: the classes.
L2 = 1e-3
# The curvature taken for granted along an eigenvector of A.T W A with the eigenvalue e is
# 0.1 e + 0.01: p (1 - p) is at most a quarter, and small for most rows once classes part.
_CURVATURE, _LEAST_CURVATURE = 0.1, 0.01
_MOST_STEPS = 150
_LARGEST_SLOPE = 1e-5
# Steps that lower the loss by less tell nothing that a judgment could see: on four public tables
# the log loss of rows not learned from changed by at most 0.0001, in about half the time.
_LEAST_GAIN = 1e-7
_BLOCK_OF_ROWS = 8192
_MOST_WHITENED = 2000


def logistic_regression(
    design: Design, codes: Int64Array, n_classes: int, folds: Int64Array, w: Float64Array
) -> list[Float64Array]:
    """Minimize the mean log loss with a small penalty over the rows outside each fold.

    With ``logits = A @ solution`` and m the mean squares of the columns of A, 0 for the last one,
    whose weights are the biases,

        sum(w * -log(softmax(logits)[class])) / sum(w) + L2 / 2 * sum(m[:, None] * solution**2),

    the penalty of columns scaled to a mean square of 1. A rare level is so held back no more
    than a frequent one.

    L-BFGS [LN89] finds the minimum in coordinates in which the curvature, ``A.T W A`` up to a
    factor, is about 1 in every direction; it then takes tens of steps where it would take
    thousands. All start at 0: from the minimum of all rows a fold would come to answers that owe
    their last digits to the rows it is judged by.

    Parameters
    ----------
    design
        The rows.
    codes, folds, w
        Shape (n_samples,): class numbers from 0; folds 0 to k - 1 or -1; weights of at least 0.
    n_classes
        2 or more.

    Returns
    -------
    k + 1 solutions of shape (width, n_classes): without fold 0, ..., without fold k - 1, of all
    rows.
    """
    squares, whiten = _coordinates(design, w / w.sum())
    squares[-1] = 0
    l2 = L2 * squares[:, np.newaxis]
    weights = [np.where(folds == k, 0.0, w) for k in range(int(folds.max()) + 1)]
    return [whiten @ _minimum(design, codes, its, whiten, l2, n_classes) for its in (*weights, w)]


def _coordinates(design: Design, w: Float64Array) -> tuple[Float64Array, Any]:
    """Return the mean squares of the columns, and what takes the steps' coordinates to solutions.

    The latter is a matrix of shape (width, width), a sparse one where columns are only scaled.
    """
    if design.width > _MOST_WHITENED:
        from scipy.sparse import diags_array

        plain = np.square(design.X[:, : design.n_plain])
        squared = Design(np.hstack((plain, design.X[:, design.n_plain :])), design.embedded)
        squares = squared.transposed_product(w[:, np.newaxis], slice(None))[:, 0]
        return squares, diags_array(1 / np.sqrt(np.where(squares > 0, squares, 1.0)))
    gram = design.gram(np.arange(len(w)), w)
    squares = gram.diagonal().copy()
    units = 1 / np.sqrt(np.where(squares > 0, squares, 1.0))
    values, vectors = np.linalg.eigh(gram * units * units[:, np.newaxis])
    scales = 1 / np.sqrt(_CURVATURE * np.maximum(values, 0) + _LEAST_CURVATURE)
    return squares, units[:, np.newaxis] * (vectors * scales) @ vectors.T


def _minimum(
    design: Design,
    codes: Int64Array,
    w: Float64Array,
    whiten: Any,  # noqa: ANN401 a matrix, dense or sparse
    l2: Float64Array,
    n_classes: int,
) -> Float64Array:
    """Minimize over ``v`` with ``solution = whiten @ v``."""
    from scipy.optimize import minimize

    w = w / w.sum()
    start = np.zeros((design.width, n_classes))

    def objective(flat: Float64Array) -> tuple[float, Float64Array]:
        loss, slope = _loss_and_slope(design, codes, w, l2, whiten @ flat.reshape(start.shape))
        return loss, (whiten.T @ slope).ravel()

    options = {"maxiter": _MOST_STEPS, "gtol": _LARGEST_SLOPE, "ftol": _LEAST_GAIN, "maxcor": 20}
    found = minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    best: Float64Array = found.x.reshape(start.shape)
    return best


def _loss_and_slope(
    design: Design, codes: Int64Array, w: Float64Array, l2: Float64Array, solution: Float64Array
) -> tuple[float, Float64Array]:
    """Return what is minimized and its gradient by the solution.

    w sums to 1, and l2 has shape (width, 1).
    """
    slope = np.zeros(solution.shape)
    loss = 0.0
    for first in range(0, len(codes), _BLOCK_OF_ROWS):
        rows = slice(first, first + _BLOCK_OF_ROWS)
        logits = design.product(solution, rows)
        logits -= logits.max(axis=1, keepdims=True)
        own = logits[np.arange(len(logits)), codes[rows]]
        p = np.exp(logits)
        sums = p.sum(axis=1)
        loss += float(w[rows] @ (np.log(sums) - own))
        p /= sums[:, np.newaxis]
        p[np.arange(len(p)), codes[rows]] -= 1
        p *= w[rows, np.newaxis]
        slope += design.transposed_product(p, rows)
    loss += float((l2 * np.square(solution)).sum()) / 2
    return loss, slope + l2 * solution
