"""What the most similar known rows would answer: a third way to compare with.

It judges only, as an answer of it would need the rows kept. Words are not known here.
"""

import numpy as np
import numpy.typing as npt

from gradus._blas import alone_if_small
from gradus._random import Purpose, permutation, stream_key
from gradus._typing import Float64Array, Int64Array

_MOST_JUDGED = 2_000
_MOST_REFERENCES = 20_000
_FEWEST_NEIGHBORS, _MOST_NEIGHBORS = 5, 25
# A block of this many float32 distances takes 4 MB.
_BLOCK = 2**20
_ROWS_AT_ONCE = 1_000
# Half a neighbor of no class in particular: a class that none has does not cost infinity.
_UNDECIDED = 0.5


def nearest_neighbors(
    X: Float64Array,
    y: Float64Array,
    folds: Int64Array,
    loss: str,
    embedded: tuple[int, ...] = (),
    weights: Float64Array | None = None,
    seed: int = 0,
) -> tuple[Int64Array, Float64Array]:
    """Answer judged rows with the rows of other folds that are most like them.

    The k nearest rows count by weight divided by distance (a row at distance 0 outweighs all
    others), with k the 0.3-th power of the number of rows compared with, from 5 to 25. Distances
    are Euclidean; two different codes are as far apart as two independent standardized numbers
    are on average, the root of 2. Of more than 2,000 judged rows and 20,000 rows to compare with,
    as many are drawn.

    Parameters
    ----------
    X, y, folds, loss, embedded, weights
        See `baselines.linear_model`. X is taken as it is encoded, numbers standardized. A weight
        multiplies the vote of a row; it does not bring other neighbors in.
    seed
        Decides which rows are drawn.

    Returns
    -------
    rows
        int64 array of shape (m,), ascending: the rows answered.
    answers
        Shape (m, n_outputs): numbers, or probabilities for "cross_entropy".
    """
    judged = _drawn(np.flatnonzero(folds >= 0), _MOST_JUDGED, seed, 0)
    known = np.arange(len(y)) if weights is None else np.flatnonzero(weights > 0)
    known = _drawn(known, _MOST_REFERENCES, seed, 1)
    w = np.ones(len(known)) if weights is None else weights[known]
    targets = y[:, np.newaxis]
    if loss == "cross_entropy":
        targets = np.eye(max(2, int(y.max()) + 1))[y.astype(np.int64)]
    n_plain = X.shape[1] - len(embedded)
    theirs, codes = _as_float32(X, known, n_plain), X[known, n_plain:]
    squares = np.square(theirs).sum(axis=1)
    k = round(float(np.clip(len(known) ** 0.3, _FEWEST_NEIGHBORS, _MOST_NEIGHBORS)))
    answers = np.empty((len(judged), targets.shape[1]))
    size = max(1, _BLOCK // max(len(known), _MOST_NEIGHBORS * X.shape[1]))
    for first in range(0, len(judged), size):
        rows = judged[first : first + size]
        with alone_if_small(len(judged) * theirs.size):
            products = X[rows, :n_plain].astype(np.float32) @ theirs.T
        distances = squares - 2 * products
        for column in range(len(embedded)):
            distances += np.float32(2) * (X[rows, n_plain + column, np.newaxis] != codes[:, column])
        distances[folds[rows, np.newaxis] == folds[known]] = np.inf
        near = np.argpartition(distances, min(k, len(known)) - 1, axis=1)[:, :k]
        exact = np.square(X[rows, np.newaxis, :n_plain] - X[known[near], :n_plain]).sum(axis=2)
        exact += 2 * (X[rows, np.newaxis, n_plain:] != codes[near]).sum(axis=2)
        is_other = np.isfinite(np.take_along_axis(distances, near, axis=1))
        votes = np.where(is_other, w[near] / (np.sqrt(exact) + 1e-9), 0.0)
        sums = (votes[:, :, np.newaxis] * targets[known[near]]).sum(axis=1)
        answers[first : first + size] = sums / votes.sum(axis=1, keepdims=True)
    if loss == "cross_entropy":
        answers = (k * answers + _UNDECIDED / answers.shape[1]) / (k + _UNDECIDED)
    return judged, answers


def _drawn(rows: Int64Array, most: int, seed: int, draw: int) -> Int64Array:
    """Return at most so many of the rows, ascending."""
    order = permutation(stream_key(seed, Purpose.NEIGHBORS), draw, len(rows))
    return np.sort(rows[order[:most]])


def _as_float32(X: Float64Array, rows: Int64Array, n_columns: int) -> npt.NDArray[np.float32]:
    """Copy the first columns of rows a few at a time, so that no float64 copy is made."""
    copy = np.empty((len(rows), n_columns), dtype=np.float32)
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        copy[first : first + _ROWS_AT_ONCE] = X[rows[first : first + _ROWS_AT_ONCE], :n_columns]
    return copy
