"""Levenberg-Marquardt: damped Gauss-Newton steps whose damping follows how well they were foretold.

Nothing here knows how a step is solved for, nor layers, rows or threads.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_number
from gradus.optimizers.second_order.problem import DampedSystem, FullBatchRule, Problem, Step


@dataclass(frozen=True)
class LevenbergMarquardt(FullBatchRule):
    """Solve least squares, or any loss of the table, by damped Gauss-Newton steps.

    With the gradient g and the Gauss-Newton matrix G of the objective (mean loss and penalty)
    ``s = -(G + mu I)^-1 g``, the step of [Lev44] and [Mar63]. It is taken if the objective falls,
    else tried again with a larger mu. The gain ratio ``rho = (fall of the objective) / (mu s's -
    g's) * 2`` compares the fall with the model's; after a step ``mu = mu * max(1/3, 1 -
    (2 rho - 1)^3)``, after a refused one ``mu = mu * nu`` and ``nu = 2 nu``, nu being 2 at first
    ([Nie99], [MNT04]).

    For the cross-entropies G is the generalized matrix ``J' H J`` of [Sch02], which is never
    indefinite. Training ends as "converged" when the model promises no fall beyond rounding.

    Where there are fewer rows times outputs than parameters the step is solved for row by row.

    Parameters
    ----------
    damping
        First mu, in units of the mean of G's diagonal; greater than 0.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.

    Examples
    --------
    >>> from gradus.training.plan import Plan
    >>> Plan(LevenbergMarquardt(), epochs=100).batch_size is None
    True
    """

    damping: float = 1e-3
    name: ClassVar[str] = "levenberg_marquardt"
    #: mu and nu.
    n_scalars: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_number("damping", self.damping, above=0.0)

    def step(
        self, problem: Problem, params: FloatArray, slots: FloatArray, scalars: Float64Array
    ) -> Step | None:
        """Make one accepted step; see `FullBatchRule.step`."""
        objective, system = problem.objective(params), problem.damped(params)
        rounding = float(np.finfo(params.dtype).eps)
        unit = system.mean_curvature or 1.0
        mu, nu = scalars.tolist() if scalars[1] else (self.damping * unit, 2.0)
        mu = max(mu, rounding * unit)  # less would vanish in rounding
        while math.isfinite(mu) and system.grads.any():
            step = system.step(mu)
            if step is not None:
                foretold = _foretold(system, step, mu)
                if not foretold > rounding * abs(objective):
                    return None
                after = params + step
                fall = objective - problem.objective(after)
                if fall > 0:
                    mu *= max(1 / 3, 1 - (2 * fall / foretold - 1) ** 3)
                    norm = float(np.linalg.norm(system.grads.astype(np.float64)))
                    return Step(after, slots, np.array([mu, 2.0]), norm)
            mu, nu = mu * nu, nu * 2
        return None


def _foretold(system: DampedSystem, step: FloatArray, mu: float) -> float:
    """``-m(s) = (mu s's - g's) / 2``: how far the model falls."""
    s, g = step.astype(np.float64), system.grads.astype(np.float64)
    return float(mu * (s @ s) - g @ s) / 2
