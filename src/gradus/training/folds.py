"""Who trains on which rows: folds over all rows, and a share of rows held out to stop by.

Both follow from a seed, row numbers and, where they are handed over, groups, an order and classes.
Columns are not looked at here.
"""

import numpy as np

from gradus._random import Purpose, permutation, stream_key
from gradus._typing import Float64Array, FloatArray, Int64Array
from gradus._validate import check_number, check_whole
from gradus.errors import DataError, InvalidParameter


def assign_folds(n: int, n_folds: int, seed: int) -> Int64Array:
    """Give each row a fold, at random and evenly: two folds differ by at most one row.

    Parameters
    ----------
    n
        Number of rows.
    n_folds
        From 2 to `n`; `n` leaves one row out at a time.
    seed
        0 or greater.

    Returns
    -------
    int64 array of shape (n,) with the numbers 0 to ``n_folds - 1``.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.
    """
    check_whole("n_folds", n_folds, at_least=2)
    check_whole("seed", seed, at_least=0)
    if n_folds > n:
        raise InvalidParameter(f"n_folds must be at most the number of rows, {n}; got {n_folds}.")
    folds = np.empty(n, dtype=np.int64)
    folds[permutation(stream_key(seed, Purpose.FOLDS), 0, n)] = np.arange(n) % n_folds
    return folds


def holdout(
    rows: Int64Array,
    fraction: float,
    seed: int,
    *,
    groups: Int64Array | None = None,
    order: Int64Array | Float64Array | None = None,
    classes: FloatArray | None = None,
) -> tuple[Int64Array, Int64Array]:
    """Split rows into those that train and those that judge.

    Whole groups are held out in turn, as long as all held-out rows together are at most
    ``max(1, round(fraction * m))`` of the m rows; without `groups` each row is a group. The turn is
    random, or from the last of an order backwards. A group too large for that share always trains,
    unless every one is: then the smallest is held out.

    Parameters
    ----------
    rows : int64 array of shape (m,)
        Row numbers.
    fraction
        Share to hold out, greater than 0 and less than 1; at least one row stays on either side.
    seed
        0 or greater.
    groups : int64 array of shape (n,), optional
        By row number; rows of one group stay on one side.
    order : array of shape (n,), optional
        By row number, such as a time; the last rows are held out, and of equal ones the lower one
        in the table. A group stands where its last row does.
    classes : array of shape (n,), optional
        By row number; each class is held out in its share, which is none where that rounds to 0. A
        group has the class of its first row. Not looked at where there is an order.

    Returns
    -------
    training, validation
        Both in the order of `rows`.

    Raises
    ------
    InvalidParameter
        If `fraction` lies outside its range.
    DataError
        If there are fewer than two rows or groups.
    """
    check_number("fraction", fraction, above=0, below=1)
    m = len(rows)
    if m < 2:
        raise DataError(f"Early stopping needs at least 2 rows to hold one out; got {m}.")
    first, group, sizes = np.arange(m), np.arange(m), np.ones(m, dtype=np.int64)
    if groups is not None:
        _, first, group, sizes = np.unique(
            groups[rows], return_index=True, return_inverse=True, return_counts=True
        )
    if len(sizes) < 2:
        raise DataError("Early stopping needs at least 2 groups of rows to hold one out; got 1.")
    if order is not None:
        backwards = np.argsort(order[rows], kind="stable")[::-1]
        turn = _without_repeats(group[backwards])
    else:
        turn = permutation(stream_key(seed, Purpose.HOLDOUT), 0, len(sizes))
        if classes is not None:
            turn = _in_shares(turn, classes[rows][first])
    most = min(max(1, round(fraction * m)), m - 1)
    fitting = turn[sizes[turn] <= most]
    held = fitting[: np.searchsorted(np.cumsum(sizes[fitting]), most, side="right")]
    is_held = np.isin(group, held if len(held) else np.argmin(sizes))
    return rows[~is_held], rows[is_held]


def _without_repeats(numbers: Int64Array) -> Int64Array:
    """Keep each number where it comes first."""
    return numbers[np.sort(np.unique(numbers, return_index=True)[1])]


def _in_shares(turn: Int64Array, classes: FloatArray) -> Int64Array:
    """Rearrange a turn so that each beginning of it has every class in its share.

    Number r (from 0) of a class with k members comes at ``(r + 1/2) / k`` of the whole.
    """
    by_class = np.argsort(classes[turn], kind="stable")
    _, starts, counts = np.unique(classes[turn][by_class], return_index=True, return_counts=True)
    place = np.empty(len(turn))
    place[by_class] = (np.arange(len(turn)) - np.repeat(starts, counts) + 0.5) / np.repeat(
        counts, counts
    )
    return turn[np.argsort(place, kind="stable")]
