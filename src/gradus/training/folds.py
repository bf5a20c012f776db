"""Who trains on which rows: folds over all rows, and a share of rows held out to stop by.

Both follow from a seed and row numbers alone. Targets and columns are not looked at here.
"""

import numpy as np

from gradus._random import Purpose, permutation, stream_key
from gradus._typing import Int64Array
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


def holdout(rows: Int64Array, fraction: float, seed: int) -> tuple[Int64Array, Int64Array]:
    """Split rows at random into those that train and those that judge.

    Parameters
    ----------
    rows : int64 array of shape (m,)
        Row numbers.
    fraction
        Share to hold out, greater than 0 and less than 1; ``round(fraction * m)`` rows, but at
        least one on either side.
    seed
        0 or greater.

    Returns
    -------
    training, validation
        Both in the order of `rows`.

    Raises
    ------
    InvalidParameter
        If `fraction` lies outside its range.
    DataError
        If there are fewer than two rows.
    """
    check_number("fraction", fraction, above=0, below=1)
    m = len(rows)
    if m < 2:
        raise DataError(f"Early stopping needs at least 2 rows to hold one out; got {m}.")
    n_held = min(max(1, round(fraction * m)), m - 1)
    is_held = np.zeros(m, dtype=np.bool_)
    is_held[permutation(stream_key(seed, Purpose.HOLDOUT), 0, m)[:n_held]] = True
    return rows[~is_held], rows[is_held]
