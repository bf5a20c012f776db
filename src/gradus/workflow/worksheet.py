"""An exercise to be worked by hand on rows of a person's table, with all its answers.

Two updates of a small network by gradient descent. How the sheet looks must not be known here.
"""

import os
from collections.abc import Sequence
from dataclasses import field, replace

import numpy as np

from gradus._dataclasses import dataclass
from gradus._random import Purpose, permutation, stream_key, uniform
from gradus._typing import Float64Array, Int64Array
from gradus._validate import check_whole
from gradus.calculus.derivative import Derivative, differentiate
from gradus.calculus.updates import written_update
from gradus.engines.registry import engine
from gradus.errors import DataError, InvalidParameter
from gradus.networks.layers import Dense
from gradus.networks.params import layout, n_params, view_at
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import GradientDescent
from gradus.tables.convert import to_words
from gradus.tables.kinds import Described, describe
from gradus.tables.question import Question, pose_question
from gradus.tables.read import read_table
from gradus.tables.table import Table
from gradus.workflow.short_numbers import ShortColumn, shorten

# More would not be worked by hand.
MOST_ROWS, MOST_HIDDEN, MOST_INPUTS = 6, 4, 4
# The first rate at which both updates lower the loss is taken.
_RATES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
N_UPDATES = 2


