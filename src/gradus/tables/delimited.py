"""Read a delimited text file into a table, and keep what its writer needs.

The order of the steps stands here: encoding, dialect, heading, cells, columns; each has a file of
its own. Which column is asked for must not be known here.
"""

from collections.abc import Collection, Iterable
from dataclasses import field, replace

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Int64Array
from gradus.errors import DataError
from gradus.tables.decide import BLANK_NUMBERS, BLANKS, Decision, decide
from gradus.tables.dialect import cell_text, find_dialect, shortened
from gradus.tables.encoding import to_utf8
from gradus.tables.heading import find_heading
from gradus.tables.parsed import (
    Parser,
    column_shapes,
    open_parser,
    plain_columns,
    point_places,
)
from gradus.tables.raw import RawFile
from gradus.tables.scan import Layout, check_lengths, line_number
from gradus.tables.spelled import is_infinite
from gradus.tables.table import Column, Source, Spelling, Table, listed, option
from gradus.tables.unquoted import UnquotedParser

#: The largest magnitude read. Sums and squares of standard deviations stay far below float64's
#: 1.8e308, so nothing later needs to look for an overflow.
LARGEST = 1e150
#: How many odd cells a sentence lists before it counts the rest.
_LISTED = 5
#: Numbers above a total from which on it cannot be luck that they add up to it.
_FEWEST_SUMMED = 5
_TOTALS = frozenset(
    (
        *("total", "totals", "grand total", "sum", "average", "mean"),
        *("summe", "gesamt", "gesamtsumme", "mittelwert", "durchschnitt"),
        *("somme", "total général", "moyenne", "totale", "suma", "media"),
    )
)


@dataclass(frozen=True)
class DelimitedText(Source):
    """What a table of delimited text was read from.

    Attributes
    ----------
    raw
        The file as it is.
    encoding
        The codec that turns `raw.data` into text and back, byte for byte: "utf-8", "utf-16-le",
        "utf-16-be", "cp1252" or "latin-1".
    text
        All of it as UTF-8, a byte order mark included; ``text.decode("utf-8").encode(encoding)``
        is `raw.data`.
    layout
        Where each cell stands in `text`: the header's first where `has_header`. Lines above and
        blank lines are in no cell.
    delimiter
        One byte.
    quote
        The mark that may enclose a cell, one byte; empty where there is none.
    decimal
        "." or ",".
    has_header
        Whether the first line of `layout` holds the names.
    """

    raw: RawFile
    encoding: str
    text: bytes = field(repr=False)
    layout: Layout = field(repr=False)
    delimiter: bytes = b","
    quote: bytes = b'"'
    decimal: str = "."
    has_header: bool = True


@dataclass(frozen=True, eq=False)
class _Cells:
    """The different cells of a column, and which of them each row has."""

    name: str
    different: list[str]
    codes: Int64Array
    counts: list[int]


@dataclass(frozen=True)
class _Fact:
    """What was found out about a column, for the sentences."""

    name: str
    reason: str
    decimal: str
    example: str
    thousands: str
    tokens: tuple[tuple[str, int, bool], ...]


def read_delimited(
    raw: RawFile,
    notes: tuple[str, ...] = (),
    *,
    words: Collection[str] = (),
    numbers: Collection[str] = (),
    fewest_columns: int = 2,
    needed: Collection[str] | None = None,
) -> Table:
    """Read delimited text of whatever dialect, or say in one sentence why it cannot be read.

    Parameters
    ----------
    raw
        The bytes.
    notes
        What is known already; the table's notes begin with it.
    words
        Columns to take as words, whatever they hold.
    numbers
        Columns to take as numbers; a cell that is none is an error.
    fewest_columns
        See `find_dialect`.
    needed
        Columns whose few odd cells are refused, as a model needs them; None for all. The others
        are words then.

    Raises
    ------
    DataError
        If the bytes are no text or no table; if lines have different numbers of cells; if a
        column of numbers or dates has a few cells that are none, infinite or beyond ±1e150; if the
        last line adds up the others.
    """
    name = raw.name
    text, encoding, said = to_utf8(raw.data, name)
    dialect = find_dialect(text, name, fewest_columns)
    layout, quote = dialect.layout, dialect.quote
    check_lengths(text, layout, name)

    def cell(line: int, column: int) -> str:
        start, stop = layout.starts[line, column], layout.stops[line, column]
        return cell_text(text, int(start), int(stop), quote)

    shape = layout.starts.shape
    has_header, names, more = find_heading(cell, shape[0], shape[1], name)
    layout = replace(layout, has_header=has_header)
    source = DelimitedText(
        raw.path, raw, encoding, text, layout, dialect.delimiter, quote, has_header=has_header
    )
    columns, found, decimal = _read_columns(source, names, words, numbers, needed)
    found = (*notes, *said, *dialect.notes, *more, *found, *_last_line(source, columns))
    return Table(name, columns, replace(source, decimal=decimal), found)


