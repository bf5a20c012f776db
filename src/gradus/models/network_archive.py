"""A network as a description and arrays, and back: a closed list of names, each value checked.

How description and arrays become bytes is not known here.
"""

from dataclasses import fields
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


def read_spec(entries: object) -> NetworkSpec:
    """Undo `describe` for the four classes a network consists of; see `build_network`."""
    if isinstance(entries, dict):
        # Files from before there were embeddings have none.
        entries = {"embeddings": [], **entries}
    options = _options(entries, NetworkSpec)
    layers = []
    for layer in options["layers"]:
        own = _options(layer, Dense)
        if not isinstance(own["initializer"], str):
            own["initializer"] = Initializer(**_options(own["initializer"], Initializer))
        layers.append(Dense(**own))
    embeddings = [Embedding(**_options(each, Embedding)) for each in options["embeddings"]]
    parts = {"layers": tuple(layers), "embeddings": tuple(embeddings)}
    return NetworkSpec(**{**options, **parts})


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
