"""The bytes a table is read from: a file, a compressed file or standard input.

Nothing is decoded here; what the bytes mean must not be known. The limits on the size of what is
read stand here, because every reader keeps to them.
"""

import contextlib
import difflib
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import BinaryIO, Literal

from gradus._dataclasses import dataclass
from gradus._names import STANDARD
from gradus.errors import DataError

#: Bytes of a table at most, inflated.
MOST_BYTES = 2 << 30
#: Cells of a table at most: as float64 they take 0.4 GB.
MOST_CELLS = 50_000_000
#: Columns of a table at most, as in a spreadsheet.
MOST_COLUMNS = 16_384
_GZIP_MARK = b"\x1f\x8b"
_CHUNK = 1 << 20


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


def read_raw(place: str | os.PathLike[str]) -> RawFile:
    """Read all bytes of a file or of standard input, and inflate them if they are gzip.

    Parameters
    ----------
    place
        A regular file, which is opened for reading only; "-" for standard input; or what a shell
        puts in the place of ``<(command)``.

    Raises
    ------
    DataError
        If there is no such file, it is something else, the system refuses to read it, it holds
        more than 2 GiB or, inflated, would do so, or its gzip is damaged.
    """
    if os.fspath(place) == STANDARD:
        name, path = "standard input", None
    else:
        path = named_path(place)
        # A name may hold bytes that are no text, which no sentence and no model file can.
        name = str(place).encode("utf-8", "backslashreplace").decode()
    try:
        data = _stdin_bytes(name) if path is None else _file_bytes(path, name)
        if not data.startswith(_GZIP_MARK):
            return RawFile(name, path, data)
        return RawFile(name, path, _inflate(data, name), "gzip")
    except OSError as cause:
        raise DataError(f"{name} cannot be read: {cause.strerror or cause}.") from cause
    except MemoryError as cause:
        raise DataError(f"{name} cannot be read: there is not enough memory for it.") from cause


def file_of(table: object) -> Path | None:
    """Return the path of a table that is a file; None for standard input and data frames.

    Raises
    ------
    DataError
        As `named_path`.
    """
    if isinstance(table, str | os.PathLike) and os.fspath(table) != STANDARD:
        return named_path(table)
    return None


def named_path(place: str | os.PathLike[str]) -> Path:
    """Return the path of a file.

    Raises
    ------
    DataError
        If it has no name, as "" and "." and "/" have none.
    """
    path = Path(place)
    if not path.name:
        raise DataError(f"{os.fspath(place)!r} is not the name of a file.")
    return path


def check_size(name: str, n_rows: int, n_columns: int) -> None:
    """Refuse a table with too many columns or cells, before memory is taken for them.

    Raises
    ------
    DataError
        If there are more than `MOST_COLUMNS` or `MOST_CELLS`.
    """
    if n_columns > MOST_COLUMNS:
        raise DataError(
            f"{name} must have at most {MOST_COLUMNS:,} columns; it has {n_columns:,}. "
            "Leave some out."
        )
    if n_rows * n_columns > MOST_CELLS:
        raise DataError(
            f"{name} must have at most {MOST_CELLS:,} cells; it has {n_rows:,} rows of "
            f"{n_columns:,}. Take a part of its rows or columns."
        )


def _stdin_bytes(name: str) -> bytes:
    """Return all of standard input."""
    if sys.stdin is None:
        raise DataError(f"{name} cannot be read: it is closed.")
    return _take(sys.stdin.buffer, name)


def _file_bytes(path: Path, name: str) -> bytes:
    """Return the file's bytes; a folder, device or missing file is a sentence."""
    try:
        status = path.stat()
    except FileNotFoundError as cause:
        if path.is_symlink():
            raise DataError(f"{name} is a link to {path.readlink()}, which is missing.") from cause
        raise DataError(f"{name} does not exist.{_hint(path, name)}") from cause
    except ValueError as cause:
        raise DataError(f"The name of a file cannot be {name!r}.") from cause
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{name} must be a file; it is a folder.")
    # A named pipe may never get a writer, and reading it would wait for one without end.
    is_pipe = stat.S_ISFIFO(status.st_mode) and str(path).startswith(("/dev/", "/proc/"))
    if not stat.S_ISREG(status.st_mode) and not is_pipe:
        raise DataError(f"{name} must be a regular file.")
    if status.st_size > MOST_BYTES:
        raise _too_large(name)
    with path.open("rb") as file:
        return _take(file, name)


def _hint(path: Path, name: str) -> str:
    """Return what may have been meant by the name of a file that does not exist."""
    if "://" in name:
        return " It is an address; download the table first."
    siblings = []
    with contextlib.suppress(OSError):
        siblings = [sibling.name for sibling in path.parent.iterdir()]
    near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.75)
    return f" Did you mean {near[0]!r}?" if near else ""


def _take(file: BinaryIO, name: str) -> bytes:
    """Read a stream to its end, or to the limit."""
    whole = io.BytesIO()
    while chunk := file.read(_CHUNK):
        whole.write(chunk)
        if whole.tell() > MOST_BYTES:
            raise _too_large(name)
    return whole.getvalue()


def _inflate(data: bytes, name: str) -> bytes:
    """Inflate gzip, counting first, so that a bomb takes no memory."""
    if sum(len(chunk) for chunk in _inflated(data, name)) > MOST_BYTES:
        raise _too_large(name)
    return b"".join(_inflated(data, name))


def _inflated(data: bytes, name: str) -> Iterator[bytes]:
    """Yield the inflated bytes in pieces, no further than just beyond the limit."""
    n_bytes = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while n_bytes <= MOST_BYTES and (chunk := file.read(_CHUNK)):
                n_bytes += len(chunk)
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as cause:
        reason = "it ends too early" if isinstance(cause, EOFError) else "its bytes are damaged"
        raise DataError(
            f"{name} cannot be inflated, {reason}. Pack or fetch it once more."
        ) from cause


def _too_large(name: str) -> DataError:
    return DataError(
        f"{name} must hold at most {MOST_BYTES >> 30} GiB, inflated. Take a part of its rows."
    )
