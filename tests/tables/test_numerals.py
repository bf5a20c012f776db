"""Numbers are spelled as a column spells them, and packed bytes depend on nothing else."""

import gzip

import pytest

from gradus.tables.numerals import pack, spell
from gradus.tables.table import Spelling

NAN = float("nan")


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (12.5, 3, "12.5"),
        (12.499999999999993, 3, "12.5"),
        (12.0, 3, "12"),
        (-0.0001, 2, "0"),
        (0.0, 4, "0"),
        (451_234.4, 0, "451234"),
        (100.0, 0, "100"),
        (-7.25, 1, "-7.2"),
        (1e15, 2, "1e+15"),
        (-1.23456789e200, 0, "-1.23457e+200"),
        (1.5e-20, 15, "1.5e-20"),
        (1.5e-10, 15, "0.00000000015"),
        (NAN, 3, ""),
    ],
)
def test_spelling(number, decimals, text):
    assert spell(number, Spelling(decimals)) == text


@pytest.mark.parametrize(
    ("number", "spelling", "decimal", "text"),
    [
        (1234567.5, Spelling(1, thousands=","), ".", "1,234,567.5"),
        (1234567.5, Spelling(1, thousands="."), ",", "1.234.567,5"),
        (-1234.0, Spelling(0, "$", thousands=","), ".", "-$1,234"),
        (1234.5, Spelling(2, thousands=".", keeps_zeros=True), ",", "1.234,50"),
        (-0.001, Spelling(2, keeps_zeros=True), ".", "0.00"),
        (999.0, Spelling(2, suffix=" %", thousands=","), ",", "999 %"),
        (12.25, Spelling(2, "€ "), ",", "€ 12,25"),
        (1.5e20, Spelling(2, thousands=" "), ",", "1,5e+20"),
        (-0.001, Spelling(1, suffix=" kg"), ".", "0 kg"),
        (NAN, Spelling(1, "$"), ".", ""),
    ],
)
def test_units_thousands_and_decimal_marks(number, spelling, decimal, text):
    assert spell(number, spelling, decimal) == text


def test_packing_writes_no_time():
    assert gzip.decompress(pack(b"abc")) == b"abc"
    assert pack(b"abc")[4:8] == bytes(4)
