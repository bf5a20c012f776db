"""The line search ends at a step that meets the strong Wolfe conditions."""

import math

import numpy as np
import pytest

from gradus.optimizers.second_order.wolfe import Search

# Value and slope; the first is a function of [MT94], section 5.
FUNCTIONS = {
    "one minimum far off": lambda t: (-t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2),
    "a wall": lambda t: (math.exp(min(t, 700)) - 5 * t, math.exp(min(t, 700)) - 5),
    "waves": lambda t: (math.cos(3 * t + 1) + 0.01 * t * t, -3 * math.sin(3 * t + 1) + 0.02 * t),
    "a parabola": lambda t: ((t - 3) ** 2, 2 * (t - 3)),
    "ever flatter": lambda t: (math.exp(-t), -math.exp(-t)),
}


def searched(function, step):
    """Search from 0 with a first step; every step tried."""
    value, slope = function(0.0)
    search, tried = Search.begin(value, slope, step), []
    while not search.is_over:
        assert len(tried) < 20
        tried.append(float(search.step))
        search = search.after(*function(tried[-1]))
    return tried


@pytest.mark.parametrize("step", [1e-3, 1e-1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_last_step_meets_the_conditions(name, step):
    function = FUNCTIONS[name]
    start, first_slope = function(0.0)
    value, slope = function(searched(function, step)[-1])
    assert value <= start + 1e-3 * searched(function, step)[-1] * first_slope
    assert abs(slope) <= 0.9 * abs(first_slope)


def test_a_step_that_is_good_is_taken_at_once():
    assert searched(FUNCTIONS["a parabola"], 3.0) == [3.0]


def test_a_parabola_is_minimized_in_two_steps():
    assert searched(FUNCTIONS["a parabola"], 100.0)[1] == pytest.approx(3.0, rel=1e-12)


def test_a_step_may_grow_without_end_where_the_function_falls():
    search = Search.begin(0.0, -1.0, 1.0)
    steps = []
    while not search.is_over and len(steps) < 30:
        steps.append(search.step)
        search = search.after(-search.step, -1.0)
    assert np.all(np.diff(steps) > 0)
    assert steps[-1] == 1e10


def by_minpack(function, step):
    """Search with SciPy's translation of MINPACK's code; every step tried."""
    from scipy.optimize._dcsrch import DCSRCH

    tried = []

    def value(t):
        tried.append(t)
        return function(t)[0]

    start, slope = function(0.0)
    search = DCSRCH(value, lambda t: function(t)[1], 1e-3, 0.9, 0.1, 0.0, 1e10)
    search(step, phi0=start, derphi0=slope, maxiter=21)
    return tried


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(40))
def test_the_steps_are_those_of_minpack(seed):
    """Waves on a slope, of random lengths and heights, at first steps of all sizes."""
    generator = np.random.default_rng(seed)
    heights, lengths, phases = generator.normal(size=(3, 4))
    first = 10.0 ** generator.uniform(-3, 3)
    side = -np.sign(np.sum(heights * lengths * np.cos(phases)) - 0.4)

    def function(t):
        angles = lengths * side * t + phases
        value = np.sum(heights * np.sin(angles)) + 0.1 * (side * t - 2) ** 2
        slope = np.sum(heights * lengths * np.cos(angles)) + 0.2 * (side * t - 2)
        return float(value), float(side * slope)

    np.testing.assert_allclose(searched(function, first), by_minpack(function, first), rtol=1e-9)


AWKWARD = {
    # Far off it is lower than at the start, but not by enough.
    "soon flat": lambda t: (-0.01 * (1 - math.exp(-100 * t)), -math.exp(-100 * t)),
    # No slope is small: the bracket shrinks until it is narrow.
    "a kink": lambda t: (abs(t - 1), math.copysign(1, t - 1)),
}


@pytest.mark.oracle
@pytest.mark.parametrize("step", [1e-3, 0.3, 12.0, 20.0, 300.0])
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_steps_are_those_of_minpack(name, step):
    tried = by_minpack(AWKWARD[name], step)
    np.testing.assert_allclose(searched(AWKWARD[name], step), tried, rtol=1e-9)
