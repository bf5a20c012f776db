"""The door: what a caller hands over becomes arrays an engine can read, or a sentence.

Nothing is scaled, encoded or dropped here; the arrays stay the caller's numbers.
"""

from functools import partial
from typing import Any

import numpy as np

from gradus._typing import ArrayLike, FloatArray
from gradus._validate import check_matrix, check_row_weights
from gradus.engines.registry import all_finite
from gradus.errors import DataError, ShapeMismatch
from gradus.networks.levels import check_levels
from gradus.networks.losses import check_targets
from gradus.networks.spec import NetworkSpec


def read_inputs(
    name: str, X: ArrayLike, spec: NetworkSpec, dtype: str, n_threads: int | None = None
) -> FloatArray:
    """Return X as a C-contiguous array of shape (n, n_inputs); the caller's own where it fits.

    Parameters
    ----------
    name
        The argument as the caller typed it.
    X
        Array of shape (n, n_inputs).
    spec
        The network it is for.
    dtype
        "float64" or "float32".
    n_threads
        Threads that may look through it; None for what the system grants.

    Raises
    ------
    ShapeMismatch
        If it has not two dimensions or another width.
    DataError
        If it holds something that is no number, is not finite, or is too large for `dtype`, or
        if a level number has no row in its embedding.
    """
    if np.ndim(X) == 1:
        raise ShapeMismatch(
            f"{name} must have shape (n_samples, {spec.n_inputs}); got {np.shape(X)}. Write "
            f"{name}.reshape(1, -1) for one row, or {name}.reshape(-1, 1) for one column."
        )
    array = _matrix(name, X, dtype, spec.n_inputs, n_threads)
    check_levels(name, array, spec)
    return array


def read_targets(
    name: str,
    y: ArrayLike,
    spec: NetworkSpec,
    n_rows: int,
    dtype: str,
    n_threads: int | None = None,
) -> FloatArray:
    """Return y as a C-contiguous array of shape (n, n_targets); one dimension means one column.

    Raises
    ------
    ShapeMismatch
        If its shape is neither (n, n_targets) nor, with one target, (n,).
    DataError
        As in `read_inputs`, or if the network's loss has no meaning for a value: only numbers from
        0 to 1 for "binary_cross_entropy", only whole class ids for "cross_entropy".
    """
    if np.ndim(y) == 1 and spec.n_targets == 1:
        y = np.reshape(y, (-1, 1))
    array = _matrix(name, y, dtype, spec.n_targets, n_threads)
    if len(array) != n_rows:
        raise ShapeMismatch(f"{name} must have one row for each of X, {n_rows}; got {len(array)}.")
    check_targets(spec.loss, array, spec.n_outputs)
    return array


def read_weights(
    name: str, weights: ArrayLike | None, n_rows: int, dtype: str
) -> FloatArray | None:
    """Return row weights as a C-contiguous vector, or None, which weighs every row 1.

    Raises
    ------
    ShapeMismatch
        If there is not one weight per row.
    DataError
        If a weight is negative or not finite.
    """
    return None if weights is None else check_row_weights(name, weights, n_rows, dtype)


def check_total(weights: FloatArray | None, part: str) -> None:
    """Refuse weights that leave nothing to average over.

    Parameters
    ----------
    weights
        Those of the rows in question, or None.
    part
        Which rows these are, such as "training".

    Raises
    ------
    DataError
        If they sum to 0.
    """
    if weights is not None and not weights.any():
        raise DataError(f"At least one {part} row must have a weight greater than 0; none has.")


def _matrix(
    name: str, value: ArrayLike, dtype: str, n_columns: int, n_threads: int | None
) -> np.ndarray[Any, Any]:
    """Check as `check_matrix` does; a finite number beyond float32 gets a sentence of its own."""
    try:
        look = partial(all_finite, n_threads=n_threads)
        return check_matrix(name, value, dtype, n_columns, look)
    except DataError:
        if dtype == "float32":
            _check_range(name, value)
        raise


def _check_range(name: str, value: ArrayLike) -> None:
    """Say so if the first entry that is not finite as float32 is finite as float64."""
    try:
        exact = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return
    with np.errstate(over="ignore"):
        row, column = np.argwhere(~np.isfinite(exact.astype(np.float32)))[0]
    if np.isfinite(exact[row, column]):
        limit = float(np.finfo(np.float32).max)
        raise DataError(
            f"{name} must hold numbers of at most {limit:.2g} in absolute value with "
            f"dtype='float32'; got {exact[row, column]:g} in row {row}, column {column}. "
            "Use dtype='float64'."
        )
