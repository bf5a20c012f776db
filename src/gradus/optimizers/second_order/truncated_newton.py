"""Truncated Newton: steps of a quadratic model that is asked for products only.

How the model is minimized within its ball is not known here, nor layers, rows or threads.
"""

import math
from typing import ClassVar, NamedTuple

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_choice, check_number, check_whole
from gradus.optimizers.second_order.conjugate_gradients import (
    Product,
    downward_bend,
    trust_region_step,
)
from gradus.optimizers.second_order.problem import FullBatchRule, Problem, Step
from gradus.optimizers.second_order.vectors import dot

_CURVATURES = ("hessian", "gauss_newton")
# Where the model's promise is kept this badly the ball shrinks, and where it is kept this well and
# was what held the step back the ball grows.
_POOR, _GOOD = 0.25, 0.75
# Of the forcing terms: how roughly a model is minimized at most, and their scale.
_ROUGHEST, _FORCING = 0.5, 0.9


@dataclass(frozen=True)
class TruncatedNewton(FullBatchRule):
    """Minimize a quadratic model in a ball by conjugate gradients, then fit the ball ([Ste83]).

    The model of the objective is ``m(s) = g's + s'Hs / 2``, its H known by exact products. The step
    is taken if the objective falls. The ball shrinks to a quarter of the step where less than a
    quarter of the model's fall came true, and doubles where more than three quarters did at its
    boundary. The model is minimized the better the faster the gradient shrinks ([EW96]), which
    makes the last steps Newton's.

    With the Hessian a direction along which the objective bends down is followed to the boundary.
    Where the gradient says that nothing is to be gained, such a direction is looked for from a
    random start, so that training does not end on a saddle. The Gauss-Newton matrix of [Sch02]
    never bends down.

    Parameters
    ----------
    curvature
        "hessian" or "gauss_newton": what H is.
    radius
        Of the first ball, in units of the parameters, greater than 0.
    max_products
        Products with H in one minimization of the model, 1 or greater; each costs about two
        gradients.

    Raises
    ------
    InvalidParameter
        If an option lies outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from gradus import Dense, Network
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> net = Network(1, [Dense(3, "tanh"), Dense(1)], l2=1e-4)
    >>> run = net.train(X, X**2, TruncatedNewton(), epochs=500)
    >>> run.stopped_because, bool(run.history.gradient_norm[-1] < 1e-6)
    ('converged', True)
    """

    curvature: str = "hessian"
    radius: float = 1.0
    max_products: int = 200
    name: ClassVar[str] = "truncated_newton"
    #: The radius after the last step, and the gradient norm before it.
    n_scalars: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_choice("curvature", self.curvature, _CURVATURES)
        check_number("radius", self.radius, above=0.0)
        check_whole("max_products", self.max_products, at_least=1)

    def step(
        self,
        problem: Problem,
        params: FloatArray,
        slots: FloatArray,  # noqa: ARG002 one signature
        scalars: Float64Array,
    ) -> Step | None:
        """Make one iteration; see `FullBatchRule.step`."""
        radius, norm_before = scalars.tolist()
        objective, grads = problem.gradient(params)
        norm = math.sqrt(dot(grads, grads))
        if not math.isfinite(norm):
            return None
        share = _forcing_term(norm, norm_before)
        here = _Here(problem, params, objective, grads.astype(np.float64))
        taken = self._descend(here, radius or self.radius, share)
        if taken is None and self.curvature == "hessian":
            taken = self._leave_saddle(here)
        if taken is None:
            return None
        after, radius = taken
        return Step(after, {}, np.array([radius, norm]), norm)

    def _descend(
        self, here: "_Here", radius: float, share: float
    ) -> tuple[FloatArray, float] | None:
        """Step where the model falls; None where it promises no fall beyond rounding."""
        product = self._product(here)
        while True:
            model = trust_region_step(product, here.grads, radius, share, self.max_products)
            if not model.fall > here.rounding:
                return None
            after, fall = here.tried(model.step)
            if not fall > _POOR * model.fall:
                radius = math.sqrt(dot(model.step, model.step)) / 4
            elif fall > _GOOD * model.fall and model.is_at_boundary:
                radius *= 2
            if 0 < fall < math.inf:
                return after, radius

    def _leave_saddle(self, here: "_Here") -> tuple[FloatArray, float] | None:
        """Step along a direction that bends down; None where there is none."""
        precision = math.sqrt(float(np.finfo(here.params.dtype).eps))
        product = self._product(here)
        found = downward_bend(product, here.params.size, precision, self.max_products)
        if found is None:
            return None
        (direction, bend), radius = found, self.radius
        while -bend / 2 * radius * radius > here.rounding:
            after, fall = here.tried(radius * direction)
            if 0 < fall < math.inf:
                return after, radius
            radius /= 4
        return None

    def _product(self, here: "_Here") -> Product:
        multiply = here.problem.hvp if self.curvature == "hessian" else here.problem.ggn_vp

        def product(v: Float64Array) -> Float64Array:
            return multiply(here.params, _typed(v, here.params)).astype(np.float64)

        return product


class _Here(NamedTuple):
    """Where an iteration begins."""

    problem: Problem
    params: FloatArray
    objective: float
    grads: Float64Array

    @property
    def rounding(self) -> float:
        """What the objective cannot tell from 0."""
        return float(np.finfo(self.params.dtype).eps) * abs(self.objective)

    def tried(self, step: Float64Array) -> tuple[FloatArray, float]:
        """Add a step to the parameters and say how far the objective falls; nan is no fall."""
        after = _typed(self.params + step, self.params)
        return after, self.objective - self.problem.objective(after)


def _forcing_term(norm: float, norm_before: float) -> float:
    """Say to which share the model's gradient is to shrink; a norm of 0 stands before step 1."""
    if norm_before == 0:
        return _ROUGHEST
    return min(_ROUGHEST, _FORCING * (norm / norm_before) ** 2)


def _typed(values: Float64Array, like: FloatArray) -> FloatArray:
    """Copy float64 numbers into an array like another one."""
    copied = np.empty_like(like)
    copied[:] = values
    return copied
