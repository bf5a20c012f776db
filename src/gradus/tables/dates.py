"""Dates and times of day as people spell them.

One column's different cells come in, days since 1970-01-01 go out. Files, rows and numbers must
not be known here.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from gradus._dataclasses import dataclass

#: The names of the twelve months: English, German, French, Italian and Spanish, in small letters.
_MONTHS = (
    "jan january januar jän jänner janvier janv gennaio enero",
    "feb february februar février févr fév febbraio febrero",
    "mar march märz mär mrz mars marzo",
    "apr april avril avr aprile abril",
    "may mai maggio mayo",
    "jun june juni juin giugno junio",
    "jul july juli juillet juil luglio julio",
    "aug august août agosto",
    "sep sept september septembre settembre septiembre",
    "oct october okt oktober octobre ottobre octubre",
    "nov november novembre noviembre",
    "dec december dez dezember décembre déc dicembre diciembre",
)
_MONTH_OF = {name: k for k, names in enumerate(_MONTHS, start=1) for name in names.split()}
_EPOCH = dt.date(1970, 1, 1).toordinal()
#: Years of two digits below this one are in this century, as POSIX has it.
_PIVOT = 69
#: Different cells from which the form of a column is told.
_SAMPLE = 300
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}(?:[.,][0-9]{1,9})?))?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_DAY, _MONTH, _YEAR = r"(?P<day>[0-9]{1,2})", r"(?P<month>[0-9]{1,2})", r"(?P<year>[0-9]{4})"
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
_SHORT = r"(?P<year>[0-9]{4}|[0-9]{2})"
#: By form: the pattern of a date. Those of two digits for the year come after the sure ones.
_PATTERNS = {
    "year first": rf"{_YEAR}(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}",
    "day first": rf"{_DAY}(?P<mark>[-/.]){_MONTH}(?P=mark){_SHORT}",
    "month first": rf"{_MONTH}(?P<mark>[-/]){_DAY}(?P=mark){_SHORT}",
    "day and name of the month": rf"{_DAY}(?:st|nd|rd|th|er)?\.?[-/ ]?{_NAME}[-/, ]\s*{_SHORT}",
    "name of the month and day": rf"{_NAME}\s*{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}",
    "year and month": rf"{_YEAR}[-/]{_MONTH}",
    "month and year": rf"{_MONTH}/{_YEAR}",
    "name of the month and year": rf"{_NAME}[-/, ]\s*{_YEAR}",
}
# What may stand before a date, and between it and a time of day. They are looked for apart, as nine
# patterns of all three take 3 ms to compile.
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_BEFORE_CLOCK = re.compile(r"T|,?\s+")
_DATES = {form: re.compile(pattern) for form, pattern in _PATTERNS.items()}
_FORMS = (*_DATES, "time of day")


@dataclass(frozen=True)
class Dates:
    """What a column's different cells are as dates.

    Attributes
    ----------
    values
        Days since 1970-01-01 00:00 for each cell, the time of day as a fraction; a time of day
        alone is that fraction. None where the cell is no date in the column's form.
    form
        "year first", "day first", "time of day", ...
    evidence
        A cell that shows it.
    is_sure
        False where day and month could be the other way round.
    has_zone
        Whether a cell names a time zone; such are given in UTC.
    """

    values: list[float | None]
    form: str
    evidence: str
    is_sure: bool
    has_zone: bool


def is_date(text: str) -> bool:
    """Tell whether a text is a date or a time of day in any form."""
    return any(_days(text, form) is not None for form in _FORMS)


def read_dates(cells: Sequence[str], counts: Sequence[int], *, is_day_first: bool) -> Dates | None:
    """Read cells as dates of one form, the one that most of the first cells have.

    Parameters
    ----------
    cells
        Different, without blanks around them.
    counts
        How often each stands in the column.
    is_day_first
        What to take where all values allow both.

    Returns
    -------
    Dates or None
        None where no cell is a date.
    """
    scores: dict[str, int] = {}
    for form in _FORMS:
        scores[form] = _score(cells[:_SAMPLE], counts, form)
        # None can have more, but the day and the month may stand the other way round.
        if scores[form] == sum(counts[:_SAMPLE]) and form != "day first":
            break
    form = max(scores, key=lambda form: scores[form])
    if not scores[form]:
        return None
    values = {form: [_days(cell, form) for cell in cells]}
    is_sure = True
    if form in ("day first", "month first") and scores["month first"]:
        both = ("day first", "month first") if is_day_first else ("month first", "day first")
        values = {form: [_days(cell, form) for cell in cells] for form in both}
        n_read = [_n_read(values[form], counts) for form in both]
        is_sure = n_read[0] != n_read[1]
        form = both[0] if n_read[0] >= n_read[1] else both[1]
    chosen = values[form]
    other = {"day first": "month first", "month first": "day first"}.get(form, form)
    shown = [cell for cell, value in zip(cells, chosen, strict=True) if value is not None]
    is_told = is_sure and other != form
    telling = [cell for cell in shown if _days(cell, other) is None] if is_told else []
    has_zone = any(_zone(cell, form) for cell in shown)
    return Dates(chosen, form, (telling or shown)[0], is_sure, has_zone)


def _score(cells: Sequence[str], counts: Sequence[int], form: str) -> int:
    return _n_read([_days(cell, form) for cell in cells], counts[: len(cells)])


def _n_read(values: Sequence[float | None], counts: Sequence[int]) -> int:
    """Return how many cells are dates."""
    return sum(n for value, n in zip(values, counts, strict=True) if value is not None)


def _zone(cell: str, form: str) -> bool:
    said = _said(cell, form)
    return said is not None and bool(said.get("zone"))


def _said(cell: str, form: str) -> dict[str, Any] | None:
    """Return the parts of a cell by their names, or None where it has another form.

    A date ends in a digit, what stands before a time of day does not begin with one, and no name of
    a weekday is one of a month: so where one ends does not depend on what follows.
    """
    if form not in _DATES:
        clock = _CLOCK.fullmatch(cell)
        return None if clock is None else clock.groupdict()
    date = _DATES[form].match(cell)
    if date is None:
        weekday = _WEEKDAY.match(cell)
        date = weekday and _DATES[form].match(cell, weekday.end())
    if date is None:
        return None
    if date.end() == len(cell):
        return date.groupdict()
    mark = _BEFORE_CLOCK.match(cell, date.end())
    clock = mark and _CLOCK.fullmatch(cell, mark.end())
    return None if clock is None else date.groupdict() | clock.groupdict()


def _days(cell: str, form: str) -> float | None:
    """Return the days of a date in one form, or None."""
    said = _said(cell, form)
    if said is None:
        return None
    clock = _clock(said) if said.get("hour") else 0.0
    if clock is None or form == "time of day":
        return clock
    month = _month(said["name"]) if said.get("name") else int(said["month"])
    year = int(said["year"])
    if len(said["year"]) == 2:
        # 1.2.10 is a version more often than a date.
        if said.get("mark") in (".", "-") and len(said["day"] + said["month"]) < 4:
            return None
        year += 2000 if year < _PIVOT else 1900
    try:
        date = dt.date(year, month, int(said.get("day") or 1))
    except ValueError:
        return None
    return date.toordinal() - _EPOCH + clock


def _month(name: str) -> int:
    """Return the number of a month by its name, 0 for no month."""
    return _MONTH_OF.get(name.lower(), 0)


def _clock(said: dict[str, str | None]) -> float | None:
    """Return a time of day as a fraction of the day, in UTC where a zone is named."""
    hour, minute = int(said["hour"] or 0), int(said["minute"] or 0)
    second = float((said["second"] or "0").replace(",", "."))
    if said["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if said["half"] in "Pp" else 0)
    if hour > 23 or minute > 59 or second >= 61:
        return None
    zone = said["zone"] or "Z"
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        shift = int(digits[:2]) * 60 + int(digits[2:])
        minute -= shift if zone[0] == "+" else -shift
    return (hour * 3600 + minute * 60 + second) / 86400