@dataclass(frozen=True, eq=False)
class Pass:
    """The network at one time, on all rows.

    Attributes
    ----------
    params : array of shape (n_params,)
        Its parameters.
    loss
        The mean over rows of ``(output - y)**2``.
    derivatives
        Of the mean loss, one for each parameter in their order, with the rows' own in `by_row`.
    """

    params: Float64Array
    loss: float
    derivatives: tuple[Derivative, ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Worksheet:
    """An exercise and its answers.

    Attributes
    ----------
    table
        What the table is called.
    seed
        What rows and weights were drawn from.
    target
        The column that is learned, in short numbers.
    inputs
        The columns it is learned from, in short numbers.
    rows : int64 array of shape (n,)
        Of the table, counted from 1.
    spec
        The network: one hidden layer of sigmoids, one output.
    rate
        Learning rate of the updates.
    passes
        Before the first update, and after each.
    opened
        For each row the derivatives of its own loss that the answers open, with the pass forward.
    """

    table: str
    seed: int
    target: ShortColumn
    inputs: tuple[ShortColumn, ...]
    rows: Int64Array
    spec: NetworkSpec
    rate: float
    passes: tuple[Pass, ...] = field(repr=False)
    opened: tuple[tuple[Derivative, ...], ...] = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in their order, as "layer 1 weight [0, 0]"."""
        return tuple(one.name for one in self.passes[0].derivatives)

    def updates(self, number: int) -> tuple[str, ...]:
        """Write out update 1 or 2 of each parameter, as ``0.3 - 0.5 * 0.12 = 0.24``."""
        before = self.passes[number - 1]
        found = []
        for value, derivative in zip(before.params, before.derivatives, strict=True):
            moved = float(value), derivative.value
            written = written_update(
                GradientDescent(self.rate), *moved, self.rate, is_weight=True, step=number
            )
            found.append(written.lines[-1])
        return tuple(found)


def make_worksheet(
    table: str | os.PathLike[str] | object,
    target: str | None = None,
    *,
    rows: int = 3,
    hidden: int = 2,
    inputs: int = 2,
    seed: int = 0,
) -> Worksheet:
    """Make an exercise from a table: the same for the same table and numbers.

    Parameters
    ----------
    table
        As in `gradus.train`.
    target
        The column to learn: numbers, or two different words. None takes the one whose blanks are
        a question.
    rows, hidden, inputs
        How many rows (1 to 6), hidden neurons (1 to 4) and columns (1 to 4): the first columns of
        numbers or of yes and no, and rows drawn from those that have a value in all of them.
        Fewer are taken where there are no more.
    seed
        Of the rows and the first weights, 0 or greater.

    Raises
    ------
    DataError
        If the table cannot be read, or has no such columns or rows.
    InvalidParameter
        If a number lies outside its range, or there is no such column.
    """
    rows = check_whole("rows", rows, at_least=1, at_most=MOST_ROWS)
    hidden = check_whole("hidden", hidden, at_least=1, at_most=MOST_HIDDEN)
    inputs = check_whole("inputs", inputs, at_least=1, at_most=MOST_INPUTS)
    seed = check_whole("seed", seed, at_least=0)
    read = table if isinstance(table, Table) else read_table(table)
    described = describe(read)
    if target is None and not any(one.column.is_missing.any() for one in described):
        raise InvalidParameter(
            f"target must name the column of {read.name} to learn; no blanks ask for one."
        )
    question = pose_question(read, described, target, needs_blank=target is None)
    asked = described[question.target]
    if question.task == "classes":
        asked = replace(asked, column=to_words(asked.column))
    _check_target(asked, question)
    chosen = [described[j] for j in question.inputs if described[j].kind in ("number", "yes/no")]
    chosen = [one for one in chosen if one.kind == "number" or _n_words(one) == 2][:inputs]
    if not chosen:
        raise DataError(
            f"{read.name} must have a column of numbers or of yes and no to learn from."
        )
    places = _some_rows(chosen, question, rows, seed, read.name)
    columns = tuple(shorten(one, places) for one in chosen)
    goal = shorten(asked, places)
    is_class = question.task == "classes"
    layers = (Dense(hidden, "sigmoid"), Dense(1, "sigmoid" if is_class else "identity"))
    spec = NetworkSpec(len(columns), layers)
    X = np.column_stack([one.values for one in columns])
    y = goal.values[:, None]
    rate, passes = _descent(spec, _first_params(spec, seed), X, y)
    opened = tuple(_opened(spec, passes[0].params, X, y, row) for row in range(len(places)))
    return Worksheet(read.name, seed, goal, columns, places + 1, spec, rate, passes, opened)


def _check_target(asked: Described, question: Question) -> None:
    if question.task == "regression" or _n_words(asked) == 2:
        return
    raise DataError(
        f"{asked.column.name!r} must hold numbers or two different words to be worked by hand; it "
        f"has {_n_words(asked)} classes."
    )


def _n_words(found: Described) -> int:
    """Count the different words of a column; 0 for numbers."""
    if found.column.type != "word":
        return 0
    return len({word for word in found.column.values.tolist() if word is not None})


def _some_rows(
    chosen: Sequence[Described], question: Question, n: int, seed: int, name: str
) -> Int64Array:
    """Draw rows in which nothing is blank, in the table's order."""
    is_whole = ~np.any([one.column.is_missing for one in chosen], axis=0)
    whole = question.complete[is_whole[question.complete]]
    if not len(whole):
        raise DataError(f"{name} must have a row without a blank in the columns used; it has none.")
    order = permutation(stream_key(seed, Purpose.WORKSHEET), 0, len(whole))
    return np.sort(whole[order[:n]])


def _first_params(spec: NetworkSpec, seed: int) -> Float64Array:
    """Draw parameters of one decimal within ±1: weights that are not 0, biases within ±0.5."""
    key = stream_key(stream_key(seed, Purpose.WORKSHEET), 1)
    drawn = 2 * uniform(key, (n_params(spec),)) - 1
    params = np.empty(n_params(spec))
    for view in layout(spec):
        part = slice(view.start, view.stop)
        tenths = drawn[part] * 10 if view.kind == "weight" else drawn[part] * 5
        tenths = np.round(tenths)
        if view.kind == "weight":
            tenths[tenths == 0] = 1
        params[part] = tenths / 10
    return params


def _descent(
    spec: NetworkSpec, params: Float64Array, X: Float64Array, y: Float64Array
) -> tuple[float, tuple[Pass, ...]]:
    """Make two updates at the first rate at which both lower the loss, or at the smallest."""
    machine = engine("reference")
    for rate in _RATES:
        moved, losses = params, []
        for _ in range(N_UPDATES + 1):
            loss, grads = machine.gradient(spec, moved, X, y, None)
            losses.append(loss)
            moved = moved - rate * grads
        if losses[0] > losses[1] > losses[2]:
            break
    passes = [_pass(spec, params, X, y)]
    for _ in range(N_UPDATES):
        grads = np.array([one.value for one in passes[-1].derivatives])
        passes.append(_pass(spec, passes[-1].params - rate * grads, X, y))
    return rate, tuple(passes)


def _pass(spec: NetworkSpec, params: Float64Array, X: Float64Array, y: Float64Array) -> Pass:
    outputs = engine("reference").outputs(spec, params, X)
    numbers = range(1, len(X) + 1)
    derivatives = tuple(
        differentiate(spec, params, X, y, None, name, row_numbers=numbers) for name in _names(spec)
    )
    return Pass(params, float(((outputs - y) ** 2).mean()), derivatives)


def _names(spec: NetworkSpec) -> list[str]:
    """Name every parameter in its order, as "layer 1 weight [0, 0]"."""
    found = [view_at(spec, place) for place in range(n_params(spec))]
    return [f"{view.name} [{', '.join(map(str, index))}]" for view, index in found]


def _opened(
    spec: NetworkSpec, params: Float64Array, X: Float64Array, y: Float64Array, row: int
) -> tuple[Derivative, ...]:
    """Open the derivatives of one row's loss by one parameter of each kind."""
    names = ("layer 2 weight [0, 0]", "layer 2 bias [0]", "layer 1 weight [0, 0]")
    return tuple(differentiate(spec, params, X, y, None, name, row=row) for name in names)
