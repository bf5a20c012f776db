"""Which method trains, and how fast, where the person leaves it open: measured, tried, and said.

How a network is trained is not known here; trials are handed in as functions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gradus._typing import FloatArray
from gradus.engines.base import Batches, Engine
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.optimizers.schedules import Cosine, rates
from gradus.optimizers.second_order.problem import FullBatchRule

#: A trial is an eighth as long as the training, and its rate falls to 0 like that of the training.
TRIAL_PART = 8
_RATIO = math.sqrt(10)
_FURTHEST = 8
# Rows that curvature is measured on, evenly spread over those that train.
_MEASURED_ROWS = 2048
# What is tried first where nothing can be measured, as at a gradient of 0.
_USUAL_RATE = 0.01


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why.

    Attributes
    ----------
    rule
        With its learning rate, if it has one.
    reason
        In one sentence.
    """

    rule: Rule | FullBatchRule
    reason: str

    @property
    def rate(self) -> float:
        """The learning rate at the start, nan for a method without one."""
        if isinstance(self.rule, FullBatchRule):
            return math.nan
        return float(rates(self.rule.learning_rate, 0, 1, 1)[0])


def measured_rate(engine: Engine, spec: NetworkSpec, params: FloatArray, batches: Batches) -> float:
    """Measure the step that lowers the loss most along Adam's first direction.

    With the gradient g, ``d = sign(g)`` and the Gauss-Newton matrix G it is ``g'd / d'G d``, the
    lowest point of the parabola through the loss along -d, as curvature is measured at the start.

    Parameters
    ----------
    engine, spec
        What computes, and of which network.
    params : array of shape (n_params,)
    batches
        At most 2,048 of its rows are looked at.

    Returns
    -------
    Greater than 0; 0.01 where gradient or curvature is 0 or not finite.
    """
    rows = np.arange(len(batches.X)) if batches.rows is None else batches.rows
    rows = rows[:: -(-len(rows) // _MEASURED_ROWS)]
    weights = None if batches.weights is None else batches.weights[rows]
    X, y = batches.X[rows], batches.y[rows]
    _, grads = engine.gradient(spec, params, X, y, weights)
    direction = np.sign(grads)
    curved = engine.ggn_vp(spec, params, X, y, weights, direction)
    fall, curvature = float(grads @ direction), float(direction @ curved)
    rate = fall / curvature if curvature > 0 else math.nan
    return rate if 0 < rate < math.inf else _USUAL_RATE


def find_rate(measured: float, trial: Callable[[float], float]) -> tuple[float, int]:
    """Find the best of the rates ``measured * 10**(k / 2)``, k a whole number from -8 to 8.

    From the better one of k = 0 and k = 1 it walks on as long as the trials become better.

    Parameters
    ----------
    measured
        Greater than 0.
    trial
        Gives the loss that a short training at a rate ends with; nan and inf are never best.

    Returns
    -------
    The rate, and how many trials were made.
    """
    losses: dict[int, float] = {}

    def loss_at(k: int) -> float:
        if k not in losses:
            loss = trial(measured * _RATIO**k)
            losses[k] = math.inf if math.isnan(loss) else loss
        return losses[k]

    way = 1 if loss_at(1) < loss_at(0) else -1
    best = max(way, 0)
    while abs(best + way) <= _FURTHEST and (
        loss_at(best + way) < loss_at(best) or math.isinf(loss_at(best))
    ):
        best += way
    return measured * _RATIO**best, len(losses)


def choose_rule(
    automatic: Automatic,
    spec: NetworkSpec,
    batches: Batches,
    measure: Callable[[], float],
    trial: Callable[[Rule], float],
) -> Choice:
    """Choose the method by the size of the problem, and the learning rate by trial.

    Parameters
    ----------
    automatic
        What the person says about it.
    spec, batches
        The network and its rows.
    measure
        Gives the rate of `measured_rate`.
    trial
        Gives the loss that an eighth of the training with a rule ends with.
    """
    size = f"{n_params(spec):,} weights and {batches.n_rows:,} rows"
    rate, n_trials = find_rate(measure(), lambda rate: trial(with_rate(automatic, rate)))
    rule = with_rate(automatic, rate)
    reason = (
        f"{type(rule).__name__} with learning rate {rate:.2g} falling to 0, the best of {n_trials} "
        f"near the one that curvature suggests, tried for an eighth of the epochs each; {size}."
    )
    return Choice(rule, reason)


def chosen_before(automatic: Automatic, rate: float) -> Choice:
    """Return the choice of a run that is continued."""
    reason = f"learning rate {rate:.2g} falling to 0, as found when the run began."
    return Choice(
        with_rate(automatic, rate), f"{type(automatic.first_order).__name__} with {reason}"
    )


def with_rate(automatic: Automatic, rate: float) -> Rule:
    """Return the first-order rule with a learning rate that falls to 0 along a cosine."""
    return replace(automatic.first_order, learning_rate=Cosine(rate))
