"""Networks and models as files: one safetensors file each, written whole or not at all.

Other programs can read the arrays (see `_archive`), and nothing in a file is ever run: its words
are a closed list, and whatever has no place in a network or model is refused.
"""

import os
from pathlib import Path

import numpy as np

from gradus import _archive
from gradus._files import why_not_written, write_atomically
from gradus.errors import GradusError, ModelFileError
from gradus.models import model_archive, network_archive
from gradus.models.model import Model
from gradus.models.network import Network

# Longest reason in a sentence: what is shown of a file may be as long as the file.
_LONGEST = 300


def save(model: Model | Network, path: str | os.PathLike[str]) -> None:
    """Write a model or a network to a file, whole or not at all.

    An existing file is replaced and keeps its permissions. Equal models give equal bytes.

    Parameters
    ----------
    model
        Its parameters must be finite.
    path
        Where to write, by custom with the ending ``.gradus``. The folder must exist.

    Raises
    ------
    ModelFileError
        If a parameter is not finite, or the file cannot be written.
    """
    path = Path(path)
    data = dump(model, str(path))
    try:
        write_atomically(path, data)
    except OSError as cause:
        raise ModelFileError(why_not_written(path, len(data), cause)) from cause
    except ValueError as cause:
        raise ModelFileError(f"The name of a file cannot be {str(path)!r}.") from cause


def dump(model: Model | Network, name: str) -> bytes:
    """Return the bytes of a file; see `save`.

    Parameters
    ----------
    model
        Its parameters must be finite.
    name
        What a sentence calls the file.
    """
    if isinstance(model, Model):
        arrays = model_archive.arrays_of(model)
        return _archive.pack(model_archive.KIND, model_archive.describe_model(model), arrays)
    for view, values in model.views().items():
        if not np.isfinite(values).all():
            raise ModelFileError(f"{name} was not written: {view} is not finite everywhere.")
    description = network_archive.describe_network(model)
    return _archive.pack(network_archive.KIND, description, model.views())


def load(path: str | os.PathLike[str]) -> Model | Network:
    """Read a model or a network from a file that `save` wrote.

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
    try:
        if not path.is_file():
            raise ModelFileError(f"{path} is no file.")
        data = path.read_bytes()
    except OSError as cause:
        raise ModelFileError(f"{path} could not be read: {cause.strerror}.") from cause
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Model | Network:
    """Build what the bytes of a file hold; see `load`."""
    kind = _archive.kind_of(data, name)
    if kind not in (model_archive.KIND, network_archive.KIND):
        raise ModelFileError(
            f"{name} is a {kind:.40} file; a model or network file is needed here."
        )
    description, arrays = _archive.unpack(data, name, kind)
    try:
        if kind == model_archive.KIND:
            return model_archive.build_model(description, arrays)
        return network_archive.build_network(description, arrays)
    except KeyError as cause:
        raise ModelFileError(f"{name} describes no {kind}: it lacks {cause!s:.80}.") from cause
    except (GradusError, ArithmeticError, RecursionError, TypeError, ValueError) as cause:
        raise ModelFileError(f"{name} describes no {kind}: {cause!s:.{_LONGEST}}") from cause
