"""What the readers of typed formats share: checks of names and numbers, texts, decimals.

Must know nothing about any format.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from gradus._ordered import distinct
from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.dates import read_dates
from gradus.tables.table import Column, Spelling

#: The largest magnitude read. Sums and squares of standard deviations stay far below float64's
#: 1.8e308, so nothing later needs to look for an overflow.
LARGEST = 1e150
#: Whole numbers up to this one, 2^53, are exact in float64.
LARGEST_EXACT = 2**53
_MOST_DECIMALS = 15
_YEAR_FIRST = re.compile(r"\d{4}-\d\d-\d\d")


def named(names: Sequence[str], table: str) -> list[str]:
    """Return the names, "column 3" for one that is blank.

    Raises
    ------
    DataError
        If two are equal.
    """
    whole = [name if name.strip() else f"column {j}" for j, name in enumerate(names, start=1)]
    if not whole:
        raise DataError(f"{table} must have at least one column.")
    double, count = Counter(whole).most_common(1)[0]
    if count > 1:
        first, second = [j for j, name in enumerate(whole, start=1) if name == double][:2]
        raise DataError(
            f"{table} must have columns of different names; columns {first} and {second} are "
            f"both called {double!r}."
        )
    return whole


def check_finite(table: str, column: Column) -> None:
    """Refuse numbers and dates beyond `LARGEST`, infinities among them.

    Raises
    ------
    DataError
        If there is one; it names the column and the row, counted from 1.
    """
    if column.type == "word":
        return
    bad = np.flatnonzero(np.abs(column.values) > LARGEST)
    if len(bad):
        raise DataError(
            f"Column {column.name!r} of {table} must hold {column.type}s that are finite, between "
            f"-1e150 and 1e150; row {bad[0] + 1:,} holds {column.values[bad[0]]:g}."
        )


def column_of_texts(name: str, values: Iterable[str | None]) -> Column:
    """Return words without blanks around, None where nothing is left; or dates.

    Dates, if every one is spelled year first, as in 2024-02-29 or 2024-02-29T08:30:00.
    """
    words = [None if value is None else value.strip() or None for value in values]
    counts = Counter(word for word in words if word is not None)
    if counts and all(map(_YEAR_FIRST.match, counts)):
        dates = read_dates(list(counts), list(counts.values()), is_day_first=False)
        if dates is not None and None not in dates.values:
            days: dict[str | None, float | None] = dict(zip(counts, dates.values, strict=True))
            return Column(name, "date", np.array([days.get(word) for word in words], dtype=float))
    return Column(name, "word", np.array([*words, None], dtype=np.object_)[:-1])


def column_of_numbers(name: str, values: Float64Array) -> Column:
    """Return numbers with the decimals that they need."""
    return Column(name, "number", values, Spelling(decimals_of(values)))


def decimals_of(values: Float64Array) -> int:
    """Return the most decimals that any of the numbers needs, 15 at most."""
    rest = distinct(values[np.isfinite(values)])
    for decimals in range(_MOST_DECIMALS):
        # Above 1e15 / 10^decimals every float64 is its own rounding, and rounding would overflow.
        with np.errstate(over="ignore", invalid="ignore"):
            rest = rest[np.round(rest, decimals) != rest]
        if not len(rest):
            return decimals
    return _MOST_DECIMALS
