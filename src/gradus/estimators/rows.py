"""X, y and sample_weight as scikit-learn passes them, into a table as the workflow reads it.

What is learned from the table must not be known here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.read import read_table
from gradus.tables.table import Column, Source, Table, listed
from gradus.tables.typed import check_finite, column_of_numbers, column_of_texts

_NAME = "X"


def is_frame(X: object) -> bool:
    """Return whether X has columns with names, as data frames have."""
    return not isinstance(X, np.ndarray | list | tuple)


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


def with_column(table: Table, column: Column) -> Table:
    """Return the table with one more column, which must be as long as the others.

    Raises
    ------
    DataError
        If it is longer or shorter.
    """
    n = len(column.values)
    if n != table.n_rows:
        raise DataError(
            f"{column.name} must have one value for each of the {table.n_rows:,} rows of X; "
            f"got {n:,}."
        )
    return Table(table.name, (*table.columns, column), table.source, table.notes)


def free_name(wish: str, table: Table) -> str:
    """Return a name that no column of the table has: the wish, with underscores if need be."""
    while wish in table.names:
        wish += "_"
    return wish


def name_of_target(y: object, table: Table) -> str:
    """Call the target as the series y is called, or "y"."""
    name = getattr(y, "name", None)
    return free_name(name if isinstance(name, str) and name else "y", table)


def number_column(name: str, values: object) -> Column:
    """Return a column of numbers without a blank.

    Raises
    ------
    DataError
        If they are no numbers in one dimension, or one is missing or infinite.
    """
    array = _flat(name, values)
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError) as cause:
        raise DataError(f"{name} must hold numbers; {cause}.") from cause
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        raise DataError(
            f"{name} must hold a finite number in every row; row {bad[0]} holds {array[bad[0]]}."
        )
    column = column_of_numbers(name, numbers)
    check_finite(_NAME, column)
    return column


def label_column(name: str, values: object) -> tuple[Column, npt.NDArray[Any]]:
    """Return a column of words for class labels, and the different labels in order.

    Raises
    ------
    DataError
        If a label is missing, two labels are spelled alike, or their types have no order.
    """
    array = _flat(name, values)
    missing = [row for row, label in enumerate(array.tolist()) if is_blank(label)]
    if missing:
        raise DataError(f"{name} must hold a label in every row; row {missing[0]} holds none.")
    try:
        labels = np.unique(array)
    except TypeError as cause:
        kinds = sorted({type(label).__name__ for label in array.tolist()})
        raise DataError(
            f"{name} must hold labels of one type, such as texts; they are {listed(kinds)}."
        ) from cause
    spelled = [word_of(label) for label in labels.tolist()]
    if len(set(spelled)) < len(spelled) or "" in spelled:
        raise DataError(f"{name} must hold labels that are spelled differently and not empty.")
    column_words = np.array([word_of(label) for label in array.tolist()], dtype=object)
    return Column(name, "word", column_words), labels


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


def _flat(name: str, values: object) -> npt.NDArray[Any]:
    """Return values of shape (n,); a single column of shape (n, 1) counts as such."""
    array = _array(name, values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            f"{name} must have one dimension, a value for each row; got shape {array.shape}."
        )
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
