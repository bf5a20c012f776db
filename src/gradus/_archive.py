"""Named arrays and one description in the bytes of a safetensors file, each with a checksum.

Models and checkpoints are both packed here. What the arrays mean is not known here, and no byte of
a file is ever run: there are arrays of three number types and one JSON text.

The description stands in the safetensors metadata under the key `gradus`, as JSON in one spelling
(sorted keys, no spaces). Beside the caller's entries it holds the file's kind and format, a
checksum of every array (its type, shape and bytes) and a checksum of the description itself.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gradus.errors import ModelFileError

_KEY = "gradus"
_FORMAT = 1
_TYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
_OWN_ENTRIES = {"kind", "format", "arrays", "checksum"}

AnyArray = npt.NDArray[Any]


def pack(kind: str, description: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    """Turn arrays and their description into the bytes of a file; equal input gives equal bytes.

    Parameters
    ----------
    kind
        What the file is, in one word that `unpack` asks for.
    description
        Entries that JSON can carry, without nan and infinity. The names kind, format, arrays and
        checksum are taken.
    arrays
        Of float32, float64 or int64.
    """
    from safetensors.numpy import save

    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    entries = {
        **description,
        "kind": kind,
        "format": _FORMAT,
        "arrays": {name: array_checksum(array) for name, array in contiguous.items()},
    }
    text = _canonical({**entries, "checksum": digest(_canonical(entries).encode())})
    return save(contiguous, metadata={_KEY: text})


def unpack(data: bytes, name: str, kind: str) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """Take a file apart again, after checking every part of it.

    Parameters
    ----------
    data
        All bytes of the file.
    name
        The file's name, for the sentences.
    kind
        As given to `pack`.

    Returns
    -------
    description, arrays
        The caller's entries, and new arrays that can be written to.

    Raises
    ------
    ModelFileError
        If the file is cut off, changed in any place, of another kind or of another format.
    """
    entries = _read_entries(data, name, kind)
    arrays = _read_arrays(data, name)
    if entries["arrays"].keys() != arrays.keys():
        raise ModelFileError(f"{name} is damaged: its arrays are not the ones it describes.")
    for label, array in arrays.items():
        if entries["arrays"][label] != array_checksum(array):
            raise ModelFileError(f"{name} is damaged: array {label!r} does not match its checksum.")
    return {key: entries[key] for key in entries.keys() - _OWN_ENTRIES}, arrays


def kind_of(data: bytes, name: str) -> str:
    """Return the kind that a file was packed as; see `unpack` for what is raised."""
    return str(_read_entries(data, name)["kind"])


def description_of(data: bytes, name: str, kind: str) -> dict[str, Any]:
    """Return the caller's entries of a file, of which no more than its header need be there."""
    entries = _read_entries(data, name, kind)
    return {key: entries[key] for key in entries.keys() - _OWN_ENTRIES}


def _read_entries(data: bytes, name: str, kind: str | None = None) -> dict[str, Any]:
    """Read and check the description."""
    header = _parse(_header(data, name), name, "its header")
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.keys() != {_KEY}:
        raise ModelFileError(f"{name} was not written by gradus: it has no description.")
    text = metadata[_KEY]
    entries = _parse(text, name, "its description") if isinstance(text, str) else {}
    found_format, found_kind = entries.get("format"), entries.get("kind")
    if found_format != _FORMAT:
        raise ModelFileError(
            f"{name} has format {found_format!r:.40}; this version reads format {_FORMAT}. "
            "Upgrade gradus."
        )
    if not _is_intact(str(text), entries):
        raise ModelFileError(f"{name} is damaged: its description does not match its checksum.")
    if kind is not None and found_kind != kind:
        raise ModelFileError(f"{name} is a {found_kind} file; a {kind} file is needed here.")
    if not isinstance(entries.get("arrays"), dict):
        raise ModelFileError(f"{name} is damaged: its description lists no arrays.")
    return entries


def _is_intact(text: str, entries: dict[str, Any]) -> bool:
    """Check the description's spelling and checksum."""
    others = {key: value for key, value in entries.items() if key != "checksum"}
    try:
        checksum = digest(_canonical(others).encode())
        return entries.get("checksum") == checksum and text == _canonical(entries)
    except RecursionError:
        return False


def _header(data: bytes, name: str) -> str:
    """Cut out the JSON text that a safetensors file begins with."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > len(data) - 8:
        raise ModelFileError(f"{name} is cut off or no safetensors file: its header is not whole.")
    try:
        return data[8 : 8 + size].decode()
    except UnicodeDecodeError as cause:
        raise ModelFileError(f"{name} is damaged: its header is no text.") from cause


def _parse(text: str, name: str, part: str) -> dict[str, Any]:
    """Read a JSON object that names nothing twice."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_float=_finite,
            parse_constant=_finite,
        )
        # Half a surrogate pair is no text: nobody could print it.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as cause:
        raise ModelFileError(f"{name} is damaged: {part} is no valid JSON.") from cause
    if not isinstance(value, dict):
        raise ModelFileError(f"{name} is damaged: {part} is no JSON object.")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice")
    return names


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is not finite")
    return value


def _read_arrays(data: bytes, name: str) -> dict[str, AnyArray]:
    """Read the arrays as safetensors checks and lends them, and copy them."""
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as cause:
        raise ModelFileError(f"{name} is damaged: {cause!s:.300}.") from cause
    arrays = {}
    for label, tensor in tensors:
        if tensor["dtype"] not in _TYPES:
            raise ModelFileError(f"{name} is damaged: array {label!r:.80} is of no known type.")
        dtype = np.dtype(_TYPES[tensor["dtype"]])
        try:
            array = np.frombuffer(tensor["data"], dtype).reshape(tensor["shape"])
        except ValueError as cause:
            raise ModelFileError(f"{name} is damaged: array {label!r:.80} has no shape.") from cause
        arrays[label] = array.astype(dtype.newbyteorder("="))
    return arrays


def _canonical(entries: Mapping[str, Any]) -> str:
    """Spell a description in the one way that is accepted."""
    return json.dumps(entries, sort_keys=True, separators=(",", ":"), allow_nan=False)


def array_checksum(array: AnyArray) -> str:
    """Hash type, shape and bytes (little-endian, in C order) to 32 hexadecimal digits."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    head = f"{little.dtype.str} {little.shape} ".encode()
    return digest(head, little.reshape(-1).view(np.uint8).data)


def digest(*parts: bytes | memoryview) -> str:
    """Hash bytes to 32 hexadecimal digits (BLAKE2b)."""
    import hashlib

    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(part)
    return state.hexdigest()
