"""What one more of each number does to the answer of a row, in the person's own units.

Losses must not be known here: an answer has slopes whether it is right or not.
"""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from gradus._typing import Float64Array
from gradus._validate import check_whole
from gradus.calculus.check import Check, check
from gradus.calculus.render import spelled
from gradus.calculus.trace import input_slopes
from gradus.engines.reference import forward
from gradus.errors import DataError
from gradus.models.model import Model
from gradus.tables.features.number import NumberEncoding
from gradus.tables.table import Column
from gradus.tables.target import NumberTarget


@dataclass(frozen=True)
class AnswerSlope:
    """The derivative of an answer by one cell.

    Attributes
    ----------
    column
        Name of the column.
    cell
        What stands there; nan where it is blank, which has the slope 0.
    slope
        In units of the answer for one unit of the column.
    check
        The same by really changing the cell, for a change of `unit`.
    unit
        The column's scale.
    """

    column: str
    cell: float
    slope: float
    check: Check
    unit: float


@dataclass(frozen=True, eq=False)
class AnswerSlopes:
    """The derivatives of one row's answer.

    Attributes
    ----------
    target
        Name of what is answered.
    row
        Of the table, counted from 1.
    answer
        In its own unit: the mean of the networks, in float64.
    slopes
        One for each column of numbers, the largest effect of a typical change first.
    notes
        What was said while the table was read.
    """

    target: str
    row: int
    answer: float
    slopes: tuple[AnswerSlope, ...]
    notes: tuple[str, ...] = field(repr=False)

    def text(self, digits: int = 6) -> str:
        """Write a line for the answer and one for each column."""
        lines = [f"{self.target} of row {self.row}: {spelled(self.answer, digits)}"]
        width = max(len(one.column) for one in self.slopes)
        for one in self.slopes:
            if np.isnan(one.cell):
                lines.append(f"  {one.column:{width}}  blank")
                continue
            by_change = spelled(one.check.central / one.unit, digits)
            lines.append(
                f"  {one.column:{width}}  {spelled(one.cell, digits)}: one more changes it by "
                f"{spelled(one.slope, digits)} (by changing the cell: {by_change})"
            )
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; rows count from 0 there."""
        return {
            "target": self.target,
            "row": self.row - 1,
            "answer": self.answer,
            "slopes": [asdict(one) for one in self.slopes],
            "notes": list(self.notes),
        }


def answer_slopes(model: Model, table: str | os.PathLike[str] | object, row: int) -> AnswerSlopes:
    """Differentiate a row's answer by each of its numbers, through the scaling of columns.

    By the chain rule ``d answer / d cell = restore'(z) * sum over features of dz/dx * dx/d cell``,
    with z the mean of the networks; checked by central differences of the cell.

    Parameters
    ----------
    model
        Of a column of numbers.
    table
        As in `Model.predict`.
    row
        Counted from 1 below the head.

    Raises
    ------
    DataError
        If the model answers with classes, has no column of numbers, or the table does not fit.
    InvalidParameter
        If there is no such row.
    """
    labels = model.labels
    if not isinstance(labels, NumberTarget):
        raise DataError(
            f"{model.target!r} must be a number to have slopes; the model answers with classes."
        )
    read = model.read(table)
    columns, _ = model.encoder.match(read)
    row = check_whole("row", row, at_least=1, at_most=read.n_rows)
    own = tuple(replace(one, values=one.values[row - 1 : row]) for one in columns)
    X = model.encoder.transform(own)
    answerer = model.answerer
    networks = [params.astype(np.float64) for params in answerer.answering]
    slopes = np.mean([input_slopes(answerer.spec, one, X)[0] for one in networks], axis=0)
    z = _mean_output(model, networks, X)
    places = np.array(model.encoder.column_of_feature)
    found = []
    for j, encoding in enumerate(model.encoder.encodings):
        if isinstance(encoding, NumberEncoding):
            cell = float(own[j].values[0])
            by_cell = float(slopes[np.flatnonzero(places == j)] @ encoding.slopes(cell))
            slope = labels.slope(z) * by_cell
            function = _answer_of(model, networks, own, j, encoding.line.scale)
            tested = check(function, 0.0, slope * encoding.line.scale)
            found.append(AnswerSlope(encoding.name, cell, slope, tested, encoding.line.scale))
    if not found:
        raise DataError("the model must have learned from a column of numbers; it has none.")
    found.sort(key=lambda one: -abs(one.slope * one.unit))
    answer = float(labels.restore(np.array([z]))[0])
    return AnswerSlopes(model.target, row, answer, tuple(found), read.notes)


def _mean_output(model: Model, networks: list[Float64Array], X: Float64Array) -> float:
    """Return the mean of the networks' outputs for one row, in float64."""
    outputs = [forward(model.answerer.spec, params, X).a[-1][0, 0] for params in networks]
    return float(np.mean(outputs))


def _answer_of(
    model: Model, networks: list[Float64Array], columns: tuple[Column, ...], j: int, unit: float
) -> Callable[[float], float]:
    """Make the answer a function of how many units are added to one cell."""
    labels = model.labels
    assert isinstance(labels, NumberTarget), "the caller has looked"

    def function(change: float) -> float:
        moved = replace(columns[j], values=columns[j].values + change * unit)
        X = model.encoder.transform((*columns[:j], moved, *columns[j + 1 :]))
        return float(labels.restore(np.array([_mean_output(model, networks, X)]))[0])

    return function
