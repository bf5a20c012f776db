import re
from typing import get_args

import numpy as np
import pytest

from gradus._names import RULE_NAMES
from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop, Rule
from tests.golden.load import golden

TRACES = golden("rules")
IS_WEIGHT = np.array(TRACES["is_weight"])
RULES = {
    "gradient_descent": GradientDescent(),
    "momentum": GradientDescent(momentum=0.9),
    "nesterov": GradientDescent(momentum=0.9, nesterov=True),
    "adam": Adam(),
    "adamw": AdamW(weight_decay=0.25),
    "rmsprop": RMSprop(),
    "rmsprop with momentum": RMSprop(momentum=0.9),
    "adagrad": Adagrad(),
    "adagrad from 0.1": Adagrad(initial_accumulator=0.1),
}
each_rule = pytest.mark.parametrize(("name", "rule"), RULES.items(), ids=list(RULES))


def slope_of_trace(params):
    """Gradient of sum(scale * p**2 / 2 + sin(p)), what make_golden.py descends."""
    return np.array(TRACES["scale"], dtype=params.dtype) * params + np.cos(params)


def ten_steps(rule, gradient, params, rate, mask):
    """The parameters after each of ten steps."""
    slots = np.zeros((rule.n_slots, params.size), dtype=params.dtype)
    trace = []
    for step in range(1, 11):
        params, slots = rule.update(params, gradient(params), slots, rate, step, mask)
        assert slots.shape == (rule.n_slots, params.size)
        trace.append(params)
    return np.array(trace)


def test_names_are_those_of_the_core():
    assert tuple(kind.name for kind in get_args(Rule)) == RULE_NAMES
    assert [rule.n_slots for rule in RULES.values()] == [0, 1, 1, 2, 2, 1, 2, 1, 1]


@each_rule
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-4)])
def test_ten_steps_of_the_exact_trace(name, rule, dtype, tolerance):
    start = np.array(TRACES["start"], dtype=dtype)
    trace = ten_steps(rule, slope_of_trace, start, TRACES["rate"], IS_WEIGHT)
    assert trace.dtype == dtype
    np.testing.assert_allclose(trace, TRACES[name], rtol=tolerance, atol=tolerance)


@each_rule
def test_update_is_pure(name, rule, rng):
    arrays = rng.normal(size=4), rng.normal(size=4), rng.uniform(size=(rule.n_slots, 4))
    for array in arrays:
        array.flags.writeable = False
    first = rule.update(*arrays, 0.1, 3, IS_WEIGHT)
    again = rule.update(*arrays, 0.1, 3, IS_WEIGHT)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, again, strict=True))


def test_biases_do_not_decay():
    rule, nothing = AdamW(weight_decay=0.5), np.zeros(4)
    params, _ = rule.update(np.ones(4), nothing, np.zeros((2, 4)), 0.1, 1, IS_WEIGHT)
    assert params.tolist() == [0.95, 1.0, 0.95, 1.0]


def test_first_step_of_adam_is_the_rate_in_every_direction():
    grads = np.array([1e-3, -5.0, 2e4, -1e-2])
    params, _ = Adam().update(np.zeros(4), grads, np.zeros((2, 4)), 0.01, 1, IS_WEIGHT)
    np.testing.assert_allclose(params, -0.01 * np.sign(grads), rtol=2e-5)


def test_first_steps_of_the_rules_that_divide_by_a_root():
    grads = np.array([1e-3, -5.0, 2e4, -1e-2])
    one_slot = np.zeros((1, 4))
    params, _ = Adagrad().update(np.zeros(4), grads, one_slot, 0.01, 1, IS_WEIGHT)
    np.testing.assert_allclose(params, -0.01 * np.sign(grads), rtol=1e-6)
    params, _ = RMSprop(decay=0.75).update(np.zeros(4), grads, one_slot, 0.01, 1, IS_WEIGHT)
    np.testing.assert_allclose(params, -0.02 * np.sign(grads), rtol=1e-4)


