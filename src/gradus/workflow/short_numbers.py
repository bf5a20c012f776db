"""Columns as numbers of one decimal, fit for working by hand, and how they came about in words.

What is worked with them must not be known here.
"""

import math

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.tables.convert import spelled
from gradus.tables.kinds import YES_NO, Described

# Short numbers lie within this.
_FARTHEST = 2.0


@dataclass(frozen=True, eq=False)
class ShortColumn:
    """A column in short numbers.

    Attributes
    ----------
    name
        Of the column.
    cells
        Of the chosen rows, as they stand in the table.
    values : array of shape (n,)
        With one decimal, within ±2.
    how
        In words.
    """

    name: str
    cells: tuple[str, ...]
    values: Float64Array
    how: str


def shorten(found: Described, rows: Int64Array) -> ShortColumn:
    """Turn some cells of a column of numbers or of two words into short numbers.

    Numbers become ``(cell - center) / unit``, rounded to one decimal, with a unit of 1, 2 or 5
    times a power of ten, and the center a multiple of it; numbers that are short already stay. Of
    two words the first by alphabet becomes 0 and the other 1, but yes is always 1.

    Parameters
    ----------
    found
        The column, of kind "number" or with two different words.
    rows
        Which rows, each with a value.
    """
    chosen = found.column.values[rows]
    name = found.column.name
    if found.column.type == "word":
        first, second = two_words(found)
        values = np.array([float(word == second) for word in chosen])
        how = f"{name}: 1 for {second}, 0 for {first}"
        return ShortColumn(name, tuple(map(str, chosen)), values, how)
    cells = tuple(spelled(one) for one in chosen)
    if (np.abs(chosen) <= _FARTHEST).all() and np.array_equal(np.round(chosen, 1), chosen):
        return ShortColumn(name, cells, chosen.astype(np.float64), f"{name}: as it is")
    unit = _unit(float(chosen.max() - chosen.min()) or abs(float(chosen[0])))
    center = unit * round(float(np.median(chosen)) / unit)
    values = np.round((chosen - center) / unit, 1) + 0.0
    sign, away = ("+", -center) if center < 0 else ("−", center)
    how = f"{name}: ({name} {sign} {away:g}) / {unit:g}, rounded to one decimal"
    return ShortColumn(name, cells, values, how)


def two_words(found: Described) -> tuple[str, str]:
    """Return the two different words of a column: what becomes 0, and what becomes 1."""
    words = sorted({word for word in found.column.values.tolist() if word is not None})
    first, second = words
    if YES_NO.get(first.strip().casefold()) == second.strip().casefold():
        return second, first
    return first, second


def _unit(width: float) -> float:
    """Return the least of 1, 2 and 5 times powers of ten that is half of a width or more."""
    power = math.floor(math.log10(width / _FARTHEST))
    return next(
        lead * 10.0**exponent
        for exponent in (power, power + 1)
        for lead in (1.0, 2.0, 5.0)
        if lead * 10.0**exponent >= width / _FARTHEST
    )
