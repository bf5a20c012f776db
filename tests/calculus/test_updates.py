import re

import numpy as np
import pytest

from gradus.calculus.updates import written_update
from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop

RULES = (
    GradientDescent(0.1),
    GradientDescent(0.1, momentum=0.9),
    GradientDescent(0.1, momentum=0.9, nesterov=True),
    Adam(0.01),
    AdamW(0.01, weight_decay=0.1),
    RMSprop(0.01),
    RMSprop(0.01, momentum=0.5),
    Adagrad(0.1),
    Adagrad(0.1, initial_accumulator=0.3),
)


@pytest.mark.parametrize("is_weight", [True, False])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_three_updates_are_those_of_the_rule(rule, is_weight):
    params, slots, kept = np.array([0.5]), np.zeros((rule.n_slots, 1)), ()
    for step, gradient in enumerate([-0.74, 0.2, 1.5], 1):
        grads, mask = np.array([gradient]), np.array([is_weight])
        rate = rule.learning_rate
        before = float(params[0])
        params, slots = rule.update(params, grads, slots, rate, step, mask)
        options = {"is_weight": is_weight, "slots": kept, "step": step}
        written = written_update(rule, before, gradient, rate, **options)
        assert written.parameter == pytest.approx(params[0], rel=1e-15)
        assert written.slots == pytest.approx(slots[:, 0], rel=1e-15)
        kept = written.slots


def test_plain_descent_as_the_texts_write_it():
    written = written_update(GradientDescent(0.1), 0.5, -0.74, 0.1, is_weight=True)
    assert written.lines == ("0.50000 - 0.1 * (-0.74) = 0.57400",)


@pytest.mark.parametrize("gradient", [1e-12, 3.0, -4e9, 0.0])
def test_the_change_shows(gradient):
    written = written_update(GradientDescent(0.1), 12.5, gradient, 0.1, is_weight=True)
    before, after = re.fullmatch(r"(\S+) - .* = (\S+)", written.lines[-1]).groups()
    assert (before == after) == (gradient == 0)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_line_is_true(rule):
    lines = written_update(rule, 0.5, -0.74, 0.1, is_weight=True, slots=(0.3,) * rule.n_slots).lines
    for line in lines:
        *_, left, right = re.sub(r"^[a-z ]+: ", "", line).split(" = ")
        left = re.sub(r"sqrt\(", "np.sqrt(", left.replace("^", "**"))
        assert eval(left) == pytest.approx(float(right), rel=2e-5), line  # noqa: S307 our own text


def test_other_things_than_rules_are_refused():
    with pytest.raises(InvalidParameter, match=r"^rule must be an update rule; got 'adam'\.$"):
        written_update("adam", 1.0, 1.0, 0.1, is_weight=True)