def test_the_momentum_of_rmsprop_does_not_hold_the_rate():
    rule, grads, slots = RMSprop(momentum=0.5, decay=0.0), np.ones(4), np.zeros((2, 4))
    params, slots = rule.update(np.zeros(4), grads, slots, 1.0, 1, IS_WEIGHT)
    params, slots = rule.update(params, grads, slots, 0.1, 2, IS_WEIGHT)
    np.testing.assert_allclose(params, -1 - 0.1 * 1.5, rtol=1e-7)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: GradientDescent(learning_rate=-0.01),
            "learning_rate must be a finite number greater than 0; got -0.01.",
        ),
        (
            lambda: GradientDescent(momentum=1),
            "momentum must be a finite number at least 0 and less than 1; got 1.",
        ),
        (
            lambda: GradientDescent(nesterov=True),
            "nesterov=True needs momentum greater than 0; got momentum=0.",
        ),
        (
            lambda: Adam(beta_1=1.0),
            "beta_1 must be a finite number at least 0 and less than 1; got 1.0.",
        ),
        (
            lambda: Adam(beta_2=-1),
            "beta_2 must be a finite number at least 0 and less than 1; got -1.",
        ),
        (lambda: Adam(epsilon=0), "epsilon must be a finite number greater than 0; got 0."),
        (
            lambda: AdamW(weight_decay=-1),
            "weight_decay must be a finite number at least 0; got -1.",
        ),
        (
            lambda: RMSprop(decay=1),
            "decay must be a finite number at least 0 and less than 1; got 1.",
        ),
        (
            lambda: RMSprop(momentum=-0.1),
            "momentum must be a finite number at least 0 and less than 1; got -0.1.",
        ),
        (lambda: RMSprop(epsilon=-3), "epsilon must be a finite number greater than 0; got -3."),
        (
            lambda: RMSprop(learning_rate=0),
            "learning_rate must be a finite number greater than 0; got 0.",
        ),
        (
            lambda: Adagrad(initial_accumulator=-1),
            "initial_accumulator must be a finite number at least 0; got -1.",
        ),
        (lambda: Adagrad(epsilon=-4), "epsilon must be a finite number greater than 0; got -4."),
        (
            lambda: Adagrad(learning_rate=-1),
            "learning_rate must be a finite number greater than 0; got -1.",
        ),
        (lambda: AdamW(epsilon=-2), "epsilon must be a finite number greater than 0; got -2."),
    ],
)
def test_numbers_outside_are_refused(make, sentence):
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        make()


# ---- other libraries: ten steps on a function drawn anew ----------------------------------------


def torch_optimizer(torch, name, weight, bias, rate):
    if name == "adam":
        return torch.optim.Adam([weight, bias], lr=rate)
    if name == "adamw":
        groups = [{"params": [weight], "weight_decay": 0.25}, {"params": [bias], "weight_decay": 0}]
        return torch.optim.AdamW(groups, lr=rate)
    if name.startswith("rmsprop"):
        momentum = 0.9 if name.endswith("momentum") else 0
        return torch.optim.RMSprop([weight, bias], lr=rate, alpha=0.9, momentum=momentum)
    if name.startswith("adagrad"):
        initial = 0.1 if name.endswith("0.1") else 0
        return torch.optim.Adagrad([weight, bias], lr=rate, initial_accumulator_value=initial)
    momentum = 0 if name == "gradient_descent" else 0.9
    return torch.optim.SGD([weight, bias], lr=rate, momentum=momentum, nesterov=name == "nesterov")


@pytest.mark.oracle
@each_rule
def test_torch_agrees(name, rule, rng):
    torch = pytest.importorskip("torch")
    scale, start, rate = rng.uniform(0.1, 3, 20), rng.normal(size=20), 0.03
    mask = np.arange(20) < 12
    ours = ten_steps(rule, lambda p: scale * p + np.cos(p), start, rate, mask)
    weight, bias = (
        torch.nn.Parameter(torch.tensor(part)) for part in (start[:12].copy(), start[12:].copy())
    )
    optimizer = torch_optimizer(torch, name, weight, bias, rate)
    for own in ours:
        optimizer.zero_grad()
        params = torch.cat([weight, bias])
        (torch.tensor(scale) * params**2 / 2 + torch.sin(params)).sum().backward()
        optimizer.step()
        theirs = torch.cat([weight, bias]).detach().numpy()
        np.testing.assert_allclose(own, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.oracle
@each_rule
def test_optax_agrees(name, rule, rng):
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    scale, start, rate = rng.uniform(0.1, 3, 20), rng.normal(size=20), 0.03
    mask = np.arange(20) < 12
    ours = ten_steps(rule, lambda p: scale * p + np.cos(p), start, rate, mask)
    with jax.enable_x64(True):
        optimizer = {
            "gradient_descent": optax.sgd(rate),
            "momentum": optax.sgd(rate, momentum=0.9),
            "nesterov": optax.sgd(rate, momentum=0.9, nesterov=True),
            "adam": optax.adam(rate),
            "adamw": optax.adamw(rate, weight_decay=0.25, mask={"weight": True, "bias": False}),
            "rmsprop": optax.rmsprop(rate, eps_in_sqrt=False),
            "rmsprop with momentum": optax.rmsprop(rate, eps_in_sqrt=False, momentum=0.9),
            # Here Optax adds the square of an epsilon below the root: too small to be seen.
            "adagrad": optax.adagrad(rate, initial_accumulator_value=0.0, eps=1e-20),
            "adagrad from 0.1": optax.adagrad(rate, initial_accumulator_value=0.1, eps=1e-20),
        }[name]
        params = {
            "weight": jax.numpy.asarray(start[:12]),
            "bias": jax.numpy.asarray(start[12:]),
        }
        scales = {"weight": scale[:12], "bias": scale[12:]}
        memory = optimizer.init(params)
        for own in ours:
            grads = {key: scales[key] * params[key] + jax.numpy.cos(params[key]) for key in params}
            updates, memory = optimizer.update(grads, memory, params)
            params = optax.apply_updates(params, updates)
            theirs = np.concatenate([params["weight"], params["bias"]])
            np.testing.assert_allclose(own, theirs, rtol=1e-9, atol=1e-9)
