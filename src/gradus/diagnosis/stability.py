"""How far a rule's rate is from the largest that the curvature allows.

Rules that divide by the size of past gradients see another curvature than plain descent; each is
measured against its own limit [CKLKT21], [CGK22].
"""

from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.optimizers.rules import Adagrad, Adam, GradientDescent, RMSprop, Rule
from gradus.optimizers.schedules import rates

# The part of a run whose rates count as its last.
_LAST_PART = 0.05


@dataclass(frozen=True, eq=False)
class Stability:
    """What a rule makes of curvature.

    Attributes
    ----------
    limit
        A step along an eigenvector of ``P**-1 H`` with eigenvalue v stays stable while
        ``rate * v < limit``: 2 for plain descent, ``2 (1 + momentum)`` with momentum,
        ``2 (1 + momentum) / (1 + 2 momentum)`` with Nesterov's, ``2 (1 + beta_1) / (1 - beta_1)``
        for Adam.
    divisor : array of shape (n_params,)
        The diagonal of P: 1, or the size of a usual batch's gradient.
    gain
        How much further momentum carries a step in the long run: ``1 / (1 - momentum)``; 1 where
        the rule averages.
    largest_rate, last_rate
        Of the schedule: its largest, and the mean over the last twentieth of the updates.
    """

    limit: float
    divisor: Float64Array = field(repr=False)
    gain: float
    largest_rate: float
    last_rate: float


def stability_of(rule: Rule, batch_grads: Float64Array, n_steps: int) -> Stability:
    """Describe a rule by the gradients of some batches.

    Parameters
    ----------
    rule
        Any update rule.
    batch_grads : array of shape (k, n_params)
    n_steps
        Updates planned, 1 or greater.
    """
    planned = rates(rule.learning_rate, 0, n_steps, n_steps)
    last = planned[-max(1, int(_LAST_PART * n_steps)) :]
    chosen = float(planned.max()), float(last.mean())
    size = np.sqrt(np.mean(batch_grads**2, axis=0))
    match rule:
        case GradientDescent():
            beta = rule.momentum
            limit = 2 * (1 + beta) / (1 + 2 * beta if rule.nesterov else 1)
            return Stability(limit, np.ones_like(size), 1 / (1 - beta), *chosen)
        case Adam():
            limit = 2 * (1 + rule.beta_1) / (1 - rule.beta_1)
            return Stability(limit, size + rule.epsilon, 1.0, *chosen)
        case RMSprop():
            beta = rule.momentum
            return Stability(2 * (1 + beta), size + rule.epsilon, 1 / (1 - beta), *chosen)
        case Adagrad():
            grown = np.sqrt(rule.initial_accumulator + n_steps * size**2) + rule.epsilon
            return Stability(2.0, grown, 1.0, *chosen)
