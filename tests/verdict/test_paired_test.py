"""The p-value of a paired t test, against an integral of the density and by hand."""

import math

import mpmath
import numpy as np
import pytest

from gradus.verdict.paired_test import p_better


def upper_tail(t, freedom):
    """The tail of Student's distribution by integrating its density with 30 digits."""
    with mpmath.workdps(30):
        scale = mpmath.gamma((freedom + 1) / 2) / (
            mpmath.sqrt(freedom * mpmath.pi) * mpmath.gamma(mpmath.mpf(freedom) / 2)
        )
        density = lambda x: (1 + x * x / freedom) ** (-mpmath.mpf(freedom + 1) / 2)  # noqa: E731
        return float(scale * mpmath.quad(density, [t, t + 10, mpmath.inf]))


def test_by_hand():
    # d = (1, 2, 3): mean 2, sd 1, t = 2 sqrt(3); with 2 degrees of freedom the tail is
    # (1 - t / sqrt(2 + t²)) / 2.
    p = p_better(np.zeros(3), np.array([1.0, 2.0, 3.0]))
    assert p == pytest.approx((1 - math.sqrt(12 / 14)) / 2, rel=1e-12)


@pytest.mark.parametrize("n", [2, 5, 30, 1000])
def test_against_the_integral(rng, n):
    mine, other = rng.gamma(2, size=n), rng.gamma(2.2, size=n)
    d = other - mine
    t = d.mean() / (d.std(ddof=1) / np.sqrt(n))
    assert p_better(mine, other) == pytest.approx(upper_tail(t, n - 1), rel=1e-9)


def test_the_two_sides_make_one(rng):
    mine, other = rng.normal(size=20), rng.normal(size=20)
    assert p_better(mine, other) + p_better(other, mine) == pytest.approx(1, rel=1e-12)


def test_chance_gives_small_p_as_seldom_as_it_says(rng):
    found = np.array([p_better(*rng.gamma(1, size=(2, 40))) for _ in range(2000)])
    # 5 % of 2000 with a standard deviation of 9.7.
    assert abs((found < 0.05).sum() - 100) < 40


def test_differences_that_are_all_alike():
    ones = np.ones(5)
    assert p_better(ones, 2 * ones) == 0.0
    assert p_better(2 * ones, ones) == 1.0
    assert p_better(ones, ones) == 1.0


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_prove_nothing(n):
    assert p_better(np.zeros(n), np.ones(n)) == 1.0


def test_errors_beyond_float64_prove_nothing():
    assert p_better(np.ones(3), np.array([1.0, np.inf, 2.0])) == 1.0


def test_equal_weights_change_nothing_whatever_their_size(rng):
    mine, other = rng.gamma(2, size=30), rng.gamma(2.2, size=30)
    expected = p_better(mine, other)
    assert p_better(mine, other, np.full(30, 7e5)) == pytest.approx(expected, rel=1e-9)


def test_rows_without_weight_are_not_there(rng):
    mine, other = rng.gamma(2, size=30), rng.gamma(2.2, size=30)
    w = np.repeat([1.0, 0.0], 15)
    assert p_better(mine, other, w) == pytest.approx(p_better(mine[:15], other[:15]), rel=1e-9)
    assert p_better(mine, other, np.eye(30)[0]) == 1.0


def test_unequal_weights_keep_the_promise(rng):
    w = rng.gamma(1, size=60)
    found = np.array([p_better(*rng.gamma(1, size=(2, 60)), w) for _ in range(2000)])
    # 5 % of 2000 with a standard deviation of 9.7.
    assert abs((found < 0.05).sum() - 100) < 45
