"""How the loss of a network bends around its parameters, on rows of one's own.

What the numbers mean stands in `calculus.curvature`.
"""

import numpy as np

from gradus._typing import ArrayLike, Float64Array, FloatArray
from gradus.calculus.curvature import Curvature
from gradus.engines.base import Engine
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError
from gradus.models.given import read_rows
from gradus.models.network import Network
from gradus.networks.params import weight_mask
from gradus.networks.penalties import l1_penalty, l2_penalty
from gradus.networks.spec import NetworkSpec


def curvature(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    engine: str = "native",
) -> Curvature:
    """Open the second derivatives of loss plus penalty by a network's parameters, in float64.

    Nothing is computed yet but the gradient; `Curvature.extremes`, `trace`, `block`, `forecast`
    and `descend` ask for what they need. Changes of the network afterwards do not matter.

    Parameters
    ----------
    network
        Any network whose loss is not one of Python functions.
    X : array of shape (n, n_inputs), n > 0
    y : array of shape (n, n_targets) or (n,)
    sample_weight : array of shape (n,), optional
    engine
        "native" or "reference".

    Raises
    ------
    InvalidParameter, ShapeMismatch, DataError
        If an argument is not as described.

    Examples
    --------
    A bowl ``(w - 1)**2`` has the second derivative 2, so rates up to 1 are stable:

    >>> from gradus.networks.layers import Dense
    >>> bowl = curvature(Network(1, [Dense(1, bias=False)]), [[1.0]], [1.0])
    >>> extremes = bowl.extremes()
    >>> round(extremes.largest, 12), round(bowl.largest_stable_rate(extremes), 12)
    (2.0, 1.0)
    """
    X, y, weights = read_rows(network.spec, X, y, sample_weight, "float64")
    if len(X) == 0:
        raise DataError("X must hold at least one row to bend on; got none.")
    machine, spec = make_engine(engine), network.spec
    params: Float64Array = network.params.astype(np.float64)
    rows = X, y, weights

    def after(step: Float64Array) -> tuple[float, Float64Array]:
        return penalized(machine, spec, params + step, *rows)

    def product(v: Float64Array) -> Float64Array:
        return machine.hvp(spec, params, *rows, v).astype(np.float64)

    return Curvature(*after(np.zeros_like(params)), product, after)


def penalized(
    machine: Engine,
    spec: NetworkSpec,
    params: Float64Array,
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
) -> tuple[float, Float64Array]:
    """Return loss plus penalty, which is what is minimized, and its gradient.

    Parameters
    ----------
    machine
        Computes them.
    spec, params, X, y, weights
        As in `engines.base.Engine.gradient`.
    """
    loss, grads = machine.gradient(spec, params, X, y, weights)
    mask = weight_mask(spec)
    penalty = l2_penalty(params, mask, spec.l2) + l1_penalty(params, mask, spec.l1)
    return loss + float(penalty), grads.astype(np.float64)
