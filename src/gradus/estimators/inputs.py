"""X as people have it, and as a network reads it: numbers scaled, words, dates and gaps encoded.

Targets, networks and training must not be known here.
"""

from typing import Any, Protocol, Self, TypeAlias, cast

import numpy as np
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    _check_y,
    check_consistent_length,
    validate_data,
)

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.errors import DataError
from gradus.estimators.rows import is_frame, table_of
from gradus.estimators.scaling import Scaling
from gradus.tables.convert import to_numbers
from gradus.tables.encode import Encoder
from gradus.tables.kinds import describe
from gradus.tables.table import Table

#: Stands where rows have no targets; it is scikit-learn's own word.
NO_TARGETS = "no_validation"
#: What a person hands over, of any library, or what `read` made of it.
Given: TypeAlias = Any
_TYPES = (np.float64, np.float32)


class Inputs(Protocol):
    """What turns a person's X into a network's."""

    @property
    def embedded(self) -> tuple[int, ...]:
        """Levels of each embedded category, whose numbers are the last columns."""

    def transform(self, X: Given) -> FloatArray:
        """Return rows as a C-contiguous array."""


class AsTheyAre:
    """Numbers as they are, as scikit-learn takes them."""

    embedded: tuple[int, ...] = ()

    def transform(self, X: FloatArray) -> FloatArray:
        """Return the rows themselves."""
        return cast("FloatArray", np.ascontiguousarray(X))


@dataclass(frozen=True, eq=False)
class Scaled:
    """Numbers standardized; see `Scaling`."""

    scaling: Scaling
    embedded: tuple[int, ...] = ()

    def transform(self, X: FloatArray) -> FloatArray:
        """Return the rows in their own type."""
        return cast("FloatArray", np.ascontiguousarray(self.scaling.apply(X), dtype=X.dtype))


@dataclass(frozen=True, eq=False)
class Encoded:
    """A table with words or dates: its numbers standardized, the others as `Encoder` has them.

    Attributes
    ----------
    numbers
        Names of the columns that are numbers.
    scaling
        Of these.
    encoder
        Of the others that can be learned from; None where there is none.
    """

    numbers: tuple[str, ...]
    scaling: Scaling
    encoder: Encoder | None

    @classmethod
    def fit(cls, table: Table, weights: FloatArray | None) -> Self:
        """Learn from a table.

        Parameters
        ----------
        table
            At least one row.
        weights : array of shape (n,) or None
            Greater than 0.

        Raises
        ------
        DataError
            If no column can be learned from.
        """
        numbers = tuple(column.name for column in table.columns if column.type == "number")
        others = [
            found
            for found in describe(table)
            if found.column.type != "number" and found.kind in {"category", "yes/no", "date"}
        ]
        if not numbers and not others:
            raise DataError(
                "X must have a column of numbers, categories, truth values or dates that differ "
                "from row to row; got none."
            )
        encoder = Encoder.fit(others) if others else None
        return cls(numbers, Scaling.fit(_matrix(table, numbers), weights), encoder)

    @property
    def embedded(self) -> tuple[int, ...]:
        """Levels of each embedded category."""
        return () if self.encoder is None else self.encoder.embedded

    def transform(self, table: Table) -> FloatArray:
        """Return the rows of a table with the same columns."""
        parts = [self.scaling.apply(_matrix(table, self.numbers))]
        if self.encoder is not None:
            parts.append(self.encoder.transform(self.encoder.match(table)[0]))
        return np.hstack(parts)


def read(
    estimator: Given,
    X: Given,
    y: Given,
    *,
    is_first: bool,
    as_table: bool,
    has_gaps: bool,
    is_numeric: bool = False,
) -> tuple[Given, Given]:
    """Return X as an array of numbers or as a table, and y as an array.

    `n_features_in_` and `feature_names_in_` are set in the first call and compared later.

    Parameters
    ----------
    estimator
        Whose X it is.
    X
        An array, nested lists, a sparse matrix or a data frame of any library.
    y
        Targets, or `NO_TARGETS`.
    is_first
        Whether the estimator begins with it.
    as_table
        Whether it holds words or dates, or what came first did; see `holds_words`.
    has_gaps
        Whether an array may have missing values.
    is_numeric
        Whether targets must be numbers.

    Raises
    ------
    ValueError
        If they cannot be read, or X is unlike the X that came first; scikit-learn's own sentences.
    """
    if as_table:
        _check_feature_names(estimator, X, reset=is_first)
        _check_n_features(estimator, X, reset=is_first)
        table = table_of(X)
        if y is not NO_TARGETS:
            y = _check_y(y, multi_output=True, y_numeric=is_numeric, estimator=estimator)
            check_consistent_length(table.columns[0].values, y)
        return table, y
    options = {
        "accept_sparse": ["csr", "csc"],
        "dtype": _TYPES,
        "reset": is_first,
        "ensure_all_finite": "allow-nan" if has_gaps else True,
        "order": "C",
    }
    if y is NO_TARGETS:
        X = validate_data(estimator, X, **options)
    else:
        X, y = validate_data(estimator, X, y, multi_output=True, y_numeric=is_numeric, **options)
    return X.toarray(order="C") if hasattr(X, "toarray") else X, y


def fit_inputs(X: Given, weights: FloatArray | None, preprocess: str | None) -> Inputs:
    """Learn how X becomes a network's.

    Parameters
    ----------
    X
        As `read` returned it.
    weights : array of shape (n,) or None
        Greater than 0.
    preprocess
        "auto", or None to take numbers as they are.
    """
    if preprocess is None:
        return AsTheyAre()
    if isinstance(X, Table):
        return Encoded.fit(X, weights)
    return Scaled(Scaling.fit(X, weights))


def take(X: Given, rows: Given) -> Given:
    """Return some rows of what `read` returned."""
    if isinstance(X, Table):
        columns = tuple(column.take(rows) for column in X.columns)
        return Table(X.name, columns, X.source, X.notes)
    return X[rows]


def holds_words(X: Given) -> bool:
    """Say whether X has two dimensions and something that is no number, such as a word."""
    if hasattr(X, "toarray"):
        return False
    if is_frame(X):
        import narwhals as nw

        schema = nw.from_native(X).collect_schema()
        return not all(kind.is_numeric() for kind in schema.values())
    try:
        array = np.asarray(X)
    except ValueError:  # rows of different lengths
        return False
    if array.dtype.kind not in "OUS" or array.ndim != 2 or not array.size:
        return False
    try:
        array.astype(np.float64)
    except (TypeError, ValueError):
        return True
    return False


def _matrix(table: Table, names: tuple[str, ...]) -> FloatArray:
    """Return columns of numbers as an array of shape (n, k)."""
    columns = {column.name: column for column in table.columns}
    matrix = np.empty((table.n_rows, len(names)))
    for place, name in enumerate(names):
        column = columns[name]
        matrix[:, place] = (column if column.type == "number" else to_numbers(column)).values
    return matrix
