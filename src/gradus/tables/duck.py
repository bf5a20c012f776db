"""A DuckDB connection that may touch named files only, and queries that Ctrl-C can stop.

It installs nothing, reaches no network, spills nothing beside the person's files and keeps the
order of rows. What a query is for must not be known here.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy.typing as npt

from gradus.errors import DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_N_THREADS = 2
# Where Linux shows a process its open files, those without a name too.
_OPEN_FILES = Path("/proc/self/fd")


@contextlib.contextmanager
def private_file(pieces: Iterable[bytes | memoryview], name: str) -> Iterator[Path]:
    """Put bytes where DuckDB can read them and nobody else does, and lend the path.

    Where the system allows it the file has no name, so that not even a kill leaves it behind.

    Parameters
    ----------
    pieces
        The bytes.
    name
        What a sentence calls the table.

    Raises
    ------
    DataError
        If no temporary file can be written.
    """
    import tempfile

    file: BinaryIO
    with contextlib.ExitStack() as stack:
        try:
            if _OPEN_FILES.is_dir():
                file = stack.enter_context(tempfile.TemporaryFile())
                path = _OPEN_FILES / str(file.fileno())
            else:
                opened = tempfile.TemporaryDirectory(prefix="gradus-", ignore_cleanup_errors=True)
                path = Path(stack.enter_context(opened)).resolve() / "table"
                file = stack.enter_context(path.open("wb"))
            file.writelines(pieces)
            file.flush()
        except OSError as cause:
            raise DataError(
                f"{name} cannot be read: no temporary file can be written, {cause.strerror}."
            ) from cause
        yield path


@contextlib.contextmanager
def locked_connection(*paths: Path, name: str) -> "Iterator[DuckDBPyConnection]":
    """Open a database in memory that may read and write `paths` and no other file.

    Parameters
    ----------
    paths
        Files that queries may name, each by `pattern`; absolute and without links.
    name
        What a sentence calls the table.

    Raises
    ------
    DataError
        If DuckDB fails at anything inside the `with` block: "NAME cannot be read: ...".
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": _N_THREADS,
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    allowed = [quoted(spelling) for path in paths for spelling in (str(path), pattern(path))]
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET temp_directory = ''")
            connection.execute(f"SET allowed_paths = [{', '.join(allowed)}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection
    except (duckdb.Error, UnicodeEncodeError) as cause:
        reason = str(cause).strip().split("\n", 1)[0].rstrip(".")
        for path in paths:
            reason = reason.replace(str(path), name)
        raise DataError(f"{name} cannot be read: {reason}.") from cause


def fetch(
    connection: "DuckDBPyConnection", query: str, parameters: Sequence[Any] = ()
) -> "dict[str, npt.NDArray[Any]]":
    """Run a query and return its columns, masked where null.

    It runs on a thread of its own, so that Ctrl-C reaches the one that waits.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: connection.execute(query, parameters).fetchnumpy())
        try:
            return running.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def pattern(path: Path) -> str:
    """Name this very file to DuckDB, which takes names for patterns, whatever it is called."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
