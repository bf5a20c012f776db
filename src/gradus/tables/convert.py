"""Turn a column of one type into another: numbers into words, words into numbers or dates.

Nothing is guessed here: a cell that cannot be turned is named.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.dates import read_dates
from gradus.tables.table import Column

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - tables hold times of the wall
_DAY = timedelta(days=1)
#: How many cells a sentence shows.
_SHOWN = 3


def spelled(number: float) -> str:
    """Spell a number as a word: "3" for 3.0, and 0.1 as Python does."""
    number = float(number)
    if number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    return repr(number)


def spelled_date(days: float) -> str:
    """Spell days since 1970 as a date, with the time of day where it is not midnight."""
    try:
        moment = _EPOCH + timedelta(days=float(days))
    except OverflowError:
        return f"day {days:g}"
    if days == int(days):
        return moment.date().isoformat()
    return moment.isoformat(sep=" ", timespec="seconds")


def to_words(column: Column) -> Column:
    """Return the column as words, blank where it is blank."""
    if column.type == "word":
        return column
    spell = spelled if column.type == "number" else spelled_date
    different, places = np.unique(column.values, return_inverse=True)
    names = [None if np.isnan(value) else spell(value) for value in different]
    words = np.array(names, dtype=np.object_)[places]
    return replace(column, type="word", values=words)


def to_numbers(column: Column) -> Column:
    """Return the column as numbers, blank where it is blank; dates become days since 1970.

    Raises
    ------
    DataError
        If a word is no number. The sentence shows the first such cells.
    """
    if column.type == "number":
        return column
    if column.type == "date":
        return replace(column, type="number")
    return replace(column, type="number", values=_parsed(column, _number, "numbers", "number"))


def to_dates(column: Column) -> Column:
    """Return the column as dates: words spelled as dates, or numbers such as 2026 or 20261121.

    Raises
    ------
    DataError
        If a cell is no date, or it is not clear which number is the day and which the month.
    """
    if column.type == "date":
        return column
    words = to_words(column)
    counts = Counter(word.strip() for word in words.values if word is not None)
    cells = [_with_marks(word) for word in counts]
    found = read_dates(cells, list(counts.values()), is_day_first=True)
    if found is not None and not found.is_sure:
        raise DataError(
            f"Column {column.name!r} must hold dates that can be read in one way; in "
            f"{found.evidence!r} day and month could be either way round. Spell them as 2026-11-21."
        )
    days = dict.fromkeys(counts) if found is None else dict(zip(counts, found.values, strict=True))
    values = _parsed(words, lambda word: days[word.strip()], "dates", "date")
    return replace(column, type="date", values=values)


def _with_marks(word: str) -> str:
    """Spell 2026 and 20261121 as dates; everything else stays."""
    if re.fullmatch("[0-9]{4}", word):
        return f"{word}-01-01"
    return re.sub("^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3", word)


def _number(word: str) -> float | None:
    """Return the number a word spells, if it spells one that is finite."""
    if not _NUMBER.fullmatch(word):
        return None
    number = float(word)
    return number if np.isfinite(number) else None


def _parsed(
    column: Column, parse: Callable[[str], float | None], kind: str, one: str
) -> Float64Array:
    """Parse each different word once; name the cells that are none of the kind."""
    found = {word: parse(word) for word in set(column.values.tolist()) if word is not None}
    wrong = {word for word, value in found.items() if value is None}
    if wrong:
        rows = [row for row, word in enumerate(column.values) if word in wrong]
        cells = [f"{column.values[row]!r} (row {row + 1})" for row in rows[:_SHOWN]]
        more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
        raise DataError(
            f"Column {column.name!r} must hold {kind}; {', '.join(cells)}{more} "
            f"{'is' if len(rows) == 1 else 'are'} no {one}."
        )
    values = [np.nan if word is None else found[word] for word in column.values]
    return np.array(values, dtype=np.float64)
