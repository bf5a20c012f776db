"""One pass forward and back with everything kept: what fed each unit, and the blame of each unit.

The *blame* of a number is the derivative of the row's loss by it. Nothing is explained here.
"""

from collections.abc import Callable

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.engines.norm import norm_backward, normalize
from gradus.engines.reference import Trace, forward, objective
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.layers import Dense, LayerNorm, Residual
from gradus.networks.losses import loss_of
from gradus.networks.params import ParamView, views
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import Step, steps


@dataclass(frozen=True, eq=False)
class OpenedPass:
    """All numbers of some rows' way through a network and back, in float64.

    Attributes
    ----------
    spec, params
        The network.
    trace
        The pass forward; see `engines.reference.Trace`.
    losses : array of shape (n,)
        Of each row, without penalty.
    blames : list of arrays of shape (n, width)
        ``dl_i/da[s]`` for ``trace.a[s]``: not divided by the number of rows.
    slopes : list of arrays of shape (n, width)
        ``f'(z)`` of each dense layer.
    """

    spec: NetworkSpec
    params: Float64Array
    trace: Trace
    losses: Float64Array
    blames: list[Float64Array]
    slopes: list[Float64Array]


def open_pass(spec: NetworkSpec, params: Float64Array, X: FloatArray, y: FloatArray) -> OpenedPass:
    """Carry rows forward and their blame back; nothing is dropped.

    From layer to layer ``dl/da_(l-1) = (dl/da_l * f_l'(z_l)) @ weight_l.T``, the chain rule
    ([RHW86]); norms go back as in `engines.norm`, and what a residual added gets the blame of the
    sum once more.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
    X : array of shape (n, n_inputs)
    y : array of shape (n, n_targets)
    """
    trace = forward(spec, params, X)
    loss, slopes = loss_of(spec.loss), _slopes(spec, trace)
    outputs = trace.a[-1]
    blames = _blames(spec, params, trace, slopes, loss.output_gradient(outputs, y))
    return OpenedPass(spec, params, trace, loss.row_losses(outputs, y), blames, slopes)


def input_slopes(
    spec: NetworkSpec, params: Float64Array, X: FloatArray, output: int = 0
) -> Float64Array:
    """Differentiate one output of each row by what feeds the network, shape (n, fan_in of layer 1).

    Parameters
    ----------
    spec, params, X
        As in `open_pass`.
    output
        Which one.
    """
    trace = forward(spec, params, X)
    one = np.zeros(trace.a[-1].shape)
    one[:, output] = 1.0
    return _blames(spec, params, trace, _slopes(spec, trace), one)[0]


def objective_by(
    spec: NetworkSpec,
    params: Float64Array,
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
    place: int,
) -> Callable[[float], float]:
    """Make loss plus penalty a function of one parameter, whose flat index is `place`."""
    moved = params.copy()

    def at(value: float) -> float:
        moved[place] = value
        return float(objective(spec, moved, X, y, weights))

    return at


def _slopes(spec: NetworkSpec, trace: Trace) -> list[Float64Array]:
    return [
        ACTIVATIONS[layer.activation].slope(z) for layer, z in zip(spec.dense, trace.z, strict=True)
    ]


def _blames(
    spec: NetworkSpec,
    params: Float64Array,
    trace: Trace,
    slopes: list[Float64Array],
    last: Float64Array,
) -> list[Float64Array]:
    """Carry derivatives by the outputs back to every ``a[s]``."""
    blames = [last]
    added: dict[int, Float64Array] = {}
    for s, step in reversed(list(enumerate(steps(spec)))):
        if isinstance(step.layer, Residual):
            added[step.source] = blames[0]
        below = _carried(step, blames[0], views(spec, params), slopes, trace.a[s])
        blames.insert(0, below + added[s] if s in added else below)
    return blames


def place_of(spec: NetworkSpec, view: ParamView) -> int:
    """Find the step that a parameter of a layer or norm belongs to: it is fed ``a[place]``."""
    kind = Dense if view.layer else LayerNorm
    number = int(view.name.split()[1])
    found = steps(spec)
    return next(
        s for s, one in enumerate(found) if isinstance(one.layer, kind) and one.number == number
    )


def column_of(spec: NetworkSpec, number: int, column: int) -> int:
    """Find where a number of an embedding stands among those that feed the network."""
    return spec.n_plain + sum(one.width for one in spec.embeddings[: number - 1]) + column


def by_row(opened: OpenedPass, view: ParamView, index: tuple[int, ...]) -> Float64Array:
    """Differentiate the loss of each row by one parameter, shape (n,).

    Parameters
    ----------
    opened
        The rows' pass.
    view, index
        Which parameter, as in `networks.params`.
    """
    spec, number, j = opened.spec, int(view.name.split()[1]), index[-1]
    if view.name.startswith("embedding"):
        is_there = opened.trace.levels[number - 1] == index[0]
        found = is_there * opened.blames[0][:, column_of(spec, number, j)]
    else:
        s = place_of(spec, view)
        blame, a_in, layer = opened.blames[s + 1][:, j], opened.trace.a[s], steps(spec)[s].layer
        if isinstance(layer, LayerNorm):
            is_scale = view.kind == "scale"
            found = normalize(a_in, layer.epsilon)[0][:, j] * blame if is_scale else blame
        else:
            signal = a_in[:, index[0]] if view.kind == "weight" else 1.0
            found = signal * opened.slopes[number - 1][:, j] * blame
    return np.asarray(found, dtype=np.float64)


def _carried(
    step: Step,
    blame: Float64Array,
    named: dict[str, Float64Array],
    slopes: list[Float64Array],
    a_in: Float64Array,
) -> Float64Array:
    """Carry the blame of what a step gave to what it was fed."""
    layer, number = step.layer, step.number
    if isinstance(layer, Dense):
        carried: Float64Array = (blame * slopes[number - 1]) @ named[f"layer {number} weight"].T
        return carried
    if isinstance(layer, LayerNorm):
        kept = normalize(a_in, layer.epsilon)
        below: Float64Array = norm_backward(blame, *kept, named[f"norm {number} scale"])[2]
        return below
    return blame
