"""The mean slope of a network along straight lines, without any rule of integration.

It is for networks made of straight pieces; whose lines they are must not be known here.
"""

from itertools import islice

import numpy as np

from gradus._typing import Float64Array
from gradus.calculus.kinks import crossings
from gradus.engines.pre_activations import is_plain, pre_activations, product
from gradus.networks.activations import LEAKY_SLOPE
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec

# The slope below 0 of each activation that is straight on both sides of it; above it is 1.
_BELOW = {"identity": 1.0, "relu": 0.0, "leaky_relu": LEAKY_SLOPE}


def is_straight(spec: NetworkSpec) -> bool:
    """Whether `mean_slopes` knows the network: its only bends are those of ReLUs."""
    return is_plain(spec) and all(layer.activation in _BELOW for layer in spec.dense)


def mean_slopes(
    spec: NetworkSpec, params: Float64Array, start: Float64Array, end: Float64Array
) -> Float64Array:
    """Average the gradient of the output by the inputs along straight lines, exactly.

    Each line is cut where a unit has its kink, but for the units of the last layer that has any:
    on a piece the layers before it are straight, so its z goes straight from z_0 to z_1, and the
    slope of its activation f has the mean ``(f(z_1) - f(z_0)) / (z_1 - z_0)`` there, kink or not.
    The mean gradient on a piece is the usual way back with these means in place of the slopes; by
    the chain rule it comes to the difference of the outputs, wherever the cuts were rounded to.

    Parameters
    ----------
    spec
        As `is_straight` says, without embeddings.
    params : array of shape (n_params,)
    start, end : arrays of shape (n, n_inputs)
        Of n lines ``start + t * (end - start)``, n > 0.

    Returns
    -------
    New array of shape (n, n_inputs); of several outputs it is the sum.
    """
    kinked = [k for k, layer in enumerate(spec.dense, 1) if layer.activation != "identity"]
    last = kinked[-1] if kinked else 1
    rows, t = crossings(spec, params, start, end, n_layers=last - 1)
    X = start[rows] + t[:, None] * (end - start)[rows]
    z = list(islice(pre_activations(spec, params, X), last))
    is_piece = rows[:-1] == rows[1:]
    lengths = np.where(is_piece, t[1:] - t[:-1], 0.0)
    firsts = np.flatnonzero(np.append(True, ~is_piece))
    named = views(spec, params)
    slopes = np.ones((len(lengths), spec.n_outputs))
    for number, layer in reversed(list(enumerate(spec.dense, 1))):
        if layer.activation != "identity":
            slopes *= _between(z[number - 1], _BELOW[layer.activation])
        if number == 1:  # the last product is the same for all pieces of a line
            slopes = np.add.reduceat(slopes * lengths[:, None], firsts, axis=0)
        slopes = product(slopes, named[f"layer {number} weight"].T)
    return slopes


def _between(z: Float64Array, below: float) -> Float64Array:
    """Return the mean slope of an activation from each row of z to the next."""
    change, on = np.diff(z, axis=0), np.diff(np.maximum(z, 0), axis=0)
    share = np.divide(on, change, out=(z[1:] > 0).astype(np.float64), where=change != 0)
    return below + (1 - below) * share if below else share
