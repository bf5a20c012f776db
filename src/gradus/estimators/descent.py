"""Steps from batch to batch with scikit-learn's numbers: one epoch at a time, resumable anywhere.

Each step is one call of an engine. When to stop, scores and what rows mean must not be known here.
"""

import math
from dataclasses import field, replace
from functools import lru_cache

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray, Int64Array, UInt8Array
from gradus.engines.base import Batches, Engine, EpochLog, RunStatus, TrainState
from gradus.networks.losses import loss_of
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent, Rule


@dataclass(frozen=True)
class Rows:
    """Rows as a network sees them.

    Attributes
    ----------
    X : array of shape (n, n_inputs)
    y : array of shape (n, n_targets)
        As the network's loss wants it.
    weights : array of shape (n,) or None
    """

    X: FloatArray
    y: FloatArray
    weights: FloatArray | None

    @property
    def total(self) -> float:
        """Sum of the weights."""
        if self.weights is None:
            return float(len(self.X))
        return float(self.weights.sum(dtype=np.float64))

    def take(self, rows: Int64Array) -> "Rows":
        """Return some of them."""
        weights = None if self.weights is None else self.weights[rows]
        return Rows(self.X[rows], self.y[rows], weights)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.X)


@dataclass(frozen=True)
class Objective:
    """What scikit-learn lowers: ``factor * loss + alpha / (2 W) * sum(weight**2)``.

    W is the sum of weights of the rows in question. Half the squared error summed over outputs is
    n_outputs / 2 times the loss of our networks, so `factor` makes their gradients scikit-learn's;
    what it reports is the mean over outputs, hence `reported`.

    Attributes
    ----------
    spec
        The network, without penalty.
    alpha
        0 or greater.
    """

    spec: NetworkSpec
    alpha: float

    @property
    def factor(self) -> float:
        """Scikit-learn's gradient over ours."""
        return self.spec.n_outputs / 2 if self._is_squared else 1.0

    @property
    def reported(self) -> float:
        """Scikit-learn's reported loss over ours."""
        return 0.5 if self._is_squared else 1.0

    @property
    def _is_squared(self) -> bool:
        return loss_of(self.spec.loss).name == "squared_error"

    def penalized(self, total: float) -> NetworkSpec:
        """Return the network with the penalty for rows of this sum of weights."""
        return _with_l2(self.spec, self.alpha / (self.factor * total))

    def penalty(self, params: FloatArray, total: float) -> float:
        """Compute ``alpha / (2 total) * sum(weight**2)``."""
        if self.alpha == 0:
            return 0.0
        weights = [part for name, part in views(self.spec, params).items() if "weight" in name]
        squares = math.fsum(float(np.dot(part.ravel(), part.ravel())) for part in weights)
        return 0.5 * self.alpha * squares / total


@lru_cache(maxsize=64)
def _with_l2(spec: NetworkSpec, l2: float) -> NetworkSpec:
    return replace(spec, l2=l2)


class Diverged(Exception):
    """A step left the finite numbers; it was not made."""


@dataclass
class Descent:
    """Where a solver stands between two epochs.

    Attributes
    ----------
    objective
        What is lowered.
    rule
        With scikit-learn's numbers; its learning rate is not looked at.
    rate
        Of the next step, in scikit-learn's units.
    state
        Weights and what the rule remembers.
    dropout_key
        Decides with the number of the step what `Dropout` leaves out.
    cancel : uint8 array of shape (1,)
        Ends an epoch as Ctrl-C does, soon after it becomes nonzero.
    """

    objective: Objective
    rule: Rule
    rate: float
    state: TrainState
    dropout_key: int = 0
    cancel: UInt8Array = field(default_factory=lambda: np.zeros(1, dtype=np.uint8))

    def epoch(self, engine: Engine, rows: Rows, order: Int64Array | None, batch_size: int) -> float:
        """Make the steps of one epoch.

        Parameters
        ----------
        engine
            What computes.
        rows
            To train on.
        order : int64 array of shape (n,) or None
            Their order; None leaves them as they are.
        batch_size
            Rows in a step; the last may have fewer.

        Returns
        -------
        The objective as scikit-learn reports it: the mean over rows of their batch's, each taken
        before its step.

        Raises
        ------
        Diverged
            If a step would leave the finite numbers.
        """
        n = len(rows)
        if batch_size >= n:  # the sums of a full batch are the same in any order
            return self._step(engine, rows)
        order = np.arange(n) if order is None else order
        total = 0.0
        for start in range(0, n, batch_size):
            batch = rows.take(order[start : start + batch_size])
            total += self._step(engine, batch) * len(batch)
        return total / n

    def _step(self, engine: Engine, batch: Rows) -> float:
        """Make one step; a batch without weight changes nothing."""
        total = batch.total
        if total == 0:
            return 0.0
        penalty = self.objective.penalty(self.state.params, total)
        log = EpochLog()
        status = engine.run(
            self.objective.penalized(total),
            self._rule_of_step(),
            Batches(batch.X, batch.y, batch.weights, None, len(batch), 0, self.dropout_key),
            self.state,
            self._rates(),
            None,
            log,
            cancel=self.cancel,
            max_seconds=None,
        )
        if status is RunStatus.CANCELLED:
            raise KeyboardInterrupt
        if status is not RunStatus.DONE:
            raise Diverged
        return self.objective.reported * float(log.rows[0, 0]) + penalty

    def _rates(self) -> Float64Array:
        """Return the rate of one step in our units; Adam's does not depend on them."""
        is_plain = isinstance(self.rule, GradientDescent)
        return np.array([self.rate * (self.objective.factor if is_plain else 1.0)])

    def _rule_of_step(self) -> Rule:
        """Return the rule with the epsilon that is scikit-learn's in this step.

        scikit-learn adds epsilon to ``sqrt(v)``, we add it to ``sqrt(v / (1 - beta_2**t))``; and
        our gradient is scikit-learn's over `factor`.
        """
        if not isinstance(self.rule, Adam):
            return self.rule
        bias = 1 - self.rule.beta_2 ** (int(self.state.cursor[2]) + 1)
        return replace(
            self.rule, epsilon=self.rule.epsilon / (self.objective.factor * math.sqrt(bias))
        )
