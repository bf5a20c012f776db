"""Every layer's z for many rows at once, by the products of the native engine.

What is asked of z must not be known here.
"""

from collections.abc import Iterator

import numpy as np

from gradus._typing import Float64Array
from gradus.engines.reference import forward
from gradus.engines.registry import engine
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.layers import Dense, Dropout
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec


def is_plain(spec: NetworkSpec) -> bool:
    """Whether each layer is fed by the one before it and by nothing else, without norms."""
    return all(isinstance(layer, Dense | Dropout) for layer in spec.layers)


def pre_activations(
    spec: NetworkSpec, params: Float64Array, X: Float64Array
) -> Iterator[Float64Array]:
    """Compute z of layer 1, of layer 2, ..., each when it is asked for.

    Parameters
    ----------
    spec
        Without embeddings.
    params : array of shape (n_params,)
    X : array of shape (n, n_inputs)

    Returns
    -------
    Arrays of shape (n, width).
    """
    if not is_plain(spec):
        yield from forward(spec, params, X).z
        return
    named, a = views(spec, params), X
    for number, layer in enumerate(spec.dense, 1):
        z = product(a, named[f"layer {number} weight"], named.get(f"layer {number} bias"))
        yield z
        a = ACTIVATIONS[layer.activation].value(z)


def product(
    a: Float64Array, weight: Float64Array, bias: Float64Array | None = None
) -> Float64Array:
    """Compute ``a @ weight + bias`` as a network of one layer.

    NumPy's own product waits for all its threads: where other work holds a processor, a small one
    takes a hundred times as long.
    """
    spec = NetworkSpec(len(weight), (Dense(weight.shape[1], bias=bias is not None),))
    parts = [weight.ravel()] if bias is None else [weight.ravel(), bias]
    return engine("native").outputs(spec, np.concatenate(parts), a).astype(np.float64, copy=False)
