"""Moments are right at any size."""

import numpy as np
import pytest

from gradus.tables.moments import kurtosis, mean_and_scale, skewness


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1.0, 1e149])
def test_spread_is_right_where_squares_would_overflow(size):
    mean, scale = mean_and_scale(np.array([-3.0, 1.0, 2.0]) * size)
    assert mean == pytest.approx(0, abs=1e-15 * size)
    assert scale == pytest.approx(np.sqrt(14 / 3) * size, rel=1e-12)


def test_equal_values_have_scale_1():
    assert mean_and_scale(np.array([0.1, 0.1, 0.1])) == (0.1, 1.0)
    assert kurtosis(np.array([0.1, 0.1, 0.1])) == 0


def test_rows_of_no_weight_do_not_count():
    values, weights = np.array([1.0, 1.0, 9.0]), np.array([1.0, 2.0, 0.0])
    assert mean_and_scale(values, weights) == (1.0, 1.0)


def test_shape_of_a_coin_with_three_sides():
    values = np.array([0.0, 0.0, 0.0, 4.0])  # mean 1, variance 3
    assert skewness(values) == pytest.approx((3 * -1 + 27) / 4 / 3**1.5)
    assert kurtosis(values) == pytest.approx((3 + 81) / 4 / 9)
