"""What the hidden units of a network do on some rows: how steep they are, what reaches them.

Whether that is bad must not be known here.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.diagnosis.case import Case
from gradus.engines.reference import forward
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.params import layout

# A unit is saturated on a row where its slope is below this part of its largest, and as a whole
# where it is so on more than that share of the rows.
_FLAT, _MOST_ROWS_FLAT = 0.05, 0.8
_LARGEST_SLOPE = {"sigmoid": 0.25, "tanh": 1.0, "softsign": 1.0}


@dataclass(frozen=True)
class Units:
    """The hidden layers on some rows.

    Attributes
    ----------
    saturated, dead
        The largest share of saturated units in a layer, and of relu units that give 0 on all rows.
    first_to_last
        Typical size of the gradient by the weights of the first layer over that of the last; 1
        where one of them is 0.
    """

    saturated: float
    dead: float
    first_to_last: float


def units_of(case: Case, params: Float64Array, rows: Int64Array) -> Units:
    """Look at the units of a case's network with some parameters."""
    X, y, weights = case.some(rows)
    saturated, dead = 0.0, 0.0
    hidden = case.spec.dense[:-1]
    # Others neither die nor saturate; some of their formulas load SciPy, which takes its time.
    is_looked_at = any(one.activation in {"relu", *_LARGEST_SLOPE} for one in hidden)
    z_of = forward(case.spec, params, X).z if is_looked_at else []
    for layer, z in zip(hidden, z_of, strict=False):
        slope = np.abs(np.asarray(ACTIVATIONS[layer.activation].slope(z)))
        if layer.activation in _LARGEST_SLOPE:
            is_flat = slope < _FLAT * _LARGEST_SLOPE[layer.activation]
            saturated = max(saturated, float((is_flat.mean(axis=0) > _MOST_ROWS_FLAT).mean()))
        if layer.activation == "relu":
            dead = max(dead, float((slope == 0).all(axis=0).mean()))
    grads = case.machine.gradient(case.spec, params, X, y, weights)[1]
    sizes = [
        float(np.sqrt(np.mean(grads[view.start : view.stop] ** 2)))
        for view in layout(case.spec)
        if view.layer and view.kind == "weight"
    ]
    # Behind a last layer of zeros no blame has come through yet, and nothing has vanished.
    is_there = sizes[0] > 0 and sizes[-1] > 0
    return Units(saturated, dead, sizes[0] / sizes[-1] if is_there else 1.0)


def unit_spread(case: Case) -> float:
    """Say how much the units of a hidden layer differ at the start, in the layer that has least.

    The root of the mean over units of ``|w_j - mean of all w_j|**2``, w_j the weights into unit j:
    about 1 by the usual initializers, 0 where all start alike. Infinite without such a layer.
    """
    found = []
    for view in layout(case.spec):
        is_hidden = 0 < view.layer < len(case.spec.dense)
        if is_hidden and view.kind == "weight" and view.shape[1] > 1:
            weight = case.start[view.start : view.stop].reshape(view.shape)
            apart = weight - weight.mean(axis=1, keepdims=True)
            found.append(float(np.sqrt(np.mean(np.sum(apart**2, axis=0)))))
    return min(found, default=np.inf)


def weight_size(case: Case) -> float:
    """Return the root mean square of the weights that are not 0 before training."""
    weights = case.start[_weight_places(case)]
    weights = weights[weights != 0]
    return float(np.sqrt(np.mean(weights**2))) if len(weights) else 1.0


def weight_sizes(case: Case) -> tuple[float, float]:
    """Return the Euclidean norm of all weights before and after training."""
    places = _weight_places(case)
    return float(np.linalg.norm(case.start[places])), float(np.linalg.norm(case.end[places]))


def _weight_places(case: Case) -> Int64Array:
    views = [view for view in layout(case.spec) if view.kind == "weight"]
    return np.concatenate([np.arange(view.start, view.stop) for view in views])
