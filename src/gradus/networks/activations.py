"""The table of activations: value, first and second derivative, source.

Each function takes an array z of any shape and floating type and gives a new array of the same
shape and type, in the array namespace of z. All are finite for every abs(z) up to 1e4. Nothing
here knows layers.

With ``e = exp(-abs(z))``, which never overflows, both tails of the bounded functions keep their
full relative accuracy.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from gradus._typing import Array


@dataclass(frozen=True)
class Activation:
    """One entry of the table.

    Attributes
    ----------
    name
        As layers name it.
    value
        ``f(z)``.
    slope
        ``f'(z)``, the first derivative.
    curvature
        ``f''(z)``, the second derivative.
    source
        Key of `docs/references.md`, empty for what needs none.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    curvature: Callable[[Array], Array]
    source: str


def identity(z: Array) -> Array:
    """``f(z) = z``."""
    return +z


def identity_slope(z: Array) -> Array:
    """``f'(z) = 1``."""
    return z.__array_namespace__().ones_like(z)


def identity_curvature(z: Array) -> Array:
    """``f''(z) = 0``."""
    return z.__array_namespace__().zeros_like(z)


def sigmoid(z: Array) -> Array:
    """``f(z) = 1 / (1 + exp(-z))``, from 0 to 1.

    For negative z it is computed as ``exp(z) / (1 + exp(z))``, which is the same number.
    """
    xp = z.__array_namespace__()
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, xp.ones_like(z), e) / (1 + e)


def sigmoid_slope(z: Array) -> Array:
    """``f'(z) = f(z) (1 - f(z)) = exp(-z) / (1 + exp(-z))**2``, at most 1/4."""
    xp = z.__array_namespace__()
    e = xp.exp(-xp.abs(z))
    return e / (1 + e) ** 2


def sigmoid_curvature(z: Array) -> Array:
    """``f''(z) = f'(z) (1 - 2 f(z)) = -f'(z) tanh(z / 2)``."""
    return -sigmoid_slope(z) * z.__array_namespace__().tanh(z / 2)


def tanh(z: Array) -> Array:
    """``f(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z))``, from -1 to 1."""
    return z.__array_namespace__().tanh(z)


def tanh_slope(z: Array) -> Array:
    """``f'(z) = 1 - f(z)**2 = 4 exp(-2z) / (1 + exp(-2z))**2``, at most 1."""
    return 4 * sigmoid_slope(2 * z)


def tanh_curvature(z: Array) -> Array:
    """``f''(z) = -2 f(z) f'(z)``."""
    return -2 * tanh(z) * tanh_slope(z)


def relu(z: Array) -> Array:
    """``f(z) = max(z, 0)``."""
    xp = z.__array_namespace__()
    return xp.maximum(z, xp.zeros_like(z))


def relu_slope(z: Array) -> Array:
    """``f'(z) = 1 for z > 0, else 0``; at the kink z = 0 it is 0 by our choice."""
    xp = z.__array_namespace__()
    return xp.where(z > 0, xp.ones_like(z), xp.zeros_like(z))


def relu_curvature(z: Array) -> Array:
    """``f''(z) = 0``, also at the kink, where it does not exist."""
    return z.__array_namespace__().zeros_like(z)


def gelu(z: Array) -> Array:
    """``f(z) = z P(z)`` with ``P(z) = (1 + erf(z / sqrt(2))) / 2``, the exact form."""
    return z * normal_cdf(z)


def gelu_slope(z: Array) -> Array:
    """``f'(z) = P(z) + z p(z)`` with the normal density p."""
    return normal_cdf(z) + z * normal_pdf(z)


def gelu_curvature(z: Array) -> Array:
    """``f''(z) = (2 - z**2) p(z)``."""
    return (2 - z * z) * normal_pdf(z)


def softplus(z: Array) -> Array:
    """``f(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-abs(z)))``."""
    xp = z.__array_namespace__()
    return relu(z) + xp.log1p(xp.exp(-xp.abs(z)))


def normal_pdf(z: Array) -> Array:
    """``p(z) = exp(-z**2 / 2) / sqrt(2 pi)``, the density of the normal distribution."""
    return z.__array_namespace__().exp(-z * z / 2) / math.sqrt(2 * math.pi)


def normal_cdf(z: Array) -> Array:
    """``P(z) = (1 + erf(z / sqrt(2))) / 2 = erfc(-z / sqrt(2)) / 2``.

    The complementary form keeps the left tail, where ``1 + erf`` would cancel to 0.
    """
    return _erfc(-z / math.sqrt(2)) / 2


def _erfc(x: Array) -> Array:
    """Find the complementary error function of the namespace of x; no standard has one.

    It is imported on the first call, so that `import gradus` does not load SciPy.
    """
    is_jax = x.__array_namespace__().__name__ == "jax.numpy"
    return import_module("jax.scipy.special" if is_jax else "scipy.special").erfc(x)


ACTIVATIONS: dict[str, Activation] = {
    entry.name: entry
    for entry in (
        Activation("identity", identity, identity_slope, identity_curvature, ""),
        Activation("sigmoid", sigmoid, sigmoid_slope, sigmoid_curvature, "[RHW86]"),
        Activation("tanh", tanh, tanh_slope, tanh_curvature, "[LBOM98]"),
        Activation("relu", relu, relu_slope, relu_curvature, "[NH10]"),
        Activation("gelu", gelu, gelu_slope, gelu_curvature, "[HG16]"),
        # The slope of softplus is the sigmoid, and so on up.
        Activation("softplus", softplus, sigmoid, sigmoid_slope, "[DBBNG00]"),
    )
}
