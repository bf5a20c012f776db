"""Read a CSV file of plain numbers, or say in one sentence why it cannot be one.

DuckDB turns the text into numbers; `scan` has found the same cells in the bytes, and the two
must agree cell by cell. This must know nothing about which column is asked for.
"""

import difflib
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.scan import Layout, line_number, scan

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The largest magnitude read. Sums and squares of standard deviations stay far below float64's
#: 1.8e308, so nothing later needs to look for an overflow.
LARGEST = 1e150
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_FOREIGN_BYTE = re.compile(rb'[^0-9+\-.eE \t",\r\n]')
_MISSING_WORDS = frozenset(("na", "n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "#n/a"))
_LONGEST_NUMBER = 1000
_N_PARSER_THREADS = 2


@dataclass(frozen=True, eq=False)
class Table:
    """A table of numbers and the bytes it came from.

    Attributes
    ----------
    path
        The file as the caller named it.
    data
        Its bytes.
    layout
        Where each cell stands in them.
    names
        One name per column; a column whose header cell is empty is called by its place.
    values
        Shape (n_rows, n_columns); nan where the cell is blank (empty, spaces only, or ``""``).
    """

    path: Path
    data: bytes = field(repr=False)
    layout: Layout = field(repr=False)
    names: tuple[str, ...]
    values: Float64Array = field(repr=False)

    def cell(self, row: int, column: int) -> bytes:
        """Return the bytes of one cell of row `row` (0 is the first below the header)."""
        return _cell(self.data, self.layout, row + 1, column)


def read_table(path: Path) -> Table:
    """Read a comma-delimited UTF-8 file with one header line and numbers below it.

    Parameters
    ----------
    path
        A regular file. It is opened for reading only.

    Raises
    ------
    DataError
        If there is no such file; if `scan` refuses its bytes; if it has no rows, two columns of
        one name, no header line, a cell that is no plain number or a number beyond ±1e150.
    """
    name = str(path)
    data = _read_bytes(path, name)
    layout = scan(data, name)
    names = _names(data, layout, name)
    if not layout.n_rows:
        raise DataError(f"{name} has a header line but no rows.")
    _check_bytes(data, layout, names)
    values = _numbers(path, name, layout)
    _check_numbers(data, layout, names, values)
    return Table(path, data, layout, names, values)


def _read_bytes(path: Path, name: str) -> bytes:
    """Return the file's bytes; a folder, device or missing file is a sentence."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DataError(f"{name} must be a file; it is a folder.")
        if not stat.S_ISREG(mode):
            raise DataError(f"{name} must be a regular file.")
        return path.read_bytes()
    except FileNotFoundError as cause:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.75)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise DataError(f"{name} does not exist.{hint}") from cause
    except OSError as cause:
        raise DataError(f"{name} cannot be read: {cause.strerror}.") from cause


def _cell(data: bytes, layout: Layout, row: int, column: int) -> bytes:
    """Return the bytes of one cell; row 0 is the header."""
    return data[layout.starts[row, column] : layout.stops[row, column]]


def _text(cell: bytes) -> str:
    """Return what a cell says: without its quotation marks and the blanks around it."""
    if cell.startswith(b'"'):
        cell = cell[1:-1].replace(b'""', b'"')
    return cell.decode("utf-8").strip()


def _names(data: bytes, layout: Layout, name: str) -> tuple[str, ...]:
    """Return the names of the columns; refuse doubles and a header made of numbers."""
    titles = [_text(_cell(data, layout, 0, j)) for j in range(layout.n_columns)]
    if all(_NUMBER.fullmatch(title) for title in titles):
        raise DataError(f"{name} must begin with a header line; line 1 holds numbers only.")
    names = [title or f"column {j}" for j, title in enumerate(titles, start=1)]
    first: dict[str, int] = {}
    for j, column in enumerate(names, start=1):
        if column in first:
            raise DataError(
                f"{name} must have columns of different names; columns {first[column]} and {j} "
                f"are both called {column!r}."
            )
        first[column] = j
    return tuple(names)


def _check_bytes(data: bytes, layout: Layout, names: tuple[str, ...]) -> None:
    """Refuse the first cell with a byte that no plain number has (words, inf, 0x1F, 1_000).

    A cell longer than any number is refused as well, before a parser meets its own limit.
    """
    found = _FOREIGN_BYTE.search(data, int(layout.stops[0, -1]))
    is_long = layout.stops[1:] - layout.starts[1:] > _LONGEST_NUMBER
    if found is not None:
        place = int(np.searchsorted(layout.starts.ravel(), found.start(), side="right")) - 1
    elif is_long.any():
        place = int(np.argmax(is_long)) + layout.n_columns
    else:
        return
    raise _no_number(data, layout, names, *divmod(place, layout.n_columns))


def _no_number(
    data: bytes, layout: Layout, names: tuple[str, ...], row: int, column: int
) -> DataError:
    """Return the error that a cell is no plain number; row 0 is the header."""
    text = _text(_cell(data, layout, row, column))
    shown = text if len(text) <= 40 else text[:37] + "..."
    line = line_number(data, int(layout.starts[row, column]))
    hint = " Leave a missing value empty." if text.lower() in _MISSING_WORDS else ""
    return DataError(
        f"Column {names[column]!r} must hold plain numbers; line {line} holds {shown!r}.{hint}"
    )


def _numbers(path: Path, name: str, layout: Layout) -> Float64Array:
    """Let DuckDB read the cells; nan where a cell is blank or no number.

    One locked connection that may read this file only, installs nothing, spills nothing beside
    the person's files, and keeps the order of the rows.
    """
    import duckdb

    columns = {f"c{j}": "VARCHAR" for j in range(layout.n_columns)}
    casts = ", ".join(f"TRY_CAST(trim({column}) AS DOUBLE) AS {column}" for column in columns)
    place = str(path.resolve())
    pattern = re.sub(r"([\[*?])", r"[\1]", place)  # this very file, whatever its name holds
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": _N_PARSER_THREADS,
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    # The scanner has settled delimiter, quotes and widths, so nothing is left to be sniffed;
    # strict_mode would only refuse files that mix kinds of line ends. A bare TRY_CAST would be
    # pushed into the reader of the file and fail there; with trim it gives NULL, as it should.
    query = f"""
        SELECT {casts} FROM read_csv(?, auto_detect = false, delim = ',', quote = '"',
            escape = '"', header = false, skip = 0, comment = '', nullstr = '',
            strict_mode = false, null_padding = false, ignore_errors = false,
            compression = 'none', encoding = 'utf-8', columns = {columns!r})
    """  # noqa: S608  (made of column numbers only; the path is a parameter)
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET temp_directory = ''")
            connection.execute(f"SET allowed_paths = [{_quoted(place)}, {_quoted(pattern)}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            found = _fetch(connection, query, pattern)
    except (duckdb.Error, UnicodeEncodeError) as cause:
        reason = str(cause).strip().split("\n", 1)[0].rstrip(".")
        raise DataError(f"{name} cannot be read: {reason}.") from cause
    arrays = [np.ma.filled(found[column], np.nan) for column in columns]
    n_lines = len(arrays[0])
    if n_lines != layout.n_rows + 1:
        raise DataError(
            f"{name} can be read in two ways, as {n_lines:,} lines and as "
            f"{layout.n_rows + 1:,}. Check its quotation marks and line ends."
        )
    return np.stack(arrays, axis=1)[1:]


def _fetch(
    connection: "DuckDBPyConnection", query: str, pattern: str
) -> "dict[str, npt.NDArray[Any]]":
    """Run the query on a thread of its own, so that Ctrl-C reaches the one that waits."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: connection.execute(query, [pattern]).fetchnumpy())
        try:
            return running.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _check_numbers(
    data: bytes, layout: Layout, names: tuple[str, ...], values: Float64Array
) -> None:
    """Hold the numbers against the bytes: blank where the cell is blank, and not too large."""
    is_empty = (layout.stops[1:] == layout.starts[1:]) & np.isfinite(values)
    assert not is_empty.any(), "a number was read from an empty cell"
    has_bytes = np.isnan(values) & (layout.stops[1:] > layout.starts[1:])
    for row, column in np.argwhere(has_bytes):
        if _text(_cell(data, layout, row + 1, column)):
            raise _no_number(data, layout, names, int(row) + 1, int(column))
    too_large = np.argwhere(np.abs(values) > LARGEST)
    if len(too_large):
        row, column = (int(i) for i in too_large[0])
        text = _text(_cell(data, layout, row + 1, column))
        line = line_number(data, int(layout.starts[row + 1, column]))
        raise DataError(
            f"Column {names[column]!r} must hold numbers between -1e150 and 1e150; "
            f"line {line} holds {text if len(text) <= 40 else text[:37] + '...'!r}."
        )
