"""Numbers as people spell them: units, thousands, decimal commas, negatives in parentheses.

One column's different cells come in, numbers go out. Files, rows and dates must not be known
here.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from gradus._dataclasses import dataclass
from gradus.tables.table import Spelling

_MINUS = "-\u2212"
_CURRENCIES = "$€£¥₹₽₩₺₪฿"
_CODES = "USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|BRL|ZAR|Rs\\.?|kr\\.?"
_CURRENCY = rf"(?:[A-Z]{{0,3}}[{_CURRENCIES}]|{_CODES})"
_BLANKS = " \u00a0\u202f\u2009"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[{_MINUS}+])?\s*(?P<prefix>{_CURRENCY}[{_BLANKS}]*)?"
    rf"(?P<late>[{_MINUS}+])?"
    rf"(?P<body>[0-9](?:[0-9.,'’{_BLANKS}]*[0-9.,])?|[.,][0-9]+)(?P<exponent>[eE][+-]?[0-9]+)?"
    rf"(?P<suffix>[{_BLANKS}]*(?:[^\W\d_]|[%‰°′″{_CURRENCIES}])[^,;0-9()]{{0,15}}[23²³]?)?"
    rf"(?P<tail>[{_MINUS}])?\s*(?(open)\))"
)
_ONLY_CURRENCY = re.compile(_CURRENCY)
_PLAIN = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INFINITE = re.compile(rf"[{_MINUS}+]?(?:inf(?:inity)?|∞)", re.IGNORECASE)
#: What stands between thousands, by decimal mark. The Indian way has groups of two as well.
_BETWEEN = {".": (",", "'", "’", " "), ",": (".", "'", "’", " ")}
_ONE_BLANK = str.maketrans(dict.fromkeys(_BLANKS, " "))


@dataclass(frozen=True)
class Numbers:
    """What a column's different cells are as numbers.

    Attributes
    ----------
    values
        One for each cell; None where it is no number in the column's spelling.
    spelling
        Of the column.
    decimal
        The mark they were read with.
    negatives
        A cell in parentheses or with its minus sign at the end, or "".
    """

    values: list[float | None]
    spelling: Spelling
    decimal: str
    negatives: str


class _Parts(NamedTuple):
    """One cell, taken apart."""

    negative: bool
    is_unusual: bool
    prefix: str
    body: str
    exponent: str
    suffix: str


def is_plain(text: str) -> bool:
    """Tell whether a text is a number with a decimal point and nothing else."""
    return _PLAIN.fullmatch(text) is not None


def is_infinite(text: str) -> bool:
    """Tell whether a text says infinity."""
    return _INFINITE.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Tell whether a text is a number in any spelling, units in letters left out."""
    if is_plain(text):
        return True
    parts = _take_apart(text)
    if parts is None:
        return False
    if any(letter.isalpha() for letter in parts.suffix) and not _is_currency(parts.suffix):
        return False
    return any(_number(parts.body, decimal, _between([parts], decimal)) for decimal in ".,")


def read_numbers(cells: Sequence[str], counts: Sequence[int], decimal: str) -> Numbers:
    """Read cells as numbers with one decimal mark, one unit and one mark between thousands.

    Parameters
    ----------
    cells
        Different, without blanks around them.
    counts
        How often each stands in the column; the unit of most cells is the column's.
    decimal
        "." or ",".
    """
    parts = [_take_apart(cell) for cell in cells]
    prefix, suffix = _unit(parts, counts)
    units = _units(prefix.strip(), suffix.strip())
    kept = [
        part if part and (part.prefix.strip(), part.suffix.strip()) in units else None
        for part in parts
    ]
    between = _between([part for part in kept if part], decimal)
    own_blank = next((c for cell in cells for c in cell if c in _BLANKS), " ")
    values: list[float | None] = []
    decimals, ends_in_zero, negatives = [], False, ""
    for cell, part in zip(cells, kept, strict=True):
        plain = _number(part.body, decimal, between) if part else ""
        if not part or not plain:
            values.append(float("inf") if is_infinite(cell) else None)
            continue
        number = float(plain + part.exponent)
        values.append(-number if part.negative else number)
        negatives = negatives or (cell if part.is_unusual else "")
        after = plain.partition(".")[2]
        decimals.append(max(0, len(after) - int(part.exponent[1:] or 0)))
        ends_in_zero = ends_in_zero or after.endswith("0")
    thousands = own_blank if between == " " else between
    # One that ends in a zero shows that the others would have, too.
    keeps_zeros = ends_in_zero and len(set(decimals)) == 1
    most = max(decimals, default=0)
    spelling = Spelling(most, prefix, suffix, thousands, keeps_zeros)
    return Numbers(values, spelling, decimal, negatives)


