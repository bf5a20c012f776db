"""A formula as text, read by a closed grammar into a short program, and its exact derivatives.

A program is a list of steps on a stack: push a number, or take the topmost entries and put back
what an operation makes of them. The compiled core runs the same programs row by row. Nothing here
is ever handed to Python to be run, and nothing knows losses or networks.
"""

import ast
import math
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Array
from gradus.errors import InvalidParameter

#: The longest text, the longest program and the deepest stack; the core has the last two as well.
MOST_CHARACTERS = 1000
MOST_STEPS = 256
MOST_DEPTH = 32

#: The name of an operation and its number, which "number" pushes and "power" raises to.
Step: TypeAlias = tuple[str, float]

_CALLS = {
    "exp": 1, "log": 1, "log1p": 1, "sqrt": 1, "abs": 1, "tanh": 1, "cosh": 1, "maximum": 2,
    "minimum": 2, "where": 3,
}  # fmt: skip
# Sigmoid is written as 1/2 + 1/2 tanh(z / 2).
_FUNCTIONS = (*_CALLS, "sigmoid")
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
}  # fmt: skip
# Each comparison as one of the two there are, and whether its sides change places.
_COMPARISONS: dict[type[ast.cmpop], tuple[str, bool]] = {
    ast.Lt: ("less", False), ast.LtE: ("less_equal", False),
    ast.Gt: ("less", True), ast.GtE: ("less_equal", True),
}  # fmt: skip
# How many entries each operation takes.
_TAKES = {
    **dict.fromkeys(("output", "target", "number"), 0),
    **dict.fromkeys((*_BINARY.values(), "less", "less_equal"), 2),
    **dict.fromkeys(("power", "negative"), 1),
    **_CALLS,
}


def _grammar(names: tuple[str, ...]) -> str:
    known = ", ".join((*names, "numbers"))
    return f"Write it with {known}, + - * / **, < <= > >=, and {', '.join(_FUNCTIONS)}."


def parse_expression(text: object) -> tuple[Step, ...]:
    """Read a formula of `output` and `target` into a program.

    Parameters
    ----------
    text
        At most 1000 characters, such as ``"log(cosh(output - target))"``.

    Raises
    ------
    InvalidParameter
        If the text is no formula of the grammar, is too long or too deep, or has no output.
    """
    program = parse_formula(text, ("output", "target"))
    if ("output", 0.0) not in program:
        raise InvalidParameter(f"expression must depend on output; got {text!r:.60}.")
    return program


def parse_formula(text: object, names: tuple[str, ...]) -> tuple[Step, ...]:
    """Read a formula of variables into a program, in which a variable is a step of its name.

    Parameters
    ----------
    text
        As for `parse_expression`.
    names
        Of the variables, none that of an operation.

    Raises
    ------
    InvalidParameter
        If the text is no formula of the grammar, or is too long or too deep.
    """
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise InvalidParameter(
            f"expression must be a text of at most {MOST_CHARACTERS} characters; got {text!r:.60}."
        )
    taken = [name for name in names if name in _OPERATIONS or name in {"number", "power"}]
    if taken:
        raise InvalidParameter(f"a variable must not be called {taken[0]!r}; choose another name.")
    return _parse(text, names)


