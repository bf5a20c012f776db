"""The table of activations: value, first and second derivative, source.

Each function takes an array z of any shape and floating type and gives a new array of the same
shape and type, in the array namespace of z. All are finite for every abs(z) up to 1e4. Nothing
here knows layers.

With ``e = exp(-abs(z))``, which never overflows, both tails of the bounded functions keep their
full relative accuracy. At a kink each derivative is that of the left side, z < 0; softsign, whose
second derivative jumps from 2 to -2, takes 0 between them.
"""

import math
from collections.abc import Callable
from importlib import import_module

from gradus._dataclasses import dataclass
from gradus._typing import Array

#: What "leaky_relu" lets through below zero, as in PyTorch.
LEAKY_SLOPE = 0.01
#: With these two, mean 0 and variance 1 are kept from layer to layer [KUMH17].
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


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


def leaky_relu(z: Array) -> Array:
    """``f(z) = z for z > 0, else z / 100``."""
    return z.__array_namespace__().maximum(z, LEAKY_SLOPE * z)


def leaky_relu_slope(z: Array) -> Array:
    """``f'(z) = 1 for z > 0, else 1 / 100``."""
    xp = z.__array_namespace__()
    one = xp.ones_like(z)
    return xp.where(z > 0, one, LEAKY_SLOPE * one)


def elu(z: Array) -> Array:
    """``f(z) = z for z > 0, else exp(z) - 1``, from -1 up."""
    return relu(z) + z.__array_namespace__().expm1(_below(z))


def elu_slope(z: Array) -> Array:
    """``f'(z) = 1 for z > 0, else exp(z)``."""
    return z.__array_namespace__().exp(_below(z))


def elu_curvature(z: Array) -> Array:
    """``f''(z) = 0 for z > 0, else exp(z)``."""
    xp = z.__array_namespace__()
    return xp.where(z > 0, xp.zeros_like(z), elu_slope(z))


def selu(z: Array) -> Array:
    """``f(z) = scale z for z > 0, else scale alpha (exp(z) - 1)``: `SELU_SCALE`, `SELU_ALPHA`."""
    return SELU_SCALE * (relu(z) + SELU_ALPHA * z.__array_namespace__().expm1(_below(z)))


def selu_slope(z: Array) -> Array:
    """``f'(z) = scale for z > 0, else scale alpha exp(z)``."""
    xp = z.__array_namespace__()
    return SELU_SCALE * xp.where(z > 0, xp.ones_like(z), SELU_ALPHA * elu_slope(z))


def selu_curvature(z: Array) -> Array:
    """``f''(z) = 0 for z > 0, else scale alpha exp(z)``."""
    return SELU_SCALE * SELU_ALPHA * elu_curvature(z)


def silu(z: Array) -> Array:
    """``f(z) = z s(z)`` with the sigmoid s, also called swish."""
    h, left = _halves(z)
    return z * left / (1 + h * h) * left


def silu_slope(z: Array) -> Array:
    """``f'(z) = s(z) + z s'(z) = s(z) (1 + z s(-z))``."""
    h, left = _halves(z)
    e = h * h
    terms = z.__array_namespace__().where(z >= 0, 1 + e * (1 + z), (1 + z) + e)
    return left * (terms / (1 + e) ** 2) * left


def silu_curvature(z: Array) -> Array:
    """``f''(z) = 2 s'(z) + z s''(z) = s'(z) (2 - z tanh(z / 2))``."""
    h, _ = _halves(z)
    e, size = h * h, z.__array_namespace__().abs(z)
    return h * (((2 - size) + e * (2 + size)) / (1 + e) ** 3) * h


