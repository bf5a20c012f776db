"""Levenberg-Marquardt: damped Gauss-Newton steps whose damping follows how well they were foretold.

Nothing here knows how a step is solved for, nor layers, rows or threads.
"""

import math
from typing import ClassVar

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_flag, check_number
from gradus.errors import InvalidParameter
from gradus.optimizers.second_order.evidence import estimate_l2
from gradus.optimizers.second_order.problem import FullBatchRule, Problem, Step
from gradus.optimizers.second_order.vectors import dot


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

    Up to 4,096 parameters the step is solved for from the matrix, with fewer rows times outputs
    than parameters (and dense layers alone) row by row, beyond both by conjugate gradients.

    With `bayesian` the penalty's l2 is estimated anew after each step, from how many parameters the
    rows determine ([Mac92], [FH97]; MATLAB's trainbr): with M errors of mean square L, the W
    weights' sum of squares E and H = G + l2 on the weights, ``gamma = n_params - l2 trace(H^-1)``
    over the weights, and ``l2 = 2 (gamma - n_biases) L / (E (M - gamma))``. The network's own l2
    is where it starts (the first mu where it is 0), and the objective is another one after each
    step. Row weights count as repeated rows.

    Parameters
    ----------
    damping
        First mu, in units of the mean of G's diagonal; greater than 0.
    bayesian
        Estimate l2; for "squared_error" only.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from gradus import Dense, Network
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> net = Network(1, [Dense(3, "tanh"), Dense(1)], l2=1e-4)
    >>> run = net.train(X, X**2, LevenbergMarquardt(), epochs=500)
    >>> run.stopped_because, bool(run.history.gradient_norm[-1] < 1e-6)
    ('converged', True)
    """

    damping: float = 1e-3
    bayesian: bool = False
    name: ClassVar[str] = "levenberg_marquardt"
    #: mu, nu, l2 and the effective number of parameters.
    n_scalars: ClassVar[int] = 4

    def __post_init__(self) -> None:
        check_number("damping", self.damping, above=0.0)
        check_flag("bayesian", self.bayesian)

    def step(
        self,
        problem: Problem,
        params: FloatArray,
        slots: FloatArray,  # noqa: ARG002 one signature
        scalars: Float64Array,
    ) -> Step | None:
        """Make one accepted step; see `FullBatchRule.step`."""
        mu, nu, l2, gamma = scalars.tolist()
        is_first = nu == 0
        if self.bayesian:
            problem = problem.with_l2(self._first_l2(problem, params) if is_first else l2)
        objective = problem.objective(params)
        system = problem.damped(params, to_invert=self.bayesian)
        rounding, unit = float(np.finfo(params.dtype).eps), system.mean_curvature or 1.0
        if is_first:
            mu, nu = self.damping * unit, 2.0
        mu = max(mu, rounding * unit)  # less would vanish in rounding
        while math.isfinite(mu):
            damped = system.step(mu)
            if damped is not None:
                step, foretold = damped
                if not foretold > rounding * abs(objective):
                    return None
                after = params + step
                fall = objective - problem.objective(after)
                if 0 < fall < math.inf:
                    if self.bayesian:
                        least = rounding * unit * params.size
                        l2, gamma = estimate_l2(problem, system, after, least)
                    gain = min(2 * fall / foretold, 2.0)  # more would change nothing
                    mu *= max(1 / 3, 1 - (gain - 1) ** 3)
                    norm = math.sqrt(dot(system.grads, system.grads))
                    return Step(after, {}, np.array([mu, 2.0, l2, gamma]), norm)
            mu, nu = mu * nu, nu * 2
        return None

    def told(self, scalars: Float64Array) -> dict[str, float]:
        """Name the estimated l2 and the effective number of parameters, where there are any."""
        _, _, l2, gamma = scalars.tolist()
        return {"l2": l2, "n_effective": gamma} if self.bayesian else {}

    def _first_l2(self, problem: Problem, params: FloatArray) -> float:
        """Find where the estimates of l2 begin."""
        if problem.n_errors is None:
            raise InvalidParameter(
                "bayesian must be False with another loss than 'squared_error'; got True."
            )
        return problem.l2 or self.damping * problem.damped(params).mean_curvature
