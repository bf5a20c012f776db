"""Shorten a gradient that is too long, without turning it.

Nothing here knows where the gradient comes from.
"""

from gradus._typing import Array


def gradient_norm(grads: Array) -> Array:
    """``||g|| = sqrt(sum(g**2))`` over all parameters of the network."""
    xp = grads.__array_namespace__()
    return xp.sqrt(xp.sum(grads * grads))


def clip(grads: Array, norm: Array, max_grad_norm: float | None) -> Array:
    """``g * min(1, max_grad_norm / ||g||)`` ([PMB13]).

    Parameters
    ----------
    grads : array of shape (n_params,)
    norm
        ``gradient_norm(grads)``, which the caller needs anyhow.
    max_grad_norm
        Greater than 0; None leaves the gradient as it is.
    """
    if max_grad_norm is None:
        return grads
    # The larger of the two below the line makes the factor exactly 1 for a short gradient.
    return grads * (max_grad_norm / grads.__array_namespace__().maximum(norm, max_grad_norm))
