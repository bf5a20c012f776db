"""A network as one file: its description, and every weight and bias by its name.

The file is a safetensors file (see `_archive`), so other programs can read the arrays, and nothing
in it is ever run. Its words are a closed list: whatever is not an option of `Network` is refused.
"""

from pathlib import Path
from typing import Any

import numpy as np

from gradus._archive import AnyArray, pack, unpack
from gradus._files import why_not_written, write_atomically
from gradus._validate import check_choice
from gradus.errors import GradusError, ModelFileError
from gradus.models.network import Network
from gradus.networks.params import layout
from gradus.networks.spec import Dense, Initializer, NetworkSpec
from gradus.training.description import describe
from gradus.training.plan import DTYPE_NAMES

_KIND = "network"


def save(network: Network, path: str | Path) -> None:
    """Write a network to a file, whole or not at all.

    An existing file is replaced and keeps its permissions. Equal networks give equal bytes.

    Parameters
    ----------
    network
        Its parameters must be finite.
    path
        Where to write, by custom with the ending ``.gradus``. The folder must exist.

    Raises
    ------
    ModelFileError
        If a parameter is not finite, or the file cannot be written.
    """
    path = Path(path)
    for name, values in network.views().items():
        if not np.isfinite(values).all():
            raise ModelFileError(f"{path} was not written: {name} is not finite everywhere.")
    description = {
        "network": describe(network.spec),
        "seed": network.seed,
        "dtype": network.dtype,
    }
    data = pack(_KIND, description, network.views())
    try:
        write_atomically(path, data)
    except OSError as cause:
        raise ModelFileError(why_not_written(path, len(data), cause)) from cause


def load(path: str | Path) -> Network:
    """Read a network from a file that `save` wrote.

    Parameters
    ----------
    path
        The file. It may come from anywhere: nothing in it is run, and every part is checked.

    Raises
    ------
    ModelFileError
        If there is no such file, or it is damaged, changed, or of another kind or version.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelFileError(f"{path} is no file.")
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise ModelFileError(f"{path} could not be read: {cause.strerror}.") from cause
    description, arrays = unpack(data, str(path), _KIND)
    try:
        return _network(description, arrays)
    except (GradusError, KeyError, TypeError, ValueError) as cause:
        raise ModelFileError(f"{path} describes no network: {cause}") from cause


def _network(description: dict[str, Any], arrays: dict[str, AnyArray]) -> Network:
    """Build the network; whatever does not fit raises one of many errors."""
    if description.keys() != {"network", "seed", "dtype"}:
        raise ValueError(f"it has the entries {', '.join(sorted(description))}.")
    spec = _spec(description["network"])
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


def _spec(entries: dict[str, Any]) -> NetworkSpec:
    """Undo `describe` for the three classes a network consists of."""
    layers = []
    for layer in entries["layers"]:
        initializer = layer["initializer"]
        if not isinstance(initializer, str):
            initializer = Initializer(**_options(initializer, "Initializer"))
        layers.append(Dense(**{**_options(layer, "Dense"), "initializer": initializer}))
    return NetworkSpec(**{**_options(entries, "NetworkSpec"), "layers": tuple(layers)})


def _options(entries: dict[str, Any], kind: str) -> dict[str, Any]:
    """Take off the class name, which must be the one expected."""
    if entries["kind"] != kind:
        raise ValueError(f"it has {entries['kind']!r} where {kind!r} must stand.")
    return {name: value for name, value in entries.items() if name != "kind"}