def mish(z: Array) -> Array:
    """``f(z) = z t(z)`` with ``t(z) = tanh(softplus(z))``.

    With ``n = exp(z)``, ``t = (n**2 + 2 n) / (n**2 + 2 n + 2)``; every function of this group is
    a quotient of polynomials in e, which is n below zero and 1 / n above, where both sides of the
    quotient are divided by the highest power.
    """
    h, left = _halves(z)
    e = h * h
    over = z.__array_namespace__().where(z >= 0, 1 + 2 * e, 2 + e)
    return z * left * (over / _mish_divisor(z, e)) * left


def mish_slope(z: Array) -> Array:
    """``f'(z) = t(z) + z t'(z)`` with ``t' = 4 n (1 + n) / (n**2 + 2 n + 2)**2``."""
    h, left = _halves(z)
    e, z4 = h * h, 4 * z
    above = 1 + e * (4 + e * ((6 + z4) + e * (4 + z4)))
    below = (4 + z4) + e * ((6 + z4) + e * (4 + e))
    terms = z.__array_namespace__().where(z >= 0, above, below)
    return left * (terms / _mish_divisor(z, e) ** 2) * left


def mish_curvature(z: Array) -> Array:
    """``f''(z) = 2 t'(z) + z t''(z)``.

    ``t'' = 4 n (2 + 2 n - 3 n**2 - 2 n**3) / (n**2 + 2 n + 2)**3``.
    """
    xp = z.__array_namespace__()
    h, _ = _halves(z)
    e = h * h
    above = (2 - 2 * z) + e * ((6 - 3 * z) + e * ((8 + 2 * z) + e * (4 + 2 * z)))
    below = (4 + 2 * z) + e * ((8 + 2 * z) + e * ((6 - 3 * z) + e * (2 - 2 * z)))
    side = xp.where(z >= 0, e, h)
    terms = xp.where(z >= 0, above, below)
    return side * (4 * terms / _mish_divisor(z, e) ** 3) * side


def softsign(z: Array) -> Array:
    """``f(z) = z / (1 + abs(z))``, from -1 to 1, with tails that fall as slowly as 1 / z."""
    return z / (1 + z.__array_namespace__().abs(z))


def softsign_slope(z: Array) -> Array:
    """``f'(z) = 1 / (1 + abs(z))**2``."""
    return 1 / (1 + z.__array_namespace__().abs(z)) ** 2


def softsign_curvature(z: Array) -> Array:
    """``f''(z) = -2 sign(z) / (1 + abs(z))**3``, 0 at z = 0."""
    xp = z.__array_namespace__()
    return -2 * xp.sign(z) / (1 + xp.abs(z)) ** 3


def _below(z: Array) -> Array:
    """``min(z, 0)``, of which no exponential overflows."""
    xp = z.__array_namespace__()
    return xp.minimum(z, xp.zeros_like(z))


def _halves(z: Array) -> tuple[Array, Array]:
    """``h = exp(-abs(z) / 2)``, and h below zero, 1 above.

    Where ``e = h * h`` is too small to keep its digits, ``h * (z * h)`` still has them all.
    """
    xp = z.__array_namespace__()
    h = xp.exp(-xp.abs(z) / 2)
    return h, xp.where(z >= 0, xp.ones_like(z), h)


def _mish_divisor(z: Array, e: Array) -> Array:
    """``n**2 + 2 n + 2`` with n = e below zero; that over ``n**2`` with n = 1 / e above."""
    xp = z.__array_namespace__()
    return xp.where(z >= 0, 1 + 2 * e * (1 + e), 2 + e * (2 + e))


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
        # Two straight lines, as those of relu.
        Activation("leaky_relu", leaky_relu, leaky_relu_slope, relu_curvature, "[MHN13]"),
        Activation("elu", elu, elu_slope, elu_curvature, "[CUH16]"),
        Activation("selu", selu, selu_slope, selu_curvature, "[KUMH17]"),
        Activation("silu", silu, silu_slope, silu_curvature, "[EUD18]"),
        Activation("mish", mish, mish_slope, mish_curvature, "[Mis20]"),
        Activation("softsign", softsign, softsign_slope, softsign_curvature, "[GB10]"),
    )
}
