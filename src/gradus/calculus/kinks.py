"""Where a straight line through the inputs of a network crosses the kinks of its units.

What is integrated between them must not be known here.
"""

from itertools import islice

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.engines.pre_activations import pre_activations
from gradus.networks.spec import NetworkSpec

# Activations whose slope jumps at 0.
_KINKED = ("relu", "leaky_relu", "selu")
# Points closer together are one.
_CLOSEST = 1e-14


def is_kinked(spec: NetworkSpec) -> bool:
    """Whether a unit of the network has a kink."""
    return any(layer.activation in _KINKED for layer in spec.dense)


def crossings(
    spec: NetworkSpec,
    params: Float64Array,
    start: Float64Array,
    end: Float64Array,
    n_layers: int | None = None,
) -> tuple[Int64Array, Float64Array]:
    """Find all t in (0, 1) at which a unit of the network has its kink, layer by layer.

    Where all layers before are made of straight pieces, so is z of a unit: between two crossings
    of these layers its own lies where the straight line through both ends is 0. Behind a curved
    layer this is only near; who integrates must look.

    Parameters
    ----------
    spec
        Without embeddings.
    params : array of shape (n_params,)
    start, end : arrays of shape (n, n_inputs)
        Of n lines ``start + t * (end - start)``.
    n_layers
        Only these first layers are looked at; None for all.

    Returns
    -------
    rows : int64 array of shape (m,)
        Which line, ascending.
    t : array of shape (m,)
        Ascending within a line; 0 and 1 are there for each.
    """
    n = len(start)
    rows = np.repeat(np.arange(n, dtype=np.int64), 2)
    t = np.tile([0.0, 1.0], n)
    for number, layer in enumerate(spec.dense[:n_layers]):
        if layer.activation not in _KINKED:
            continue
        X = start[rows] + t[:, None] * (end - start)[rows]
        z = next(islice(pre_activations(spec, params, X), number, None))
        place, unit = np.nonzero((z[:-1] > 0) != (z[1:] > 0))
        is_within = rows[place] == rows[place + 1]
        place, unit = place[is_within], unit[is_within]
        before, after = z[place, unit], z[place + 1, unit]
        found = t[place] + (t[place + 1] - t[place]) * before / (before - after)
        rows, t = _merged(np.append(rows, rows[place]), np.append(t, found))
    return rows, t


def _merged(rows: Int64Array, t: Float64Array) -> tuple[Int64Array, Float64Array]:
    """Sort points by line and place, and keep one of those that fall together."""
    order = np.lexsort((t, rows))
    rows, t = rows[order], t[order]
    is_new = np.ones(len(t), dtype=np.bool_)
    is_new[1:] = (rows[1:] != rows[:-1]) | (t[1:] - t[:-1] > _CLOSEST)
    is_new |= t == 1.0
    return rows[is_new], t[is_new]
