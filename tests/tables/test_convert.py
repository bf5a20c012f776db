"""A column of one type becomes another, or the cells that cannot are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables.convert import spelled, spelled_date, to_dates, to_numbers, to_words
from tests.tables.columns import NAN, date, number, word


def refusal(convert, column):
    with pytest.raises(DataError) as caught:
        convert(column)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (1e16, "1e+16"),
        (-2.5, "-2.5"),
    ],
)
def test_numbers_are_spelled_as_people_do(value, text):
    assert spelled(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_spelled_number_is_the_same_number(value):
    assert float(spelled(value)) == value


def test_dates_are_spelled_with_the_time_where_there_is_one():
    assert spelled_date(0.0) == "1970-01-01"
    assert spelled_date(0.5) == "1970-01-01 12:00:00"
    assert spelled_date(1e9) == "day 1e+09"


def test_numbers_become_words_and_blanks_stay():
    found = to_words(number("a", 3, None, 0.5, 3))
    assert found.type == "word"
    assert found.values.tolist() == ["3", None, "0.5", "3"]


def test_words_become_numbers():
    assert to_numbers(word("a", " 3", None, "-1.5e2")).values.tolist()[::2] == [3.0, -150.0]


@pytest.mark.parametrize("cell", ["1_000", "nan", "inf", "1e999", "0x1", "١"])
def test_what_only_python_takes_for_a_number_is_none(cell):
    assert refusal(to_numbers, word("a", cell)) == (
        f"Column 'a' must hold numbers; {cell!r} (row 1) is no number."
    )


def test_the_first_cells_that_are_no_numbers_are_named():
    assert refusal(to_numbers, word("a", "x", "1", "y", "x", "z")) == (
        "Column 'a' must hold numbers; 'x' (row 1), 'y' (row 3), 'x' (row 4) and 1 more are no "
        "number."
    )


@pytest.mark.parametrize(
    ("column", "days"),
    [
        (word("d", "1970-01-02", None), [1.0, NAN]),
        (word("d", "31.01.1970", "01.02.1970"), [30.0, 31.0]),
        (word("d", "19700103"), [2.0]),
        (number("d", 1971, 1970), [365.0, 0.0]),
    ],
)
def test_words_and_years_become_dates(column, days):
    found = to_dates(column)
    assert found.type == "date"
    assert found.values == pytest.approx(days, nan_ok=True)


def test_a_date_that_can_be_read_two_ways_is_refused():
    assert refusal(to_dates, word("d", "01/02/2020", "03/04/2020")) == (
        "Column 'd' must hold dates that can be read in one way; in '01/02/2020' day and month "
        "could be either way round. Spell them as 2026-11-21."
    )


def test_what_is_no_date_is_named():
    assert refusal(to_dates, word("d", "2020-01-01", "soon")) == (
        "Column 'd' must hold dates; 'soon' (row 2) is no date."
    )
    assert refusal(to_dates, word("d", "soon")) == (
        "Column 'd' must hold dates; 'soon' (row 1) is no date."
    )


def test_a_column_of_the_type_is_left_alone():
    for convert, column in ((to_words, word("a", "x")), (to_numbers, number("a", 1))):
        assert convert(column) is column
    days = date("a", 1.5)
    assert to_dates(days) is days
    assert to_numbers(days).values.tolist() == [1.5]
