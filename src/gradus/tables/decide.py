"""Decide whether a column of spelled cells holds numbers, dates or words, and read them.

A column holds words if no cell is a number or date, or if cells that are none are frequent: more
than 20 different ones, or more than a tenth of all (one alone among four or more is no tenth).
Fewer are mistakes, and are left to the caller to refuse. Files and rows must not be known here.
"""

import math
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

from gradus._dataclasses import dataclass
from gradus.tables.dates import read_dates
from gradus.tables.spelled import Numbers, read_numbers
from gradus.tables.table import ColumnType, Spelling

#: What is blank in every column.
BLANKS = frozenset(("", "NA", "N/A", "#N/A", "NULL", "null", "NaN", "nan", "<NA>", "?"))
#: What is blank, in small letters, where all else is numbers or dates.
BLANK_NUMBERS = frozenset(
    (
        *("na", "n/a", "n.a.", "#n/a", "nan", "nat", "null", "nil", "none", "<na>", "?"),
        *("-", "--", "---", "–", "—", ".", "..", "*", "missing", "unknown", "not available"),
        *("#value!", "#div/0!", "#ref!", "#num!", "#name?", "#null!"),
        # The same from people and spreadsheets that speak German, French, Italian or Spanish.
        *("k.a.", "k. a.", "n.c.", "nc", "n/c", "n.d.", "nd", "n/d", "s.d.", "s/d", "unbekannt"),
        *("inconnu", "desconocido", "#nv", "#n/d", "#wert!", "#valeur!", "#bezug!", "#zahl!"),
        *("0000-00-00", "0000-00-00 00:00:00"),
    )
)
_MOST_ODD = 20
_ODD_SHARE = 0.1
_EXACT = 2**53
#: Different cells that tell a decimal point from a comma.
_SAMPLE = 1000


@dataclass(frozen=True)
class Decision:
    """What a column's different cells are.

    Attributes
    ----------
    type
        Of the column.
    values
        One for each cell: a float, nan where blank; or a str, None where blank.
    spelling
        Of numbers.
    odd
        Places of the cells that are no number or date in a column of such.
    reason
        What was found out, as the end of "Column 'x' ...", or "".
    decimal
        The mark that numbers need; "" where either will do.
    other
        The same column read with a decimal comma, where nothing in it tells which is right.
    """

    type: ColumnType
    values: list[Any]
    spelling: Spelling = field(default=Spelling())
    odd: tuple[int, ...] = ()
    reason: str = ""
    decimal: str = ""
    other: "Decision | None" = None


def decide(
    cells: Sequence[str],
    counts: Sequence[int],
    *,
    is_word: bool = False,
    is_number: bool = False,
    is_day_first: bool = False,
) -> Decision:
    """Decide what cells are.

    Parameters
    ----------
    cells
        Different, without blanks around them.
    counts
        How often each stands in the column.
    is_word, is_number
        What the person says about the column; nothing is decided then.
    is_day_first
        Which of 01/02/2024's numbers is the day where no cell tells.
    """
    if is_word:
        return _words(cells)
    solid = [i for i, cell in enumerate(cells) if not _is_blank(cell)]
    if not solid:
        return _words(cells) if any(c not in BLANKS for c in cells) else _blank(cells)
    own, n = [cells[i] for i in solid], [counts[i] for i in solid]
    numbers = _numbers_by_mark(own, n)
    best = max(numbers, key=lambda one: _n_read(one.values, n))
    # Where every cell is a number, no more of them can be dates.
    has_more = not is_number and _n_read(best.values, n) < sum(n)
    dates = read_dates(own, n, is_day_first=is_day_first) if has_more else None
    if dates and _n_read(dates.values, n) > _n_read(best.values, n):
        sure = "" if dates.is_sure else ", which is a guess: no cell tells"
        zone = "; times with a zone are given in UTC" if dates.has_zone else ""
        reason = f"holds dates, {dates.form} ({dates.evidence!r}){sure}{zone}"
        if dates.form == "time of day":
            reason = f"holds times of day ({dates.evidence!r}){zone}"
        values, odd = _floats(cells, solid, dates.values), _odd(solid, dates.values)
        decision = Decision("date", values, odd=odd, reason=reason)
    else:
        decision = _numbers(cells, solid, own, best)
        other = next((one for one in numbers if one is not best), None)
        if other and _n_read(other.values, n) == _n_read(best.values, n):
            other_way = _numbers(cells, solid, own, other)
            is_same = other.values == best.values
            decision = replace(decision, decimal="", other=None if is_same else other_way)
    if is_number:
        return decision
    code = _code(cells, solid, decision)
    if not code and not _are_words(decision, counts, sum(n)):
        return decision
    n_odd = sum(counts[i] for i in decision.odd)
    if not code and n_odd < sum(n) and not decision.spelling.suffix:
        code = (
            f"is taken as words, because {n_odd:,} of its {sum(n):,} cells hold no {decision.type} "
            f"({_shown(cells[decision.odd[0]])!r})"
        )
    return replace(_words(cells), reason=code)


