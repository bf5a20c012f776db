"""Spell numbers the way a column does, and pack text with gzip.

Must know nothing about tables and their formats.
"""

import gzip
import math

from gradus.tables.table import Spelling

MOST_DECIMALS = 15


def spell(number: float, spelling: Spelling, decimal: str = ".") -> str:
    """Spell a number with at most so many decimals.

    Zeros at their end are left out unless the spelling keeps them. nan is the empty text. Numbers
    of 1e15 and above, and those that so many decimals would leave with fewer than two digits, get
    six significant digits and an exponent where one is due.

    Parameters
    ----------
    number
        Finite or nan.
    spelling
        Decimals, what stands before and after, and between thousands.
    decimal
        The decimal mark.
    """
    if math.isnan(number):
        return ""
    body = _digits(abs(number), spelling.decimals, keeps_zeros=spelling.keeps_zeros)
    whole, point, rest = body.partition(".")
    if spelling.thousands and whole.isdigit():
        whole = f"{int(whole):,}".replace(",", spelling.thousands)
    sign = "-" if number < 0 and body.strip("0.") else ""
    return sign + spelling.prefix + whole + point.replace(".", decimal) + rest + spelling.suffix


def _digits(number: float, decimals: int, *, keeps_zeros: bool) -> str:
    is_lost = decimals == MOST_DECIMALS and 0 < number < 10 ** (2 - MOST_DECIMALS)
    if number >= 1e15 or is_lost:
        return f"{number:.6g}"
    text = f"{number:.{decimals}f}"
    return text if keeps_zeros or "." not in text else text.rstrip("0").rstrip(".")


def pack(data: bytes) -> bytes:
    """Pack with gzip; equal input gives equal bytes, as no time is written."""
    return gzip.compress(data, mtime=0)
