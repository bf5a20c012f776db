"""The tail of Student's distribution, against SciPy's and by hand."""

import math

import pytest
from scipy.special import stdtr

from gradus.verdict.student import upper_tail

FREEDOMS = [0.1, 1.5, 2, 3.7, 29, 100, 979, 1e5]


@pytest.mark.parametrize("freedom", FREEDOMS)
# The two forms meet between 1.7 and 1.75 where the degrees of freedom are many.
@pytest.mark.parametrize("t", [0.01, 0.3, 1.0, 1.7, 1.73, 1.75, 2.0, 5.0, 30.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_against_another_library(t, freedom, sign):
    # Logarithms of the gamma function lose digits as they grow.
    allowed = 5e-14 + 1e-14 * freedom
    assert upper_tail(sign * t, freedom) == pytest.approx(stdtr(freedom, -sign * t), rel=allowed)


@pytest.mark.parametrize("t", [1e-8, 0.5, 1.0, 40.0, 1e8])
def test_one_degree_of_freedom_is_an_angle(t):
    assert upper_tail(t, 1) == pytest.approx(math.atan2(1, t) / math.pi, rel=1e-14)


def test_the_far_ends():
    assert upper_tail(0.0, 5) == upper_tail(1e-200, 5) == 0.5
    assert upper_tail(1e160, 5) == upper_tail(math.inf, 5) == 0.0
    assert upper_tail(-1e160, 5) == upper_tail(-math.inf, 5) == 1.0
