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
