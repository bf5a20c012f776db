"""Small checkers that answer a wrong argument with one sentence.

Each says what must hold, names the argument as the caller typed it, and shows what came. They
know nothing about networks, training or tables.
"""

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradus._typing import ArrayLike
from gradus.errors import DataError, InvalidParameter, ShapeMismatch

_SCANNED = 262_144  # numbers looked at together, so that their mask stays in the cache


def check_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return `value` as a float if it is a finite number within the bounds.

    Parameters
    ----------
    name
        The argument as the caller typed it.
    value
        What came.
    above, at_least, below, at_most
        Bounds; `above` and `below` are excluded, the other two included.

    Raises
    ------
    InvalidParameter
        If `value` is no number, is not finite or lies outside.
    """
    if not isinstance(value, bool) and isinstance(value, numbers.Real):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        is_inside = (
            math.isfinite(number)
            and (above is None or number > above)
            and (at_least is None or number >= at_least)
            and (below is None or number < below)
            and (at_most is None or number <= at_most)
        )
        if is_inside:
            return number
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (
            ("greater than", above),
            ("at least", at_least),
            ("less than", below),
            ("at most", at_most),
        )
        if bound is not None
    ]
    rule = " ".join(["a finite number", " and ".join(bounds)]).strip()
    message = f"{name} must be {rule}; got {value!r}."
    raise InvalidParameter(message)


def check_whole(
    name: str, value: object, *, at_least: int | None = None, at_most: int | None = None
) -> int:
    """Return `value` as an int if it is a whole number within the bounds, both included.

    Raises
    ------
    InvalidParameter
        If `value` is not of an integer type (3.0 is not) or lies outside.
    """
    if not isinstance(value, bool) and isinstance(value, numbers.Integral):
        number = int(value)
        if (at_least is None or number >= at_least) and (at_most is None or number <= at_most):
            return number
    bounds = ""
    if at_least is not None and at_most is not None:
        bounds = f" from {at_least} to {at_most}"
    elif at_least is not None:
        bounds = f", {at_least} or greater"
    elif at_most is not None:
        bounds = f", {at_most} or less"
    message = f"{name} must be a whole number{bounds}; got {value!r}."
    raise InvalidParameter(message)


def check_choice(name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of the allowed names; else list them and the nearest one.

    Raises
    ------
    InvalidParameter
        If `value` is none of the names.
    """
    if isinstance(value, str) and value in allowed:
        return value
    import difflib

    quoted = [repr(choice) for choice in allowed]
    listed = " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]
    message = f"{name} must be {listed}; got {value!r}."
    near = difflib.get_close_matches(value, allowed, n=1) if isinstance(value, str) else []
    if near:
        message += f" Did you mean {near[0]!r}?"
    raise InvalidParameter(message)


def check_flag(name: str, value: object) -> bool:
    """Return `value` if it is True or False.

    Raises
    ------
    InvalidParameter
        For anything else, 0 and 1 included.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    message = f"{name} must be True or False; got {value!r}."
    raise InvalidParameter(message)


def check_matrix(
    name: str,
    value: ArrayLike,
    dtype: str = "float64",
    n_columns: int | None = None,
    all_finite: Callable[[np.ndarray[Any, Any]], bool] | None = None,
) -> np.ndarray[Any, Any]:
    """Return `value` as a C-contiguous 2-D array of finite numbers.

    The caller's array itself comes back where type and layout already fit; it is never changed.

    Parameters
    ----------
    name
        The argument as the caller typed it.
    value
        Array of shape (n_samples, n_columns).
    dtype
        "float64" or "float32".
    n_columns
        Width it must have; None allows any.
    all_finite
        Who looks through a large array first, such as `engines.registry.all_finite`; None for
        nobody.

    Raises
    ------
    ShapeMismatch
        If it has not two dimensions or another width.
    DataError
        If it holds something that is no number, or a number that is not finite in `dtype`.
    """
    array = _as_floats(name, value, dtype)
    width = "n_columns" if n_columns is None else str(n_columns)
    if array.ndim != 2 or (n_columns is not None and array.shape[1] != n_columns):
        message = f"{name} must have shape (n_samples, {width}); got {array.shape}."
        raise ShapeMismatch(message)
    if all_finite is None or array.size < _SCANNED or not all_finite(array):
        _check_finite(name, array)
    return array


def check_row_weights(
    name: str, value: ArrayLike, n_rows: int, dtype: str = "float64"
) -> np.ndarray[Any, Any]:
    """Return row weights as a C-contiguous vector of finite numbers of at least 0.

    Raises
    ------
    ShapeMismatch
        If there is not one weight per row.
    DataError
        If a weight is negative or not finite.
    """
    array = _as_floats(name, value, dtype)
    if array.shape != (n_rows,):
        message = f"{name} must have shape (n_samples,) = ({n_rows},); got {array.shape}."
        raise ShapeMismatch(message)
    _check_finite(name, array)
    if n_rows and array.min() < 0:
        row = int(np.argmax(array < 0))
        message = f"{name} must hold numbers of at least 0; got {array[row]:g} in row {row}."
        raise DataError(message)
    return array


def _as_floats(name: str, value: ArrayLike, dtype: str) -> np.ndarray[Any, Any]:
    """Convert to a C-contiguous float array, with a sentence where that is impossible."""
    try:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(value, dtype=dtype)
    except (TypeError, ValueError) as cause:
        message = f"{name} must be an array of numbers; got {type(value).__name__}: {cause}."
        raise DataError(message) from cause


def _check_finite(name: str, array: np.ndarray[Any, Any]) -> None:
    """Name the first entry that is nan or infinite."""
    # A mask of all entries would be as large as a quarter of a table of float32.
    block = max(1, _SCANNED // max(1, array[:1].size))
    for start in range(0, len(array), block):
        is_finite = np.isfinite(array[start : start + block])
        if not is_finite.all():
            break
    else:
        return
    first, *rest = (int(i) for i in np.argwhere(~is_finite)[0])
    index = (start + first, *rest)
    place = f"row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "")
    message = f"{name} must hold finite {array.dtype} numbers; got {array[index]:g} in {place}."
    raise DataError(message)
