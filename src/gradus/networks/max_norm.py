"""A bound on the incoming weights of each neuron, kept after every update ([SHKSS14]).

Nothing here knows how the update came about.
"""

import numpy as np

from gradus._typing import FloatArray
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec


def limit_norms(spec: NetworkSpec, params: FloatArray) -> FloatArray:
    """Scale down every neuron's incoming weights that are longer than its layer's `max_norm`.

    ``weight[:, j] *= min(1, max_norm / ||weight[:, j]||)``; biases are left alone.

    Parameters
    ----------
    spec
        The network; without a `max_norm` nothing happens.
    params : array of shape (n_params,)

    Returns
    -------
    `params` itself where no layer has a limit, else a new array.
    """
    if all(layer.max_norm is None for layer in spec.dense):
        return params
    limited = params.copy()
    named = views(spec, limited)
    for number, layer in enumerate(spec.dense, 1):
        if layer.max_norm is None:
            continue
        weight = named[f"layer {number} weight"]
        norms = np.sqrt(np.sum(weight.astype(np.float64) ** 2, axis=0))
        factors = layer.max_norm / np.maximum(norms, layer.max_norm)
        weight *= factors.astype(weight.dtype)
    return limited
