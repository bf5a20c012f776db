"""The rows of a table whose answer is known, as a model's networks learn them.

What is asked about them must not be known here.
"""

import os
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.errors import DataError
from gradus.models.model import Model
from gradus.tables.convert import to_numbers
from gradus.tables.table import Table
from gradus.tables.target import Classes


@dataclass(frozen=True, eq=False)
class KnownRows:
    """Rows with an answer.

    Attributes
    ----------
    X : array of shape (n, n_inputs)
    y : array of shape (n, 1)
        What the networks are to answer: standardized numbers, or class ids.
    numbers : int64 array of shape (n,)
        Which rows of the table they are, counted from 1.
    n_rows
        How many rows the table has.
    notes
        What was said while the table was read.
    """

    X: Float64Array = field(repr=False)
    y: Float64Array = field(repr=False)
    numbers: Int64Array = field(repr=False)
    n_rows: int
    notes: tuple[str, ...]


def known_rows(model: Model, table: str | os.PathLike[str] | object) -> KnownRows:
    """Read a table and take the rows that have an answer.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, or has no answer in any row.
    """
    read = model.read(table)
    columns, _ = model.encoder.match(read)
    targets = _targets(model, read)
    chosen = np.flatnonzero(~np.isnan(targets))
    if len(chosen) == 0:
        raise DataError(f"{read.name} must have a row with a {model.target!r}; it has none.")
    X = model.encoder.transform(columns)[chosen]
    return KnownRows(X, targets[chosen, None], chosen + 1, len(targets), read.notes)


def _targets(model: Model, table: Table) -> Float64Array:
    """Return what the networks were to learn of each row, nan where there is no answer."""
    found = {column.name: column for column in table.columns}
    if model.target not in found:
        raise DataError(
            f"{table.name} must have the column {model.target!r}, with which answers are compared; "
            "it has none."
        )
    column = found[model.target]
    if isinstance(model.labels, Classes):
        codes = model.labels.codes(column).astype(np.float64)
        return np.where(codes < 0, np.nan, codes)
    values = to_numbers(column).values
    if model.labels.is_log and (values <= 0).any():
        row = int(np.argmax(values <= 0)) + 1
        raise DataError(
            f"{model.target!r} must be above 0, since its logarithm is learned; row {row} has "
            f"{values[row - 1]:g}."
        )
    return model.labels.learn(values)
