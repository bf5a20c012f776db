"""The penalty that is added to the loss: objective = loss + penalty.

It acts on weights and never on biases, and it is not divided by the number of rows. Nothing here
knows layers: a mask says what is a weight.
"""

from gradus._typing import Array


def l2_penalty(params: Array, mask: Array, l2: float) -> Array:
    """``l2 / 2 * sum(weight**2)``.

    Parameters
    ----------
    params : array of shape (n_params,)
    mask : bool array of shape (n_params,)
        True where a parameter is a weight, as `networks.params.weight_mask` gives it.
    l2
        0 or greater; the caller's `alpha / n` where scikit-learn's objective is meant.
    """
    weight = _weights_only(params, mask)
    return l2 / 2 * params.__array_namespace__().sum(weight * weight)


def l2_gradient(params: Array, mask: Array, l2: float) -> Array:
    """``l2 * weight``, and 0 for biases; a new array of shape (n_params,)."""
    return l2 * _weights_only(params, mask)


def l1_penalty(params: Array, mask: Array, l1: float) -> Array:
    """``l1 * sum(abs(weight))``; parameters as in `l2_penalty`."""
    xp = params.__array_namespace__()
    return l1 * xp.sum(xp.abs(_weights_only(params, mask)))


def l1_gradient(params: Array, mask: Array, l1: float) -> Array:
    """``l1 * sign(weight)``, and 0 for biases; a new array of shape (n_params,).

    At the kink ``weight = 0`` it is 0 by our choice, one of the subgradients.
    """
    return l1 * params.__array_namespace__().sign(_weights_only(params, mask))


def _weights_only(params: Array, mask: Array) -> Array:
    """Set the biases to 0."""
    xp = params.__array_namespace__()
    return xp.where(mask, params, xp.zeros_like(params))
