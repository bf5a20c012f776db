"""The formulas of layer normalization ([BKH16]): rows of mean 0 and variance 1, and the way back.

Part of the page of formulas, `reference`; derived in `docs/derivations/layers.md`.
"""

from gradus._typing import Array


def normalize(a_in: Array, epsilon: float) -> tuple[Array, Array]:
    """``(a_in - mean) / sqrt(variance + epsilon)`` with mean and variance over each row.

    Parameters
    ----------
    a_in : array of shape (n_batch, width)
    epsilon
        Greater than 0. The variance is the mean square of the deviations, divided by the width.

    Returns
    -------
    normal : new array of shape (n_batch, width)
    inverse : new array of shape (n_batch, 1)
        ``1 / sqrt(variance + epsilon)``.
    """
    xp = a_in.__array_namespace__()
    centered = a_in - xp.mean(a_in, axis=1, keepdims=True)
    inverse = 1 / xp.sqrt(xp.mean(centered * centered, axis=1, keepdims=True) + epsilon)
    return centered * inverse, inverse


def norm_backward(
    d_out: Array, normal: Array, inverse: Array, scale: Array
) -> tuple[Array, Array, Array]:
    """Carry a loss gradient back through ``normal * scale + shift``.

    ``d_scale`` and ``d_shift`` are the sums of ``d_out * normal`` and of ``d_out`` over rows; with
    ``g = d_out * scale``, ``d_a_in = inverse * (g - mean(g) - normal * mean(g * normal))``, where
    means are over each row.

    Parameters
    ----------
    d_out : array of shape (n_batch, width)
    normal, inverse
        As `normalize` gave them.
    scale : array of shape (width,)

    Returns
    -------
    d_scale, d_shift, d_a_in : new arrays shaped like what they differentiate by
    """
    xp = d_out.__array_namespace__()
    g = d_out * scale
    mean = xp.mean(g, axis=1, keepdims=True)
    along = xp.mean(g * normal, axis=1, keepdims=True)
    d_a_in = inverse * (g - mean - normal * along)
    return xp.sum(d_out * normal, axis=0), xp.sum(d_out, axis=0), d_a_in


def normalize_tangent(R_a_in: Array, normal: Array, inverse: Array) -> tuple[Array, Array]:
    """Differentiate `normalize` along a direction in which ``a_in`` moves by ``R a_in``.

    ``R inverse = -inverse**2 * mean(normal * R a_in)`` and ``R normal = inverse * (R a_in -
    mean(R a_in) - normal * mean(normal * R a_in))``, where means are over each row; the second is
    the way back itself, since its matrix is symmetric.

    Parameters
    ----------
    R_a_in : array of shape (n_batch, width)
    normal, inverse
        As `normalize` gave them.

    Returns
    -------
    R_normal, R_inverse : new arrays shaped like `normal` and `inverse`
    """
    xp = R_a_in.__array_namespace__()
    mean = xp.mean(R_a_in, axis=1, keepdims=True)
    along = xp.mean(normal * R_a_in, axis=1, keepdims=True)
    return inverse * (R_a_in - mean - normal * along), -(inverse**2) * along


def norm_backward_tangent(
    d_out: tuple[Array, Array],
    normal: tuple[Array, Array],
    inverse: tuple[Array, Array],
    scale: tuple[Array, Array],
) -> tuple[Array, Array, tuple[Array, Array]]:
    """Differentiate `norm_backward` along a direction.

    With ``h = g - mean(g) - n * mean(g * n)``, ``g = d_out * scale`` and n for `normal`,
    ``d_a_in = inverse * h``, so ``R d_a_in = inverse * R h + R inverse * h`` with ``R h = R g -
    mean(R g) - R n * mean(g * n) - n * mean(R g * n + g * R n)`` and ``R g = R d_out * scale +
    d_out * R scale``.

    Parameters
    ----------
    d_out, normal, inverse, scale
        The arguments of `norm_backward`, each with its derivative along the direction.

    Returns
    -------
    R_d_scale, R_d_shift : arrays of shape (width,)
    d_a_in
        With its derivative.
    """
    xp = normal[0].__array_namespace__()

    def mean(values: Array) -> Array:
        return xp.mean(values, axis=1, keepdims=True)

    (d, R_d), (n, R_n) = d_out, normal
    g, R_g = d * scale[0], R_d * scale[0] + d * scale[1]
    h = g - mean(g) - n * mean(g * n)
    R_h = R_g - mean(R_g) - R_n * mean(g * n) - n * mean(R_g * n + g * R_n)
    d_a_in = inverse[0] * h, inverse[0] * R_h + inverse[1] * h
    return xp.sum(R_d * n + d * R_n, axis=0), xp.sum(R_d, axis=0), d_a_in