def _is_blank(cell: str) -> bool:
    return cell in BLANKS or cell.lower() in BLANK_NUMBERS


def _are_words(decision: Decision, counts: Sequence[int], n_solid: int) -> bool:
    """Tell whether the cells that are no numbers or dates are too many to be mistakes."""
    n_odd = sum(counts[i] for i in decision.odd)
    n_different = len({value for value in decision.values if not math.isnan(value)})
    if not n_odd:
        return False
    is_lonely = n_odd == 1 and n_solid >= 4
    is_few = len(decision.odd) <= _MOST_ODD and (n_odd <= _ODD_SHARE * n_solid or is_lonely)
    # One kind of house, "1Fam", is no number of anything.
    is_name = decision.spelling.suffix.isalpha() and n_different == 1
    return not is_few or is_name


def _code(cells: Sequence[str], solid: Sequence[int], decision: Decision) -> str:
    """Return why whole numbers are names of things and no amounts, or ""."""
    odd = frozenset(decision.odd)
    own = [cells[i] for i in solid if i not in odd]
    if decision.type != "number" or not all(c.lstrip("+-").isdecimal() for c in own):
        return ""
    for cell in own:
        if cell.startswith("0") and len(cell) > 1:
            return f"stays words, because {cell!r} begins with a zero"
        if len(cell) > 17 or abs(int(cell)) > _EXACT:
            return f"stays words, because {_shown(cell)!r} has more digits than a number keeps"
    return ""


def _shown(cell: str) -> str:
    """Shorten a cell for a sentence; no-break blanks are blanks to a reader."""
    cell = cell.replace("\xa0", " ").replace("\u202f", " ")
    return cell if len(cell) <= 40 else cell[:37] + "..."


def _blank(cells: Sequence[str]) -> Decision:
    return Decision("number", [float("nan")] * len(cells))


def _words(cells: Sequence[str]) -> Decision:
    """Take all cells as words, and say which of them could mean a blank."""
    return Decision("word", [None if cell in BLANKS else cell for cell in cells])


def _numbers_by_mark(cells: Sequence[str], counts: Sequence[int]) -> list[Numbers]:
    """Read cells with a decimal point and with a comma, or with the one that suits the first."""
    if not any("," in cell or "." in cell for cell in cells):
        return [replace(read_numbers(cells, counts, "."), decimal="")]
    first, n = cells[:_SAMPLE], counts[:_SAMPLE]
    read = {mark: read_numbers(first, n, mark) for mark in ".,"}
    scores = {mark: _n_read(numbers.values, n) for mark, numbers in read.items()}
    marks = [mark for mark in ".," if scores[mark] == max(scores.values())]
    if len(first) == len(cells):
        return [read[mark] for mark in marks]
    return [read_numbers(cells, counts, mark) for mark in marks]


def _numbers(
    cells: Sequence[str], solid: Sequence[int], own: Sequence[str], numbers: Numbers
) -> Decision:
    """Take all cells as numbers, and say how they are spelled."""
    spelling, found = numbers.spelling, []
    unit = (spelling.prefix + spelling.suffix).strip()
    example = next(
        (c for c, v in zip(own, numbers.values, strict=True) if v is not None and unit in c), ""
    )
    if unit:
        found.append(f"holds numbers with {unit!r} ({_shown(example)!r})")
    if spelling.thousands:
        cell = next(cell for cell in own if spelling.thousands in cell)
        mark = _shown(spelling.thousands)
        found.append(f"has {mark!r} between thousands ({_shown(cell)!r})")
    if numbers.negatives:
        found.append(f"has negative numbers spelled {numbers.negatives!r}")
    values = _floats(cells, solid, numbers.values)
    return Decision(
        "number",
        values,
        spelling,
        odd=_odd(solid, numbers.values),
        reason=" and ".join(found),
        decimal=numbers.decimal,
    )


def _floats(
    cells: Sequence[str], solid: Sequence[int], found: Sequence[float | None]
) -> list[float]:
    """Return the value of every cell; nan for the blank ones."""
    values = [float("nan")] * len(cells)
    for i, value in zip(solid, found, strict=True):
        values[i] = float("nan") if value is None else value
    return values


def _odd(solid: Sequence[int], found: Sequence[float | None]) -> tuple[int, ...]:
    return tuple(i for i, value in zip(solid, found, strict=True) if value is None)


def _n_read(values: Sequence[float | None], counts: Sequence[int]) -> int:
    return sum(n for value, n in zip(values, counts, strict=True) if value is not None)
