"""Where every cell of a delimited text stands in its bytes.

This is what lets the writer keep the person's bytes: it finds commas, line ends and quotation
marks, never what a cell means. It must know nothing about numbers, targets or networks.
"""

from dataclasses import dataclass

import numpy as np

from gradus._typing import BoolArray, Int64Array
from gradus.errors import DataError

_COMMA, _QUOTE, _LF, _CR = 44, 34, 10, 13
_BOM = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
#: How many bad lines a sentence lists before it counts the rest.
_LISTED = 5


@dataclass(frozen=True)
class Layout:
    """The places of all cells of a table, the header's included.

    Attributes
    ----------
    starts, stops
        Byte offsets of shape (1 + n_rows, n_columns): cell (i, j) is ``data[start:stop]``, its
        quotation marks included. Row 0 is the header. Lines without a byte are no rows.
    """

    starts: Int64Array
    stops: Int64Array

    @property
    def n_rows(self) -> int:
        """Rows below the header."""
        return int(self.starts.shape[0]) - 1

    @property
    def n_columns(self) -> int:
        """Cells in each row."""
        return int(self.starts.shape[1])


def scan(data: bytes, name: str) -> Layout:
    """Find the cells of comma-delimited UTF-8 text with one header line.

    Quotation marks follow RFC 4180: they enclose a whole cell, and a doubled one inside stands
    for itself. A line ends with LF, CR LF or CR, and a file may mix them.

    Parameters
    ----------
    data
        The whole file.
    name
        What to call it in a sentence.

    Raises
    ------
    DataError
        If the file is empty, is not UTF-8, has misplaced quotation marks, another delimiter or
        lines with more or fewer cells than the header; the bad lines are listed by number.
    """
    _check_encoding(data, name)
    if not data.removeprefix(_BOM).strip():
        raise DataError(f"{name} is empty.")
    starts, stops, ends_line = _cells(data, name)
    row_of_cell = np.concatenate(([0], np.cumsum(ends_line[:-1])))
    widths = np.bincount(row_of_cell)
    is_blank = np.zeros(len(widths), dtype=np.bool_)
    is_blank[row_of_cell] = (widths[row_of_cell] == 1) & (starts == stops)
    is_kept = ~is_blank[row_of_cell]
    starts, stops, widths = starts[is_kept], stops[is_kept], widths[~is_blank]
    header = data[int(starts[0]) : int(stops[widths[0] - 1])]
    _check_delimiter(header, int(widths[0]), name)
    first_cells = starts[np.concatenate(([0], np.cumsum(widths[:-1])))]
    _check_widths(data, first_cells, widths, name)
    shape = (len(widths), int(widths[0]))
    return Layout(starts.reshape(shape), stops.reshape(shape))


def line_number(data: bytes, offset: int) -> int:
    """Return the number of the line, counted from 1, that the byte at `offset` stands on."""
    before = data[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")


def _check_encoding(data: bytes, name: str) -> None:
    """Refuse bytes that are not UTF-8 text, naming the line."""
    if data.startswith(_UTF16_MARKS):
        raise DataError(f"{name} must be UTF-8 text; it is UTF-16. Save it as UTF-8.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as cause:
        line = line_number(data, cause.start)
        message = (
            f"{name} must be UTF-8 text; line {line} holds the byte 0x{data[cause.start]:02x}. "
            "Save it as UTF-8."
        )
        raise DataError(message) from cause
    zero = data.find(0)
    if zero >= 0:
        line = line_number(data, zero)
        raise DataError(f"{name} must be text; line {line} holds a zero byte.")


def _cells(data: bytes, name: str) -> tuple[Int64Array, Int64Array, BoolArray]:
    """Return start and stop of every cell in order, and whether it is the last of its line."""
    buffer = np.frombuffer(data, dtype=np.uint8)
    begin = len(_BOM) if data.startswith(_BOM) else 0
    is_separator = (buffer == _COMMA) | (buffer == _LF) | (buffer == _CR)
    separators = np.flatnonzero(is_separator)
    quotes = np.flatnonzero(buffer == _QUOTE)
    if len(quotes):
        # An odd number of marks before a comma or line end: it belongs to a quoted cell.
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
        _check_quotes(data, quotes, begin, name)
    is_line_end = buffer[separators] != _COMMA
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
    if int(starts[-1]) == len(data) and (not len(stops) or ends_line[-1]):
        return starts[:-1], stops, ends_line
    return starts, np.append(stops, len(data)), np.append(ends_line, np.True_)


def _check_quotes(data: bytes, quotes: Int64Array, begin: int, name: str) -> None:
    """Refuse quotation marks that do not enclose a whole cell."""
    if len(quotes) % 2:
        line = line_number(data, int(quotes[-1]))
        raise DataError(
            f"{name} has a quotation mark that is opened on line {line} and never closed."
        )
    padded = np.frombuffer(b"\n" + data[begin:] + b"\n", dtype=np.uint8)
    outside = np.isin(padded, (_COMMA, _LF, _CR, _QUOTE))
    at = quotes - begin + 1
    is_stray = np.where(np.arange(len(at)) % 2 == 0, ~outside[at - 1], ~outside[at + 1])
    if is_stray.any():
        line = line_number(data, int(quotes[np.argmax(is_stray)]))
        raise DataError(
            f"{name} has a quotation mark in the middle of a cell on line {line}. "
            "Put the whole cell in quotation marks and double the one inside."
        )


def _check_delimiter(header: bytes, n_columns: int, name: str) -> None:
    """Refuse a file that would be read as one text column."""
    if n_columns > 1:
        return
    for mark, word in ((b";", "semicolons"), (b"\t", "tabs"), (b"|", "vertical bars")):
        if mark in header:
            raise DataError(
                f"{name} must be delimited by commas; its header is delimited by {word}."
            )
    title = header.decode("utf-8")
    raise DataError(f"{name} must have at least two columns; its header has one: {title!r}.")


def _check_widths(data: bytes, first_cells: Int64Array, widths: Int64Array, name: str) -> None:
    """Refuse lines with another number of cells than the header has, and list them."""
    bad = np.flatnonzero(widths != widths[0])
    if not len(bad):
        return
    listed = [
        f"line {line_number(data, int(first_cells[i]))} has {widths[i]}" for i in bad[:_LISTED]
    ]
    more = f" and {len(bad) - _LISTED:,} more" if len(bad) > _LISTED else ""
    raise DataError(
        f"{name} must have {widths[0]} cells on every line, as its header has; "
        f"{', '.join(listed)}{more}."
    )
