"""Weighted means and Kish's number, by hand."""

import numpy as np
import pytest

from gradus.verdict.averages import effective_number, mean


def test_a_weight_of_two_is_the_row_twice():
    assert mean(np.array([1.0, 4.0]), np.array([2.0, 1.0])) == 2.0
    assert mean(np.array([1.0, 1.0, 4.0])) == 2.0


def test_nothing_has_no_mean():
    assert np.isnan(mean(np.zeros(0)))
    assert np.isnan(mean(np.ones(2), np.zeros(2)))


def test_equal_weights_count_as_rows_and_unequal_ones_as_fewer():
    assert effective_number(np.full(7, 0.3)) == pytest.approx(7, rel=1e-14)
    assert effective_number(np.array([3.0, 1.0])) == 1.6
    assert effective_number(np.zeros(3)) == 0.0
