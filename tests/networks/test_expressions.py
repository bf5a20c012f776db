import re

import numpy as np
import pytest

from gradus._names import OPERATION_NAMES
from gradus.errors import InvalidParameter
from gradus.networks.expressions import evaluate, parse_expression
from tests.golden.load import golden

# One formula for each operation, smooth where it is looked at.
SMOOTH = [
    "output + target * output - 3",
    "output / (target ** 2 + 1) + target / (output ** 2 + 1)",
    "(output ** 2 + 1) ** 0.75 + output ** 3 - output ** 1 + output ** 0",
    "(output ** 2 + 1) ** -2",
    "exp(-output * target)",
    "log(1 + exp(output)) + log1p(output ** 2)",
    "sqrt(2 + output ** 2) * tanh(output - target)",
    "cosh(output / 2) * abs(output - 9)",
    "maximum(output, target) * minimum(output * 2, 3)",
    "where(output < target, output ** 2, -output) + where(output >= 0.3, 1, output)",
    "+output * (output > target) - -target * (output <= target)",
]


def jets(formula, outputs, y):
    return evaluate(parse_expression(formula), outputs, y)


@pytest.mark.parametrize("formula", SMOOTH)
def test_derivatives_against_central_differences(formula, rng):
    outputs, y = rng.normal(size=200), rng.normal(size=200)
    h = np.finfo(float).eps ** (1 / 3) * np.maximum(1, np.abs(outputs))
    here, up, down = (jets(formula, outputs + step, y) for step in (0, h, -h))
    width = (outputs + h) - (outputs - h)
    slope, bend = (up.value - down.value) / width, (up.slope - down.slope) / width
    scale = np.maximum(np.maximum(np.abs(here.slope), 1e-3 * np.abs(here.value)), 1e-3)
    assert (np.abs(slope - here.slope) / scale).max() < 1e-6
    scale = np.maximum(np.maximum(np.abs(here.curvature), 1e-3 * np.abs(here.slope)), 1e-3)
    assert (np.abs(bend - here.curvature) / scale).max() < 1e-6


