"""How the learning rate changes over a run.

A schedule is a frozen function of t, the number of updates made before (from 0), and T, the
number the run plans. Nothing here knows gradients or rules.
"""

from typing import TypeAlias

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus._validate import check_number, check_whole
from gradus.errors import InvalidParameter


@dataclass(frozen=True)
class Constant:
    """``rate`` at every update.

    Parameters
    ----------
    rate
        Greater than 0.
    """

    rate: float

    def __post_init__(self) -> None:
        check_number("rate", self.rate, above=0.0)

    def at(self, t: Float64Array, total: int) -> Float64Array:  # noqa: ARG002 one signature
        """Give the rate of each update in `t`."""
        return np.full(t.shape, float(self.rate))


@dataclass(frozen=True)
class InverseScaling:
    """``rate / (t + 1)**power``.

    Parameters
    ----------
    rate
        Of the first update, greater than 0.
    power
        0 or greater; 0.5 as in scikit-learn.
    """

    rate: float
    power: float = 0.5

    def __post_init__(self) -> None:
        check_number("rate", self.rate, above=0.0)
        check_number("power", self.power, at_least=0.0)

    def at(self, t: Float64Array, total: int) -> Float64Array:  # noqa: ARG002
        """Give the rate of each update in `t`."""
        return self.rate / (t + 1.0) ** self.power


@dataclass(frozen=True)
class Cosine:
    """``final + (rate - final) * (1 + cos(pi t / T)) / 2`` ([LH17], one cycle).

    Parameters
    ----------
    rate
        Of the first update, greater than 0.
    final
        What it falls towards, 0 or greater; reached at t = T, one after the last update.
    """

    rate: float
    final: float = 0.0

    def __post_init__(self) -> None:
        check_number("rate", self.rate, above=0.0)
        check_number("final", self.final, at_least=0.0)

    def at(self, t: Float64Array, total: int) -> Float64Array:
        """Give the rate of each update in `t`; from T on it stays at `final`."""
        return _half_cosine(self.rate, self.final, np.minimum(t / max(total, 1), 1.0))


@dataclass(frozen=True)
class Warmup:
    """Rise in a straight line to another schedule's first rate, then follow that schedule.

    ``r(0) * (t + 1) / steps`` for t < steps, then ``r(t - steps)`` over the T - steps updates that
    are left; r is the schedule within.

    Parameters
    ----------
    steps
        Length of the rise in updates, 1 or greater.
    schedule
        What follows.
    """

    steps: int
    schedule: "Constant | InverseScaling | Cosine"

    def __post_init__(self) -> None:
        check_whole("steps", self.steps, at_least=1)
        schedule: object = self.schedule
        if not isinstance(schedule, Constant | InverseScaling | Cosine):
            message = (
                f"schedule must be a Constant, InverseScaling or Cosine schedule; got {schedule!r}."
            )
            raise InvalidParameter(message)

    def at(self, t: Float64Array, total: int) -> Float64Array:
        """Give the rate of each update in `t`."""
        left = max(total - self.steps, 0)
        first = self.schedule.at(np.zeros(1), left)
        after = self.schedule.at(np.maximum(t - self.steps, 0.0), left)
        return np.where(t < self.steps, first * (t + 1.0) / self.steps, after)


@dataclass(frozen=True)
class OneCycle:
    """Rise from ``rate / div`` to `rate`, then fall to ``rate / (div * final_div)`` ([ST19]).

    Both ways are half a cosine, as in PyTorch's `OneCycleLR`; the source has straight lines. With
    ``cos(a, b, x) = b + (a - b) * (1 + cos(pi x)) / 2`` and ``m = share * T - 1``,
    ``r(t) = cos(rate / div, rate, t / m)`` for t <= m, then
    ``r(t) = cos(rate, rate / (div * final_div), (t - m) / (T - 1 - m))``. A run too short to rise,
    m <= 0, begins at `rate`. The momentum does not cycle.

    Parameters
    ----------
    rate
        The largest, greater than 0.
    share
        Part of the run that rises, above 0 and below 1.
    div
        `rate` over the first rate, 1 or greater.
    final_div
        The first rate over the last, 1 or greater.
    """

    rate: float
    share: float = 0.3
    div: float = 25.0
    final_div: float = 1e4

    def __post_init__(self) -> None:
        check_number("rate", self.rate, above=0.0)
        check_number("share", self.share, above=0.0, below=1.0)
        check_number("div", self.div, at_least=1.0)
        check_number("final_div", self.final_div, at_least=1.0)

    def at(self, t: Float64Array, total: int) -> Float64Array:
        """Give the rate of each update in `t`; from T - 1 on it is the last one."""
        first = self.rate / self.div
        top = max(self.share * total - 1.0, 0.0)
        left = total - 1.0 - top if total > 1 else 1.0
        rise = _half_cosine(first, self.rate, t / max(top, 1.0))
        fall = _half_cosine(self.rate, first / self.final_div, np.minimum((t - top) / left, 1.0))
        return np.where(t < top, rise, fall)


def _half_cosine(start: float, end: float, part: Float64Array) -> Float64Array:
    """Go from `start` at part 0 to `end` at part 1, flat at both."""
    return end + (start - end) * (1.0 + np.cos(np.pi * part)) / 2.0


Schedule: TypeAlias = Constant | InverseScaling | Cosine | Warmup | OneCycle


def check_learning_rate(value: object) -> None:
    """Accept a number greater than 0 or a schedule.

    Raises
    ------
    InvalidParameter
        For anything else.
    """
    if not isinstance(value, Schedule):
        check_number("learning_rate", value, above=0.0)


def rates(learning_rate: float | Schedule, start: int, stop: int, total: int) -> Float64Array:
    """Give the learning rates of the updates start, start + 1, ..., stop - 1.

    Parameters
    ----------
    learning_rate
        A number is constant.
    start, stop
        Updates made before, from 0; half open.
    total
        Updates the whole run plans.

    Returns
    -------
    float64 array of shape (stop - start,). A run cut into calls gets the same numbers.
    """
    if not isinstance(learning_rate, Schedule):
        return np.full(stop - start, float(learning_rate))
    return learning_rate.at(np.arange(start, stop, dtype=np.float64), total)
