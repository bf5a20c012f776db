"""A number becomes a straight feature, a bent one where its tails are long, and an indicator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradus.tables.features.number import FARTHEST, NumberEncoding
from gradus.tables.moments import kurtosis, mean_and_scale
from tests.tables.columns import number


def fitted(*values):
    return NumberEncoding.fit(number("a", *values))


def features(encoding, *values):
    return encoding.transform(number("a", *values)).tolist()


def test_numbers_are_shifted_and_scaled_by_the_rows_fitted_on():
    assert features(fitted(1, 3), 1, 3, 2, 6) == [[-1.0], [1.0], [0.0], [4.0]]


def test_a_blank_gets_the_median_and_an_indicator():
    encoding = fitted(0, None, 10, 2)
    assert encoding.median == 2
    assert encoding.features == ("a", "a missing")
    found = features(encoding, None, 2, 3.5)
    assert [row[1] for row in found] == [1.0, 0.0, 0.0]
    assert found[0][0] == found[1][0]
    assert found[2][0] == 0  # 3.5 is the mean of 0, 2, 10, 2


def test_a_blank_met_later_gets_the_median_and_no_indicator():
    assert features(fitted(1, 2, 6), None) == features(fitted(1, 2, 6), 2)


def test_one_value_and_blanks():
    assert features(fitted(7, None), 7, None) == [[0.0, 0.0], [0.0, 1.0]]


def test_rows_far_out_are_held_where_float32_can_follow():
    assert features(fitted(0, 1e-100), 1e150, -1e150) == [[FARTHEST], [-FARTHEST]]


def test_a_wild_value_keeps_the_first_feature_a_straight_line(rng):
    values = np.append(rng.normal(size=999), 1e9)
    z = fitted(*values).transform(number("a", *values))
    assert np.abs(z).max() <= 10
    slope = (z[1:, 0] - z[0, 0]) / (values[1:] - values[0])
    # The rounding of differences of about 1e-9 in numbers of about 1e-2.
    assert slope == pytest.approx(slope[-1], rel=1e-4)
    # The bent one spreads the others out.
    assert z[:-1, 1].std() > 0.05


def test_long_tails_are_bent_in_order(rng):
    values = np.exp(2 * rng.normal(size=1000))
    encoding = fitted(*values)
    assert encoding.features == ("a", "a bent")
    bent = encoding.transform(number("a", *np.sort(values)))[:, 1]
    assert (np.diff(bent) > 0).all()
    assert kurtosis(bent) < kurtosis(values) / 10


def test_a_column_without_long_tails_is_a_straight_line_only(rng):
    assert fitted(*rng.normal(size=1000)).bend is None
    assert fitted(*rng.random(1000)).bend is None
    assert fitted(*(j % 100 == 0 for j in range(1000))).bend is None  # bending two values is idle
    assert fitted(*np.exp(3 * rng.normal(size=29))).bend is None  # few rows do not tell


def test_numbers_outside_are_strange():
    encoding = fitted(*range(101))  # the tenth value is 9 from the end, 5 % of the range is 5
    said = encoding.strange(number("a", -10, -9, 50, 109, 110, None)).tolist()
    assert said == [
        "a -10 is below all rows learned from (0 to 100)", "", "", "",
        "a 110 is above all rows learned from (0 to 100)", "a is blank, which it never was",
    ]  # fmt: skip


def test_a_spread_below_all_normal_numbers_is_none():
    encoded = fitted(5e-324, 0.0, 0.0).transform(number("a", 5e-324, 0.0, 1.0))[:, 0]
    assert encoded.tolist() == pytest.approx([0.0, 0.0, 1.0])


@settings(deadline=None)
@given(hnp.arrays(np.float64, 6, elements=st.floats(-1e150, 1e150, allow_subnormal=False)))
def test_encoded_rows_have_mean_0_and_scale_1_at_any_size(values):
    encoded = fitted(*values).transform(number("a", *values))[:, 0]
    assert np.isfinite(encoded).all()
    _, scale = mean_and_scale(values)
    # A spread of a few units in the last place of the numbers cannot be centered better.
    if values.min() < values.max() and scale > 1e-6 * np.abs(values).max():
        assert abs(encoded.mean()) < 1e-6
        assert encoded.std() == pytest.approx(1, abs=1e-6)
