"""Rows that a network is handed, checked and made fit.

What becomes of them must not be known here.
"""

from gradus._typing import ArrayLike, FloatArray
from gradus.errors import DataError, InvalidParameter
from gradus.networks.spec import NetworkSpec
from gradus.training.arrays import read_inputs, read_targets, read_weights
from gradus.training.validation import ValidationRows


def read_rows(
    spec: NetworkSpec,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    dtype: str,
    n_threads: int | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Return inputs, targets and weights as arrays of a type; see `training.arrays`."""
    X = read_inputs("X", X, spec, dtype, n_threads)
    y = read_targets("y", y, spec, len(X), dtype, n_threads)
    return X, y, read_weights("sample_weight", sample_weight, len(X), dtype)


def read_validation(
    spec: NetworkSpec,
    X_val: ArrayLike | None,
    y_val: ArrayLike | None,
    dtype: str,
    n_threads: int | None,
) -> ValidationRows | None:
    """Return rows to judge by, or None where none are given.

    Raises
    ------
    InvalidParameter
        If only one of the two is given.
    DataError
        If there is no row.
    """
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        raise InvalidParameter("X_val and y_val must be given together; got only one of them.")
    X = read_inputs("X_val", X_val, spec, dtype, n_threads)
    if len(X) == 0:
        raise DataError("X_val must hold at least one row to judge by; got none.")
    y = read_targets("y_val", y_val, spec, len(X), dtype, n_threads)
    return ValidationRows(X, y, None)
