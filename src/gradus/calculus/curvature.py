"""How the loss bends around the parameters: eigenvalues, mixed second partials, what a step does.

The Hessian H of loss plus penalty is never made; it is asked for products. Who trains must not be
known here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradus._typing import Float64Array
from gradus.calculus.lanczos import Extremes, extreme_eigenvalues

#: Up to so many parameters trace and diagonal are exact; beyond they are estimated.
MOST_EXACT = 2000
# Random directions of an estimate.
_N_PROBES = 64


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
class Curvature:
    """The second derivatives of an objective at one point, asked for by products.

    Attributes
    ----------
    n_params
        How many parameters there are.
    grads : array of shape (n_params,)
        The gradient there.
    product
        The Hessian times a vector.
    change
        ``L(p + d) - L(p)`` for a step d.
    """

    n_params: int
    grads: Float64Array
    product: Callable[[Float64Array], Float64Array]
    change: Callable[[Float64Array], float]

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
        return StepForecast(first, diagonal, first + bend / 2, self.change(step))

    def _diagonal_form(self, step: Float64Array, seed: int) -> Estimate:
        """``sum_i H_ii step_i**2``: exactly, or as a mean of (s step)' H (s step) over signs s."""
        if self.n_params <= MOST_EXACT:
            places = np.flatnonzero(step)
            parts = [self._column(k)[k] * step[k] ** 2 for k in places.tolist()]
            return Estimate(float(np.sum(parts)), 0.0)
        random = np.random.default_rng(seed)
        found = []
        for _ in range(_N_PROBES):
            probe = step * random.choice([-1.0, 1.0], size=self.n_params)
            found.append(float(probe @ self.product(probe)))
        return Estimate(float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(len(found))))

    def _column(self, k: int) -> Float64Array:
        one = np.zeros(self.n_params)
        one[k] = 1.0
        return self.product(one)
