"""Find out what separates the cells of a text, what encloses them, and where its table begins.

The separator is the one that gives the most lines the same number of cells, and cells that are
numbers or dates. What the columns are called and hold must not be known here.
"""

import re
from collections.abc import Sequence

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Int64Array
from gradus.errors import DataError
from gradus.tables.dates import is_date
from gradus.tables.scan import BOM, Layout, Lines, find_lines, line_number, make_layout, stray_quote
from gradus.tables.spelled import is_number

_WORDS = {
    b"\t": "tabs",
    b"|": "vertical bars",
    b";": "semicolons",
    b",": "commas",
    b"~": "tildes",
    b"^": "carets",
    b"\x1f": "unit separators (0x1f)",
    b"\x01": "bytes 0x01",
    b":": "colons",
    b" ": "spaces",
}
#: Separators tried first, in the order of preference between equals; the rest stand in many
#: texts that are separated by something else, and are tried where none of these will do.
_USUAL = (b"\t", b"|", b";", b",")
_RARE = (b"~", b"^", b"\x1f", b"\x01", b":", b" ")
#: Those stand in times and prose, and need cells that are numbers or dates.
_COMMON_MARKS = (b":", b" ")
_SAMPLE = 1 << 18
#: Lines whose cells are looked at to tell separators apart.
_LOOKED_AT = 30
#: Lines above the header at most.
_MOST_TITLES = 50
#: How many bad lines a sentence lists before it counts the rest.
_LISTED = 5
_BLANK_LINE = re.compile(rb"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)")
_EXCEL_HINT = re.compile(rb"(?:\xef\xbb\xbf)?sep=([^\r\n])[\r\n]", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a text is laid out.

    Attributes
    ----------
    delimiter, quote
        One byte each; `quote` is empty where no mark encloses cells.
    layout
        The table's cells, a header's included if there is one (which is not known here).
    notes
        What the person should know.
    """

    delimiter: bytes
    quote: bytes
    layout: Layout
    notes: tuple[str, ...]


def find_dialect(text: bytes, name: str, fewest_columns: int = 2) -> Dialect:
    """Lay a text out into cells.

    Parameters
    ----------
    text
        UTF-8 that is not blank.
    name
        What to call it in a sentence.
    fewest_columns
        1 takes a text without any usual separator as one column.

    Raises
    ------
    DataError
        If it would be one column and two are needed; if its quotation marks are misplaced, or
        lines have more or fewer cells than the others; the bad lines are listed by number; if one
        column has blank lines.
    """
    delimiter = _find_delimiter(text)
    quote = _find_quote(text, delimiter, name)
    lines = find_lines(text, delimiter, quote, name)
    width = _usual_width(lines.widths)
    is_one_column = np.mean(lines.widths == width) < 0.5 and lines.widths[0] == 1
    is_enough = fewest_columns == 1 and not any(mark in text for mark in _USUAL)
    if (width == 1 or is_one_column) and not is_enough:
        title = cell_text(text, int(lines.starts[0]), int(lines.stops[0]), quote)
        raise DataError(
            f"{name} must have at least two columns; its header has one: {shortened(title)!r}."
        )
    if width == 1:
        _check_blank_lines(text, name)
    first = _first_line(text, lines, width, quote)
    _check_widths(text, lines, first, width, name)
    notes = []
    if delimiter != b",":
        n_lines = len(lines.widths) - first
        notes.append(
            f"{name} is separated by {_WORDS.get(delimiter, repr(delimiter))}: with them, every "
            f"line ({n_lines:,}) has {width} cells."
        )
    if quote == b"'":
        notes.append("Cells stand between single quotation marks.")
    if not quote and b'"' in text:
        notes.append("Quotation marks enclose no cell and are taken as letters.")
    layout = make_layout(lines, first, width, has_header=True)
    if first:
        until = line_number(text, int(layout.starts[0, 0])) - 1
        title = cell_text(text, int(lines.starts[0]), int(lines.stops[0]), quote)
        which = "Line 1" if until == 1 else f"Lines 1 to {until}"
        notes.append(f"{which} above the header {_are(until)} left out: {shortened(title)!r}.")
    return Dialect(delimiter, quote, layout, tuple(notes))


def _check_blank_lines(text: bytes, name: str) -> None:
    """Refuse what may be a blank cell or no row at all."""
    found = _BLANK_LINE.search(text.rstrip())
    if found:
        line = line_number(text, found.end() - 1)
        raise DataError(
            f"{name} has one column and a blank line, {line}, which may be a row or none. Remove "
            'it, or put "" where a cell is blank.'
        )


def cell_text(text: bytes, start: int, stop: int, quote: bytes) -> str:
    """Return what a cell says: without its quotation marks and the blanks around it."""
    cell = text[start:stop]
    if quote and len(cell) > 1 and cell.startswith(quote) and cell.endswith(quote):
        cell = cell[1:-1].replace(quote + quote, quote)
    return cell.decode("utf-8").strip()


def shortened(text: str) -> str:
    """Return a text for a sentence, at most 40 letters; no-break blanks are blanks to a reader."""
    text = text.replace("\xa0", " ").replace("\u202f", " ")
    return text if len(text) <= 40 else text[:37] + "..."


def is_typed(text: str) -> bool:
    """Tell whether a cell is a number or a date in any spelling."""
    return len(text) <= 60 and (is_number(text) or is_date(text))


def is_heading(titles: Sequence[str]) -> bool:
    """Tell whether cells could be names: words, not all blank, no two the same."""
    names = [title for title in titles if title]
    return bool(names) and len(set(names)) == len(names) and not any(map(is_typed, names))


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _find_delimiter(text: bytes) -> bytes:
    """Return the separator that explains the first lines best."""
    hint = _EXCEL_HINT.match(text)
    if hint and hint[1] in _WORDS:
        return hint[1]
    sample, is_cut = text[:_SAMPLE], len(text) > _SAMPLE
    for candidates in (_USUAL, _RARE):
        scores = {mark: _score(sample, mark, is_cut=is_cut) for mark in candidates}
        best = max(scores, key=lambda mark: scores[mark])
        if scores[best] > 0:
            return best
    # Nothing separates most lines; the sentence to come is about commas.
    return b","


def _score(sample: bytes, mark: bytes, *, is_cut: bool) -> float:
    """Return the share of lines of the usual width, up to doubled by cells that are typed.

    It is halved where quotation marks would enclose nothing, which speaks for another mark.
    """
    if mark not in sample:
        return 0
    stray = stray_quote(sample, mark, b'"')
    is_quoted = stray is None or (is_cut and stray[1]) or _has_enclosed(sample, mark, b'"')
    lines = find_lines(sample, mark, b'"' if is_quoted else b"", "")
    widths = lines.widths[:-1] if is_cut and len(lines.widths) > 1 else lines.widths
    width = _usual_width(widths)
    share = float(np.mean(widths == width))
    if width == 1 or (share < 0.5 and widths[0] == 1):
        return 0
    if mark in _RARE and (share < 0.9 or len(widths) < 2):
        return 0
    rows = np.flatnonzero(widths == width)[-_LOOKED_AT:]
    cells = [
        cell_text(sample, int(lines.starts[i]), int(lines.stops[i]), b'"')
        for row in rows
        for i in range(lines.firsts[row], lines.firsts[row] + min(width, 100))
    ]
    typed = sum(not cell or is_typed(cell) for cell in cells) / len(cells)
    if mark in _COMMON_MARKS and typed < 0.5:
        return 0
    return share * (1 + typed) * (1 if is_quoted else 0.5)


def _usual_width(widths: Int64Array) -> int:
    """Return the number of cells that most lines with more than one have, or 1."""
    n_lines = np.bincount(widths)
    n_lines[:2] = 0
    return int(np.argmax(n_lines)) if n_lines.any() else 1


def _find_quote(text: bytes, delimiter: bytes, name: str) -> bytes:
    """Return the mark that encloses cells; refuse marks that do so only here and there."""
    if b'"' in text:
        stray = stray_quote(text, delimiter, b'"')
        if stray is None:
            return b'"'
        if _has_enclosed(text, delimiter, b'"'):
            raise _misplaced(text, stray, name)
    elif not _has_enclosed(text, delimiter, b"'"):
        return b'"'
    is_single = _has_enclosed(text, delimiter, b"'") and not stray_quote(text, delimiter, b"'")
    return b"'" if is_single else b""


def _has_enclosed(text: bytes, delimiter: bytes, quote: bytes) -> bool:
    """Tell whether a cell begins with a mark, so that the mark is meant to enclose it."""
    edge = rb"(?:\A(?:" + BOM + rb")?|[\r\n" + re.escape(delimiter) + rb"])"
    return quote in text and re.search(edge + quote, text) is not None


def _misplaced(text: bytes, stray: tuple[int, bool], name: str) -> DataError:
    offset, is_open = stray
    line = line_number(text, offset)
    if is_open:
        return DataError(
            f"{name} has a quotation mark that is opened on line {line} and never closed."
        )
    return DataError(
        f"{name} has a quotation mark in the middle of a cell on line {line}. "
        "Put the whole cell in quotation marks and double the one inside."
    )


def _first_line(text: bytes, lines: Lines, width: int, quote: bytes) -> int:
    """Return which line the table begins with: the header below titles, or the very first.

    Lines are titles if they have another width, or one cell at most that is not blank, and what
    follows them could be a header. A header that is too short is no title of the first row.
    """
    firsts = lines.firsts
    for row in range(min(len(lines.widths) - 1, _MOST_TITLES)):
        n_cells = int(lines.widths[row])
        places = range(firsts[row], firsts[row] + n_cells)
        cells = [cell_text(text, int(lines.starts[i]), int(lines.stops[i]), quote) for i in places]
        is_title = n_cells != width or (width > 2 and sum(map(bool, cells)) <= 1)
        is_title = is_title or (row == 0 and _EXCEL_HINT.match(text) is not None)
        if not is_title:
            return row if row == 0 or (all(cells) and is_heading(cells)) else 0
    return 0


def _check_widths(text: bytes, lines: Lines, first: int, width: int, name: str) -> None:
    """Refuse lines with another number of cells than the table has, and list them."""
    widths = lines.widths[first:]
    bad = first + np.flatnonzero(widths != width)
    if not len(bad):
        return
    firsts = lines.firsts
    listed = [
        f"line {line_number(text, int(lines.starts[firsts[i]]))} has {lines.widths[i]}"
        for i in bad[:_LISTED]
    ]
    more = f" and {len(bad) - _LISTED:,} more" if len(bad) > _LISTED else ""
    like = "its first line has" if widths[0] == width else "most lines have"
    raise DataError(
        f"{name} must have {width} cells on every line, as {like}; {', '.join(listed)}{more}."
    )
