"""Where every cell of a delimited text stands in its bytes.

This is what lets the writer keep the person's bytes: it finds delimiters, line ends and quotation
marks, never what a cell means. It must know nothing about numbers, targets or networks.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Int64Array, UInt8Array
from gradus.errors import DataError
from gradus.tables.raw import MOST_CELLS, check_size

BOM = b"\xef\xbb\xbf"
#: Bytes of a cell and of a line at most: what a parser is given without worry.
LONGEST_CELL = 1_000_000
LONGEST_LINE = 16_000_000
_LF, _CR = 10, 13
_BLOCK = 1 << 24


@dataclass(frozen=True)
class Layout:
    """The places of all cells of a table, the header's included.

    Attributes
    ----------
    starts, stops
        Byte offsets of shape (n_lines, n_columns): cell (i, j) is ``text[start:stop]``, its
        quotation marks included. Lines without a byte are no rows.
    has_header
        Whether row 0 is the header.
    """

    starts: Int64Array
    stops: Int64Array
    has_header: bool = True

    @property
    def n_rows(self) -> int:
        """Rows below the header."""
        return int(self.starts.shape[0]) - self.has_header

    @property
    def n_columns(self) -> int:
        """Cells in each row."""
        return int(self.starts.shape[1])


@dataclass(frozen=True)
class Lines:
    """The places of all cells of a text whose lines may have different numbers of them.

    Attributes
    ----------
    starts, stops
        Byte offsets of shape (n_cells,), in order.
    widths
        Cells in each line, shape (n_lines,); lines without a byte are left out.
    """

    starts: Int64Array
    stops: Int64Array
    widths: Int64Array

    @property
    def firsts(self) -> Int64Array:
        """Place of each line's first cell in `starts`."""
        return np.concatenate(([0], np.cumsum(self.widths[:-1])))


def find_lines(text: bytes, delimiter: bytes, quote: bytes, name: str) -> Lines:
    """Find the cells of UTF-8 text that is not blank.

    Quotation marks follow RFC 4180: they enclose a whole cell, and a doubled one inside stands
    for itself; `stray_quote` tells where they do not. A line ends with LF, CR LF or CR, and a file
    may mix them.

    Parameters
    ----------
    text
        The whole file; a byte order mark is in no cell.
    delimiter, quote
        One byte each; no mark encloses anything where `quote` is empty.
    name
        What to call it in a sentence.

    Raises
    ------
    DataError
        If it has far more cells than `MOST_CELLS`, before they are looked for.
    """
    begin = len(BOM) if text.startswith(BOM) else 0
    n_marks = text.count(delimiter) + text.count(b"\n") + text.count(b"\r")
    if n_marks > 2 * MOST_CELLS:
        raise DataError(f"{name} must have at most {MOST_CELLS:,} cells; it has far more.")
    starts, stops, ends_line = _cells(text, begin, delimiter, quote)
    row_of_cell = np.concatenate(([0], np.cumsum(ends_line[:-1])))
    widths = np.bincount(row_of_cell)
    is_blank = np.zeros(len(widths), dtype=np.bool_)
    is_blank[row_of_cell] = (widths[row_of_cell] == 1) & (starts == stops)
    if not is_blank.any():
        return Lines(starts, stops, widths)
    is_kept = ~is_blank[row_of_cell]
    return Lines(starts[is_kept], stops[is_kept], widths[~is_blank])


def make_layout(lines: Lines, first: int, n_columns: int, *, has_header: bool) -> Layout:
    """Lay the lines from `first` on, each `n_columns` wide, into rows and columns."""
    cell = int(lines.firsts[first])
    shape = (len(lines.widths) - first, n_columns)
    return Layout(lines.starts[cell:].reshape(shape), lines.stops[cell:].reshape(shape), has_header)


def line_number(text: bytes, offset: int) -> int:
    """Return the number of the line, counted from 1, that the byte at `offset` stands on."""
    return (
        1
        + text.count(b"\n", 0, offset)
        + text.count(b"\r", 0, offset)
        - text.count(b"\r\n", 0, offset)
    )


