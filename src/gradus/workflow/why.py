"""Which columns pushed an answer away from that of a usual row, exactly, in the answer's own units.

How integrals and games are solved stands in `calculus`.
"""

import os
from collections.abc import Callable
from dataclasses import field
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus._validate import check_choice
from gradus.calculus.kinks import crossings, is_kinked
from gradus.calculus.mean_slopes import is_straight, mean_slopes
from gradus.calculus.path_integral import path_integrals
from gradus.calculus.render import spelled
from gradus.calculus.shapley import MOST_PLAYERS, coalitions, shapley_values
from gradus.errors import InvalidParameter
from gradus.models.model import Model
from gradus.workflow.answer import AnswerFunction, Fed, function_of
from gradus.workflow.answer_slopes import answer_line, row_of
from gradus.workflow.baseline import cell_text, usual_row

METHODS = ("integrated_gradients", "shapley")
# Rows whose paths are followed together, and points computed together: they stay in the cache.
_BLOCK_ROWS, _BLOCK_POINTS = 256, 2048
# Where paths are cut at all kinks: rows times units times the widest layer.
_BLOCK_PIECES = 2**19


@dataclass(frozen=True, eq=False)
class Why:
    """How much of an answer each column made.

    Attributes
    ----------
    target, label, row, answer
        As in `AnswerSlopes`.
    baseline_answer
        Of the row it is compared with: of the same class, where classes are answered.
    baseline_row
        That row of the table, counted from 1; None for the usual cells.
    columns
        Names of the input columns, the largest part first.
    cells, baseline_cells
        What stands there, as text.
    parts : array of shape (n_columns,)
        Of ``answer - baseline_answer``, in the unit of the answer.
    gap
        How far their sum is off.
    method
        "integrated_gradients" or "shapley".
    notes
        What was said while the table was read.
    """

    target: str
    label: str | None
    row: int
    answer: float
    baseline_answer: float
    baseline_row: int | None
    columns: tuple[str, ...]
    cells: tuple[str, ...]
    baseline_cells: tuple[str, ...]
    parts: Float64Array
    gap: float
    method: str
    notes: tuple[str, ...] = field(repr=False)

    def text(self, digits: int = 6) -> str:
        """Write a line for the answer, one for each column and one for their sum."""
        of = "of the usual cells" if self.baseline_row is None else f"of row {self.baseline_row}"
        lines = [
            answer_line(self.target, self.label, self.row, self.answer, digits),
            f"Beside the {spelled(self.baseline_answer, digits)} {of}, the columns made",
        ]
        numbers = [_signed(one, digits) for one in self.parts]
        wide = max(map(len, numbers))
        width = max(map(len, self.columns))
        told = zip(numbers, self.columns, self.cells, self.baseline_cells, strict=True)
        for number, column, cell, usual in told:
            instead = "as there" if cell == usual else f"instead of {usual}"
            lines.append(f"  {number:>{wide}}  {column:{width}}  {cell} {instead}")
        how = (
            "by integrated gradients along the straight line"
            if self.method == METHODS[0]
            else "by Shapley values over all orders of the columns"
        )
        total = _signed(float(self.parts.sum()), digits)
        lines.append(f"  {total:>{wide}}  in all, {how}; off by {self.gap:.0e}")
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; rows count from 0 there."""
        told = zip(self.columns, self.cells, self.baseline_cells, self.parts, strict=True)
        return {
            "target": self.target,
            "class": self.label,
            "row": self.row - 1,
            "answer": self.answer,
            "baseline_answer": self.baseline_answer,
            "baseline_row": None if self.baseline_row is None else self.baseline_row - 1,
            "method": self.method,
            "parts": [
                {"column": column, "cell": cell, "baseline_cell": usual, "part": float(part)}
                for column, cell, usual, part in told
            ],
            "gap": self.gap,
            "notes": list(self.notes),
        }


def why(
    model: Model,
    table: str | os.PathLike[str] | object,
    row: int,
    *,
    method: str = "integrated_gradients",
    baseline: int | None = None,
    digits: int = 6,
) -> Why:
    """Share out what sets a row's answer apart from that of a baseline among the columns.

    Integrated gradients ([STY17]): the part of a number x that feeds a network is
    ``(x - x') * integral of d answer/dx along the straight line from x' to x``; that of a column is
    the sum over what it feeds. Shapley values ([Sha53]): what a column adds, averaged over all
    orders in which columns may take the row's cells in place of the baseline's. Either way they
    come to the difference of the answers. Of classes it is the probability of the one answered.

    Parameters
    ----------
    model
        Of a table.
    table
        As in `Model.predict`.
    row
        Counted from 1 below the head.
    method
        "integrated_gradients", or "shapley" where no more than 12 columns feed the networks
        otherwise than the baseline's.
    baseline
        A row of the table, counted from 1; None takes the mean of numbers and dates and the most
        frequent word of each column among the rows learned from.
    digits
        Significant ones of the cells' texts.

    Raises
    ------
    DataError
        If the table does not fit.
    InvalidParameter
        If there is no such row or method, or more columns than 12 differ.
    """
    check_choice("method", method, METHODS)
    read = row_of(model, table, row)
    own = read.columns
    other = usual_row(model)
    if baseline is not None:
        try:
            other = row_of(model, table, baseline).columns
        except InvalidParameter as error:
            raise InvalidParameter(str(error).replace("row", "baseline", 1)) from None
    function = function_of(model, own)
    start, end = function.feed(other), function.feed(own)
    share = by_shapley if method == "shapley" else by_integrals
    parts, ends = share(function, start, end)
    order = np.argsort(-np.abs(parts[0]), kind="stable")
    answer, usual = float(ends[0, 1]), float(ends[0, 0])
    return Why(
        target=model.target,
        label=function.label,
        row=row,
        answer=answer,
        baseline_answer=usual,
        baseline_row=baseline,
        columns=tuple(own[j].name for j in order),
        cells=tuple(cell_text(own[j], digits) for j in order),
        baseline_cells=tuple(cell_text(other[j], digits) for j in order),
        parts=parts[0][order],
        gap=abs(float(parts[0].sum()) - (answer - usual)),
        method=method,
        notes=read.notes,
    )


def why_rows(
    model: Model, table: str | os.PathLike[str] | object, *, class_number: int | None = None
) -> tuple[Float64Array, Float64Array]:
    """Integrate the gradients of all rows of a table from the usual cells; see `why`.

    Parameters
    ----------
    model, table
        As in `why`.
    class_number
        Whose probability is explained; None for numbers.

    Returns
    -------
    parts : array of shape (n, n_columns)
        In the order of ``model.encoder.names``.
    ends : array of shape (n, 2)
        The answer of the usual row and of each row.
    """
    columns, _ = model.encoder.match(model.read(table))
    function = AnswerFunction(model, class_number)
    end = function.feed(columns)
    start = [
        np.broadcast_to(one, other.shape)
        for one, other in zip(function.feed(usual_row(model)), end, strict=True)
    ]
    return by_integrals(function, start, end)


def by_integrals(
    function: AnswerFunction, start: Fed, end: Fed
) -> tuple[Float64Array, Float64Array]:
    """Integrate gradients along straight lines, block of rows by block.

    Parameters
    ----------
    function
        The answer.
    start, end
        What feeds the networks at both ends of each line.

    Returns
    -------
    parts : array of shape (n, n_columns)
    ends : array of shape (n, 2)
        The answers at both ends.
    """
    is_exact = function.stretch is not None and is_straight(function.spec)
    is_split = is_kinked(function.spec) and not is_exact
    functions = function.by_network if is_split else [function]
    if len(functions) > 1:  # each is split at its own kinks only
        pairs = zip(functions, start, end, strict=True)
        each = [by_integrals(one, [here], [there]) for one, here, there in pairs]
        return np.mean([parts for parts, _ in each], axis=0), np.mean([e for _, e in each], axis=0)
    integrate, size = _integrals, _BLOCK_ROWS
    if is_exact:
        widths = function.spec.widths
        integrate, size = _exactly, max(1, _BLOCK_PIECES // (max(widths) * sum(widths[1:])))
    blocks = [slice(first, first + size) for first in range(0, len(end[0]), size)]
    found = [
        integrate(function, [one[rows] for one in start], [one[rows] for one in end])
        for rows in blocks
    ]
    return np.concatenate([one for one, _ in found]), np.concatenate([ends for _, ends in found])


def _exactly(function: AnswerFunction, start: Fed, end: Fed) -> tuple[Float64Array, Float64Array]:
    """Integrate one block where all is made of straight pieces."""
    each = [
        mean_slopes(function.spec, params, here, there) * (there - here)
        for params, here, there in zip(function.networks, start, end, strict=True)
    ]
    assert function.stretch is not None, "looked at before"
    parts = np.asarray(function.stretch * np.mean(each, axis=0) @ _is_of_column(function))
    return parts, np.column_stack([function.value(start), function.value(end)])


def _is_of_column(function: AnswerFunction) -> Float64Array:
    """Say with 1 and 0 which number that feeds a network is made from which column."""
    n_columns = len(function.model.encoder.names)
    return np.asarray(function.column_of_fed[:, None] == np.arange(n_columns), dtype=np.float64)


def _integrals(function: AnswerFunction, start: Fed, end: Fed) -> tuple[Float64Array, Float64Array]:
    """Integrate one block."""
    lengths = [there - here for here, there in zip(start, end, strict=True)]
    is_of_column = _is_of_column(function)

    def at(rows: Int64Array, t: Float64Array) -> Fed:
        return [
            here[rows] + t[:, None] * length[rows]
            for here, length in zip(start, lengths, strict=True)
        ]

    def values(rows: Int64Array, t: Float64Array) -> Float64Array:
        return _in_blocks(lambda r, s: function.value(at(r, s)), rows, t)

    def some_rates(rows: Int64Array, t: Float64Array) -> Float64Array:
        slopes = function.slopes(at(rows, t))
        parts = [slope * length[rows] for slope, length in zip(slopes, lengths, strict=True)]
        return np.asarray(np.sum(parts, axis=0) @ is_of_column)

    def rates(rows: Int64Array, t: Float64Array) -> Float64Array:
        return _in_blocks(some_rates, rows, t)

    places = [
        crossings(function.spec, params, here, there)
        for params, here, there in zip(function.networks, start, end, strict=True)
    ]
    rows, t = places[0]
    if len(places) > 1:
        both = np.hstack([np.stack(one) for one in places])
        rows, t = np.unique(both, axis=1)
    scale = np.maximum(np.abs(function.value(end) - function.value(start)), function.spread)
    return path_integrals(values, rates, rows.astype(np.int64), t, scale)


def _in_blocks(
    compute: Callable[[Int64Array, Float64Array], Float64Array], rows: Int64Array, t: Float64Array
) -> Float64Array:
    """Compute many points, some at a time."""
    cuts = range(0, len(t), _BLOCK_POINTS)
    return np.concatenate(
        [compute(rows[k : k + _BLOCK_POINTS], t[k : k + _BLOCK_POINTS]) for k in cuts]
    )


def by_shapley(function: AnswerFunction, start: Fed, end: Fed) -> tuple[Float64Array, Float64Array]:
    """Find the Shapley values of the columns of one row.

    Parameters
    ----------
    function
        The answer.
    start, end
        What feeds the networks in the baseline and in the row, with one row each.

    Returns
    -------
    As `by_integrals`.

    Raises
    ------
    InvalidParameter
        If more than 12 columns differ.
    """
    places = function.column_of_fed
    differs = np.any([here[0] != there[0] for here, there in zip(start, end, strict=True)], axis=0)
    players = np.unique(places[differs])
    if len(players) > MOST_PLAYERS:
        raise InvalidParameter(
            f"Shapley values must be of no more than {MOST_PLAYERS} columns that differ from the "
            f"baseline; {len(players)} do. Take integrated gradients, or a row more alike."
        )
    has_own = np.zeros((2 ** len(players), len(function.model.encoder.names)), dtype=np.bool_)
    has_own[:, players] = coalitions(len(players))
    mixed = [
        np.where(has_own[:, places], there, here) for here, there in zip(start, end, strict=True)
    ]
    worth = function.value(mixed)
    parts = np.zeros((1, has_own.shape[1]))
    parts[0, players] = shapley_values(worth, len(players))
    return parts, np.array([[worth[0], worth[-1]]])


def _signed(value: float, digits: int) -> str:
    return f"{value + 0.0:+.{digits}g}"
