"""Let DuckDB parse the cells that `scan` has found, and hold the two against each other.

Small texts in which no mark encloses a cell are cut where `scan` says, see `unquoted`. Nothing is
left for DuckDB to guess: delimiter, quotation mark, number of columns and their types are given.
What a cell means must not be known here.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus.errors import DataError
from gradus.tables.duck import fetch, locked_connection, pattern, private_file, quoted
from gradus.tables.scan import Layout, line_number, places
from gradus.tables.unquoted import UnquotedParser, is_cut_here

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PLAIN = b"0123456789-. \t\r\n"
_BLANKS = b" \t"
#: Digits from which an integer may be beyond what float64 holds exactly.
_LONG = 16
_BLOCK = 1 << 24
_LONGEST_LINE_BY_DEFAULT = 2_000_000
#: What one query gives at most; the file is parsed once for each.
_CELLS_AT_ONCE = 500_000
_COLUMNS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Parser:
    """A text, laid out, that DuckDB reads from a file of ours.

    Attributes
    ----------
    text, layout, quote
        As in `DelimitedText`.
    connection
        May read the file and nothing else.
    source
        The table in SQL.
    name
        What a sentence calls the text.
    """

    text: bytes
    layout: Layout
    quote: bytes
    connection: "DuckDBPyConnection"
    source: str
    name: str

    def numbers(self, columns: Sequence[int]) -> Float64Array:
        """Return columns of plain numbers, shape (len(columns), n_rows); nan for no number."""
        values = np.empty((len(columns), self.layout.n_rows))
        cast = "TRY_CAST(trim({}, ' \t') AS DOUBLE)"
        begin = 0
        for batch in self._batches(columns):
            for column in self._select(batch, cast):
                values[begin] = column.filled(np.nan)
                begin += 1
        return values

    def words(self, columns: Sequence[int]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Yield the texts of some columns, None for the empty one; few columns are held at once."""
        for batch in self._batches(columns):
            for j, column in zip(batch, self._select(batch, "{}"), strict=True):
                cells = column.data.astype(object)
                cells[np.ma.getmaskarray(column)] = None
                yield j, cells

    def _batches(self, columns: Sequence[int]) -> Iterator[Sequence[int]]:
        """Yield so many columns at a time as memory should be taken for."""
        n = max(1, min(_COLUMNS_AT_ONCE, _CELLS_AT_ONCE // len(self.layout.starts)))
        for begin in range(0, len(columns), n):
            yield columns[begin : begin + n]

    def _select(self, columns: Sequence[int], expression: str) -> list[Any]:
        """Run a query and return its columns, without the header."""
        wanted = ", ".join(f"{expression.format(f'c{j}')} AS c{j}" for j in columns)
        sizes = ", ".join(f"strlen(c{j}) AS n{j}" for j in columns)
        query = f"SELECT {wanted}, {sizes} FROM {self.source}"  # noqa: S608 - numbers of columns
        found = {name: np.ma.asarray(one) for name, one in fetch(self.connection, query).items()}
        n_lines = len(found[f"c{columns[0]}"])
        if n_lines != len(self.layout.starts):
            raise self._two_ways(f"{n_lines:,} lines or {len(self.layout.starts):,}")
        for j in columns:
            self._check_sizes(j, found.pop(f"n{j}").filled(0))
        return [found[f"c{j}"][int(self.layout.has_header) :] for j in columns]

    def _check_sizes(self, column: int, n_bytes: Int64Array) -> None:
        """Refuse cells that have another number of bytes than `scan` has found."""
        starts, stops = self.layout.starts[:, column], self.layout.stops[:, column]
        sizes = stops - starts
        least = sizes
        if self.quote:
            buffer = np.frombuffer(self.text, dtype=np.uint8)
            first = buffer[np.minimum(starts, len(buffer) - 1)]
            is_enclosed = (sizes > 1) & (first == self.quote[0])
            # Marks inside are doubled, so that at least half of the bytes are left.
            sizes = np.where(is_enclosed, sizes - 2, sizes)
            least = np.where(is_enclosed, (sizes + 1) // 2, sizes)
        is_other = (n_bytes < least) | (n_bytes > sizes)
        if is_other.any():
            line = line_number(self.text, int(starts[np.argmax(is_other)]))
            raise self._two_ways(f"column {column + 1} of line {line} has two lengths")

    def _two_ways(self, which: str) -> DataError:
        return DataError(
            f"{self.name} can be read in two ways: {which}. Check its quotation marks and line "
            "ends."
        )


@contextlib.contextmanager
def open_parser(
    text: bytes, layout: Layout, delimiter: bytes, quote: bytes, name: str
) -> Iterator[Parser | UnquotedParser]:
    """Give DuckDB the table's lines in a private file, which is gone afterwards.

    It is not asked where the text can be cut as it is.

    Raises
    ------
    DataError
        If the file cannot be written, or DuckDB fails.
    """
    if is_cut_here(text, layout, quote):
        yield UnquotedParser(text, layout)
        return
    longest = int((layout.stops[:, -1] - layout.starts[:, 0]).max()) + 2
    columns = {f"c{j}": "VARCHAR" for j in range(layout.n_columns)}
    mark = quoted(quote.decode("ascii"))
    with private_file(_lines(text, layout), name) as path:
        source = f"""read_csv({quoted(pattern(path))}, auto_detect = false, header = false,
            delim = {quoted(delimiter.decode("ascii"))}, quote = {mark}, escape = {mark}, skip = 0,
            comment = '', nullstr = '', strict_mode = false, null_padding = false,
            ignore_errors = false, compression = 'none', encoding = 'utf-8',
            max_line_size = {max(longest, _LONGEST_LINE_BY_DEFAULT)}, columns = {columns!r})"""
        with locked_connection(path, name=name) as connection:
            yield Parser(text, layout, quote, connection, source, name)


def _lines(text: bytes, layout: Layout) -> Iterator[memoryview | bytes]:
    """Yield the table's lines.

    Where there is a CR, each line gets an LF as its end: DuckDB loses the letter that follows a
    CR in a text whose other lines end with CR LF.
    """
    view = memoryview(text)
    if b"\r" not in text:
        yield view[int(layout.starts[0, 0]) :]
        return
    begins, ends = layout.starts[:, 0].tolist(), layout.stops[:, -1].tolist()
    for begin, end in zip(begins, ends, strict=True):
        yield view[begin:end]
        yield b"\n"


def plain_columns(text: bytes, layout: Layout, delimiter: bytes, quote: bytes) -> BoolArray:
    """Tell which columns hold nothing but digits, minus signs, points and blanks below the header.

    These DuckDB can be trusted with. Shape (n_columns,).
    """
    is_foreign = np.ones(256, dtype=np.bool_)
    is_foreign[list(_PLAIN + delimiter + quote)] = False
    buffer = np.frombuffer(text, dtype=np.uint8)
    starts, stops = layout.starts[layout.has_header :], layout.stops[layout.has_header :]
    is_plain = np.ones(layout.n_columns, dtype=np.bool_)
    row = 0
    while row < len(starts):
        last = int(np.searchsorted(starts[:, 0], starts[row, 0] + _BLOCK))
        last = max(row + 1, last)
        begin, end = int(starts[row, 0]), int(stops[last - 1, -1])
        # One byte beyond the end, so that an empty last cell has a place to begin.
        marks = np.append(is_foreign[buffer[begin:end]], np.False_)
        cells = np.logical_or.reduceat(marks, (starts[row:last] - begin).ravel())
        is_plain &= ~cells.reshape(-1, layout.n_columns).any(axis=0)
        row = last
    return is_plain


@dataclass(frozen=True)
class Shapes:
    """How the cells of one plain column are spelled, without what they say.

    Attributes
    ----------
    is_blank
        Shape (n_rows,).
    is_odd
        Whether any cell begins with a zero and a digit, or may have too many digits, or all
        points stand before three digits, as they do between thousands.
    decimals
        The most digits after a point.
    keeps_zeros
        Whether all have as many, and one ends in a zero.
    """

    is_blank: BoolArray
    is_odd: bool
    decimals: int
    keeps_zeros: bool


def column_shapes(
    text: bytes, layout: Layout, column: int, quote: bytes, points: Int64Array
) -> Shapes:
    """Look at the bytes of one plain column; `points` are the places of all points in the text."""
    buffer = np.frombuffer(text, dtype=np.uint8)
    starts, stops = _trimmed(
        buffer,
        layout.starts[layout.has_header :, column],
        layout.stops[layout.has_header :, column],
        _BLANKS + quote,
    )
    last = len(text) - 1
    sizes = stops - starts
    second = buffer[np.minimum(starts + 1, last)]
    is_zero = (sizes > 1) & (buffer[np.minimum(starts, last)] == ord("0")) & (second != ord("."))
    is_odd = bool(is_zero.any() or (sizes >= _LONG).any())
    decimals, keeps_zeros = 0, False
    if len(points):
        at = points[np.minimum(np.searchsorted(points, starts), len(points) - 1)]
        has_point = (at >= starts) & (at < stops)
        after, before = (stops - 1 - at)[has_point], (at - starts)[has_point]
        decimals = int(after.max(initial=0))
        is_last_zero = buffer[stops[has_point] - 1] == ord("0")
        is_even = bool(has_point.sum() == (sizes > 0).sum() and (after == decimals).all())
        keeps_zeros = decimals > 0 and is_even and bool(is_last_zero.any())
        is_odd |= bool(len(after)) and bool(((after == 3) & (before > 0) & (before < 5)).all())
    return Shapes(sizes == 0, is_odd, decimals, keeps_zeros)


def point_places(text: bytes) -> Int64Array:
    """Return the places of all points."""
    return places(text, b".")


def _trimmed(
    buffer: npt.NDArray[np.uint8], starts: Int64Array, stops: Int64Array, marks: bytes
) -> tuple[Int64Array, Int64Array]:
    """Move starts and stops inwards over blanks and quotation marks."""
    is_mark = np.zeros(256, dtype=np.bool_)
    is_mark[list(marks)] = True
    last = len(buffer) - 1
    starts, stops = starts.copy(), stops.copy()
    while (is_front := (starts < stops) & is_mark[buffer[np.minimum(starts, last)]]).any():
        starts += is_front
    while (is_back := (starts < stops) & is_mark[buffer[stops - 1]]).any():
        stops -= is_back
    return starts, stops