# A column is read with a decimal point and with a comma, by its first thousand cells.
@lru_cache(maxsize=1024)
def _take_apart(cell: str) -> _Parts | None:
    """Return sign, unit and digits of a cell, or None where it is no number in any spelling."""
    plain = _PLAIN.fullmatch(cell)
    if plain is not None:
        # As below, in a third of the time.
        sign, body, exponent = plain.groups()
        return _Parts(
            negative=sign == "-",
            is_unusual=False,
            prefix="",
            body=body,
            exponent=exponent or "",
            suffix="",
        )
    found = _NUMBER.fullmatch(cell)
    if found is None:
        return None
    signs = [found[group] for group in ("open", "sign", "late", "tail") if found[group]]
    if len(signs) > 1:
        return None
    return _Parts(
        negative=bool(signs) and signs[0] != "+",
        is_unusual=bool(found["open"] or found["tail"]),
        prefix=found["prefix"] or "",
        body=found["body"].translate(_ONE_BLANK),
        exponent=found["exponent"] or "",
        suffix=found["suffix"] or "",
    )


def _unit(parts: Sequence[_Parts | None], counts: Sequence[int]) -> tuple[str, str]:
    """Return what stands before and after most numbers; "" and "" where they are bare."""
    units: Counter[tuple[str, str]] = Counter()
    for part, count in zip(parts, counts, strict=True):
        if part:
            units[part.prefix, part.suffix] += count
    money = [unit for unit in units if unit[0].strip() or _is_currency(unit[1])]
    # Some cells of a column of money may be bare: "$1,200" below "950".
    if money and sum(units[unit] for unit in money) + units["", ""] >= units.total() / 2:
        return max(money, key=lambda unit: units[unit])
    return units.most_common(1)[0][0] if units else ("", "")


def _units(prefix: str, suffix: str) -> set[tuple[str, str]]:
    """Return what cells may have of a column's unit: in a column of money they may be bare."""
    is_money = bool(prefix) or _is_currency(suffix)
    return {(prefix, suffix), ("", "")} if is_money else {(prefix, suffix)}


def _is_currency(suffix: str) -> bool:
    return _ONLY_CURRENCY.fullmatch(suffix.strip()) is not None


def _between(parts: Sequence[_Parts], decimal: str) -> str:
    """Return the mark between thousands that most cells have, or "" where none has."""
    marks: Counter[str] = Counter()
    for part in parts:
        for mark in _BETWEEN[decimal]:
            if mark in part.body and _number(part.body, decimal, mark):
                marks[mark] += 1
    return marks.most_common(1)[0][0] if marks else ""


def _number(body: str, decimal: str, between: str) -> str:
    """Return the digits with a decimal point and nothing between thousands; "" for no number."""
    whole, mark, fraction = body.partition(decimal)
    if fraction and not (fraction.isdigit() and fraction.isascii()):
        return ""
    if between and between in whole:
        first, *groups = whole.split(between)
        is_grouped = (
            first.isdigit()
            and len(first) <= 3
            and not first.startswith("0")
            and len(groups[-1]) == 3
            and all(group.isdigit() for group in groups)
            and (
                all(len(group) == 3 for group in groups)
                or (between == "," and all(len(group) == 2 for group in groups[:-1]))
            )
        )
        whole = "".join((first, *groups)) if is_grouped else "?"
    if whole and not whole.isdigit():
        return ""
    return whole + mark.replace(decimal, ".") + fraction if whole or fraction else ""
