"""The problem of W9, and how often a method must iterate for a goal.

506 rows of 13 columns with a fixed made-up target, 13-50-1 tanh: 751 parameters, more than rows, so
that any error can be reached.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.levenberg_marquardt import table
from benchmarks.speed.problem import Array, Layers, Problem, first_layers
from benchmarks.speed.workload import Job

N, INPUTS, HIDDEN = 506, 13, 50


def problem() -> Problem:
    """Make the rows in float64, and first weights."""
    X, y = table()
    layers = first_layers((INPUTS, HIDDEN, 1))
    return Problem(X, y, layers, "tanh", "squared_error", "descent", 1.0, N)


@dataclass(frozen=True)
class Method:
    """A method that can be told how many iterations to make.

    Attributes
    ----------
    run
        Makes so many iterations from the first weights.
    reached
        The mean squared error after the last run.
    reset
        Called before each timed run, untimed.
    """

    run: Callable[[int], object]
    reached: Callable[[], float]
    reset: Callable[[], object] = lambda: None


def until(method: Method, goal: float, most: int) -> Job:
    """Time exactly as many iterations as the goal needs, a number found before.

    The check is the goal where it is reached, else the error that was.
    """

    def error_after(count: int) -> float:
        method.reset()
        method.run(count)
        return method.reached()

    few, enough = 0, 1
    while enough < most and error_after(enough) > goal:
        few, enough = enough, min(2 * enough, most)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if error_after(middle) <= goal else (middle, enough)
    return Job(
        lambda: method.run(enough),
        lambda: max(error_after(enough), goal),
        reset=method.reset,
        note=f"{enough} iterations",
    )


def layers_of(theta: Array) -> Layers:
    """Cut the vector of the peers that have one: weight, bias, weight, bias."""
    ends = np.cumsum([INPUTS * HIDDEN, HIDDEN, HIDDEN])
    w, b, u, c = np.split(np.asarray(theta, dtype=float), ends)
    return [(w.reshape(INPUTS, HIDDEN), b), (u[:, None], c)]


def first_theta(dtype: type) -> Array:
    """Return the first weights as that vector."""
    parts = [part for layer in problem().layers for part in layer if part is not None]
    return np.concatenate([part.ravel() for part in parts]).astype(dtype)
