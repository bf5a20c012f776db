"""How far one parameter would move if a row were left out: by one solve, and by really doing it.

Which rows they are must not be known here.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.calculus.lanczos import extreme_eigenvalues
from gradus.engines.reference import forward, without_idle_rows
from gradus.engines.second_order import forward_tangent
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec

# Every parameter is held to its place by this part of the largest curvature, since that of most
# directions of a network is 0 and nothing would tell how far to go along them; and by so many times
# the deepest downward curvature, so that there is a lowest place.
_HELD, _AGAINST_DOWNWARD = 0.01, 2.0
_MOST_PRODUCTS, _PRECISION = 1000, 1e-10
_MOST_ITERATIONS = 1000
# Rows whose tangents are computed together.
_BLOCK_ROWS = 2048


@dataclass(frozen=True, eq=False)
class Held:
    """A trained network, held to its place by ``damping / 2 * ||params - start||**2``.

    Attributes
    ----------
    spec
        The network.
    params : array of shape (n_params,)
        Where it stands.
    X : array of shape (n, n_inputs), n > 1
    y : array of shape (n, n_targets)
    product
        The Hessian of loss plus penalty at some parameters, times a vector.
    objective
        Loss plus penalty and its gradient, at some parameters, of the rows with a weight of 1.
    damping
        0 or greater; see `damping_of`.
    """

    spec: NetworkSpec
    params: Float64Array
    X: Float64Array
    y: Float64Array
    product: Callable[[Float64Array, Float64Array], Float64Array]
    objective: Callable[[Float64Array, Float64Array], tuple[float, Float64Array]]
    damping: float

    @cached_property
    def lowest(self) -> Float64Array:
        """The parameters at which all rows together are lowest, from where the network stands."""
        return self._trained_on(np.ones(len(self.X)))

    def influences(self, place: int) -> Float64Array:
        """Say how far the lowest place would move if each row in turn were left out, shape (n,).

        Along one parameter it is, to first order ([KL17]),
        ``e_j' (H + damping I)**-1 (g_i - mean g) / (n - 1)`` with the gradient g_i of row i: one
        solve for e_j, and one derivative of all rows along the result.

        Parameters
        ----------
        place
            j, the flat index of the parameter.
        """
        from scipy.sparse.linalg import LinearOperator, cg

        n_params, n = len(self.params), len(self.X)

        def damped(v: Float64Array) -> Float64Array:
            return self.product(self.lowest, v.ravel()) + self.damping * v.ravel()

        one = np.zeros(n_params)
        one[place] = 1.0
        operator = LinearOperator((n_params, n_params), matvec=damped, dtype=np.float64)
        direction, _ = cg(operator, one, rtol=_PRECISION, maxiter=_MOST_PRODUCTS)
        along = np.concatenate(
            [
                self._along(slice(first, first + _BLOCK_ROWS), direction)
                for first in range(0, n, _BLOCK_ROWS)
            ]
        )
        return np.asarray((along - along.mean()) / (n - 1))

    def left_out(self, place: int, rows: list[int]) -> Float64Array:
        """Leave out each of some rows, train on from here, and say how far the parameter moved.

        Parameters
        ----------
        place
            The flat index of the parameter.
        rows
            Places of rows.

        Returns
        -------
        New array with one number for each row: less the move with all rows.
        """
        found = []
        for row in rows:
            weights = np.ones(len(self.X))
            weights[row] = 0.0
            found.append(self._trained_on(weights)[place] - self.lowest[place])
        return np.array(found)

    def _along(self, rows: slice, direction: Float64Array) -> Float64Array:
        """Differentiate the loss of some rows along a direction of the parameters."""
        X = without_idle_rows(self.X[rows], None)
        trace = forward(self.spec, self.lowest, X)
        moved = forward_tangent(self.spec, self.lowest, X, trace, direction).a[-1]
        slopes = loss_of(self.spec.loss).output_gradient(trace.a[-1], self.y[rows])
        return np.asarray((slopes * moved).sum(axis=1))

    def _trained_on(self, weights: Float64Array) -> Float64Array:
        """Minimize the held objective of the rows that weigh 1, from where the network stands."""
        from scipy.optimize import minimize

        def function(params: Float64Array) -> tuple[float, Float64Array]:
            value, grads = self.objective(params, weights)
            away = params - self.params
            return value + self.damping / 2 * float(away @ away), grads + self.damping * away

        options = {"maxiter": _MOST_ITERATIONS, "ftol": 0.0, "gtol": 1e-10, "maxcor": 30}
        found = minimize(function, self.params, jac=True, method="L-BFGS-B", options=options)
        return np.asarray(found.x, dtype=np.float64)


def damping_of(product: Callable[[Float64Array], Float64Array], n_params: int) -> float:
    """Return how firmly to hold a network: a hundredth of the largest curvature, or more.

    Twice the deepest downward curvature where that is more: so H + damping I has none.

    Parameters
    ----------
    product
        The Hessian times a vector.
    n_params
        Its size.
    """
    ends = extreme_eigenvalues(product, n_params, tolerance=1e-2)
    held = (_HELD * ends.largest, _AGAINST_DOWNWARD * (ends.smallest_error - ends.smallest))
    return max(*held, float(np.finfo(np.float64).tiny))


def rank_correlation(a: Float64Array, b: Float64Array) -> float:
    """Correlate the ranks of two lists of different numbers, -1 to 1 ([Spe04]); nan for constants.

    Examples
    --------
    >>> rank_correlation(np.array([1.0, 2.0, 5.0]), np.array([0.1, 3.0, 4.0]))
    1.0
    """
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    first, second = (np.argsort(np.argsort(one)) for one in (a, b))
    return round(float(np.corrcoef(first, second)[0, 1]), 12)
