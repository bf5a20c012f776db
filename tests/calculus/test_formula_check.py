import pytest

from gradus import check_formula
from gradus.errors import InvalidParameter

H1 = "sigmoid(w1*x1 + w2*x2 + b1)"
RIGHT = f"x1 * {H1} * (1 - {H1})"
WITHOUT_W2 = "x1 * sigmoid(w1*x1 + b1) * (1 - sigmoid(w1*x1 + b1))"


@pytest.mark.parametrize(
    ("function", "derivative", "by"),
    [
        ("(1 - y)**2", "-2 * (1 - y)", "y"),
        (H1, RIGHT, "w1"),
        ("log(x)", "1 / x", "x"),
        ("abs(x) * k", "where(x < 0, -k, k)", "x"),
        ("exp(-x**2)", "-2 * x * exp(-x**2)", "x"),
    ],
)
def test_right_ones(function, derivative, by):
    found = check_formula(function, derivative, by)
    assert found.is_right
    assert found.n_points > 100
    assert found.central == pytest.approx(found.exact, rel=1e-6, abs=1e-9)


def test_two_slips_of_a_text():
    squared = check_formula("(1 - y)**2", "-2 * (1 - y)**2", "y")
    assert not squared.is_right
    assert squared.typed / squared.exact == pytest.approx(1 - squared.at["y"])
    dropped = check_formula(H1, WITHOUT_W2, "w1")
    assert not dropped.is_right
    assert "Not the derivative of sigmoid(w1*x1 + w2*x2 + b1) by w1" in dropped.text()


def test_a_slip_that_one_point_hides():
    assert check_formula("y**2", "y**2", "y", {"y": 2.0}).is_right
    assert not check_formula("y**2", "y**2", "y").is_right


def test_values_that_are_held():
    found = check_formula("a * x", "2", "x", {"a": 2.0})
    assert found.is_right
    assert found.at["a"] == 2


def test_a_small_slip_is_seen():
    assert not check_formula("3 * x", "3.0000001", "x").is_right


def test_where_the_typed_one_is_not_finite():
    found = check_formula("x**2", "2 * x + 0 * log(x)", "x")
    assert not found.is_right
    assert "typed nan" in found.text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("y**2", "2*y", "z"), "by must be a variable of the function (y); got 'z'."),
        (("2", "0", "z"), "by must be a variable of the function (none); got 'z'."),
        (("log(-1 - x**2)", "1", "x"), "the function must be finite somewhere"),
        (("x +", "1", "x"), "by must be a variable of the function (none); got 'x'."),
        (("x**2", "2 *", "x"), "expression '2 *' is no formula."),
        (("add * 2", "2", "add"), "a variable must not be called 'add'; choose another name."),
        (("__import__('os')", "1", "os"), "by must be a variable of the function"),
    ],
)
def test_refusals(arguments, sentence):
    with pytest.raises(InvalidParameter) as caught:
        check_formula(*arguments)
    assert str(caught.value).startswith(sentence)