def variables_of(text: str) -> tuple[str, ...]:
    """List the names in a formula that are not those of functions, in their order."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return tuple(sorted({name for name in found if name not in _FUNCTIONS}))


@lru_cache(maxsize=256)
def _parse(text: str, names: tuple[str, ...]) -> tuple[Step, ...]:
    program: list[Step] = []
    try:
        _translate(ast.parse(text.strip(), mode="eval").body, program, names)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as cause:
        if isinstance(cause, InvalidParameter):
            raise
        message = f"expression {text!r:.60} is no formula. {_grammar(names)}"
        raise InvalidParameter(message) from cause
    if len(program) > MOST_STEPS or _depth(program) > MOST_DEPTH:
        raise InvalidParameter(
            f"expression must have at most {MOST_STEPS} steps and need at most {MOST_DEPTH} "
            f"numbers at once; {text!r:.60} has {len(program)} and needs {_depth(program)}."
        )
    return tuple(program)


def _translate(node: ast.expr, program: list[Step], names: tuple[str, ...]) -> None:
    """Append the steps of one part of a formula; its value is then on top of the stack."""
    match node:
        case ast.Name(id=name) if name in names:
            program.append((name, 0.0))
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            program.append(("number", _finite(value)))
        case ast.UnaryOp(op=ast.UAdd()):
            _translate(node.operand, program, names)
        case ast.UnaryOp(op=ast.USub()):
            _translate(node.operand, program, names)
            program.append(("negative", 0.0))
        case ast.BinOp(op=ast.Pow()):
            _translate(node.left, program, names)
            program.append(("power", _exponent(node.right)))
        case ast.BinOp() if type(node.op) in _BINARY:
            _operation(_BINARY[type(node.op)], [node.left, node.right], program, names)
        case ast.Compare(ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            comparison, is_swapped = _COMPARISONS[type(op)]
            sides = [right, node.left] if is_swapped else [node.left, right]
            _operation(comparison, sides, program, names)
        case ast.Call(func=ast.Name(id="sigmoid"), args=[inner], keywords=[]):
            _translate(inner, program, names)
            half = ("number", 0.5)
            program += [half, ("multiply", 0.0), ("tanh", 0.0), half, ("multiply", 0.0)]
            program += [half, ("add", 0.0)]
        case ast.Call(func=ast.Name(id=name), keywords=[]) if _CALLS.get(name) == len(node.args):
            _operation(name, node.args, program, names)
        case _:
            raise InvalidParameter(
                f"expression must not hold {ast.unparse(node)!r:.60}. {_grammar(names)}"
            )


def _operation(
    name: str, parts: list[ast.expr], program: list[Step], names: tuple[str, ...]
) -> None:
    for part in parts:
        _translate(part, program, names)
    program.append((name, 0.0))


def _exponent(node: ast.expr) -> float:
    """Read the number that something is raised to."""
    match node:
        case ast.UnaryOp(op=ast.USub()):
            return -_exponent(node.operand)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _finite(value)
    raise InvalidParameter(
        f"expression must have numbers as exponents; got {ast.unparse(node)!r:.60}. "
        "Write a ** b as exp(b * log(a))."
    )


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number):
        return number
    raise InvalidParameter(f"expression must hold finite numbers; got {str(value)[:20]}.")


def _depth(program: list[Step]) -> int:
    """Count the entries that the stack holds at most."""
    depth = deepest = 0
    for name, _ in program:
        depth += 1 - _TAKES.get(name, 0)
        deepest = max(deepest, depth)
    return deepest


# ---- values and derivatives ---------------------------------------------------------------------


@dataclass(frozen=True)
class Jet:
    """A quantity and its first two derivatives by the output, arrays of one shape."""

    value: Array
    slope: Array
    curvature: Array


def evaluate(program: tuple[Step, ...], outputs: Array, y: Array) -> Jet:
    """Run a program on arrays, carrying both derivatives along by the chain rule.

    ``(f(u))' = f'(u) u'`` and ``(f(u))'' = f''(u) u'**2 + f'(u) u''``, where what does not change
    (u' = 0) adds 0 even if f' is infinite. abs has the slope 0 at its kink; of two equal numbers,
    maximum and minimum are the first.

    Parameters
    ----------
    program
        As `parse_expression` makes it.
    outputs, y : arrays of one shape
        What "output" and "target" stand for, entry by entry.
    """
    return differentiated(program, {"output": outputs, "target": y}, "output")


def differentiated(program: tuple[Step, ...], values: dict[str, Array], by: str) -> Jet:
    """Run a program on the values of its variables, with both derivatives by one of them.

    Parameters
    ----------
    program
        As `parse_formula` makes it.
    values
        Arrays of one shape, one for each variable.
    by
        The name of the variable.
    """
    like = values[by]
    xp = like.__array_namespace__()
    zeros, ones = xp.zeros_like(like), xp.ones_like(like)
    stack: list[Jet] = []
    with np.errstate(all="ignore"):
        for name, number in program:
            if name in values:
                stack.append(Jet(values[name], ones if name == by else zeros, zeros))
            elif name == "number":
                stack.append(Jet(zeros + number, zeros, zeros))
            elif name == "power":
                stack.append(_power(stack.pop(), number))
            else:
                taken = [stack.pop() for _ in range(_TAKES[name])][::-1]
                stack.append(_OPERATIONS[name](*taken))
    return stack.pop()


def _times(factor: Array, change: Array) -> Array:
    """Multiply, but 0 where nothing changes."""
    xp = change.__array_namespace__()
    return xp.where(change == 0, xp.zeros_like(change), factor * change)


def _chain(u: Jet, value: Array, first: Array, second: Array) -> Jet:
    """``f(u)``, given f, f' and f'' at the value of u."""
    bend = _times(second, u.slope * u.slope) + _times(first, u.curvature)
    return Jet(value, _times(first, u.slope), bend)


def _add(u: Jet, v: Jet) -> Jet:
    return Jet(u.value + v.value, u.slope + v.slope, u.curvature + v.curvature)


def _negative(u: Jet) -> Jet:
    return Jet(-u.value, -u.slope, -u.curvature)


def _multiply(u: Jet, v: Jet) -> Jet:
    """``(u v)' = u' v + u v'`` and ``(u v)'' = u'' v + 2 u' v' + u v''``."""
    slope = _times(v.value, u.slope) + _times(u.value, v.slope)
    bend = _times(v.value, u.curvature) + 2 * (u.slope * v.slope) + _times(u.value, v.curvature)
    return Jet(u.value * v.value, slope, bend)


def _divide(u: Jet, v: Jet) -> Jet:
    """``q = u / v``: ``q' = (u' - q v') / v`` and ``q'' = (u'' - 2 q' v' - q v'') / v``."""
    q = u.value / v.value
    slope = _times(1 / v.value, u.slope - _times(q, v.slope))
    bend = u.curvature - 2 * _times(slope, v.slope) - _times(q, v.curvature)
    return Jet(q, slope, _times(1 / v.value, bend))


def _power(u: Jet, c: float) -> Jet:
    """``u**c``: ``c u**(c - 1)`` and ``c (c - 1) u**(c - 2)``."""
    xp = u.value.__array_namespace__()
    zeros = xp.zeros_like(u.value)
    first = zeros if c == 0 else c * u.value ** (c - 1)
    second = zeros if c in {0, 1} else c * (c - 1) * u.value ** (c - 2)
    return _chain(u, u.value**c, first, second)


def _exp(u: Jet) -> Jet:
    e = u.value.__array_namespace__().exp(u.value)
    return _chain(u, e, e, e)


def _log(u: Jet) -> Jet:
    return _chain(
        u, u.value.__array_namespace__().log(u.value), 1 / u.value, -1 / (u.value * u.value)
    )


def _log1p(u: Jet) -> Jet:
    above = 1 + u.value
    value = u.value.__array_namespace__().log1p(u.value)
    return _chain(u, value, 1 / above, -1 / (above * above))


def _sqrt(u: Jet) -> Jet:
    root = u.value.__array_namespace__().sqrt(u.value)
    return _chain(u, root, 1 / (2 * root), -1 / (4 * root * u.value))


def _abs(u: Jet) -> Jet:
    xp = u.value.__array_namespace__()
    return _chain(u, xp.abs(u.value), xp.sign(u.value), xp.zeros_like(u.value))


def _tanh(u: Jet) -> Jet:
    """``1 - t**2``, written ``1 / cosh**2`` so that no digit cancels, and ``-2 t (1 - t**2)``."""
    xp = u.value.__array_namespace__()
    t, e = xp.tanh(u.value), xp.exp(-2 * xp.abs(u.value))
    first = 4 * e / ((1 + e) * (1 + e))
    return _chain(u, t, first, -2 * t * first)


def _cosh(u: Jet) -> Jet:
    xp = u.value.__array_namespace__()
    value = xp.cosh(u.value)
    return _chain(u, value, xp.sinh(u.value), value)


def _choose(condition: Array, u: Jet, v: Jet) -> Jet:
    xp = condition.__array_namespace__()
    pairs = (u.value, v.value), (u.slope, v.slope), (u.curvature, v.curvature)
    return Jet(*(xp.where(condition, a, b) for a, b in pairs))


def _truth(condition: Array, like: Jet) -> Jet:
    """1 where a comparison holds, else 0, and no change."""
    zeros = like.value.__array_namespace__().zeros_like(like.value)
    return Jet(zeros + condition, zeros, zeros)


_OPERATIONS: dict[str, Callable[..., Jet]] = {
    "add": _add,
    "subtract": lambda u, v: _add(u, _negative(v)),
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "exp": _exp,
    "log": _log,
    "log1p": _log1p,
    "sqrt": _sqrt,
    "abs": _abs,
    "tanh": _tanh,
    "cosh": _cosh,
    "maximum": lambda u, v: _choose(u.value >= v.value, u, v),
    "minimum": lambda u, v: _choose(u.value <= v.value, u, v),
    "less": lambda u, v: _truth(u.value < v.value, u),
    "less_equal": lambda u, v: _truth(u.value <= v.value, u),
    "where": lambda condition, u, v: _choose(condition.value != 0, u, v),
}
