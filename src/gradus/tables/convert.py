"""Turn a column of one type into another: numbers into words, words into numbers or dates.

Nothing is guessed here: a cell that cannot be turned is named.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.table import Column, listed

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
# Read after ISO 8601; two that read the same cells otherwise are refused.
_DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y %H:%M")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - tables hold times of the wall
_DAY = timedelta(days=1)
#: How many cells a sentence shows.
_SHOWN = 3


def spelled(number: float) -> str:
    """Spell a number as a word: "3" for 3.0, and 0.1 as Python does."""
    number = float(number)
    if number.is_integer() and abs(number) < 1e15:
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
    readings: list[Float64Array] = []
    for date_format in _DATE_FORMATS:
        try:
            readings.append(_parsed(words, _reader(date_format), "dates", "date"))
        except DataError:
            continue
    readings = [r for r in readings if not np.array_equal(r, readings[0], equal_nan=True)] + (
        readings[:1]
    )
    if len(readings) > 1:
        raise DataError(
            f"Column {column.name!r} must hold dates that can be read in one way; in "
            f"{_shown(words.values)} the day and the month could be either number. Spell them as "
            "2026-11-21."
        )
    values = readings[0] if readings else _parsed(words, _iso_date, "dates", "date")
    return replace(column, type="date", values=values)


def _number(word: str) -> float | None:
    """Return the number a word spells, if it spells one that is finite."""
    if not _NUMBER.fullmatch(word):
        return None
    number = float(word)
    return number if np.isfinite(number) else None


def _iso_date(word: str) -> float | None:
    """Return the days since 1970 of a date in ISO 8601 or of a year alone."""
    text = f"{word}-01-01" if re.fullmatch(r"\d{4}", word) else word
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - _EPOCH) / _DAY


def _reader(date_format: str) -> Callable[[str], float | None]:
    """Return what reads dates of one format."""

    def read(word: str) -> float | None:
        try:
            moment = datetime.strptime(word.strip(), date_format)  # noqa: DTZ007 - as _EPOCH
        except ValueError:
            return None
        return (moment - _EPOCH) / _DAY

    return read


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


def _shown(values: npt.NDArray[np.object_]) -> str:
    """Spell the first different words."""
    different = list(dict.fromkeys(word for word in values if word is not None))
    return listed(different[:_SHOWN])