@pytest.mark.parametrize("formula", SMOOTH)
def test_values_are_those_of_numpy(formula, rng):
    outputs, y = rng.normal(size=50), rng.normal(size=50)
    names = ("exp", "log", "log1p", "sqrt", "abs", "tanh", "cosh", "maximum", "minimum", "where")
    functions = {name: getattr(np, name) for name in names}
    known = {"__builtins__": {}, "output": outputs, "target": y, **functions}
    theirs = eval(formula, known)  # noqa: S307 our own list of formulas
    np.testing.assert_allclose(jets(formula, outputs, y).value, theirs, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("formula", SMOOTH[:6])
def test_complex_steps_agree(formula, rng):
    """A second witness that nothing cancels in, for formulas without an order."""
    outputs, y = rng.normal(size=50), rng.normal(size=50)
    functions = {name: getattr(np, name) for name in ("exp", "log", "log1p")}
    names = {"output": outputs + 1e-30j, "target": y, **functions}
    theirs = eval(formula, {"__builtins__": {}}, names)  # noqa: S307 our own list of formulas
    ours = jets(formula, outputs, y)
    np.testing.assert_allclose(ours.value, theirs.real, rtol=1e-13)
    np.testing.assert_allclose(ours.slope, theirs.imag / 1e-30, rtol=1e-12, atol=1e-15)


def test_four_ulp_of_exact_numbers():
    table = golden("expression")
    for output, target, *exact in table["rows"]:
        jet = jets(table["formula"], np.array([output]), np.array([target]))
        ours = np.array([jet.value[0], jet.slope[0], jet.curvature[0]])
        # The worst of them is log(cosh(e)) near e = 0, whose digits begin below 1.
        np.testing.assert_allclose(ours, exact, rtol=4e-16, atol=4e-16)


def test_what_happens_at_kinks_and_edges():
    zero, one = np.zeros(1), np.ones(1)
    jet = jets("abs(output)", zero, zero)
    assert (jet.value, jet.slope, jet.curvature) == (0, 0, 0)
    assert jets("maximum(2 * output, 3 * output)", zero, zero).slope == 2
    assert jets("sqrt(target) * output", zero, zero).slope == 0
    assert jets("sqrt(output - target)", one, one).slope == np.inf
    assert jets("where(output > 0, log(output), 5)", -one, zero).value == 5
    assert jets("where(output > 0, log(output), 5)", -one, zero).slope == 0
    assert jets("1 / (target * 0) * 0 + output", one, one).slope == 1


def test_float32_stays_float32(rng):
    outputs = rng.normal(size=(4, 2)).astype(np.float32)
    outputs.flags.writeable = False
    for formula in SMOOTH:
        jet = jets(formula, outputs, outputs)
        assert {a.dtype for a in (jet.value, jet.slope, jet.curvature)} == {np.dtype(np.float32)}
        assert {a.shape for a in (jet.value, jet.slope, jet.curvature)} == {(4, 2)}


def test_every_operation_is_used_here():
    used = {name for formula in SMOOTH for name, _ in parse_expression(formula)}
    assert used == set(OPERATION_NAMES)


GRAMMAR = "Write it with output, target, numbers, + - * / **, < <= > >=, and "


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("output +", "expression 'output +' is no formula. " + GRAMMAR),
        ("", "expression '' is no formula. " + GRAMMAR),
        ("(" * 300 + "output", "expression '((((("),
        ("-" * 900 + "output", "expression must have at most 256 steps and need at most 32 "),
        ("output" + "+1" * 400, "expression must have at most 256 steps and need at most 32 "),
        ("1+(" * 40 + "output" + ")" * 40, "expression must have at most 256 steps and need at"),
        ("output\0", "expression 'output\\x00' is no formula. "),
        ("x ** 2", "expression must not hold 'x'. " + GRAMMAR),
        ("__import__('os')", "expression must not hold \"__import__('os')\". "),
        ("output.real", "expression must not hold 'output.real'. "),
        ("(lambda: output)()", "expression must not hold '(lambda: output)()'. "),
        ("[output for x in y]", "expression must not hold '[output for x in y]'. "),
        ("exp(output, 2)", "expression must not hold 'exp(output, 2)'. "),
        ("exp(x=output)", "expression must not hold 'exp(x=output)'. "),
        ("0 < output < 1", "expression must not hold '0 < output < 1'. "),
        ("output if 1 else 2", "expression must not hold 'output if 1 else 2'. "),
        ("output % 2", "expression must not hold 'output % 2'. "),
        ("output == 2", "expression must not hold 'output == 2'. "),
        ("output + True", "expression must not hold 'True'. "),
        ("output + 1j", "expression must not hold '1j'. "),
        ("2 ** output", "expression must have numbers as exponents; got 'output'. Write a ** b as"),
        ("output ** 1e999", "expression must hold finite numbers; got inf."),
        ("output * 1" + "0" * 400, "expression must hold finite numbers; got 1000000000000000000"),
        ("target ** 2", "expression must depend on output; got 'target ** 2'."),
        ("output" + " " * 1000, "expression must be a text of at most 1000 characters; got 'outp"),
        (None, "expression must be a text of at most 1000 characters; got None."),
    ],
)
def test_what_is_no_formula(text, sentence):
    with pytest.raises(InvalidParameter, match=f"^{re.escape(sentence)}"):
        parse_expression(text)


def test_any_text_is_a_formula_or_an_error(rng):
    words = ["output", "target", "1", "-2.5", "(", ")", "+", "-", "*", "/", "**", "<", ">=", ",",
             "exp", "where", "maximum", "abs(", "\n", "if", "=", ".", "é", "'", "#"]  # fmt: skip
    n_formulas = 0
    for _ in range(5000):
        text = "".join(rng.choice(words, rng.integers(1, 9)))
        try:
            program = parse_expression(text)
        except InvalidParameter:
            continue
        n_formulas += 1
        assert evaluate(program, np.ones(2), np.ones(2)).value.shape == (2,)
    assert n_formulas > 20
