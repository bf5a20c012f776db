"""A date becomes elapsed time, and its place in the cycles that the rows go through."""

import numpy as np
import pytest

from gradus.tables.features.date import DateEncoding
from tests.tables.columns import date


def fitted(*days):
    return DateEncoding.fit(date("d", *days))


def test_elapsed_time_is_standardized():
    encoding = fitted(0, 10)
    assert encoding.features == ("d",)
    assert encoding.transform(date("d", 0, 5, 20)).tolist() == [[-1], [0], [3]]


@pytest.mark.parametrize(
    ("days", "cycles"),
    [
        (np.arange(20), ("week",)),
        (np.arange(10), ()),  # few rows
        (np.arange(19) * 0.5, ()),  # few rows
        (np.arange(0, 700, 7), ("year",)),  # the same weekday always
        (np.arange(600) + 0.5, ("year", "week")),  # the same time of day always
        (np.arange(0, 2, 1 / 24), ("day",)),
        (np.arange(0, 400, 10), ("week",)),
    ],
)
def test_a_cycle_is_learned_where_rows_go_through_it(days, cycles):
    assert fitted(*days).cycles == cycles


def test_places_in_a_cycle():
    encoding = fitted(*np.arange(0, 20, 0.25))
    assert encoding.cycles == ("week", "day")
    found = encoding.transform(date("d", 0, 7, 0.25, 3.5))
    assert found[0, 1:] == pytest.approx([0, 1, 0, 1], abs=1e-12)
    assert found[1, 1:] == pytest.approx(found[0, 1:], abs=1e-12)
    assert found[2, 1:] == pytest.approx([0, 1, 1, 0], abs=1e-12)
    # Half a day into the fourth day: whole days count in the week.
    week = 2 * np.pi * 3 / 7
    assert found[3, 1:] == pytest.approx([np.sin(week), np.cos(week), 0, -1], abs=1e-12)


def test_blanks_get_the_median_and_an_indicator():
    encoding = fitted(0, 4, 8, None)
    assert encoding.transform(date("d", None, 4)).tolist() == [[0, 1], [0, 0]]


def test_dates_outside_are_strange():
    encoding = fitted(*range(101))
    assert encoding.strange(date("d", 110, 50, None)).tolist() == [
        "d 1970-04-21 is above all rows learned from (1970-01-01 to 1970-04-11)", "",
        "d is blank, which it never was",
    ]  # fmt: skip


def test_slopes_are_those_of_whole_days():
    # (sin(x + h) - sin(x - h)) / 2h is cos(x) sin(h) / h, and so for the cosine.
    encoding = fitted(*range(600), None)
    assert encoding.cycles == ("year", "week")
    for day in (3, 250, 511):
        before, after = encoding.transform(date("d", day - 1, day + 1))
        slopes, h = encoding.slopes(float(day)), 2 * np.pi / np.array([365.2425, 7])
        shrunk = np.r_[1, np.repeat(np.sin(h) / h, 2), 1]
        assert (after - before) / 2 == pytest.approx(slopes * shrunk, abs=1e-12)
    assert not encoding.slopes(np.nan).any()
    hours = fitted(*np.arange(0, 20, 0.25))
    above, below = hours.transform(date("d", 3.3 + 1e-6, 3.3 - 1e-6))
    central = (above - below)[[0, 3, 4]] / 2e-6
    assert hours.slopes(3.3)[[0, 3, 4]] == pytest.approx(central, abs=1e-6)
