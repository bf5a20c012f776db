"""The bytes a table is read from: a file, a compressed file or standard input.

Nothing is decoded here; what the bytes mean must not be known.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class RawFile:
    """Bytes and where they came from.

    Attributes
    ----------
    name
        What a sentence calls it: the path as typed, or "standard input".
    path
        The file, or None for standard input.
    data
        All bytes, inflated where the file is compressed.
    compression
        How the file itself is packed.
    """

    name: str
    path: Path | None
    data: bytes = field(repr=False)
    compression: Literal["none", "gzip"] = "none"
