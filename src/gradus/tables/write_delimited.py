"""Put answers and new columns into delimited text, every other byte as the person left it.

Where the answers come from must not be known here.
"""

import re
from collections.abc import Iterator, Sequence

from gradus.errors import DataError
from gradus.tables.delimited import DelimitedText
from gradus.tables.numerals import pack, spell
from gradus.tables.table import Column, Filling, Table

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def filled_text(table: Table, filling: Filling) -> bytes:
    """Return the bytes of the filled file.

    A new cell stands in quotation marks where the row's target cell does (for the header: where
    the target's name does), so that a file keeps its own manner; without an answered column the
    last cell decides. Numbers have the file's decimal mark, the column's unit and its mark between
    thousands. A file without a header gets no names.

    Raises
    ------
    DataError
        If a word cannot be written in the file's encoding, or without quotation marks in a file
        that has none.
    """
    source = table.source
    assert isinstance(source, DelimitedText)
    text = b"".join(_pieces(table, filling, source))
    if source.encoding != "utf-8":
        text = _encoded(text, source.encoding, table.name)
    return pack(text) if source.raw.compression == "gzip" else text


def _encoded(text: bytes, encoding: str, name: str) -> bytes:
    try:
        return text.decode("utf-8").encode(encoding)
    except UnicodeEncodeError as cause:
        letter = cause.object[cause.start]
        raise DataError(
            f"{name} is {encoding} text, which has no {letter!r}. Save it as UTF-8."
        ) from cause


def _pieces(table: Table, filling: Filling, source: DelimitedText) -> Iterator[bytes]:
    """Yield the file in order: the person's bytes, and ours between them."""
    text, starts, stops = source.text, source.layout.starts, source.layout.stops
    answers = filling.answers
    target = len(starts[0]) - 1 if answers is None else table.names.index(answers.name)
    own = _words(table, answers)
    columns = (() if answers is None else (answers,)) + filling.added
    spelled = [_cells(column, source.decimal, own) for column in columns]
    place_of = {int(row): place for place, row in enumerate(filling.rows)}

    def beside(cells: Sequence[str], *, quoted: bool) -> bytes:
        marked = (_cell(cell, source, table, quoted=quoted) for cell in cells)
        return b"".join(source.delimiter + cell for cell in marked)

    blank = [beside([""] * len(filling.added), quoted=quoted) for quoted in (False, True)]
    written = 0
    for line in range(len(starts)):
        row = line - source.has_header
        start, stop = int(starts[line, target]), int(stops[line, target])
        is_quoted = bool(source.quote) and text[start : start + 1] == source.quote
        new = blank[is_quoted]
        if row < 0:
            new = beside([column.name for column in filling.added], quoted=is_quoted)
        elif row in place_of:
            cells = [texts[place_of[row]] for texts in spelled]
            if answers is not None:
                yield text[written:start] + _cell(cells.pop(0), source, table, quoted=is_quoted)
                written = stop
            new = beside(cells, quoted=is_quoted)
        end = int(stops[line, -1])
        yield text[written:end]
        yield new
        written = end
    yield text[written:]


def _words(table: Table, answers: Column | None) -> frozenset[str]:
    """Return the words that the person's own column holds."""
    if answers is None or answers.type != "word":
        return frozenset()
    column = table.columns[table.names.index(answers.name)]
    return (
        frozenset(column.values[~column.is_missing].tolist())
        if column.type == "word"
        else (frozenset())
    )


def _cells(column: Column, decimal: str, own: frozenset[str]) -> list[str]:
    """Spell the values of a column, the empty text where blank."""
    if column.type == "number":
        return [spell(float(value), column.spelling, decimal) for value in column.values]
    assert column.type == "word", "an answer is a number or a word"
    return [value if value in own else _harmless(value or "") for value in column.values]


def _harmless(word: str) -> str:
    """Put an apostrophe before a word of ours that a spreadsheet would run as a formula."""
    is_formula = word.startswith(_FORMULA) and not _PLAIN.fullmatch(word)
    return f"'{word}" if is_formula else word


def _cell(word: str, source: DelimitedText, table: Table, *, quoted: bool) -> bytes:
    """Return one cell, in quotation marks where its manner or what it holds asks for them."""
    cell, quote = word.encode("utf-8"), source.quote
    special = [mark for mark in (source.delimiter, b"\r", b"\n", quote) if mark and mark in cell]
    is_bare = not special and word == word.strip()
    if is_bare and not quoted:
        return cell
    if quote:
        return quote + cell.replace(quote, quote + quote) + quote
    if special:
        raise DataError(
            f"{table.name} has no quotation marks, so that no cell can hold {word!r}. "
            "Save it with commas and quotation marks."
        )
    return cell