def _read_columns(
    source: DelimitedText,
    names: tuple[str, ...],
    words: Collection[str],
    numbers: Collection[str],
    needed: Collection[str] | None,
) -> tuple[tuple[Column, ...], tuple[str, ...], str]:
    """Return the columns, what was found out about them, and the decimal mark."""
    text, layout, delimiter, quote = source.text, source.layout, source.delimiter, source.quote
    open_: dict[int, tuple[_Cells, Decision]] = {}
    facts: dict[int, _Fact] = {}
    with open_parser(text, layout, delimiter, quote, source.raw.name) as parser:
        done = _plain(parser, source, names, words)
        for j, texts in parser.words([j for j in range(len(names)) if j not in done]):
            index: dict[str, int] = {}
            codes = np.array([index.setdefault((t or "").strip(), len(index)) for t in texts])
            cells = _Cells(names[j], list(index), codes, np.bincount(codes).tolist())
            decision = decide(
                cells.different,
                cells.counts,
                is_word=cells.name in words,
                is_number=cells.name in numbers,
                is_day_first=delimiter == b";",
            )
            facts[j] = _fact(cells, decision)
            if decision.other:
                open_[j] = cells, decision
            else:
                done[j] = _finish(source, j, cells, decision, needed)
    decimal, notes = _choose_decimal(source, done, facts)
    for j, (cells, decision) in open_.items():
        chosen = decision
        if decimal == "," and decision.decimal != "," and decision.other:
            chosen = decision.other
        facts[j] = _fact(cells, chosen)
        done[j] = _finish(source, j, cells, chosen, needed)
    reasons = [f"Column {fact.name!r} {fact.reason}." for fact in facts.values() if fact.reason]
    notes = (*notes, *reasons, *_blank_notes(facts.values()))
    return tuple(done[j] for j in range(len(names))), notes, decimal


def _fact(cells: _Cells, decision: Decision) -> _Fact:
    """Keep of a column what sentences need."""
    tokens = tuple(
        (cell, count, decision.type == "word" and cell not in BLANKS)
        for cell, count in zip(cells.different, cells.counts, strict=True)
        if cell and (cell in BLANKS or cell.lower() in BLANK_NUMBERS)
    )
    marked = (cell for mark in ",." for cell in cells.different if mark in cell)
    thousands = decision.spelling.thousands if decision.other else ""
    return _Fact(cells.name, decision.reason, decision.decimal, next(marked, ""), thousands, tokens)


def _plain(
    parser: Parser | UnquotedParser,
    source: DelimitedText,
    names: tuple[str, ...],
    words: Collection[str],
) -> dict[int, Column]:
    """Return the columns of plain numbers by their place; the rest needs a second look."""
    text, layout, delimiter, quote = source.text, source.layout, source.delimiter, source.quote
    points = point_places(text)
    shapes = {
        int(j): column_shapes(text, layout, int(j), quote, points)
        for j in np.flatnonzero(plain_columns(text, layout, delimiter, quote))
        if names[j] not in words
    }
    wanted = [j for j, shape in shapes.items() if not shape.is_odd]
    if not wanted:
        return {}
    done = {}
    for j, values in zip(wanted, parser.numbers(wanted), strict=True):
        # Any other blank or number is a cell that is spelled in another way, such as 1-2.
        if np.array_equal(np.isnan(values), shapes[j].is_blank):
            spelling = Spelling(shapes[j].decimals, keeps_zeros=shapes[j].keeps_zeros)
            done[j] = Column(names[j], "number", values, spelling)
    return done


def _finish(
    source: DelimitedText,
    place: int,
    cells: _Cells,
    decision: Decision,
    needed: Collection[str] | None,
) -> Column:
    """Return a column with a value for each row; refuse cells that have none."""
    if decision.type == "word":
        different = np.array(decision.values, dtype=object)
        return Column(cells.name, "word", different[cells.codes])
    values = np.array(decision.values)
    infinite = [i for i, cell in enumerate(cells.different) if is_infinite(cell)]
    large = np.flatnonzero(np.abs(values) > LARGEST).tolist()
    for odd, must in (
        (decision.odd, f"hold {decision.type}s"),
        (infinite, "hold finite numbers"),
        (large, "hold numbers between -1e150 and 1e150"),
    ):
        if odd and needed is not None and cells.name not in needed:
            words = [None if cell in BLANKS else cell for cell in cells.different]
            return Column(cells.name, "word", np.array(words, dtype=object)[cells.codes])
        if odd:
            told = _odd_cells(source, place, cells, odd, must)
            hint = f", or take the column as words with {option(cells.name, 'category')}"
            raise DataError(f"{told}{'' if needed is not None else hint}.")
    return Column(cells.name, decision.type, values[cells.codes], decision.spelling)