def check_lengths(text: bytes, layout: Layout, name: str) -> None:
    """Refuse what is longer than a parser should be given.

    Raises
    ------
    DataError
        If there are too many columns or cells, or a cell or line with too many bytes.
    """
    check_size(name, layout.n_rows, layout.n_columns)
    longest = 0
    for j in range(layout.n_columns):
        lengths = layout.stops[:, j] - layout.starts[:, j]
        longest = max(longest, int(lengths.max()))
        if longest > LONGEST_CELL:
            line = line_number(text, int(layout.starts[int(lengths.argmax()), j]))
            raise DataError(
                f"{name} must have cells of at most {LONGEST_CELL:,} bytes; column {j + 1} has "
                f"{longest:,} on line {line}."
            )
    lengths = layout.stops[:, -1] - layout.starts[:, 0]
    if lengths.max() > LONGEST_LINE:
        row = int(lengths.argmax())
        raise DataError(
            f"{name} must have lines of at most {LONGEST_LINE:,} bytes; line "
            f"{line_number(text, int(layout.starts[row, 0]))} has {int(lengths[row]):,}."
        )


def stray_quote(text: bytes, delimiter: bytes, quote: bytes) -> tuple[int, bool] | None:
    """Return the first quotation mark that encloses no whole cell, or None.

    Returns
    -------
    offset, is_open
        Its place, and whether it is opened and never closed.
    """
    begin = len(BOM) if text.startswith(BOM) else 0
    at = places(text, quote)
    if not len(at):
        return None
    buffer = np.frombuffer(text, dtype=np.uint8)
    outside = np.zeros(256, dtype=np.bool_)
    outside[[delimiter[0], _LF, _CR, quote[0]]] = True
    beside = np.where(np.arange(len(at)) % 2 == 0, at - 1, at + 1)
    is_edge = (beside < begin) | (beside >= len(text))
    is_stray = ~(is_edge | outside[buffer[np.clip(beside, 0, len(text) - 1)]])
    if is_stray.any():
        return int(at[np.argmax(is_stray)]), False
    return (int(at[-1]), True) if len(at) % 2 else None


def _cells(
    text: bytes, begin: int, delimiter: bytes, quote: bytes
) -> tuple[Int64Array, Int64Array, BoolArray]:
    """Return start and stop of every cell in order, and whether it is the last of its line."""
    buffer = np.frombuffer(text, dtype=np.uint8)
    separators = places(text, delimiter + b"\n\r")
    quotes = places(text, quote)
    if len(quotes):
        # An odd number of marks before a delimiter or line end: it belongs to a quoted cell.
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
    is_line_end = buffer[separators] != delimiter[0]
    is_half = np.zeros(len(separators), dtype=np.bool_)  # the LF of a CR LF
    if len(separators) > 1:
        is_half[1:] = (
            (buffer[separators[1:]] == _LF)
            & (buffer[separators[:-1]] == _CR)
            & (np.diff(separators) == 1)
        )
    # A cell begins after the separator before it, whose CR LF counts as one.
    next_starts = separators + 1
    next_starts[:-1] += is_half[1:]
    next_starts = next_starts[~is_half]
    stops, ends_line = separators[~is_half], is_line_end[~is_half]
    starts = np.concatenate(([begin], next_starts))
    if int(starts[-1]) == len(text) and (not len(stops) or ends_line[-1]):
        return starts[:-1], stops, ends_line
    return starts, np.append(stops, len(text)), np.append(ends_line, np.True_)


def places(text: bytes, wanted: bytes) -> Int64Array:
    """Return the places of all bytes that are one of `wanted`, in order."""
    is_wanted = np.zeros(256, dtype=np.bool_)
    is_wanted[list(wanted)] = True
    buffer: UInt8Array = np.frombuffer(text, dtype=np.uint8)
    found = [
        np.flatnonzero(is_wanted[buffer[begin : begin + _BLOCK]]) + begin
        for begin in range(0, len(text), _BLOCK)
    ]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
