"""Numerical derivatives beside the exact ones: how many digits agree, and which side of a kink.

What is differentiated must not be known here.
"""

import math
from collections.abc import Callable

import numpy as np

from gradus._dataclasses import dataclass

#: A float64 has no more digits.
MOST_DIGITS = 15
_EPSILON = float(np.finfo(np.float64).eps)
# Steps to either side of a kink; what is smooth differs ten times less over the second.
_SIDE_STEP = 1e-5
# Rounding leaves so much of the function's size in a difference quotient, times its step.
_NOISE = 16 * _EPSILON


@dataclass(frozen=True)
class Check:
    """A derivative beside difference quotients of the same function.

    Attributes
    ----------
    exact
        By the chain rule.
    central
        ``(f(t + h) - f(t - h)) / 2h``.
    step
        h.
    digits
        How many leading digits of the two agree, 0 to 15. Rounding leaves the quotient about ten.
    left, right
        ``(f(t) - f(t - h)) / h`` and ``(f(t + h) - f(t)) / h`` at a kink, where they are two
        different slopes; None elsewhere.
    """

    exact: float
    central: float
    step: float
    digits: int
    left: float | None = None
    right: float | None = None

    @property
    def is_kink(self) -> bool:
        """Whether the slopes on both sides differ."""
        return self.left is not None


def check(function: Callable[[float], float], at: float, exact: float) -> Check:
    """Compare a derivative with central differences.

    The step is ``h = eps**(1/3) * max(1, abs(at))``, which balances rounding and bending.

    Parameters
    ----------
    function
        Of one number, computed in float64.
    at
        Where.
    exact
        Its derivative there.
    """
    step = _EPSILON ** (1 / 3) * max(1.0, abs(at))
    with np.errstate(all="ignore"):
        central = (function(at + step) - function(at - step)) / ((at + step) - (at - step))
        left, right = _sides(function, at)
    return Check(exact, central, step, agreeing_digits(exact, central), left, right)


def agreeing_digits(a: float, b: float) -> int:
    """Count the leading digits that two numbers share, 0 to 15.

    Examples
    --------
    >>> agreeing_digits(0.0214, 0.02147), agreeing_digits(1.0, 1.0), agreeing_digits(1.0, -1.0)
    (2, 15, 0)
    """
    if a == b:
        return MOST_DIGITS
    if not (math.isfinite(a) and math.isfinite(b)):
        return 0
    relative = abs(a - b) / max(abs(a), abs(b))
    return max(0, min(MOST_DIGITS, math.floor(-math.log10(relative))))


def _sides(function: Callable[[float], float], at: float) -> tuple[float | None, float | None]:
    """Return the slopes left and right of a kink; None and None where there is none.

    Where a function is smooth, the slopes of its two sides come closer as the step shrinks.
    """
    here = function(at)
    gaps = []
    for step in (_SIDE_STEP, _SIDE_STEP / 10):
        low, high = (at + sign * step * max(1.0, abs(at)) for sign in (-1, 1))
        left = (here - function(low)) / (at - low)
        right = (function(high) - here) / (high - at)
        gaps.append((abs(right - left), _NOISE * abs(here) / (high - at), left, right))
    (wide, _, _, _), (narrow, noise, left, right) = gaps
    is_kink = narrow > wide / 2 and narrow > 4 * noise
    return (left, right) if is_kink else (None, None)
