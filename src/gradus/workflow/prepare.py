"""From a table to arrays: what each column is, what is asked, features, targets and folds.

Each step is one call to who knows how. What is trained on the arrays must not be known here.
"""

import os
from collections.abc import Callable
from dataclasses import field

import numpy as np

from gradus._archive import array_checksum, digest
from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.errors import InvalidParameter
from gradus.tables.checks import groups_of_copies, warnings_of
from gradus.tables.encode import Encoder
from gradus.tables.kinds import WORD_KINDS, Described, describe
from gradus.tables.question import Question, pose_question
from gradus.tables.read import read_table
from gradus.tables.split import Split, choose_split
from gradus.tables.table import Column, Table, listed
from gradus.tables.target import Classes, NumberTarget
from gradus.workflow.options import Options
from gradus.workflow.unit import learned_unit

#: Told what kind of sentence comes and the sentence, as soon as it is known.
Notify = Callable[[str, str], None]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table as arrays.

    Attributes
    ----------
    table, described, question
        As found.
    encoder, labels
        Fitted on the complete rows.
    X
        Shape (n_complete, n_features).
    y
        Shape (n_complete,): what is learned, standardized numbers or class numbers.
    known
        The target's known values: numbers in their own unit, or class numbers.
    weights
        Shape (n_complete,) or None: how much each row counts, greater than 0 and 1 on average.
    split
        Who judges.
    notes, warnings
        Sentences, in the order they were told.
    """

    table: Table
    described: tuple[Described, ...]
    question: Question
    encoder: Encoder
    labels: NumberTarget | Classes
    X: Float64Array = field(repr=False)
    y: Float64Array = field(repr=False)
    known: Float64Array = field(repr=False)
    weights: Float64Array | None = field(repr=False)
    split: Split
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def target(self) -> Column:
        """The column asked for, as it is used."""
        return self.described[self.question.target].column

    def digest(self) -> str:
        """Hash what is learned, and who judges: arrays, folds, groups and order in time."""
        split = self.split
        arrays = (self.X, self.y, self.weights, split.folds, split.groups, split.order)
        return digest(" ".join("" if a is None else array_checksum(a) for a in arrays).encode())

    def inputs(self, rows: Int64Array) -> tuple[Column, ...]:
        """Return the input columns of some rows."""
        return tuple(self.described[j].column.take(rows) for j in self.question.inputs)


def read_as(table: str | os.PathLike[str] | object, options: Options) -> Table:
    """Read a table, its cells as the person said what the columns are."""
    if isinstance(table, Table):
        return table
    words = [name for name, kind in options.kinds.items() if kind in WORD_KINDS]
    numbers = [name for name, kind in options.kinds.items() if kind == "number"]
    return read_table(table, words=words, numbers=numbers)


def prepare(
    table: Table,
    target: str | None,
    options: Options,
    notify: Notify | None = None,
    *,
    needs_blank: bool,
) -> Prepared:
    """Turn a table into arrays.

    Parameters
    ----------
    table
        As read.
    target
        Name of the column to answer, or None to find the one that has blanks.
    options
        What the person chose.
    notify
        Told every sentence.
    needs_blank
        Whether a target without a blank cell is refused.

    Raises
    ------
    DataError, InvalidParameter
        If there is nothing to learn, or the person named what is not there.
    """
    sentences: dict[str, list[str]] = {"note": [], "warning": []}

    def tell(kind: str, told: tuple[str, ...]) -> None:
        sentences[kind].extend(told)
        for sentence in told:
            if notify:
                notify(kind, sentence)

    tell("note", table.notes)
    grouping = [name for name in _grouping(table, options) if name != target]
    described = describe(table, options.kinds, (*options.ignore, *grouping))
    question = pose_question(
        table, described, target, needs_blank=needs_blank, weight=options.weight_column
    )
    tell("note", question.notes)
    tell("warning", warnings_of(described, question))
    complete = question.complete
    encoder = Encoder.fit([described[j].take(complete) for j in question.inputs])
    X = encoder.transform([described[j].column.take(complete) for j in question.inputs])
    weights = _weights(described, question)
    labels, known, y = _learned(described[question.target].column.take(complete), question, weights)
    split = choose_split(
        table,
        described,
        question,
        groups_of_copies(X),
        options.split,
        options.folds,
        options.seed,
    )
    if isinstance(labels, NumberTarget):
        name, embedded = table.names[question.target], encoder.embedded
        labels = learned_unit(labels, name, X, known, split, embedded, weights)
        # A series that grows goes on beyond its largest value.
        labels = labels if split.kind == "time" else labels.held_to(float(known.max()))
        y = labels.learn(known)
        tell("note", labels.notes)
    tell("note", split.notes)
    told = tuple(sentences["note"]), tuple(sentences["warning"])
    return Prepared(table, described, question, encoder, labels, X, y, known, weights, split, *told)


def class_factors(labels: Classes, codes: Int64Array, options: Options) -> Float64Array | None:
    """Return how much each row counts in training for its class; None where all count alike.

    "balanced" gives a row of class c the factor ``n / (n_classes * n_c)``.

    Raises
    ------
    InvalidParameter
        If a class is named that is none, or none counts.
    """
    names, chosen = labels.labels_as_words, options.class_weight
    if chosen is None:
        return None
    if isinstance(chosen, str):
        counts = np.bincount(codes, minlength=len(names))
        factors = len(codes) / (len(names) * counts)
    else:
        unknown = [name for name in chosen if name not in names]
        if unknown:
            raise InvalidParameter(
                f"class_weight must name classes of the target, {listed(names)}; "
                f"got {unknown[0]!r}."
            )
        factors = np.array([chosen.get(name, 1.0) for name in names])
        if not factors.any():
            raise InvalidParameter("class_weight must be above 0 for some class; all are 0.")
    return np.asarray(factors[codes], dtype=np.float64)


def _grouping(table: Table, options: Options) -> tuple[str, ...]:
    """Return the column that groups are split by: what it says of one group tells of no other."""
    name = (options.split or "").removeprefix("group:")
    return (name,) if name != options.split and name in table.names else ()


def _weights(described: tuple[Described, ...], question: Question) -> Float64Array | None:
    """Return the weights of the complete rows, 1 on average: float32 holds no 1e60."""
    if question.weight is None:
        return None
    weights = described[question.weight].column.values[question.complete]
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def _learned(
    column: Column, question: Question, weights: Float64Array | None
) -> tuple[NumberTarget | Classes, Float64Array, Float64Array]:
    """Return the target's labels, its known values and what is learned of them."""
    if question.task == "classes":
        classes = Classes.fit(column)
        codes = classes.codes(column).astype(np.float64)
        return classes, codes, codes
    known = np.asarray(column.values, dtype=np.float64)
    target = NumberTarget.fit(column.name, known, weights)
    return target, known, target.learn(known)
