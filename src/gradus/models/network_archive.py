"""A network as a description and arrays, and back: a closed list of names, each value checked.

How description and arrays become bytes is not known here.
"""

from dataclasses import fields
from typing import Any

import numpy as np

from gradus._archive import AnyArray
from gradus._validate import check_choice
from gradus.models.network import Network
from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
from gradus.networks.layers import (
    Dense,
    Dropout,
    Embedding,
    Initializer,
    Layer,
    LayerNorm,
    Residual,
)
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss
from gradus.networks.params import layout
from gradus.networks.spec import NetworkSpec
from gradus.training.description import describe
from gradus.training.plan import DTYPE_NAMES

KIND = "network"

# Python functions cannot be written into a file, so a loss of functions is none of these.
_SAVED_LOSSES = (Huber, Quantile, CrossEntropy, BinaryCrossEntropy, ExpressionLoss)


def describe_network(network: Network) -> dict[str, Any]:
    """Return all of a network that is no array."""
    return {
        "network": describe(network.spec),
        "seed": network.seed,
        "dtype": network.dtype,
    }


def build_network(description: dict[str, Any], arrays: dict[str, AnyArray]) -> Network:
    """Undo `describe_network` and `Network.views`.

    Raises
    ------
    GradusError, KeyError, TypeError, ValueError
        If anything is missing, left over, of a wrong kind or of a wrong shape.
    """
    if description.keys() != {"network", "seed", "dtype"}:
        raise ValueError(f"it has the entries {', '.join(sorted(description))}.")
    spec = read_spec(description["network"])
    dtype = check_choice("dtype", description["dtype"], DTYPE_NAMES)
    views = layout(spec)
    if arrays.keys() != {view.name for view in views}:
        raise ValueError("its arrays are not its weights and biases.")
    for view in views:
        array = arrays[view.name]
        if array.shape != view.shape or array.dtype != dtype:
            raise ValueError(
                f"{view.name} must be {dtype} of shape {view.shape}; "
                f"got {array.dtype} of shape {array.shape}."
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{view.name} is not finite everywhere.")
    params = np.concatenate([arrays[view.name].reshape(-1) for view in views])
    return Network.from_params(spec, params, description["seed"])


def read_spec(entries: object) -> NetworkSpec:
    """Undo `describe` for the classes a network consists of; see `build_network`."""
    if isinstance(entries, dict):
        # Files from before there were embeddings, or l1, have none.
        entries = {"embeddings": [], "l1": 0.0, **entries}
    options = _options(entries, NetworkSpec)
    layers = [_read_layer(layer) for layer in options["layers"]]
    embeddings = [Embedding(**_options(each, Embedding)) for each in options["embeddings"]]
    loss = _read_loss(options["loss"])
    parts = {"layers": tuple(layers), "embeddings": tuple(embeddings), "loss": loss}
    return NetworkSpec(**{**options, **parts})


def _read_layer(entries: object) -> Layer:
    """Read one entry of the list of layers."""
    if not isinstance(entries, dict) or entries["kind"] != "Residual":
        return _read_inner(entries)
    inner = _options(entries, Residual)["layers"]
    return Residual(tuple(_read_inner(layer) for layer in inner))


def _read_inner(entries: object) -> Dense | Dropout | LayerNorm:
    """Read a layer that may stand in a residual."""
    kind = entries["kind"] if isinstance(entries, dict) else ""
    if kind == "Dropout":
        return Dropout(**_options(entries, Dropout))
    if kind == "LayerNorm":
        return LayerNorm(**_options(entries, LayerNorm))
    if isinstance(entries, dict):
        # Files from before there was max_norm have none.
        entries = {"max_norm": None, **entries}
    own = _options(entries, Dense)
    if not isinstance(own["initializer"], str):
        own["initializer"] = Initializer(**_options(own["initializer"], Initializer))
    return Dense(**own)


def _read_loss(entries: object) -> object:
    """Take a loss with numbers or a formula apart; a name is checked where it is used."""
    if isinstance(entries, str):
        return entries
    kind = entries.get("kind") if isinstance(entries, dict) else None
    found = [each for each in _SAVED_LOSSES if each.__name__ == kind]
    if not found:
        raise ValueError(f"it has {entries!r:.40} where a loss must stand.")
    return found[0](**_options(entries, found[0]))


def _options(entries: object, kind: type) -> dict[str, Any]:
    """Take off the class name, which must be the one expected, from exactly its options."""
    if not isinstance(entries, dict):
        raise TypeError(f"it has {entries!r:.40} where {kind.__name__!r} must stand.")
    if entries["kind"] != kind.__name__:
        raise ValueError(f"it has {entries['kind']!r} where {kind.__name__!r} must stand.")
    options = {name: value for name, value in entries.items() if name != "kind"}
    names = [option.name for option in fields(kind)]
    if options.keys() != set(names):
        raise ValueError(f"{kind.__name__} must have the entries {', '.join(names)}.")
    return options
