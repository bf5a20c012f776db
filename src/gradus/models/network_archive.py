"""A network as a description and arrays, and back: a closed list of names, each value checked.

How description and arrays become bytes is not known here.
"""

from typing import Any

import numpy as np

from gradus._archive import AnyArray
from gradus._validate import check_choice
from gradus.models.network import Network
from gradus.networks.params import layout
from gradus.networks.spec import Dense, Embedding, Initializer, NetworkSpec
from gradus.training.description import describe
from gradus.training.plan import DTYPE_NAMES

KIND = "network"


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


def read_spec(entries: dict[str, Any]) -> NetworkSpec:
    """Undo `describe` for the four classes a network consists of; see `build_network`."""
    layers = []
    for layer in entries["layers"]:
        initializer = layer["initializer"]
        if not isinstance(initializer, str):
            initializer = Initializer(**_options(initializer, "Initializer"))
        layers.append(Dense(**{**_options(layer, "Dense"), "initializer": initializer}))
    # Files from before there were embeddings have none.
    embeddings = [Embedding(**_options(e, "Embedding")) for e in entries.get("embeddings", ())]
    parts = {"layers": tuple(layers), "embeddings": tuple(embeddings)}
    return NetworkSpec(**{**_options(entries, "NetworkSpec"), **parts})


def _options(entries: dict[str, Any], kind: str) -> dict[str, Any]:
    """Take off the class name, which must be the one expected."""
    if entries["kind"] != kind:
        raise ValueError(f"it has {entries['kind']!r} where {kind!r} must stand.")
    return {name: value for name, value in entries.items() if name != "kind"}
