"""A model beside a table: how the table was read, and what the model says where it is known.

Of the table that the model was learned from, each row is answered by a network that has not seen
it. How any of it is shown must not be known here.
"""

import os
from dataclasses import field
from typing import NamedTuple

import numpy as np

from gradus._dataclasses import dataclass
from gradus._names import STANDARD
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus._words import counted
from gradus.errors import GradusError
from gradus.models.model import Model
from gradus.tables.convert import to_numbers
from gradus.tables.table import Column, Table
from gradus.tables.target import NumberTarget
from gradus.verdict.class_measures import log_losses
from gradus.verdict.intervals import FEWEST_JUDGED, held_rows
from gradus.workflow.known_rows import known_rows
from gradus.workflow.learn import JUDGED_ON, rows_of_bounds
from gradus.workflow.learned_table import answers_of, options_of_table, unseen_outputs
from gradus.workflow.prepare import Prepared, prepare, read_as


class ColumnRead(NamedTuple):
    """How a column was read.

    Attributes
    ----------
    name, kind
        What it is called, and what it is.
    use
        "learned from", "asked for", "weight" or "left out".
    reason
        The sentence that says why.
    n_blank
        How many of its cells are blank; None where the table was not read again as a whole.
    """

    name: str
    kind: str
    use: str
    reason: str
    n_blank: int | None


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """Rows whose answer is known, and what a model says to them.

    Attributes
    ----------
    numbers
        int64 array of shape (n,): which rows of the table they are, counted from 1, ascending.
    known
        Shape (n,): numbers in their own unit, or class numbers.
    answers
        Shape (n,) in the unit of `known`, or probabilities of shape (n, n_classes).
    held
        Shape (n,): whether bounds made without the row hold the known value; None for classes
        and where there are no bounds.
    weights
        Shape (n,): how much a row counts in the coverage of the bounds.
    is_out_of_fold
        Whether each answer is of a network that has not seen the row.
    sentence
        What the answers are.
    """

    numbers: Int64Array = field(repr=False)
    known: Float64Array = field(repr=False)
    answers: Float64Array = field(repr=False)
    held: BoolArray | None = field(repr=False)
    weights: Float64Array = field(repr=False)
    is_out_of_fold: bool
    sentence: str

    @property
    def codes(self) -> Int64Array:
        """The class numbers of the known values."""
        return self.known.astype(np.int64)

    @property
    def badness(self) -> Float64Array:
        """How far off each answer is: its distance, or the log loss of the known class."""
        if self.answers.ndim == 1:
            return np.abs(self.answers - self.known)
        return log_losses(self.codes, self.answers)


@dataclass(frozen=True, eq=False)
class Review:
    """A model beside a table.

    Attributes
    ----------
    model, table
        As given and as read.
    columns
        The inputs of all rows, in the encoder's order.
    reading, notes, warnings
        How the table was read: its columns, and sentences.
    rows
        The rows that can be judged; None where no answer is known.
    prepared
        The rows as they were learned from; None where the table is another one.
    """

    model: Model
    table: Table
    columns: tuple[Column, ...] = field(repr=False)
    reading: tuple[ColumnRead, ...] = field(repr=False)
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    rows: JudgedRows | None
    prepared: Prepared | None = field(default=None, repr=False)


def review(model: Model, table: str | os.PathLike[str] | object) -> Review:
    """Answer the rows of a table whose answer is known, as far as can be by who has not seen them.

    Parameters
    ----------
    model
        Of a table.
    table
        As in `Model.predict`: the one that was learned from, or another.

    Raises
    ------
    DataError
        If the table cannot be read, or lacks a column that was learned from.
    """
    read: Table | object = table
    try:
        options = options_of_table(model)
        read = read_as(table, options)
        prepared = prepare(read, model.target, options, needs_blank=False)
    except GradusError:
        # Whatever is wrong with it: it is not the table that was learned from.
        prepared = None
    if prepared is not None:
        found = _learned_from(model, prepared)
        if found is not None:
            return found
    is_gone = isinstance(table, str) and table == STANDARD
    return _of_another(model, model.read(read if is_gone else table))


def _learned_from(model: Model, prepared: Prepared) -> Review | None:
    """Return the review of the table learned from; None where this is another one."""
    outputs = unseen_outputs(model, prepared)
    if outputs is None:
        return None
    judged = np.flatnonzero(prepared.split.folds >= 0)
    held, weights = _held(model, prepared, judged, outputs)
    rows = JudgedRows(
        prepared.question.complete[judged] + 1,
        prepared.known[judged],
        answers_of(model, outputs),
        held,
        weights,
        is_out_of_fold=True,
        sentence=f"{counted(len(judged), 'row')}, {JUDGED_ON[prepared.split.kind]}.",
    )
    every = np.arange(prepared.table.n_rows, dtype=np.int64)
    told = prepared.notes, prepared.warnings
    inputs, reading = prepared.inputs(every), _reading(prepared)
    return Review(model, prepared.table, inputs, reading, *told, rows, prepared)


def _held(
    model: Model, prepared: Prepared, judged: Int64Array, outputs: Float64Array
) -> tuple[BoolArray | None, Float64Array]:
    """Tell which judged rows lie within bounds of the other folds' rows, and what each counts."""
    folds, weights = rows_of_bounds(prepared)
    w = np.ones(len(judged)) if weights is None else weights[judged]
    if model.intervals is None or (w > 0).sum() < FEWEST_JUDGED:
        return None, w
    residuals = np.abs(prepared.y[judged] - outputs[:, 0])
    # The labels of a model that answers logarithms differ from those prepared in the smearing only.
    return held_rows(residuals, w / w.sum(), folds[judged], int(folds.max()) + 1), w


def _reading(prepared: Prepared) -> tuple[ColumnRead, ...]:
    """Tell how each column of a table was read."""
    question = prepared.question
    uses = dict.fromkeys(question.inputs, "learned from")
    uses[question.target] = "asked for"
    if question.weight is not None:
        uses[question.weight] = "weight"
    return tuple(
        ColumnRead(
            one.column.name,
            one.kind,
            uses.get(place, "left out"),
            one.reason,
            int(one.column.is_missing.sum()),
        )
        for place, one in enumerate(prepared.described)
    )


def _of_another(model: Model, table: Table) -> Review:
    """Return the review of a table that was not learned from, or has changed since."""
    columns, notes = model.encoder.match(table)
    reading = tuple(
        ColumnRead(name, kind, "learned from", reason, None)
        for name, kind, reason in model.origin.columns
    )
    told = (*model.notes, *table.notes, *notes)
    try:
        known = known_rows(model, table)
    except GradusError:
        return Review(model, table, columns, reading, told, model.warnings, None)
    places = known.numbers - 1
    given = model.answer(tuple(column.take(places) for column in columns))
    n, held = len(places), None
    if isinstance(model.labels, NumberTarget):
        (target,) = (column for column in table.columns if column.name == model.target)
        values, answers = to_numbers(target).values[places], given.values
        if given.low is not None and given.high is not None and np.isfinite(given.low).all():
            held = (given.low <= values) & (values <= given.high)
    else:
        assert given.probabilities is not None, "classes have probabilities"
        values, answers = known.y[:, 0], given.probabilities
    sentence = (
        f"{counted(n, 'row')} of {table.name}, which is not the table that was learned from, or "
        "has changed since: these are the answers the model gives now. It may have learned from "
        "some of them."
    )
    rows = JudgedRows(
        known.numbers, values, answers, held, np.ones(n), is_out_of_fold=False, sentence=sentence
    )
    return Review(model, table, columns, reading, told, model.warnings, rows)
