"""Numbers are read as people spell them, and nothing else is a number."""

import pytest

from gradus.tables.spelled import is_infinite, is_number, is_plain, read_numbers
from gradus.tables.table import Spelling


@pytest.mark.parametrize(
    ("cells", "decimal", "values", "spelling"),
    [
        (["1", "2.50"], ".", [1, 2.5], Spelling(2)),
        (["+5", ".5", "5.", "-0"], ".", [5, 0.5, 5, 0], Spelling(1)),
        (["1e5", "1.5E-3"], ".", [1e5, 1.5e-3], Spelling(4)),
        (["1,5", "-2,25"], ",", [1.5, -2.25], Spelling(2)),
        (["1,234", "5"], ".", [1234, 5], Spelling(0, thousands=",")),
        (["1,234", "1234"], ".", [1234, 1234], Spelling(0, thousands=",")),
        (["1.234.567,5"], ",", [1234567.5], Spelling(1, thousands=".")),
        (["1 234", "5 678 901"], ".", [1234, 5678901], Spelling(0, thousands=" ")),
        (["1\u202f234"], ",", [1234], Spelling(0, thousands="\u202f")),
        (["1'234.5"], ".", [1234.5], Spelling(1, thousands="'")),
        (["12,34,567"], ".", [1234567], Spelling(0, thousands=",")),
        (["1,23,4", "0,123", "1,2345", "1234,567"], ".", [None] * 4, Spelling(0)),
        (["12 %", "5%"], ".", [12, 5], Spelling(0, suffix=" %")),
        (["€5", "€ 6.50"], ".", [5, 6.5], Spelling(2, prefix="€")),
        (["US$5", "US$6"], ".", [5, 6], Spelling(0, prefix="US$")),
        (["-$5", "$-6", "7"], ".", [-5, -6, 7], Spelling(0, prefix="$")),
        (["$5", "€6", "$7"], ".", [5, None, 7], Spelling(0, prefix="$")),
        (["5 km/h", "7 km/h"], ".", [5, 7], Spelling(0, suffix=" km/h")),
        (["20 m²", "30 m²"], ".", [20, 30], Spelling(0, suffix=" m²")),
        (["5 kg", "7 lb", "8 kg"], ".", [5, None, 8], Spelling(0, suffix=" kg")),
        (["(1,200.00)", "($5)"], ".", [-1200, None], Spelling(2, thousands=",", keeps_zeros=True)),
        (["$1.50", "$2.25"], ".", [1.5, 2.25], Spelling(2, "$", keeps_zeros=True)),
        (["$1.55", "$2.25"], ".", [1.55, 2.25], Spelling(2, "$")),
        (["5-", "7"], ".", [-5, 7], Spelling(0)),
        (["−5"], ".", [-5], Spelling(0)),
    ],
)  # fmt: skip
def test_spellings(cells, decimal, values, spelling):
    counts = [2 if cell == "(1,200.00)" else 1 for cell in cells]
    if "($5)" in cells:  # money, where some cells are bare
        values, spelling = [-1200, -5], Spelling(2, prefix="$", thousands=",")
    found = read_numbers(cells, counts, decimal)
    assert found.values == values
    assert found.spelling == spelling


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1_000", "0x1F", "1.2.3", "--1", "+-1", "e5", "10-20", "12:30", "5/8", "٣",
     "2024-01-31", "(5", "5)", "(-5)", "-", ".", ",", "1,,2", "A12", "No. 5"],
)  # fmt: skip
def test_what_is_no_number(text):
    assert read_numbers([text], [1], ".").values == [None]
    assert read_numbers([text], [1], ",").values == [None]
    assert not is_number(text)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "+INF", "∞"])
def test_infinity_is_told(text):
    assert is_infinite(text)
    assert read_numbers([text], [1], ".").values == [float("inf")]


def test_plain_numbers_have_nothing_around_them():
    assert all(map(is_plain, ("1", "-1.5", ".5", "5.", "1e-5")))
    assert not any(map(is_plain, ("", "1,5", "1 %", "inf", "1_0")))


def test_a_unit_in_letters_does_not_make_a_heading_a_number():
    assert is_number("$5")
    assert not is_number("5 kg")
