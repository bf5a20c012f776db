"""Open and check derivatives of a model's networks on the rows of a person's table.

How the model came about, and how explanations are written, must not be known here.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from gradus._dataclasses import dataclass
from gradus._names import RULE_NAMES
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_choice, check_whole
from gradus.calculus.derivative import Derivative, differentiate
from gradus.calculus.gradient_check import GradientCheck
from gradus.calculus.updates import Update, written_update
from gradus.engines.registry import engine
from gradus.errors import DataError
from gradus.models.gradient_check import check_gradient
from gradus.models.model import Model
from gradus.networks.params import locate
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import Rule
from gradus.workflow.known_rows import known_rows
from gradus.workflow.one_network import one_network

_RULES: dict[str, Callable[[float], Rule]] = {one.name: one for one in get_args(Rule)}


@dataclass(frozen=True, eq=False)
class Explained:
    """A derivative, and what it is of.

    Attributes
    ----------
    derivative
        By a parameter, in the units the network computes in.
    row
        Of the table, counted from 1; None for the mean over all rows with an answer.
    network, n_networks
        Which of the networks that answer together it is of, counted from 1.
    single
        The same derivative computed in float32, where the network was trained in it; else None.
    update
        What gradient descent makes of the parameter, where a learning rate was asked for.
    notes
        What was said while the table was read.
    """

    derivative: Derivative
    row: int | None
    network: int
    n_networks: int
    single: float | None
    update: Update | None
    notes: tuple[str, ...]

    def text(self, digits: int = 6) -> str:
        """Write everything as lines; `digits` as in `Derivative.text`."""
        lines = [self.derivative.text(digits)]
        if self.single is not None:
            lines.append(
                f"In float32, as the network was trained: {self.single:.{digits}g}; all above is "
                "float64."
            )
        if self.update is not None:
            lines.append("\n".join(self.update.lines))
        if self.n_networks > 1:
            lines.append(f"Network {self.network} of the {self.n_networks} that answer together.")
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; rows count from 0 there."""
        return {
            **self.derivative.describe(),
            "row": None if self.row is None else self.row - 1,
            "network": self.network,
            "n_networks": self.n_networks,
            "float32": self.single,
            "update": list(self.update.lines) if self.update else None,
            "notes": list(self.notes),
        }


def explain_parameter(
    model: Model,
    table: str | os.PathLike[str] | object,
    parameter: str,
    *,
    row: int | None = None,
    network: int = 1,
    depth: int = 1,
    most_terms: int = 8,
    learning_rate: float | None = None,
    rule: str = "gradient_descent",
) -> Explained:
    """Open the derivative of a network's loss by one parameter.

    Parameters
    ----------
    model
        Of a table.
    table
        As in `Model.predict`. Rows without an answer are left out; the loss needs one.
    parameter
        Such as "layer 1 weight [0, 2]"; see `Network.derivative`.
    row
        Of the table, counted from 1 below its head; None takes the mean over all rows with an
        answer.
    network
        Which of the answering networks, counted from 1.
    depth, most_terms
        See `Network.derivative`.
    learning_rate
        Greater than 0: an update is written out. None writes none.
    rule
        Which rule makes it, with its usual numbers and as its first step, before it remembers
        anything: "gradient_descent", "rmsprop", "adagrad", "adam" or "adamw".

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, or has no answer where one is needed.
    InvalidParameter
        If there is no such parameter, row or network.
    """
    network, n_networks, chosen = one_network(model, network)
    known = known_rows(model, table)
    spec, params = chosen.spec, chosen.params
    rows, numbers = (known.X, known.y), known.numbers.tolist()
    if row is not None:
        row = check_whole("row", row, at_least=1, at_most=known.n_rows)
        if row not in numbers:
            raise DataError(
                f"Row {row} has no {model.target!r} to compare an answer with; the loss needs one. "
                "Choose a row that has."
            )
        place = slice(numbers.index(row), numbers.index(row) + 1)
        rows, numbers = (known.X[place], known.y[place]), [row]
    derivative = differentiate(
        spec,
        params.astype(np.float64),
        *rows,
        None,
        parameter,
        depth=depth,
        most_terms=most_terms,
        columns=model.encoder.features,
        row_numbers=numbers,
    )
    single = None
    if params.dtype == np.float32:
        # A row by itself has no penalty.
        own = spec if derivative.row is None else replace(spec, l1=0.0, l2=0.0)
        single = _in_single(own, params, parameter, *rows)
    update = None
    if learning_rate is not None:
        own_rule = _RULES[check_choice("rule", rule, RULE_NAMES)](learning_rate)
        moved = derivative.parameter, derivative.value
        is_weight = " weight [" in parameter
        update = written_update(own_rule, *moved, learning_rate, is_weight=is_weight)
    return Explained(derivative, row, network, n_networks, single, update, known.notes)


def _in_single(
    spec: NetworkSpec, params: FloatArray, parameter: str, X: Float64Array, y: Float64Array
) -> float:
    """Compute the derivative as training does, in float32."""
    given = params, X.astype(np.float32), y.astype(np.float32), None
    grads = engine("native").gradient(spec, *given)[1]
    return float(grads[locate(spec, parameter)])


def check_model(
    model: Model, table: str | os.PathLike[str] | object, *, network: int = 1, most: int = 200
) -> GradientCheck:
    """Compare the gradient of one of a model's networks with differences; see `check_gradient`.

    Parameters
    ----------
    model, table, network
        See `explain_parameter`.
    most
        How many parameters are looked at.

    Raises
    ------
    DataError, InvalidParameter
        As in `explain_parameter`.
    """
    _, _, own = one_network(model, network)
    known = known_rows(model, table)
    return check_gradient(own, known.X, known.y, most=most)
