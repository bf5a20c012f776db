"""Whether a derivative that a person typed is right, and where it is not.

The true derivative is taken twice, by the chain rule and by differences. Networks must not be known
here.
"""

from collections.abc import Mapping

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.calculus.check import agreeing_digits, check
from gradus.calculus.render import spelled
from gradus.errors import InvalidParameter
from gradus.networks.expressions import (
    Step,
    differentiated,
    parse_formula,
    variables_of,
)

# Points the formulas are compared at: few decimals, so that they can be followed by hand.
_N_POINTS = 400
_DECIMALS = 2
_FARTHEST = 3.0
# Digits that have to agree wherever the derivative is not nearly 0.
_FEWEST_DIGITS = 9
_SMALL = 1e-9


@dataclass(frozen=True)
class FormulaCheck:
    """What came of it.

    Attributes
    ----------
    function, derivative, by
        What was typed.
    is_right
        Whether the typed derivative is that of the function at every point tried.
    at
        Values of the variables: where they differ, or, if they nowhere do, the first point tried.
    typed, exact, central
        There: the typed derivative, the one by the chain rule, and a difference quotient.
    n_points
        How many points were tried: those where the function is finite.
    """

    function: str
    derivative: str
    by: str
    is_right: bool
    at: dict[str, float]
    typed: float
    exact: float
    central: float
    n_points: int

    def text(self, digits: int = 6) -> str:
        """Say in two or three lines what came of it."""
        place = ", ".join(f"{name} = {spelled(value, digits)}" for name, value in self.at.items())
        numbers = [spelled(one, digits) for one in (self.typed, self.exact, self.central)]
        found = (
            f"at {place}: typed {numbers[0]}, by the chain rule {numbers[1]}, "
            f"by central difference {numbers[2]}."
        )
        if self.is_right:
            tried = f"at all {self.n_points} points tried, such as " if self.n_points > 1 else ""
            return f"Right {tried}{found}"
        said = f"Not the derivative of {self.function} by {self.by}: {found}"
        if self.exact and np.isfinite(self.typed):
            return f"{said}\nIt is {spelled(self.typed / self.exact, digits)} times what is right."
        return said


def check_formula(
    function: str, derivative: str, by: str, at: Mapping[str, float] | None = None
) -> FormulaCheck:
    """Compare a typed derivative with the true one at many points.

    Parameters
    ----------
    function
        A formula of any variables, such as ``"(1 - y)**2"``; see `ExpressionLoss` for what it may
        hold.
    derivative
        What is believed to be its derivative.
    by
        The variable.
    at
        Values of some variables, which are then held there.

    Raises
    ------
    InvalidParameter
        If a text is no formula, or `by` is no variable of the function, or no point has finite
        values.

    Examples
    --------
    >>> check_formula("(1 - y)**2", "-2 * (1 - y)", "y").is_right
    True
    >>> check_formula("(1 - y)**2", "-2 * (1 - y)**2", "y").is_right
    False
    """
    variables = variables_of(function)
    if by not in variables:
        known = ", ".join(variables) or "none"
        raise InvalidParameter(f"by must be a variable of the function ({known}); got {by!r}.")
    names = tuple(sorted({*variables, *variables_of(derivative), *(at or {})}))
    typed_program = parse_formula(derivative, names)
    program = parse_formula(function, names)
    points = _points(names, by, at or {})
    jet = differentiated(program, points, by)
    typed = differentiated(typed_program, points, by).value
    is_there = np.isfinite(jet.value) & np.isfinite(jet.slope)
    if not is_there.any():
        raise InvalidParameter(
            f"the function must be finite somewhere; {function!r:.60} is not at any point tried."
        )
    chosen = np.flatnonzero(is_there)
    wrong = [k for k in chosen if _differ(float(typed[k]), float(jet.slope[k]))]
    k = int(wrong[0] if wrong else chosen[0])
    place = {name: float(values[k]) for name, values in points.items()}
    central = _central(program, place, by, float(jet.slope[k]))
    numbers = float(typed[k]), float(jet.slope[k]), central
    return FormulaCheck(function, derivative, by, not wrong, place, *numbers, len(chosen))


def _points(names: tuple[str, ...], by: str, at: Mapping[str, float]) -> dict[str, Float64Array]:
    """Draw values of few decimals for each variable that is not held, the same on every run."""
    random = np.random.default_rng(0)
    n = 1 if set(names) <= set(at) else _N_POINTS
    found = {}
    for name in names:
        drawn = np.round(random.uniform(-_FARTHEST, _FARTHEST, size=n), _DECIMALS)
        found[name] = np.full(n, float(at[name])) if name in at else drawn
    assert by in found, "the caller has looked"
    return found


def _differ(typed: float, exact: float) -> bool:
    if abs(typed - exact) <= _SMALL:
        return False
    return agreeing_digits(typed, exact) < _FEWEST_DIGITS


def _central(program: tuple[Step, ...], place: dict[str, float], by: str, exact: float) -> float:
    """Return the difference quotient of the function at one point."""

    def function(value: float) -> float:
        values = {name: np.array([one]) for name, one in {**place, by: value}.items()}
        return float(differentiated(program, values, by).value[0])

    return check(function, place[by], exact).central
