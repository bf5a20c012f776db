"""How far to go along a direction: Moré and Thuente's line search for the strong Wolfe conditions.

It knows one function of one number, the step, by its values and slopes.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradus._dataclasses import dataclass

# The conditions: the function has fallen by this share of what the first slope promised, and the
# slope has shrunk to this share of the first one.
_DECREASE = 1e-3
_CURVATURE = 0.9
# The bracket is narrow enough at this width, relative to its upper end.
_NARROW = 0.1
_LONGEST_STEP = 1e10


class Trial(NamedTuple):
    """One step tried."""

    step: float
    value: float
    slope: float


@dataclass(frozen=True)
class Search:
    """What is known of the function along a direction; `after` gives the next value ([MT94]).

    The numbers are those of L-BFGS-B, so that both make the same steps.

    Parameters
    ----------
    start
        The trial of step 0; its slope is less than 0.
    step
        The step to try next, greater than 0.
    best, other
        The two ends that steps are chosen from: the best trial so far, and where there is a
        bracket its other end.
    is_bracketed
        Whether a minimum lies between the two.
    is_first_stage
        Whether no trial has fallen far enough yet while its slope had turned.
    lower, upper
        Bounds of the next step.
    width, width_before
        Lengths of the last two brackets.
    is_over
        Whether the last trial is the one to take.
    """

    start: Trial
    step: float
    best: Trial
    other: Trial
    is_bracketed: bool
    is_first_stage: bool
    lower: float
    upper: float
    width: float
    width_before: float
    is_over: bool = False

    @classmethod
    def begin(cls, value: float, slope: float, step: float) -> "Search":
        """Begin where the function has `value` and `slope`, with a first step to try."""
        # NumPy's numbers, so that a division by 0 gives inf and not an error.
        start = Trial(np.float64(0), np.float64(value), np.float64(slope))
        return cls(
            start=start,
            step=step,
            best=start,
            other=start,
            is_bracketed=False,
            is_first_stage=True,
            lower=0.0,
            upper=5 * step,
            width=_LONGEST_STEP,
            width_before=2 * _LONGEST_STEP,
        )

    def after(self, value: float, slope: float) -> "Search":
        """Take in the value and slope, both finite, at `step`; a next step of nan ends in vain."""
        trial, promise = Trial(self.step, value, slope), _DECREASE * self.start.slope
        enough = self.start.value + trial.step * promise
        is_first = self.is_first_stage and not (value <= enough and slope >= 0)
        if self._is_last(trial, enough, promise):
            return replace(self, is_over=True)
        # Before a trial has fallen enough, the function less the promised line is searched.
        tilt = promise if is_first and enough < value <= self.best.value else 0.0
        ends = (_tilted(self.best, tilt), _tilted(self.other, tilt), _tilted(trial, tilt))
        with np.errstate(all="ignore"):
            best, other, step, is_bracketed = _advance(*ends, self)
        best, other = _tilted(best, -tilt), _tilted(other, -tilt)
        width, width_before = self.width, self.width_before
        if is_bracketed:
            if abs(other.step - best.step) >= 0.66 * width_before:
                step = best.step + 0.5 * (other.step - best.step)
            width_before, width = width, abs(other.step - best.step)
            lower, upper = sorted((best.step, other.step))
        else:
            lower = step + 1.1 * (step - best.step)
            upper = step + 4.0 * (step - best.step)
        step = min(max(step, 0.0), _LONGEST_STEP)
        is_narrow = step <= lower or step >= upper or upper - lower <= _NARROW * upper
        if is_bracketed and is_narrow:
            step = best.step
        return Search(
            start=self.start,
            step=step,
            best=best,
            other=other,
            is_bracketed=is_bracketed,
            is_first_stage=is_first,
            lower=lower,
            upper=upper,
            width=width,
            width_before=width_before,
        )

    def _is_last(self, trial: Trial, enough: float, promise: float) -> bool:
        """Say whether the trial is good enough, or as good as any will be."""
        if trial.value <= enough and abs(trial.slope) <= -_CURVATURE * self.start.slope:
            return True
        if trial.step >= _LONGEST_STEP and trial.value <= enough and trial.slope <= promise:
            return True
        is_narrow = self.upper - self.lower <= _NARROW * self.upper
        is_at_an_end = trial.step <= self.lower or trial.step >= self.upper
        return self.is_bracketed and (is_narrow or is_at_an_end)


def _tilted(trial: Trial, slope: float) -> Trial:
    """Take a straight line off the function."""
    return Trial(trial.step, trial.value - trial.step * slope, trial.slope - slope)


def _advance(
    best: Trial, other: Trial, trial: Trial, search: Search
) -> tuple[Trial, Trial, float, bool]:
    """Choose the next step from cubics and parabolas, and the ends that stay (section 4)."""
    is_bracketed, has_turned = search.is_bracketed, trial.slope * math.copysign(1, best.slope) < 0
    if trial.value > best.value:
        cubic, parabola = _cubic(best, trial), _parabola(best, trial)
        is_closer = abs(cubic - best.step) <= abs(parabola - best.step)
        step = cubic if is_closer else cubic + (parabola - cubic) / 2
        return best, trial, step, True
    if has_turned:
        cubic, secant = _cubic(trial, best), _secant(trial, best)
        step = cubic if abs(cubic - trial.step) > abs(secant - trial.step) else secant
        return trial, best, step, True
    if abs(trial.slope) < abs(best.slope):
        step = _flattening(best, other, trial, search)
    elif is_bracketed:
        step = _cubic(trial, other)
    else:
        step = search.upper if trial.step > best.step else search.lower
    return trial, other, step, is_bracketed


def _flattening(best: Trial, other: Trial, trial: Trial, search: Search) -> float:
    """Choose the step where the function falls on and grows flatter."""
    is_ahead = trial.step > best.step
    cubic, secant = _cubic(trial, best, beyond=True), _secant(trial, best)
    if math.isnan(cubic):
        cubic = search.upper if is_ahead else search.lower
    is_cubic_closer = abs(cubic - trial.step) <= abs(secant - trial.step)
    if not search.is_bracketed:
        step = secant if is_cubic_closer else cubic
        return min(max(step, search.lower), search.upper)
    step = cubic if is_cubic_closer else secant
    limit = trial.step + 0.66 * (other.step - trial.step)
    return min(step, limit) if is_ahead else max(step, limit)


def _cubic(a: Trial, b: Trial, *, beyond: bool = False) -> float:
    """Minimize the cubic through both trials; `beyond` asks for one not between them, else nan."""
    length = b.step - a.step
    theta = 3 * (a.value - b.value) / length + a.slope + b.slope
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    root = scale * math.sqrt(max(0.0, (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)))
    root = math.copysign(root, length)
    share = ((root - a.slope) + theta) / (((root - a.slope) + root) + b.slope)
    if beyond and (share >= 0 or root == 0):
        return math.nan
    return a.step + share * length


def _parabola(a: Trial, b: Trial) -> float:
    """Minimize the parabola through both values and the slope at `a`."""
    length = b.step - a.step
    return a.step + a.slope / ((a.value - b.value) / length + a.slope) / 2 * length


def _secant(a: Trial, b: Trial) -> float:
    """Find where the straight line through both slopes is 0."""
    return a.step + a.slope / (a.slope - b.slope) * (b.step - a.step)
