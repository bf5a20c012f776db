"""Dates become days since 1970, in the form that all cells of a column share."""

import pytest

from gradus.tables.dates import is_date, read_dates


def days(*cells, is_day_first=False):
    return read_dates(cells, [1] * len(cells), is_day_first=is_day_first)


# 2024-01-31 is day 19753 of the time that begins with 1970 (date -d 2024-01-31 +%s, over 86400).
@pytest.mark.parametrize(
    "cell",
    ["2024-01-31", "2024/1/31", "2024.01.31", "31.01.2024", "31/1/2024", "31/01/24", "31.01.24",
     "01/31/2024", "31-Jan-2024", "31 January 2024", "31st Jan 2024", "Jan 31, 2024",
     "January 31st 2024", "Wed, 31 Jan 2024", "2024-01-31 00:00", "2024-01-31T00:00:00.000Z",
     "31. Januar 2024", "31 janvier 2024", "31 janv. 2024", "31 Gennaio 2024", "31 enero 2024",
     "2024-01-31 02:00:00+02:00", "2024-01-30 22:00 -0200", "Jan 31, 2024 12:00 AM"],
)  # fmt: skip
def test_one_day_in_all_forms(cell):
    found = days(cell)
    assert found.values == [19753]
    assert is_date(cell)


@pytest.mark.parametrize(
    ("cell", "fraction"),
    [("00:00", 0), ("10:30", 0.4375), ("6:00 PM", 0.75), ("12:00 am", 0), ("18:00:00.0", 0.75)],
)
def test_times_of_day(cell, fraction):
    found = days(cell)
    assert (found.values, found.form) == ([fraction], "time of day")


@pytest.mark.parametrize(
    "cell",
    ["", "abc", "2024", "2024-13-01", "2023-02-30", "31/02/2024", "25:00", "10:60", "13:00 PM",
     "1.2.10", "12-34-56", "2024-01/31", "31 Foo 2024", "May", "0000-00-00"],
)  # fmt: skip
def test_what_is_no_date(cell):
    assert days(cell) is None
    assert not is_date(cell)


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("1er août 2024", "2024-08-01"), ("3. März 2024", "2024-03-03"),
        ("MÄRZ 2024", "2024-03-01"),
        ("24-Dez-2024", "2024-12-24"), ("9 févr. 2024", "2024-02-09"), ("5 mai 2024", "2024-05-05"),
        ("7 septiembre 2024", "2024-09-07"), ("2 luglio 2024", "2024-07-02"),
    ],
)  # fmt: skip
def test_months_of_other_languages(cell, date):
    assert days(cell).values == days(date).values


def test_day_and_month_are_told_by_any_cell():
    assert days("01/02/2024", "31/01/2024").form == "day first"
    assert days("01/02/2024", "01/31/2024").form == "month first"
    assert days("01/02/2024", "31/01/2024").evidence == "31/01/2024"


def test_day_and_month_that_nobody_can_tell_are_said_to_be_a_guess():
    found = days("01/02/2024", "03/04/2024")
    assert (found.form, found.is_sure) == ("month first", False)
    found = days("01/02/2024", "03/04/2024", is_day_first=True)
    assert (found.form, found.is_sure) == ("day first", False)
    assert days("01.02.2024", "03.04.2024").is_sure


def test_a_cell_of_another_form_is_no_date():
    assert days("2024-01-31", "2024-01-30", "31.01.2024").values == [19753, 19752, None]


def test_months_are_their_first_day():
    assert days("2024-01", "2024/02").values == [19723, 19754]
    assert days("Jan 2024").values == days("01/2024").values == [19723]
