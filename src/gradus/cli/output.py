"""Standard output: the table or the description a person asked for, and nothing else.

What the bytes mean must not be known here.
"""

import contextlib
import json
import os
import sys
from typing import TextIO

from gradus.cli.terminal import shown
from gradus.errors import DataError


class ListenerLeft(Exception):
    """Whoever read standard output has closed it, as `head` does; there is nothing to say."""


def put_bytes(data: bytes) -> None:
    """Write bytes to standard output.

    Raises
    ------
    ListenerLeft
        If the reader at the other end has closed it.
    DataError
        If standard output is closed from the beginning, or full.
    """
    stream = sys.stdout
    if stream is None or stream.closed:
        raise DataError("Standard output must be open; it is closed. Give --output FILE.")
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError as cause:
        silence(stream)
        raise ListenerLeft from cause
    except OSError as cause:
        silence(stream)
        raise DataError(f"Standard output could not be written: {cause.strerror}.") from cause


def put_text(text: str) -> None:
    """Write lines for a person: wrapped on a terminal, harmless everywhere.

    Raises
    ------
    ListenerLeft, DataError
        As `put_bytes` does.
    """
    stream = sys.stdout
    lines = text.splitlines() if stream is None else [shown(x, stream) for x in text.splitlines()]
    encoding = getattr(stream, "encoding", None) or "utf-8"
    put_bytes("".join(f"{line}\n" for line in lines).encode(encoding, "backslashreplace"))


def put_json(thing: dict[str, object]) -> None:
    """Write one JSON object on lines of its own; what is not finite must be None already.

    Raises
    ------
    ListenerLeft, DataError
        As `put_bytes` does.
    """
    put_bytes(json.dumps(thing, indent=2, allow_nan=False).encode() + b"\n")


def put(text: str, names: dict[str, object], *, as_json: bool) -> None:
    """Write what was found: as lines for a person, or as one JSON object.

    Raises
    ------
    ListenerLeft, DataError
        As `put_bytes` does.
    """
    if as_json:
        put_json(names)
    else:
        put_text(text)


def silence(stream: TextIO) -> None:
    """Send what a broken stream still holds to nowhere, so that leaving Python stays quiet."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
