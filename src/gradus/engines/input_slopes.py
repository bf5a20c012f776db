"""Derivatives by what feeds a network, from an engine that differentiates by parameters alone.

What they are for must not be known here.
"""

from dataclasses import replace

import numpy as np

from gradus._typing import Float64Array
from gradus.engines.base import Engine
from gradus.networks.layers import Embedding
from gradus.networks.spec import NetworkSpec


def input_slopes(
    engine: Engine,
    spec: NetworkSpec,
    params: Float64Array,
    X: Float64Array,
    outputs: Float64Array,
    by_output: Float64Array,
) -> Float64Array:
    """Carry derivatives of something by each row's outputs back to the row, in float64.

    Each row is made a level of an embedding of its own, so that the engine's gradient by the
    embedding is that by the rows. Its squared error, ``1/(n k) sum of (output - y)**2``, has the
    slope ``by_output`` where ``y = output - n k by_output / 2``.

    Parameters
    ----------
    engine
        Any that computes in float64.
    spec
        Without embeddings.
    params : array of shape (n_params,)
    X : array of shape (n, n_inputs), n > 0
    outputs : array of shape (n, k)
        Of the last layer.
    by_output : array of shape (n, k)

    Returns
    -------
    New array of shape (n, n_inputs).
    """
    n, k = outputs.shape
    rows = Embedding(n, spec.n_inputs)
    own = replace(spec, n_inputs=1, embeddings=(rows,), loss="squared_error", l1=0.0, l2=0.0)
    levels = np.arange(n, dtype=np.float64)[:, None]
    y = outputs - n * k / 2 * by_output
    grads = engine.gradient(own, np.concatenate([X.ravel(), params]), levels, y, None)[1]
    found: Float64Array = grads[: X.size].reshape(X.shape).astype(np.float64)
    return found
