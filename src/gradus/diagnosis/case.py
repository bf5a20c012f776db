"""A training as the doctor is shown it: rows, plan, weights before and after.

What may be wrong with it must not be known here.
"""

from dataclasses import field
from typing import get_args

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import ArrayLike, Float64Array, FloatArray, Int64Array
from gradus.diagnosis.scaling import Scaling
from gradus.engines.base import Engine
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.models.given import read_rows
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import Rule
from gradus.training.history import History
from gradus.training.plan import Plan

_CLIP = 10

#: Rows as X, y and weights.
Rows = tuple[Float64Array, Float64Array, Float64Array | None]


@dataclass(frozen=True, eq=False)
class Case:
    """One training and its rows, all numbers in float64.

    Attributes
    ----------
    spec
        The network.
    X, y : arrays of shape (n, n_inputs) and (n, n_targets)
        The rows learned from, those that training stopped by among them.
    weights : array of shape (n,) or None
    unseen
        X and y of rows the training has not looked at, or None.
    plan
        How it was trained; its rule is the one that did.
    start, end : arrays of shape (n_params,)
        Before the first step, and what training left.
    history
        One row per epoch; None where training diverged.
    failure
        What divergence was told as; empty where there was none.
    """

    spec: NetworkSpec
    X: Float64Array = field(repr=False)
    y: Float64Array = field(repr=False)
    weights: Float64Array | None = field(repr=False)
    unseen: tuple[Float64Array, Float64Array] | None = field(repr=False)
    plan: Plan
    start: Float64Array = field(repr=False)
    end: Float64Array = field(repr=False)
    history: History | None = field(repr=False)
    failure: str

    @property
    def n(self) -> int:
        """How many rows were learned from."""
        return len(self.X)

    @property
    def batch_size(self) -> int:
        """Rows of a step."""
        return min(self.plan.batch_size or self.n, self.n)

    @property
    def n_steps(self) -> int:
        """Updates that were planned."""
        return self.plan.epochs * -(-self.n // self.batch_size)

    @property
    def machine(self) -> Engine:
        """What computes, on as many threads as the training had."""
        return make_engine(self.plan.engine, self.plan.n_threads)

    @property
    def rule(self) -> Rule | None:
        """The update rule; None where a full-batch method trained, which has no rate."""
        rule = self.plan.rule
        return rule if isinstance(rule, get_args(Rule)) else None

    @property
    def work(self) -> float:
        """Row passes times parameters: what training cost, in units of one row by one weight."""
        epochs = 1 if self.history is None else int(self.history.epoch[-1])
        return float(epochs) * self.n * len(self.start)

    @property
    def narrowest(self) -> float:
        """Width of the narrowest hidden layer; infinite without one."""
        return min((layer.width for layer in self.spec.dense[:-1]), default=float("inf"))

    @property
    def ran_out(self) -> bool:
        """Whether training ended because its epochs did."""
        return self.history is not None and self.history.epoch[-1] == self.plan.epochs

    def some(self, rows: Int64Array) -> Rows:
        """Take rows learned from."""
        return self.X[rows], self.y[rows], None if self.weights is None else self.weights[rows]

    def row_losses(self, params: FloatArray, X: Float64Array, y: Float64Array) -> Float64Array:
        """Return the loss of each row, shape (n,)."""
        return losses_of(
            self.spec, params, X, y, engine=self.plan.engine, n_threads=self.plan.n_threads
        )


def exact_rows(spec: NetworkSpec, X: ArrayLike, y: ArrayLike) -> tuple[Float64Array, Float64Array]:
    """Read inputs and targets in float64; see `models.given.read_rows`."""
    found_X, found_y, _ = read_rows(spec, X, y, None, "float64")
    return np.asarray(found_X, dtype=np.float64), np.asarray(found_y, dtype=np.float64)


def unseen_rows(
    spec: NetworkSpec, X: ArrayLike | None, y: ArrayLike | None
) -> tuple[Float64Array, Float64Array] | None:
    """Read rows that training does not look at; None where none are given.

    Raises
    ------
    InvalidParameter
        If only one of the two is given.
    """
    if X is None and y is None:
        return None
    if X is None or y is None:
        raise InvalidParameter("X_unseen and y_unseen must be given together; got only one.")
    rows = exact_rows(spec, X, y)
    return rows if len(rows[0]) else None


def losses_of(
    spec: NetworkSpec,
    params: FloatArray,
    X: Float64Array,
    y: Float64Array,
    scaling: Scaling | None = None,
    engine: str = "native",
    n_threads: int | None = None,
) -> Float64Array:
    """Return the loss of each row by some network, without penalty, shape (n,).

    With a scaling X is scaled and outputs are brought back, so that the loss is that of y's unit.
    """
    given = X if scaling is None else scaling.inputs(X)
    outputs = make_engine(engine, n_threads).outputs(spec, params, np.ascontiguousarray(given))
    outputs = outputs if scaling is None else scaling.restore(np.asarray(outputs, dtype=np.float64))
    losses = loss_of(spec.loss).row_losses(outputs, y)
    return np.asarray(losses, dtype=np.float64)


def clipped(losses: Float64Array, constant: float) -> Float64Array:
    """Let no row count for more than ten times the mean loss of the best single answer."""
    return np.minimum(np.nan_to_num(losses, nan=np.inf), _CLIP * constant)
