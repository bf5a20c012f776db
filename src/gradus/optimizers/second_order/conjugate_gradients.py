"""Conjugate gradients on a matrix known by its products: linear systems, trust regions, saddles.

Six vectors are held, whatever the matrix. What it is the matrix of is not known here.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from gradus._random import normal, stream_key
from gradus._typing import Float64Array
from gradus.optimizers.second_order.vectors import dot

# Multiplies a float64 vector of shape (n_params,) by a symmetric matrix.
Product: TypeAlias = Callable[[Float64Array], Float64Array]


class Foretold(NamedTuple):
    """A step and what the quadratic model ``m(s) = g's + s'Hs / 2`` says of it.

    Attributes
    ----------
    step : float64 array of shape (n_params,)
    fall
        ``-m(step)``, 0 or greater.
    is_at_boundary
        Whether the radius kept it from going on.
    """

    step: Float64Array
    fall: float
    is_at_boundary: bool


def trust_region_step(
    product: Product, grads: Float64Array, radius: float, share: float, most: int
) -> Foretold:
    """Minimize the quadratic model within a ball, roughly, by conjugate gradients ([Ste83]).

    They stop within the ball when the model's gradient ``g + H s`` has shrunk to `share` of g.
    Where they leave it, or find a direction d along which the model does not bend up,
    ``d'Hd <= 0``, they go along d to the boundary: the model is lower there than on the way.

    Parameters
    ----------
    product
        Multiplies by H.
    grads : array of shape (n_params,)
        g.
    radius
        Of the ball, greater than 0; may be inf where H is positive definite.
    share
        Between 0 and 1.
    most
        Products made at most; what is reached then is the step.
    """
    step, residual, direction = np.zeros_like(grads), grads.copy(), -grads
    squared = dot(residual, residual)
    goal, is_at_boundary = share * math.sqrt(squared), False
    for _ in range(most):
        if math.sqrt(squared) <= goal:
            break
        bent = product(direction)
        bend = dot(direction, bent)
        if not math.isfinite(bend):
            # Nothing is known of the bend: trust the slope alone.
            bent, bend = np.zeros_like(bent), 0.0
        length = squared / bend if bend > 0 else math.inf
        to_boundary = _to_boundary(step, direction, radius)
        is_at_boundary = length >= to_boundary
        length = min(length, to_boundary)
        step += length * direction
        residual += length * bent
        if is_at_boundary:
            break
        squared_before, squared = squared, dot(residual, residual)
        direction = direction * (squared / squared_before) - residual
    # m(s) = g's + s'(r - g) / 2, with r = g + H s.
    return Foretold(step, -(dot(grads, step) + dot(residual, step)) / 2, is_at_boundary)


def _to_boundary(step: Float64Array, direction: Float64Array, radius: float) -> float:
    """Find the length at which ``step + length * direction`` is as long as the radius."""
    if radius == math.inf:
        return radius
    # In units of the radius, whose square may be none that can be written.
    step = step / radius
    a, b, c = dot(direction, direction), dot(step, direction), dot(step, step) - 1
    # The steps grow longer, so b is not negative, and in this form nothing cancels.
    below = math.sqrt(max(0.0, b * b - a * c)) + b
    # A direction too short to be squared leads nowhere.
    return radius * (max(0.0, -c) / below) if below > 0 else 0.0


def solve_damped(
    product: Product, grads: Float64Array, damping: float, share: float, most: int
) -> Float64Array:
    """Solve ``(G + damping I) s = -g`` for a matrix that never bends down, roughly.

    Parameters
    ----------
    product
        Multiplies by G.
    grads : array of shape (n_params,)
        g.
    damping
        0 or greater.
    share
        How long ``g + (G + damping I) s`` may be, as a share of g's length.
    most
        Products made at most; what is reached then is the answer.

    Returns
    -------
    s, a new array of shape (n_params,). Along it the damped model falls, however early it ended.
    """

    def damped(v: Float64Array) -> Float64Array:
        return product(v) + damping * v

    # Rounding may bend a flat direction down; the ball is large enough for any honest step.
    radius = math.sqrt(dot(grads, grads)) / damping if damping > 0 else math.inf
    return trust_region_step(damped, grads, radius, share, most).step


def downward_bend(
    product: Product, n_params: int, precision: float, most: int
) -> tuple[Float64Array, float] | None:
    """Look for a direction along which the matrix bends down.

    Conjugate gradients from a random vector, always the same one, meet such a direction as soon as
    the space they span holds one.

    Parameters
    ----------
    product
        Multiplies by H.
    n_params
        Rows of H.
    precision
        Share of the largest bend met from which another one counts.
    most
        Products made at most.

    Returns
    -------
    A direction d of length 1 and ``d'Hd``, less than 0; None where none is found.
    """
    residual = normal(stream_key(0, n_params), (n_params,))
    direction, squared = -residual, dot(residual, residual)
    largest, first = 0.0, squared
    for _ in range(min(most, n_params)):
        if squared <= precision**2 * first:
            break
        norm = math.sqrt(dot(direction, direction))
        bent = product(direction / norm)
        bend = dot(direction, bent) / norm
        if not math.isfinite(bend):
            break
        largest = max(largest, math.sqrt(dot(bent, bent)))
        noise = precision * largest
        if bend < -noise:
            return direction / norm, bend
        if bend <= noise:
            break
        residual += squared / (bend * norm) * bent
        squared_before, squared = squared, dot(residual, residual)
        direction = direction * (squared / squared_before) - residual
    return None
