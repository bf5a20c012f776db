"""The penalty that the rows themselves speak for, by MacKay's evidence; no step is made here."""

import math

from gradus._typing import Float64Array, FloatArray
from gradus.optimizers.second_order.problem import DampedSystem, Problem
from gradus.optimizers.second_order.vectors import dot


def estimate_l2(
    problem: Problem, system: DampedSystem, params: FloatArray, damping: float
) -> tuple[float, float]:
    """Estimate l2 and the effective number of parameters ([Mac92], [FH97]).

    With M errors of mean square L, the weights' sum of squares E and H the Gauss-Newton matrix with
    its l2 on the weights, ``gamma = n_params - l2 trace(H^-1)`` over the weights; the next l2 is
    ``2 (gamma - n_biases) L / (E (M - gamma))``; see `docs/derivations/levenberg_marquardt.md`.

    Parameters
    ----------
    problem
        With the l2 that holds now; its loss is "squared_error".
    system
        H, around parameters near `params`.
    params : array of shape (n_params,)
        Where L and E are taken.
    damping
        Of the size of rounding: the least that may be added to H to invert it.

    Returns
    -------
    l2, gamma; l2 stays where no number can be given, as with all weights 0
    """
    assert problem.n_errors is not None, "looked at before the step"
    weights = params[problem.is_weight]
    squares, loss = dot(weights, weights), problem.loss(params)
    inverse = _inverse_diagonal(system, damping)[problem.is_weight]
    determined = max(0.0, weights.size - problem.l2 * float(inverse.sum()))
    gamma = determined + params.size - weights.size
    # At least one error is left to tell the noise by; no more weights than rows can be determined.
    free = max(problem.n_errors - gamma, 1.0)
    l2 = 2 * determined * loss / (squares * free) if squares else math.nan
    return l2 if math.isfinite(l2) else problem.l2, gamma


def _inverse_diagonal(system: DampedSystem, damping: float) -> Float64Array:
    """Invert with the least damping, from the given one on, that leaves the matrix definite."""
    while (inverse := system.inverse_diagonal(damping)) is None:
        damping = 10 * damping or math.ulp(0.0)
    return inverse
