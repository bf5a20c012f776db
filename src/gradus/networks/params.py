"""All parameters of a network as one flat vector, and the named views people see.

The order is fixed by the description alone: embedding 1 weight (n_levels, width) row by row,
embedding 2 weight, ..., layer 1 weight (fan_in, fan_out), layer 1 bias, layer 2 weight, ...; norm 1
scale, norm 1 shift, ... stand among the layers in the order of the steps. Nothing here knows what a
parameter's value means.
"""

import re
from functools import lru_cache

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Array, BoolArray
from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.networks.layers import Dense, LayerNorm
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps

_PLACE = re.compile(
    r"\s*((?:layer|embedding|norm) \d+ (?:weight|bias|scale|shift))"
    r"\s*\[\s*(\d+)\s*(?:,\s*(\d+)\s*)?\]\s*"
)


@dataclass(frozen=True)
class ParamView:
    """Where one weight matrix, bias, scale or shift stands in the flat vector.

    Attributes
    ----------
    name
        As people read it, such as "layer 2 weight".
    layer
        Counted from 1; 0 for embeddings and norms.
    kind
        "weight" or "bias", of a norm "scale" or "shift".
    start, stop
        Half-open range of flat indices.
    shape
        (fan_in, fan_out) of a weight, (fan_out,) of a bias, (n_levels, width) of an embedding,
        (width,) of scale and shift.
    """

    name: str
    layer: int
    kind: str
    start: int
    stop: int
    shape: tuple[int, ...]


@lru_cache(maxsize=256)
def layout(spec: NetworkSpec) -> tuple[ParamView, ...]:
    """List the views of a network's flat vector in their order, without gaps."""
    found: list[ParamView] = []
    start = 0
    for number, embedding in enumerate(spec.embeddings, 1):
        table = (embedding.n_levels, embedding.width)
        stop = start + embedding.n_levels * embedding.width
        found.append(ParamView(f"embedding {number} weight", 0, "weight", start, stop, table))
        start = stop
    for step in steps(spec):
        shapes: list[tuple[str, tuple[int, ...]]] = []
        if isinstance(step.layer, Dense):
            layer, name = step.number, f"layer {step.number}"
            shapes.append(("weight", (spec.widths[layer - 1], step.width)))
            if step.layer.bias:
                shapes.append(("bias", (step.width,)))
        elif isinstance(step.layer, LayerNorm):
            layer, name = 0, f"norm {step.number}"
            shapes = [("scale", (step.width,)), ("shift", (step.width,))]
        for kind, shape in shapes:
            stop = start + int(np.prod(shape))
            found.append(ParamView(f"{name} {kind}", layer, kind, start, stop, shape))
            start = stop
    return tuple(found)


def n_params(spec: NetworkSpec) -> int:
    """Count the parameters: ``fan_in * fan_out + fan_out`` of each layer, and all others."""
    return layout(spec)[-1].stop


def views(spec: NetworkSpec, params: Array) -> dict[str, Array]:
    """Cut a flat vector into its named matrices and vectors.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
        Parameters, their gradient, or anything else in the same order.

    Returns
    -------
    Name to array. For a contiguous NumPy vector they share its memory: to write into one is to
    write into `params`.

    Raises
    ------
    ShapeMismatch
        If the vector has another length.
    """
    size = n_params(spec)
    if tuple(params.shape) != (size,):
        message = f"params must have shape (n_params,) = ({size},); got {tuple(params.shape)}."
        raise ShapeMismatch(message)
    return {view.name: params[view.start : view.stop].reshape(view.shape) for view in layout(spec)}


@lru_cache(maxsize=256)
def weight_mask(spec: NetworkSpec) -> BoolArray:
    """Mark the entries of the flat vector that are weights, not biases, scales or shifts.

    Penalty and weight decay act where this is True.

    Returns
    -------
    Read-only bool array of shape (n_params,).
    """
    mask = np.zeros(n_params(spec), dtype=np.bool_)
    for view in layout(spec):
        mask[view.start : view.stop] = view.kind == "weight"
    mask.flags.writeable = False
    return mask


def locate(spec: NetworkSpec, place: str) -> int:
    """Find the flat index of one parameter.

    Parameters
    ----------
    spec
        The network.
    place
        Such as "layer 1 weight [0, 2]" (from input 0 to neuron 2), "layer 1 bias [2]" or
        "embedding 1 weight [4, 0]" (of level 4 the first number) or "norm 1 scale [3]"; layers,
        embeddings and norms count from 1, entries from 0.

    Raises
    ------
    InvalidParameter
        If the place is written differently or does not exist in this network.

    Examples
    --------
    >>> locate(NetworkSpec(2, (Dense(3), Dense(1))), "layer 1 bias [2]")
    8
    """
    match = _PLACE.fullmatch(place)
    if match is None:
        message = (
            "a parameter must be written like 'layer 1 weight [0, 2]' or 'layer 1 bias [2]'; "
            f"got {place!r}."
        )
        raise InvalidParameter(message)
    name = match[1]
    index = tuple(int(number) for number in match.groups()[1:] if number is not None)
    by_name = {view.name: view for view in layout(spec)}
    if name not in by_name:
        message = f"{name} must be one of {', '.join(by_name)}; the network has no other."
        raise InvalidParameter(message)
    view = by_name[name]
    is_inside = len(index) == len(view.shape) and all(
        i < size for i, size in zip(index, view.shape, strict=True)
    )
    if not is_inside:
        message = f"{name} has shape {view.shape}; got the place {list(index)}."
        raise InvalidParameter(message)
    return view.start + int(np.ravel_multi_index(index, view.shape))


def view_at(spec: NetworkSpec, place: int) -> tuple[ParamView, tuple[int, ...]]:
    """Find the view that a flat index falls into, and the entry of it: `locate` undone.

    Examples
    --------
    >>> view, index = view_at(NetworkSpec(2, (Dense(3), Dense(1))), 8)
    >>> view.name, index
    ('layer 1 bias', (2,))
    """
    view = next(one for one in layout(spec) if one.start <= place < one.stop)
    return view, tuple(int(i) for i in np.unravel_index(place - view.start, view.shape))
