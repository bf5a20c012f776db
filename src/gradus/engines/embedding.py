"""The formulas of embeddings: level numbers become learnt ones, and gradients are summed by level.

Part of the page of formulas, `reference`; derived in `docs/derivations/embedding.md`.
"""

import numpy as np

from gradus._typing import Array
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec


def embed(spec: NetworkSpec, params: Array, X: Array) -> tuple[Array, list[Array]]:
    """Replace each level number by its row of the embedding.

    Returns
    -------
    a_0 : array of shape (n_batch, fan_in of layer 1)
        The plain columns, then the numbers of embedding 1, of embedding 2, ...
    levels : list of int64 arrays of shape (n_batch,)
    """
    if not spec.embeddings:
        return X, []
    xp, named = X.__array_namespace__(), views(spec, params)
    columns = range(spec.n_plain, spec.n_inputs)
    levels = [xp.astype(X[:, column], xp.int64) for column in columns]
    learnt = [
        xp.take(named[f"embedding {number} weight"], own, axis=0)
        for number, own in enumerate(levels, 1)
    ]
    return xp.concat([X[:, : spec.n_plain], *learnt], axis=1), levels


def embedding_backward(d_rows: Array, levels: Array, n_levels: int) -> Array:
    """Sum a gradient over the rows of each level: the way back through one embedding.

    ``d_weight[k] = sum of d_rows over the rows of level k``, 0 for a level that is not there.

    Parameters
    ----------
    d_rows : array of shape (n_batch, width)
        Gradient by the numbers that the embedding put in the rows' place.
    levels : int64 array of shape (n_batch,)
    n_levels
        Rows of the embedding.

    Returns
    -------
    New array of shape (n_levels, width).

    Examples
    --------
    >>> d_rows = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> embedding_backward(d_rows, np.array([2, 0, 2]), 3)
    array([[3., 4.],
           [0., 0.],
           [6., 8.]])
    """
    xp = d_rows.__array_namespace__()
    total = xp.zeros((n_levels, d_rows.shape[1]), dtype=d_rows.dtype)
    if hasattr(total, "at"):  # JAX's arrays cannot be written to
        return total.at[levels].add(d_rows)
    np.add.at(total, levels, d_rows)
    return total


def embeddings_backward(spec: NetworkSpec, levels: list[Array], d_a_0: Array) -> dict[str, Array]:
    """Cut the gradient by what feeds the network, and sum each embedding's part by its levels.

    Parameters
    ----------
    spec
        The network.
    levels : list of int64 arrays of shape (n_batch,)
        As `embed` gave them.
    d_a_0 : array of shape (n_batch, widths[0])

    Returns
    -------
    Name of each embedding's weight, as in `networks.params`, to its gradient.
    """
    found, start = {}, spec.n_plain
    for number, (table, own) in enumerate(zip(spec.embeddings, levels, strict=True), 1):
        d_rows = d_a_0[:, start : start + table.width]
        found[f"embedding {number} weight"] = embedding_backward(d_rows, own, table.n_levels)
        start += table.width
    return found
