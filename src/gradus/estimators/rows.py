"""X as scikit-learn passes it, into a table as `tables` reads it.

What is learned from the table must not be known here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.read import read_table
from gradus.tables.table import Column, Source, Table
from gradus.tables.typed import check_finite, column_of_numbers, column_of_texts

_NAME = "X"


def is_frame(X: object) -> bool:
    """Return whether X has columns with names, as data frames have."""
    return hasattr(X, "columns") or hasattr(X, "column_names")


def table_of(X: object, names: Sequence[str] | None = None) -> Table:
    """Return the table of a data frame, or of a 2-D array with columns named x0, x1, ...

    Parameters
    ----------
    X
        A data frame of any library, its missing values, categories and dates as they are; or an
        array (or nested lists) of shape (n_samples, n_features).
    names
        Names for the columns of an array.

    Raises
    ------
    DataError
        If X is neither, has no row or no column, or holds an infinite number.
    """
    if is_frame(X):
        return read_table(X)
    array = _array(_NAME, X)
    if array.ndim != 2:
        raise DataError(
            f"X must have two dimensions, rows and columns; got an array of shape {array.shape}. "
            "Reshape your data: a single column is X.reshape(-1, 1), a single row X.reshape(1, -1)."
        )
    if 0 in array.shape:
        raise DataError(f"X must have at least one row and one column; got shape {array.shape}.")
    names = names or [f"x{j}" for j in range(array.shape[1])]
    columns = tuple(_column(name, array[:, j]) for j, name in enumerate(names))
    return Table(_NAME, columns, Source(None))


def is_blank(cell: object) -> bool:
    """Return whether a cell is None, pandas' NA or nan, which does not equal itself."""
    if cell is None or type(cell).__name__ == "NAType":
        return True
    return bool(cell != cell)  # noqa: PLR0124


def word_of(label: object) -> str:
    """Spell a class label as a table would: 1.0 as 1, blanks around a word left out."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label).strip()


def _array(name: str, values: object) -> npt.NDArray[Any]:
    """Return values as an array.

    Raises
    ------
    DataError
        If they are nested unevenly, or complex numbers, whose imaginary parts would be lost.
    """
    try:
        array = np.asarray(values)
    except ValueError as cause:
        raise DataError(f"{name} must have rows of equal length; {cause}.") from cause
    if np.iscomplexobj(array):
        raise DataError(f"{name} must hold no complex numbers; it is of type {array.dtype}.")
    return array


def _column(name: str, values: npt.NDArray[Any]) -> Column:
    """Return one column of an array: numbers if all its values are, otherwise words."""
    numbers = _numbers(values)
    if numbers is None:
        return column_of_texts(name, [None if is_blank(v) else word_of(v) for v in values.tolist()])
    column = column_of_numbers(name, numbers)
    check_finite(_NAME, column)
    return column


def _numbers(values: npt.NDArray[Any]) -> Float64Array | None:
    """Return values as float64, nan where None stands, or None where there is a word."""
    if values.dtype.kind in "US":
        return None
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        return None
