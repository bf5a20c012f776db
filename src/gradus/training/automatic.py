"""Which method trains, and how fast, where the person leaves it open: measured, tried, and said.

How a network is trained is not known here; trials are handed in as functions.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradus._typing import FloatArray
from gradus.engines.base import Batches, Engine
from gradus.networks.layers import Dense
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.optimizers.schedules import Cosine
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.optimizers.second_order.vectors import dot
from gradus.training.full_batch import is_by_rows

#: A trial is a twelfth as long as the training, and its rate falls to 0 like that of the training.
TRIAL_PART = 12
_RATIO = math.sqrt(10)
_LOWEST, _HIGHEST, _FURTHEST = -1, 2, -8
#: Multiplications that an iteration of Levenberg-Marquardt may take to be tried unasked.
MOST_WORK = 4e8
_SHORT = 5e10
# Rows that curvature is measured on, evenly spread over those that train.
_MEASURED_ROWS = 2048
# What is tried first where nothing can be measured, as at a gradient of 0.
_USUAL_RATE = 0.01
# Beyond it, up or down, the rates around the measured one could not be written.
_FAR = 1e300


def iteration_work(spec: NetworkSpec, n_rows: int) -> float:
    """Count the multiplications of one iteration of Levenberg-Marquardt, roughly.

    With p parameters and m rows times outputs ``m p^2 + p^3 / 3`` by the equations of the
    parameters, or ``m^2 * sum of widths + m^3 / 3`` row by row, whichever is taken.
    """
    p, m = n_params(spec), n_rows * spec.n_outputs
    if is_by_rows(spec, n_rows):
        return m**2 * sum(spec.widths) + m**3 / 3
    return m * p**2 + p**3 / 3


def is_quick_by_second_order(automatic: Automatic, spec: NetworkSpec, n_rows: int) -> bool:
    """Tell whether Levenberg-Marquardt may be tried: least squares, and quick iterations."""
    is_plain = all(isinstance(layer, Dense) and layer.max_norm is None for layer in spec.layers)
    is_least_squares = spec.loss == "squared_error" and spec.l1 == 0
    may_be = automatic.second_order and is_plain and is_least_squares
    return may_be and iteration_work(spec, n_rows) <= MOST_WORK


def measured_rate(engine: Engine, spec: NetworkSpec, params: FloatArray, batches: Batches) -> float:
    """Measure the step that lowers the loss most along Adam's first direction.

    With the gradient g, ``d = sign(g)`` and the Gauss-Newton matrix G it is ``g'd / d'G d``, the
    lowest point of the parabola through the loss along -d, as curvature is measured at the start.

    Parameters
    ----------
    engine, spec
        What computes, and of which network.
    params : array of shape (n_params,)
    batches
        At most 2,048 of its rows are looked at.

    Returns
    -------
    From 1e-300 to 1e300; 0.01 where it lies outside, as where gradient or curvature is 0.
    """
    rows = np.arange(len(batches.X)) if batches.rows is None else batches.rows
    rows = rows[:: -(-len(rows) // _MEASURED_ROWS)]
    weights = None if batches.weights is None else batches.weights[rows]
    X, y = batches.X[rows], batches.y[rows]
    with np.errstate(all="ignore"):
        _, grads = engine.gradient(spec, params, X, y, weights)
        direction = np.sign(grads)
        curved = engine.ggn_vp(spec, params, X, y, weights, direction)
        fall, curvature = dot(grads, direction), dot(direction, curved)
    rate = fall / curvature if curvature > 0 else math.nan
    return rate if _FAR**-1 < rate < _FAR else _USUAL_RATE


def find_rates(measured: float, trial: Callable[[float], float]) -> tuple[float, ...]:
    """Find the two best of the rates ``measured * 10**(k / 2)``, k from -1 to 2.

    Below k = -1 it goes on, down to k = -8, only as long as nothing finite has come.

    Parameters
    ----------
    measured
        Greater than 0.
    trial
        Gives the loss that a short training at a rate ends with; nan and inf are never best.

    Returns
    -------
    The best rate and the next best; the smallest alone if nothing finite comes.
    """
    losses: dict[float, float] = {}
    k = _HIGHEST
    while k >= _LOWEST or (k >= _FURTHEST and not losses):
        rate = measured * _RATIO**k
        loss = trial(rate)
        if math.isfinite(loss):
            losses[rate] = loss
        k -= 1
    return tuple(sorted(losses, key=lambda rate: losses[rate])[:2]) or (
        measured * _RATIO**_FURTHEST,
    )


class Candidate(NamedTuple):
    """A rule to train with in full.

    Attributes
    ----------
    rate
        Its first learning rate; nan stands for Levenberg-Marquardt, which has none.
    final
        The rate it falls to along a cosine: 0, or `rate` where it stays.
    """

    rate: float
    final: float

    def rule(self, automatic: Automatic) -> Rule | FullBatchMethod:
        """Return the rule itself."""
        if math.isnan(self.rate):
            return LevenbergMarquardt()
        return replace(automatic.first_order, learning_rate=Cosine(self.rate, self.final))

    def in_words(self, automatic: Automatic) -> str:
        """Name the rule."""
        if math.isnan(self.rate):
            return "Levenberg-Marquardt"
        change = "" if self.final else " falling to 0"
        return f"{type(automatic.first_order).__name__} with learning rate {self.rate:.2g}{change}"


BY_SECOND_ORDER = Candidate(math.nan, math.nan)


def is_short(spec: NetworkSpec, n_rows: int, epochs: int) -> bool:
    """Tell whether a training is so short that one more costs little: 5e10 operations at most."""
    return 6.0 * n_params(spec) * n_rows * epochs <= _SHORT
