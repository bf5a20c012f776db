"""Damped Gauss-Newton steps of a matrix that is too large to be held, by products with it.

What it is the matrix of is not known here.
"""

from collections.abc import Callable

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus.optimizers.second_order.conjugate_gradients import solve_damped
from gradus.optimizers.second_order.problem import DampedStep
from gradus.optimizers.second_order.vectors import dot

# How long the rest ``g + (G + damping) s`` may be, as a share of g, and products made at most.
_SHARE, _MOST = 1e-2, 200


class DampedProducts:
    """Steps by conjugate gradients; see `optimizers.second_order.problem.DampedSystem`.

    Each step costs up to 200 products and holds six vectors. It is not exact, but what a model
    falls along conjugate gradients is ``(damping s's - g's) / 2`` however early they end.

    Parameters
    ----------
    product
        Multiplies by G: a vector like `grads`, a new one.
    grads : array of shape (n_params,)
        g.
    """

    def __init__(self, product: Callable[[FloatArray], FloatArray], grads: FloatArray) -> None:
        self.product, self.grads = product, grads
        size = dot(grads, grads)
        #: Along g, where the other forms have the mean over all directions.
        self.mean_curvature = dot(grads, product(grads)) / size if size > 0 else 0.0

    def step(self, damping: float) -> DampedStep:
        """Solve for one damping, roughly."""
        step = np.empty_like(self.grads)
        step[:] = solve_damped(self._product, self.grads.astype(np.float64), damping, _SHARE, _MOST)
        return DampedStep(step, dot(damping * step - self.grads, step) / 2)

    def inverse_diagonal(self, damping: float) -> Float64Array:
        """Not offered."""
        raise NotImplementedError

    def _product(self, v: Float64Array) -> Float64Array:
        like_grads = np.empty_like(self.grads)
        like_grads[:] = v
        return self.product(like_grads).astype(np.float64)
