"""The two simple ways of answering that a network has to beat: the mean, and a linear model.

Both are networks without a hidden layer whose parameters are solved for, on all rows and without
one fold at a time. Words are not known here.
"""

from dataclasses import field

import numpy as np

from gradus._blas import alone_if_small
from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.errors import DataError
from gradus.networks.layers import Dense, Embedding
from gradus.networks.spec import NetworkSpec
from gradus.verdict.design import Design
from gradus.verdict.least_squares import least_squares
from gradus.verdict.logistic import logistic_regression

# Added to the share of each class, so that a class no training row has does not cost infinity.
_SMOOTHING = 1e-4


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A linear model as a network that any engine can run.

    Attributes
    ----------
    spec
        One `Dense` layer. Each embedding is as wide as the outputs and is added to them as it is.
    by_fold
        Shape (k, n_params): row j has not learned from fold j.
    params
        Shape (n_params,), learned from all rows.
    out_of_fold
        Shape (n_samples, n_outputs): for each row the answer of the model that has not learned
        from it, for "cross_entropy" as probabilities; nan for rows of fold -1.
    """

    spec: NetworkSpec
    by_fold: Float64Array = field(repr=False)
    params: Float64Array = field(repr=False)
    out_of_fold: Float64Array = field(repr=False)


def constant_model(
    X: Float64Array,
    y: Float64Array,
    folds: Int64Array,
    loss: str,
    embedded: tuple[int, ...] = (),
    weights: Float64Array | None = None,
) -> LinearFit:
    """Answer every row with the mean target, or with the share of each class.

    Shares are smoothed, ``(share + 1e-4) / (1 + 1e-4 * n_classes)``. All weights of the network
    are 0; its bias is the mean, or the logarithms of the shares.

    Parameters
    ----------
    X, y, folds, loss, embedded, weights
        See `linear_model`; of X only the shape matters.

    Raises
    ------
    DataError
        If all weights of the rows to learn from are 0.
    """
    design, w = Design(X, embedded), _weights(folds, weights)
    targets = y[:, np.newaxis]
    if loss == "cross_entropy":
        targets = np.eye(_n_classes(y))[y.astype(np.int64)]
    solutions = []
    for k in [*range(int(folds.max()) + 1), None]:
        its = w if k is None else np.where(folds == k, 0.0, w)
        middle = its @ targets / its.sum()
        if loss == "cross_entropy":
            middle = np.log((middle + _SMOOTHING) / (1 + _SMOOTHING * len(middle)))
        solution = np.zeros((design.width, len(middle)))
        solution[-1] = middle
        solutions.append(solution)
    return _as_networks(design, solutions, folds, loss)


def linear_model(
    X: Float64Array,
    y: Float64Array,
    folds: Int64Array,
    loss: str,
    embedded: tuple[int, ...] = (),
    weights: Float64Array | None = None,
) -> LinearFit:
    """Answer with ``X @ weight + bias`` of the least squared error, or of the least log loss.

    Codes count as one column of 0 and 1 per level. "squared_error" is solved exactly
    (`least_squares`), "cross_entropy" with a small penalty (`logistic_regression`).

    Parameters
    ----------
    X
        Shape (n_samples, n_features), encoded; the last ``len(embedded)`` columns hold codes.
    y
        Shape (n_samples,): numbers, or class numbers 0, 1, ... as floats.
    folds
        Shape (n_samples,): 0 to k - 1, each leaving its rows over; -1 for rows in no fold.
    loss
        "squared_error" or "cross_entropy".
    embedded
        How many levels each code has.
    weights
        Shape (n_samples,), at least 0; a weight of 2 counts as the row twice.

    Raises
    ------
    DataError
        If all weights of the rows to learn from are 0.
    """
    design, w = Design(X, embedded), _weights(folds, weights)
    with alone_if_small(len(y) * design.width**2):
        if loss == "cross_entropy":
            codes = y.astype(np.int64)
            solutions = logistic_regression(design, codes, _n_classes(y), folds, w)
        else:
            solutions = least_squares(design, y, folds, w)
    return _as_networks(design, solutions, folds, loss)


def _weights(folds: Int64Array, weights: Float64Array | None) -> Float64Array:
    """Return the weights, refusing those that leave a fold's model nothing to learn from."""
    w = np.ones(len(folds)) if weights is None else weights.astype(np.float64)
    for k in range(int(folds.max()) + 1):
        if not w[folds != k].sum() > 0:
            raise DataError(
                "weights must be greater than 0 in some rows outside every fold; "
                f"those outside fold {k} are all 0."
            )
    return w


def _n_classes(y: Float64Array) -> int:
    """Count the classes: the largest number and those below it, at least two."""
    return max(2, int(y.max()) + 1)


def _as_networks(
    design: Design, solutions: list[Float64Array], folds: Int64Array, loss: str
) -> LinearFit:
    """Write solutions, the last one of all rows, as parameters of one network."""
    n_outputs = solutions[0].shape[1]
    spec = NetworkSpec(
        design.X.shape[1],
        (Dense(n_outputs),),
        loss,
        embeddings=tuple(Embedding(n_levels, n_outputs) for n_levels in design.embedded),
    )
    out_of_fold = np.full((len(folds), n_outputs), np.nan)
    for k, solution in enumerate(solutions[:-1]):
        rows = np.flatnonzero(folds == k)
        answers = design.product(solution, rows)
        if loss == "cross_entropy":
            answers = np.exp(answers - answers.max(axis=1, keepdims=True))
            answers /= answers.sum(axis=1, keepdims=True)
        out_of_fold[rows] = answers
    by_fold = np.array([_parameters(design, each) for each in solutions[:-1]])
    return LinearFit(spec, by_fold, _parameters(design, solutions[-1]), out_of_fold)


def _parameters(design: Design, solution: Float64Array) -> Float64Array:
    """Lay a solution out as `networks.params` does: embeddings, weight, bias."""
    levels = solution[design.n_plain : -1]
    passed_on = np.tile(np.eye(solution.shape[1]), (len(design.embedded), 1))
    weight = np.concatenate((solution[: design.n_plain], passed_on))
    return np.concatenate((levels.ravel(), weight.ravel(), solution[-1]))
