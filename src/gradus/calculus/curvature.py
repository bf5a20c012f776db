"""How the loss bends around the parameters: eigenvalues, mixed second partials, what a step does.

The Hessian H of loss plus penalty is never made; it is asked for products. Who trains must not be
known here.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.calculus.lanczos import Extremes, extreme_eigenvalues

#: Up to so many parameters trace and diagonal are exact; beyond they are estimated.
MOST_EXACT = 2000
# Random directions of an estimate.
_N_PROBES = 64
# A run sets out so far off along the sharpest direction that this part of the objective is added:
# where the gradient is 0 it would not move otherwise.
_NUDGE, _LEAST_OBJECTIVE = 1e-3, 1e-6


@dataclass(frozen=True)
class Estimate:
    """A number and how far it may be off.

    Attributes
    ----------
    value
        The number.
    error
        Its standard error; 0 where it is exact.
    """

    value: float
    error: float


@dataclass(frozen=True)
class StepForecast:
    """What a step should change the objective by, and what it did.

    Attributes
    ----------
    first_order
        ``g . d``: what first derivatives say.
    diagonal
        ``g . d + 1/2 sum_i H_ii d_i**2``: with pure second partials and no mixed ones.
    second_order
        ``g . d + 1/2 d' H d``: with all of them.
    actual
        ``L(p + d) - L(p)``.
    """

    first_order: float
    diagonal: Estimate
    second_order: float
    actual: float


@dataclass(frozen=True, eq=False)
class DescentRun:
    """Some steps of gradient descent on all rows, really made.

    Attributes
    ----------
    rate
        Of each step.
    objectives : array of shape (n_steps + 1,)
        Before the first step and after each; inf from where one is not finite.
    """

    rate: float
    objectives: Float64Array

    @property
    def n_rises(self) -> int:
        """How many steps raised the objective."""
        with np.errstate(invalid="ignore"):
            is_fall = self.objectives[1:] <= self.objectives[:-1]
        return int((~is_fall | np.isinf(self.objectives[1:])).sum())


@dataclass(frozen=True, eq=False)
class Curvature:
    """The second derivatives of an objective at one point, asked for by products.

    Attributes
    ----------
    value
        The objective there.
    grads : array of shape (n_params,)
        The gradient there.
    product
        The Hessian times a vector.
    after
        ``L(p + d)`` and the gradient there, for a step d.
    """

    value: float
    grads: Float64Array
    product: Callable[[Float64Array], Float64Array]
    after: Callable[[Float64Array], tuple[float, Float64Array]]

    @property
    def n_params(self) -> int:
        """How many parameters there are."""
        return len(self.grads)

    def extremes(self, tolerance: float = 1e-3) -> Extremes:
        """Return the largest and the smallest eigenvalue; see `extreme_eigenvalues`."""
        return extreme_eigenvalues(self.product, self.n_params, tolerance=tolerance)

    def largest_stable_rate(self, extremes: Extremes) -> float:
        """``2 / lambda_max``: gradient descent overshoots the sharpest direction beyond it.

        Infinite where nothing bends upwards.
        """
        return 2 / extremes.largest if extremes.largest > 0 else float("inf")

    def trace(self, seed: int = 0) -> Estimate:
        """Return the sum of the eigenvalues, estimated for more than 2,000 parameters [Hut89]."""
        return self._diagonal_form(np.ones(self.n_params), seed)

    def block(self, i: int, j: int) -> Float64Array:
        """Return ``[[H_ii, H_ij], [H_ji, H_jj]]`` by two products.

        Parameters
        ----------
        i, j
            Places in the flat vector; see `networks.params.locate`.
        """
        columns = [self._column(i), self._column(j)]
        return np.array([[column[k] for column in columns] for k in (i, j)])

    def forecast(self, step: Float64Array, seed: int = 0) -> StepForecast:
        """Say what a step changes, by first and second derivatives, and what it really does.

        Parameters
        ----------
        step : array of shape (n_params,)
        seed
            Of the estimate of the diagonal, beyond 2,000 parameters.
        """
        first = float(self.grads @ step)
        pure = self._diagonal_form(step, seed)
        bend = float(step @ self.product(step))
        diagonal = Estimate(first + pure.value / 2, pure.error / 2)
        return StepForecast(first, diagonal, first + bend / 2, self.after(step)[0] - self.value)

    def descend(self, rate: float, extremes: Extremes, n_steps: int = 100) -> DescentRun:
        """Make steps of gradient descent from a point beside this one.

        It lies off along the sharpest direction by so much that a thousandth of the objective is
        added. In a bowl no step raises the objective at a rate below ``2 / lambda_max``; above, the
        part along that direction grows by ``abs(1 - rate * lambda_max)`` at every step.

        Parameters
        ----------
        rate
            Greater than 0.
        extremes
            As `extremes` gave them.
        n_steps
            1 or more.
        """
        added = _NUDGE * max(abs(self.value), _LEAST_OBJECTIVE)
        bend = max(extremes.largest, np.finfo(np.float64).tiny)
        step = np.sqrt(2 * added / bend) * extremes.largest_vector
        found = np.full(n_steps + 1, np.inf)
        with np.errstate(all="ignore"):
            for k in range(n_steps + 1):
                value, grads = self.after(step)
                if not (np.isfinite(value) and np.isfinite(grads).all()):
                    break
                found[k] = value
                step = step - rate * grads
        return DescentRun(rate, found)

    def _diagonal_form(self, step: Float64Array, seed: int) -> Estimate:
        """``sum_i H_ii step_i**2``: exactly, or as a mean of (s step)' H (s step) over signs s."""
        if self.n_params <= MOST_EXACT:
            return Estimate(float(self._diagonal @ step**2), 0.0)
        random = np.random.default_rng(seed)
        found = []
        for _ in range(_N_PROBES):
            probe = step * random.choice([-1.0, 1.0], size=self.n_params)
            found.append(float(probe @ self.product(probe)))
        return Estimate(float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(len(found))))

    @cached_property
    def _diagonal(self) -> Float64Array:
        """All pure second partials."""
        return np.array([self._column(k)[k] for k in range(self.n_params)])

    def _column(self, k: int) -> Float64Array:
        one = np.zeros(self.n_params)
        one[k] = 1.0
        return self.product(one)
