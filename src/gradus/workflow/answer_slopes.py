"""What one more of each number, or a day later, does to the answer of a row, in its own units.

Losses must not be known here: an answer has slopes whether it is right or not.
"""

import os
from collections.abc import Callable
from dataclasses import asdict, field, replace
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._validate import check_whole
from gradus.calculus.check import Check, agreeing_digits, check
from gradus.calculus.render import spelled
from gradus.errors import DataError
from gradus.models.model import Model
from gradus.tables.convert import spelled_date
from gradus.tables.features.date import DateEncoding
from gradus.tables.features.number import NumberEncoding
from gradus.tables.table import Column, Table
from gradus.workflow.answer import AnswerFunction, Fed, function_of


@dataclass(frozen=True)
class AnswerSlope:
    """The derivative of an answer by one cell.

    Attributes
    ----------
    column
        Name of the column.
    cell
        What stands there, of a date in days since 1970; nan where it is blank, which has the
        slope 0.
    slope
        In units of the answer for one unit of the column, or one day.
    check
        The same by really changing the cell, for a change of `unit`: by a very small one, of a
        date by a day.
    unit
        The column's scale, or a day.
    is_date
        Whether it is a date.
    """

    column: str
    cell: float
    slope: float
    check: Check
    unit: float
    is_date: bool = False

    def text(self, digits: int) -> str:
        """Say it in a few words."""
        if np.isnan(self.cell):
            return "blank"
        by_change = spelled(self.check.central / self.unit, digits)
        slope = spelled(self.slope, digits)
        if self.is_date:
            return (
                f"{spelled_date(self.cell)}: a day later changes it by {by_change} "
                f"(slope by the chain rule: {slope})"
            )
        return (
            f"{spelled(self.cell, digits)}: one more changes it by {slope} "
            f"(by changing the cell: {by_change})"
        )


@dataclass(frozen=True, eq=False)
class AnswerSlopes:
    """The derivatives of one row's answer.

    Attributes
    ----------
    target
        Name of what is answered.
    label
        The class that is answered; None for numbers.
    row
        Of the table, counted from 1.
    answer
        In its own unit, the mean of the networks in float64; of a class its probability.
    slopes
        One for each column of numbers or dates, the largest effect of a typical change first.
    notes
        What was said while the table was read.
    """

    target: str
    label: str | None
    row: int
    answer: float
    slopes: tuple[AnswerSlope, ...]
    notes: tuple[str, ...] = field(repr=False)

    def text(self, digits: int = 6) -> str:
        """Write a line for the answer and one for each column."""
        lines = [answer_line(self.target, self.label, self.row, self.answer, digits)]
        width = max(len(one.column) for one in self.slopes)
        lines += [f"  {one.column:{width}}  {one.text(digits)}" for one in self.slopes]
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; rows count from 0 there."""
        slopes = [asdict(one) for one in self.slopes]
        for one in slopes:
            one["cell"] = None if np.isnan(one["cell"]) else one["cell"]
        return {
            "target": self.target,
            "class": self.label,
            "row": self.row - 1,
            "answer": self.answer,
            "slopes": slopes,
            "notes": list(self.notes),
        }


def answer_line(target: str, label: str | None, row: int, answer: float, digits: int) -> str:
    """Say what is answered: a number, or a class with its probability."""
    if label is None:
        return f"{target} of row {row}: {spelled(answer, digits)}"
    return f"{target} of row {row}: {label}, with probability {spelled(answer, digits)}"


def row_of(model: Model, table: str | os.PathLike[str] | object, row: int) -> Table:
    """Read a table and take the input columns of one row, in the encoder's order.

    Parameters
    ----------
    model, table
        As in `Model.predict`.
    row
        Counted from 1 below the head.

    Raises
    ------
    DataError
        If the table does not fit.
    InvalidParameter
        If there is no such row.
    """
    read = model.read(table)
    columns, _ = model.encoder.match(read)
    row = check_whole("row", row, at_least=1, at_most=read.n_rows)
    place = np.array([row - 1], dtype=np.int64)
    return replace(read, columns=tuple(one.take(place) for one in columns))


def answer_slopes(model: Model, table: str | os.PathLike[str] | object, row: int) -> AnswerSlopes:
    """Differentiate a row's answer by each of its numbers and dates, through their scaling.

    By the chain rule ``d answer / d cell = sum over features of d answer/dx * dx/d cell``; checked
    by central differences of the cell. Of classes it is the probability of the one answered. The
    place in the year and the week jumps from day to day: the slope follows it smoothly, and the
    check is a day in each direction.

    Parameters
    ----------
    model
        That has learned from numbers or dates, among others.
    table
        As in `Model.predict`.
    row
        Counted from 1 below the head.

    Raises
    ------
    DataError
        If the model has no column of numbers or dates, or the table does not fit.
    InvalidParameter
        If there is no such row.
    """
    read = row_of(model, table, row)
    own = read.columns
    function = function_of(model, own)
    fed = function.feed(own)
    by_fed = np.sum([one[0] for one in function.slopes(fed)], axis=0)
    found = []
    for j, encoding in enumerate(model.encoder.encodings):
        if isinstance(encoding, NumberEncoding | DateEncoding):
            cell, is_date = float(own[j].values[0]), isinstance(encoding, DateEncoding)
            of_column = np.flatnonzero(function.column_of_fed == j)
            slope = float(by_fed[of_column] @ encoding.slopes(cell))
            unit = 1.0 if is_date else encoding.line.scale
            moved = _moved(function, fed, own, j, unit)
            tested = _by_days(moved, slope) if is_date else check(moved, 0.0, slope * unit)
            found.append(AnswerSlope(encoding.name, cell, slope, tested, unit, is_date))
    if not found:
        raise DataError(
            "the model must have learned from a column of numbers or dates; it has none."
        )
    found.sort(key=lambda one: -abs(one.slope * one.unit))
    answer = float(function.value(fed)[0])
    return AnswerSlopes(model.target, function.label, row, answer, tuple(found), read.notes)


def _by_days(function: Callable[[float], float], slope: float) -> Check:
    """Compare a slope with the change from the day before to the day after."""
    central = (function(1.0) - function(-1.0)) / 2
    return Check(slope, central, 1.0, agreeing_digits(slope, central))


def _moved(
    function: AnswerFunction, fed: Fed, columns: tuple[Column, ...], j: int, unit: float
) -> Callable[[float], float]:
    """Make the answer a function of how many units are added to one cell."""
    encoding, of_column = function.model.encoder.encodings[j], function.column_of_fed == j
    fed = [one.copy() for one in fed]

    def answer(change: float) -> float:
        moved = replace(columns[j], values=columns[j].values + change * unit)
        features = encoding.transform(moved)
        for one in fed:
            one[:, of_column] = features
        return float(function.value(fed)[0])

    return answer
