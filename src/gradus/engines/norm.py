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
