import math

import pytest

from gradus.calculus.check import agreeing_digits, check


def test_a_smooth_function_has_no_kink_even_where_its_slope_is_0():
    for at in (-2.0, 0.0, 1e-3, 1e4):
        found = check(lambda t: t * t, at, 2 * at)
        assert not found.is_kink
        assert found.central == pytest.approx(2 * at, abs=1e-6 * max(1, abs(at)))


def test_a_kink_has_two_slopes():
    found = check(abs, 0.0, 0.0)
    assert (found.left, found.right) == pytest.approx((-1, 1))


def test_a_wrong_derivative_agrees_in_no_digit():
    assert check(math.sin, 1.0, -math.cos(1.0)).digits == 0
    assert check(math.sin, 1.0, math.cos(1.0)).digits >= 9


def test_digits_at_the_ends():
    assert agreeing_digits(math.nan, 1.0) == 0
    assert agreeing_digits(math.inf, 1.0) == 0
    assert agreeing_digits(0.0, 1e-300) == 0