def _odd_cells(
    source: DelimitedText, place: int, cells: _Cells, odd: Iterable[int], must: str
) -> str:
    """Say that some cells are not what the others are, with their lines; no full stop."""
    rows = np.flatnonzero(np.isin(cells.codes, list(odd)))
    starts = source.layout.starts[source.has_header :, place]
    shown = [
        f"line {line_number(source.text, int(starts[row]))} holds "
        f"{shortened(cells.different[cells.codes[row]])!r}"
        for row in rows[:_LISTED]
    ]
    more = f" and {len(rows) - _LISTED:,} more" if len(rows) > _LISTED else ""
    whose = "this cell" if len(rows) == 1 else "these cells"
    return f"Column {cells.name!r} must {must}; {', '.join(shown)}{more}. Mend or empty {whose}"


def _choose_decimal(
    source: DelimitedText, done: dict[int, Column], facts: dict[int, _Fact]
) -> tuple[str, tuple[str, ...]]:
    """Return the decimal mark of all numbers, and the sentence about it where it is a comma."""
    plain = [c for j, c in done.items() if j not in facts and c.spelling.decimals]
    points = [*(c.name for c in plain), *(f.name for f in facts.values() if f.decimal == ".")]
    commas = [fact for fact in facts.values() if fact.decimal == ","]
    if points and commas:
        raise DataError(
            f"{source.raw.name} must have one decimal mark; column {commas[0].name!r} has decimal "
            f"commas ({commas[0].example!r}) and column {points[0]!r} has decimal points. Mend one "
            f"of them, or take it as words with {option(commas[0].name, 'category')}."
        )
    # 1,234 is a thousand where a comma separates cells, and little more than one where it is ";".
    guessed = [fact for fact in facts.values() if fact.thousands == ","]
    is_guess = not points and bool(guessed) and source.delimiter == b";"
    if not commas and not is_guess:
        return ".", ()
    fact = (commas or guessed)[0]
    why = "" if commas else "; this is a guess, because the cells are separated by semicolons"
    example = shortened(fact.example)
    note = f"Numbers have decimal commas, as column {fact.name!r} shows ({example!r}){why}."
    return ",", (note,)


def _blank_notes(facts: Iterable[_Fact]) -> Iterable[str]:
    """Say which words are taken as blanks, and which that could mean a blank are not."""
    found: dict[tuple[bool, str], tuple[int, list[str]]] = {}
    for fact in facts:
        for cell, count, is_kept in fact.tokens:
            total, names = found.get((is_kept, cell), (0, []))
            found[is_kept, cell] = total + count, [*names, fact.name]
    for (is_kept, cell), (count, names) in sorted(found.items()):
        how = "a word, not as blank," if is_kept else "blank"
        columns = f"column{'s' * (len(names) > 1)} {listed(names)}"
        yield f"{cell!r} is taken as {how} {_times(count)} in {columns}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _last_line(source: DelimitedText, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Say if the last line looks like the sum of the others, and refuse it if it surely is."""
    layout = source.layout
    for j in range(min(2, len(columns))):
        start, stop = int(layout.starts[-1, j]), int(layout.stops[-1, j])
        title = cell_text(source.text, start, stop, source.quote)
        is_usual = title in columns[j].values[:-1].tolist()
        if title.lower().rstrip(":") not in _TOTALS or is_usual:
            continue
        begins = f"ine {line_number(source.text, start)}, the last, begins with {title!r}"
        summed = next((column.name for column in columns if _is_summed(column)), None)
        if summed is not None:
            raise DataError(
                f"{source.raw.name} must hold no line of totals; l{begins}, and its {summed!r} is "
                "the sum or the mean of the lines above. Delete it."
            )
        return (f"L{begins} and is read as a row. Delete it if it sums up the others.",)
    return ()


def _is_summed(column: Column) -> bool:
    """Tell whether the last number is the sum or the mean of others, five or more, not alike."""
    if column.type != "number" or np.isnan(column.values[-1]):
        return False
    above, last = column.values[:-1], column.values[-1]
    above = above[~np.isnan(above)]
    if len(above) < _FEWEST_SUMMED or above.min() == above.max():
        return False
    return bool(np.isclose([above.sum(), above.mean()], last, rtol=1e-9, atol=0).any())
