"""What is fitted on some rows is applied to others unchanged, and answers find their way back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradus.tables.encode import FARTHEST, Encoder, Target, mean_and_scale

NAN = float("nan")


def test_numbers_are_shifted_and_scaled_by_the_rows_fitted_on():
    encoder = Encoder.fit(np.array([[1.0], [3.0]]))
    assert encoder.transform(np.array([[1.0], [3.0], [2.0], [6.0]])).tolist() == [
        [-1.0],
        [1.0],
        [0.0],
        [4.0],
    ]


def test_a_missing_input_gets_the_median_and_an_indicator():
    encoder = Encoder.fit(np.array([[0.0, 5.0], [NAN, 7.0], [10.0, 9.0], [2.0, 7.0]]))
    assert encoder.medians.tolist() == [2.0, 7.0]
    assert encoder.has_indicator.tolist() == [True, False]
    assert encoder.n_features == 3
    found = encoder.transform(np.array([[NAN, 7.0], [2.0, 7.0], [3.5, NAN]]))
    assert found[:, 2].tolist() == [1.0, 0.0, 0.0]
    assert found[0, 0] == found[1, 0]  # the median and the blank differ by the indicator alone
    assert found[2].tolist() == [0.0, 0.0, 0.0]  # 3.5 is the mean of 0, 2, 10, 2


def test_a_blank_met_later_gets_the_median_and_no_indicator():
    encoder = Encoder.fit(np.array([[1.0], [2.0], [6.0]]))
    assert encoder.transform(np.array([[NAN]])) == encoder.transform(np.array([[2.0]]))


def test_one_value_and_blanks():
    encoder = Encoder.fit(np.array([[7.0], [NAN]]))
    assert encoder.transform(np.array([[7.0], [NAN]])).tolist() == [[0.0, 0.0], [0.0, 1.0]]


def test_rows_far_out_are_held_where_float32_can_follow():
    encoder = Encoder.fit(np.array([[0.0], [1e-100]]))
    assert encoder.transform(np.array([[1e150], [-1e150]])).tolist() == [[FARTHEST], [-FARTHEST]]


def test_the_rows_are_not_touched():
    values = np.array([[1.0, NAN], [2.0, 3.0]])
    values.flags.writeable = False
    Encoder.fit(values).transform(values)


def test_no_rows_to_encode():
    assert Encoder.fit(np.array([[1.0], [2.0]])).transform(np.empty((0, 1))).shape == (0, 1)


@settings(deadline=None)
@given(hnp.arrays(np.float64, (6, 2), elements=st.floats(-1e150, 1e150)))
def test_encoded_rows_have_mean_0_and_scale_1_at_any_size(values):
    z = Encoder.fit(values).transform(values)
    assert np.isfinite(z).all()
    for column, encoded in zip(values.T, z.T, strict=True):
        _, scale = mean_and_scale(column)
        # A spread of a few units in the last place of the numbers cannot be centered better.
        if column.min() < column.max() and scale > 1e-6 * np.abs(column).max():
            assert abs(encoded.mean()) < 1e-6
            assert encoded.std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1.0, 1e149])
def test_spread_is_right_where_squares_would_overflow(size):
    mean, scale = mean_and_scale(np.array([-3.0, 1.0, 2.0]) * size)
    assert mean == pytest.approx(0, abs=1e-15 * size)
    assert scale == pytest.approx(np.sqrt(14 / 3) * size, rel=1e-12)


def test_the_target_comes_back_in_its_own_unit():
    y = np.array([100.0, 300.0])
    target = Target.fit(y)
    assert (target.mean, target.scale) == (200.0, 100.0)
    assert target.standardize(y).tolist() == [-1.0, 1.0]
    assert target.restore(np.array([-1.0, 0.5, NAN])).tolist()[:2] == [100.0, 250.0]
