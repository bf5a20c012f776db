"""Losses of numbers and counts, each with its derivatives: formulas per row, and their options.

`outputs` and `y` are as in `networks.losses`, which makes the entries of the table; here nothing
divides by the number of rows. At a kink the slope is 0, by our choice, and the second derivative is
that of the pieces beside it.
"""

from itertools import pairwise

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Array
from gradus._validate import check_number
from gradus.errors import InvalidParameter
from gradus.networks.activations import sigmoid, sigmoid_slope, softplus

#: So many quantiles at once are more than anybody reads.
MOST_QUANTILES = 99


@dataclass(frozen=True)
class Huber:
    """Squared near the target and straight far from it, so that a few wild targets weigh little.

    With e = output - y: ``l = mean over outputs of e**2 / 2 where abs(e) <= delta, else
    delta (abs(e) - delta / 2)`` ([Hub64]); PyTorch's HuberLoss.

    Parameters
    ----------
    delta
        Where the square ends, in the units of y, greater than 0.

    Raises
    ------
    InvalidParameter
        If delta is outside this range.

    Examples
    --------
    >>> Huber(delta=0.5)
    Huber(delta=0.5)
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", check_number("delta", self.delta, above=0.0))


@dataclass(frozen=True)
class Quantile:
    """Several quantiles of a number at once, which never cross.

    The last layer has one neuron for each level. The first quantile is the first output, each other
    one lies above the one before it by the softplus of its output: ``q_1 = z_1``,
    ``q_k = q_(k-1) + log(1 + exp(z_k))``. The loss is the pinball loss of [KB78], ``l = mean over
    levels of max(t (y - q), (t - 1) (y - q))``, which is least where a share t of the targets is
    below q. y has one column; predictions are the quantiles in the order of the levels.

    Parameters
    ----------
    levels
        Shares, each greater than the one before, all greater than 0 and less than 1; 1 to 99 of
        them.

    Raises
    ------
    InvalidParameter
        If they are not.

    Examples
    --------
    >>> Quantile((0.1, 0.9)).levels
    (0.1, 0.9)
    """

    levels: tuple[float, ...] = (0.05, 0.5, 0.95)

    def __post_init__(self) -> None:
        came: object = self.levels
        if not isinstance(came, tuple | list):
            raise InvalidParameter(f"levels must be a tuple of numbers; got {came!r:.60}.")
        levels = tuple(check_number("levels", t, above=0.0, below=1.0) for t in came)
        if not 1 <= len(levels) <= MOST_QUANTILES:
            raise InvalidParameter(
                f"levels must hold from 1 to {MOST_QUANTILES} numbers; got {len(levels)}."
            )
        if any(low >= high for low, high in pairwise(levels)):
            raise InvalidParameter(f"levels must be in ascending order; got {levels}.")
        object.__setattr__(self, "levels", levels)


# ---- squared error ----------------------------------------------------------------------------


def squared_error(outputs: Array, y: Array) -> Array:
    """``l = mean over outputs of (output - y)**2``; no factor 1/2."""
    error = outputs - y
    return error.__array_namespace__().mean(error * error, axis=1)


def squared_error_gradient(outputs: Array, y: Array) -> Array:
    """``dl/d output = 2 (output - y) / n_outputs``."""
    return 2 * (outputs - y) / outputs.shape[1]


def squared_error_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001 one signature
    """``d2l/d output2 = 2 / n_outputs``."""
    return outputs.__array_namespace__().full_like(outputs, 2 / outputs.shape[1])


# ---- absolute error ---------------------------------------------------------------------------


def absolute_error(outputs: Array, y: Array) -> Array:
    """``l = mean over outputs of abs(output - y)``; its best constant is the median."""
    xp = outputs.__array_namespace__()
    return xp.mean(xp.abs(outputs - y), axis=1)


def absolute_error_gradient(outputs: Array, y: Array) -> Array:
    """``dl/d output = sign(output - y) / n_outputs``, and 0 where they are equal."""
    return outputs.__array_namespace__().sign(outputs - y) / outputs.shape[1]


def absolute_error_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001
    """``d2l/d output2 = 0``: straight on either side."""
    return outputs.__array_namespace__().zeros_like(outputs)


# ---- Huber ------------------------------------------------------------------------------------


def huber(delta: float, outputs: Array, y: Array) -> Array:
    """``l = mean over outputs of e**2 / 2``, beyond delta ``delta (abs(e) - delta / 2)``."""
    xp = outputs.__array_namespace__()
    size = xp.abs(outputs - y)
    return xp.mean(xp.where(size <= delta, size * size / 2, delta * (size - delta / 2)), axis=1)


def huber_gradient(delta: float, outputs: Array, y: Array) -> Array:
    """``dl/d output = e / n_outputs``, cut off at ``-delta`` and ``delta``."""
    return outputs.__array_namespace__().clip(outputs - y, -delta, delta) / outputs.shape[1]


def huber_curvature(delta: float, outputs: Array, y: Array) -> Array:
    """``d2l/d output2 = 1 / n_outputs`` up to delta, and 0 beyond it."""
    xp = outputs.__array_namespace__()
    ones = xp.ones_like(outputs) / outputs.shape[1]
    return xp.where(xp.abs(outputs - y) <= delta, ones, xp.zeros_like(ones))


# ---- Poisson ----------------------------------------------------------------------------------


def poisson(outputs: Array, y: Array) -> Array:
    """``l = sum over outputs of exp(z) - y z - y + y log(y)``, half the deviance of counts y.

    An output z is the logarithm of the mean count. The terms without z make it 0 at a perfect fit
    and change no derivative; the sum over outputs is scikit-learn's, whose MLPRegressor has this
    objective with loss="poisson". ``exp(z)`` leaves float64 at z = 710.
    """
    xp = outputs.__array_namespace__()
    log_y = xp.log(xp.where(y > 0, y, xp.ones_like(y)))
    return xp.sum(xp.exp(outputs) - y + y * (log_y - outputs), axis=1)


def poisson_gradient(outputs: Array, y: Array) -> Array:
    """``dl/dz = exp(z) - y``."""
    return outputs.__array_namespace__().exp(outputs) - y


def poisson_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001
    """``d2l/dz2 = exp(z)``."""
    return outputs.__array_namespace__().exp(outputs)


def poisson_deviance(outputs: Array, y: Array) -> Array:
    """Twice the loss: the deviance, 0 where every mean is its count."""
    return 2 * poisson(outputs, y)


# ---- quantiles --------------------------------------------------------------------------------


def increasing(outputs: Array) -> Array:
    """``q_1 = z_1, q_k = q_(k-1) + softplus(z_k)``: rising whatever the outputs are.

    Adding a number of at least 0 never rounds downwards, so this holds to the last bit.
    """
    xp = outputs.__array_namespace__()
    steps = xp.concat([outputs[:, :1], softplus(outputs[:, 1:])], axis=1)
    with np.errstate(over="ignore"):
        return xp.cumulative_sum(steps, axis=1)


def pinball(levels: tuple[float, ...], outputs: Array, y: Array) -> Array:
    """``l = mean over levels of max(t (y - q), (t - 1) (y - q))``."""
    xp = outputs.__array_namespace__()
    t, missing = xp.asarray(levels, dtype=outputs.dtype), y - increasing(outputs)
    return xp.mean(xp.maximum(t * missing, (t - 1) * missing), axis=1)


def pinball_gradient(levels: tuple[float, ...], outputs: Array, y: Array) -> Array:
    """``dl/dz_1 = s_1, dl/dz_k = sigmoid(z_k) s_k`` with s_k the sum of ``dl/dq_j`` over j >= k."""
    xp = outputs.__array_namespace__()
    slopes = xp.concat([xp.ones_like(outputs[:, :1]), sigmoid(outputs[:, 1:])], axis=1)
    return slopes * _from_here_up(levels, outputs, y)


def pinball_curvature(levels: tuple[float, ...], outputs: Array, y: Array) -> Array:
    """``d2l/dz_1^2 = 0, d2l/dz_k^2 = sigmoid'(z_k) s_k``: exact, and below 0 where s_k is.

    Mixed derivatives are 0, for l is straight in every q and no z_k bends another's share of them.
    """
    xp = outputs.__array_namespace__()
    bends = xp.concat([xp.zeros_like(outputs[:, :1]), sigmoid_slope(outputs[:, 1:])], axis=1)
    return bends * _from_here_up(levels, outputs, y)


def _from_here_up(levels: tuple[float, ...], outputs: Array, y: Array) -> Array:
    """Sum ``dl/dq_j``, which is ``-t`` below y, ``1 - t`` above it and 0 on it, over j >= k."""
    xp = outputs.__array_namespace__()
    t, missing = xp.asarray(levels, dtype=outputs.dtype), y - increasing(outputs)
    slopes = xp.where(missing > 0, -t, xp.where(missing < 0, 1 - t, xp.zeros_like(missing)))
    return xp.flip(xp.cumulative_sum(xp.flip(slopes, axis=1), axis=1), axis=1) / len(levels)
