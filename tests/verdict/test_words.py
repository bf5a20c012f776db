"""Numbers and lists as sentences say them."""

import pytest

from gradus.verdict.words import listed, number_text, percent_text, rows_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4.8999, "4.90"),
        (16.71, "16.7"),
        (167.4, "167"),
        (115_432.0, "115,000"),
        (0.001234, "0.00123"),
        (9.999, "10.00"),
        (0.0, "0"),
        (2.12e-14, "2.12e-14"),
        (3.21e20, "3.21e+20"),
        (float("inf"), "inf"),
        (-12.5, "-12.5"),
    ],
)
def test_three_digits(number, text):
    assert number_text(number) == text


def test_lists_and_shares():
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert percent_text(0.8714) == "87.1 %"


def test_rows():
    assert rows_text(1, "seen by none", 1) == "1 row, seen by none"
    assert rows_text(5000, "seen by none", 2000) == (
        "5,000 rows, seen by none; nearest neighbors on 2,000 of them"
    )
