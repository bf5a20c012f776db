"""Numbers at the ends of their range: small slopes keep their digits, idle rows stay idle."""

import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.engines.base import Batches, EpochLog, RunStatus, TrainState
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop
from tests.contracts.cases import RULES, run
from tests.golden.load import golden


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_a_unit_gives_the_exact_number_and_slope(engine, name):
    table = golden("activations")[name]
    value, slope, _ = np.array(table["numbers"]).T
    unit = NetworkSpec(1, (Dense(1, name, bias=False),))
    found = engine.outputs(unit, np.ones(1), np.array(table["z"])[:, None])[:, 0]
    # rtol: z**2 is rounded in the tail of gelu. atol: the smallest numbers there are.
    np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-322)
    # Behind it a weight of 1 and a loss whose gradient is 1, where the unit's value allows it.
    spec = NetworkSpec(1, (*unit.layers, Dense(1, bias=False)))
    for z, a, exact in zip(table["z"], value, slope, strict=True):
        if abs(a) < 2:
            grads = one_row(engine, spec, [z, 1.0], a - 0.5)[1]
            # Near 0 stands the zero of a slope: a difference of two numbers of size 1.
            atol = 1e-16 if abs(z) < 1 else 1e-322
            np.testing.assert_allclose(grads[0], exact, rtol=1e-12, atol=atol)


def one_row(engine, spec, params, target, weights=None):
    X, y = np.ones((1, 1)), np.full((1, 1), target)
    return engine.gradient(spec, np.array(params, dtype=float), X, y, weights)


@pytest.mark.parametrize("z", [-40.0, -20.0, 10.0, 20.0, 40.0, 300.0])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_a_saturated_unit_keeps_its_small_slope(engine, activation, z):
    spec = NetworkSpec(1, (Dense(1, activation, bias=False), Dense(1, bias=False)))
    value = 1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.tanh(z)
    e = np.exp(-abs(z) if activation == "sigmoid" else -2 * abs(z))
    slope = (1 if activation == "sigmoid" else 4) * e / (1 + e) ** 2
    grads = one_row(engine, spec, [z, 1.0], value - 0.5)[1]
    assert grads[0] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("z", [20.0, 40.0, -40.0])
@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
def test_a_sure_binary_answer_keeps_its_small_loss(engine, target, z):
    spec = NetworkSpec(1, (Dense(1, bias=False),), loss="binary_cross_entropy")
    loss, grads = one_row(engine, spec, [z], target)
    above, below = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
    softplus = max(z, 0) + np.log1p(np.exp(-abs(z)))
    expected = np.log1p(np.exp(-z)) if target == 1 else softplus - z * target
    assert loss == pytest.approx(expected, rel=1e-12)
    assert grads[0] == pytest.approx((1 - target) * above - target * below, rel=1e-12)


@pytest.mark.parametrize("logits", [(20.0, 0.0), (40.0, 0.0), (0.0, 20.0)])
def test_a_sure_class_keeps_its_small_loss(engine, logits):
    spec = NetworkSpec(1, (Dense(2, bias=False),), loss="cross_entropy")
    loss, grads = one_row(engine, spec, logits, 0.0)
    other = np.exp(logits[1] - logits[0])
    assert loss == pytest.approx(np.log1p(other), rel=1e-12)
    assert grads == pytest.approx(np.array([-1, 1]) * other / (1 + other), rel=1e-12)


def test_a_row_of_weight_0_may_hold_anything(engine):
    spec = NetworkSpec(1, (Dense(1, "softplus"), Dense(1)))
    params = np.array([1e200, 0.0, 1e-50, 0.0])
    X, y = np.array([[1e-200], [1e200]]), np.array([[0.0], [1.0]])
    weights = np.array([1.0, 0.0])
    alone = engine.gradient(spec, params, X[:1], y[:1])
    assert np.isfinite(alone[1]).all()
    together = engine.gradient(spec, params, X, y, weights)
    assert together[0] == alone[0]
    assert np.array_equal(together[1], alone[1])
    assert engine.evaluate(spec, params, X, y, weights)[0] == alone[0]
    state = TrainState.start(params, 0)
    status = engine.run(
        spec, GradientDescent(), Batches(X, y, weights, None, 2, 7), state, np.array([1e-300]),
        None, EpochLog(), cancel=np.zeros(1, np.uint8), max_seconds=None,
    )  # fmt: skip
    assert status is RunStatus.DONE


def test_weights_too_small_to_divide_by(engine):
    spec = NetworkSpec(1, (Dense(1),))
    X, y = np.array([[1.0], [2.0]]), np.zeros((2, 1))
    tiny = engine.gradient(spec, np.array([1.0, 0.0]), X, y, np.full(2, 1e-310))
    assert tiny[0] == pytest.approx(2.5)
    assert tiny[1] == pytest.approx([5.0, 3.0])


@pytest.mark.parametrize(
    ("rule", "x", "w"),
    [
        (Adam(1e-3, epsilon=1e-50), [0.0, 1.0], [0.5, 0.5]),  # 0 / (0 + 0) in float32
        (Adam(1e-5), [5e9, 0.0], [1.0, 0.0]),  # the square of the gradient leaves float32
        (RMSprop(1e-3, epsilon=1e-50), [0.0, 1.0], [0.5, 0.5]),
        (RMSprop(1e-5, momentum=0.9), [5e11, 0.0], [1.0, 0.0]),
        (Adagrad(1e-3, epsilon=1e-50), [0.0, 1.0], [0.5, 0.5]),
        (Adagrad(1e-5), [5e9, 0.0], [1.0, 0.0]),
    ],
)
def test_an_update_that_would_not_be_finite_is_not_made(engine, rule, x, w):
    spec = NetworkSpec(2, (Dense(1, bias=False),))
    params = np.array(w, dtype=np.float32)
    X, y = np.array([x], dtype=np.float32), np.full((1, 1), 0.3, dtype=np.float32)
    state = TrainState.start(params, rule.n_slots)
    status = engine.run(
        spec, rule, Batches(X, y, None, None, 1, 7), state, np.full(5, rule.learning_rate),
        None, EpochLog(), cancel=np.zeros(1, np.uint8), max_seconds=None,
    )  # fmt: skip
    assert status is RunStatus.DIVERGED
    assert np.array_equal(state.params, params)
    assert not state.slots.any()


@pytest.mark.parametrize(("rows", "key"), [(5, 0), (10, 0), (10, 1), (10, 2), (10, 3)])
def test_large_parts_of_a_moderate_gradient_stay_finite(engine, rows, key):
    """Four rows of five pull up what the fifth pulls down, beyond float32 if it came first."""
    spec = NetworkSpec(1, (Dense(1, bias=False),))
    X = np.full((rows, 1), 2.0**62, dtype=np.float32)
    y = np.tile([[0.25], [0.25], [0.25], [0.25], [-1.0]], (rows // 5, 1)) * 2.0**60
    state = TrainState.start(np.zeros(1, dtype=np.float32), 0)
    status = engine.run(
        spec, GradientDescent(), Batches(X, y.astype(np.float32), None, None, 5, key), state,
        np.full(2, 900.0), None, EpochLog(), cancel=np.zeros(1, np.uint8), max_seconds=None,
    )  # fmt: skip
    assert np.isfinite(state.params).all()
    if rows == 5:
        assert status is RunStatus.DONE
        assert state.params[0] == 0


def test_all_engines_agree_on_batches_of_one_class(engine, rng):
    spec = NetworkSpec(4, (Dense(9, "sigmoid"), Dense(3)), loss="cross_entropy")
    X, y = 20 * rng.normal(size=(50, 4)), np.ones((50, 1))
    params = 5 * rng.normal(size=9 * 5 + 3 * 10)
    ours, theirs = (e.gradient(spec, params, X, y)[1] for e in (engine, ReferenceEngine()))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max())


@pytest.mark.parametrize("width", [2, 20])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.n_slots])
def test_what_a_rule_remembers_decays_to_0(engine, name, dtype, width, rng):
    """The weights of an input that is always 0 have no gradient."""
    rule, smallest = RULES[name], np.finfo(dtype).smallest_normal
    spec = NetworkSpec(2, (Dense(width, "tanh"), Dense(1)))
    X = np.column_stack([rng.normal(size=6), np.zeros(6)]).astype(dtype)
    state = TrainState.start(initial_params(spec, 0).astype(dtype), rule.n_slots)
    idle = np.s_[:, width : 2 * width]
    state.slots[idle] = 1.2 * smallest
    first = state.params[idle[1]].copy()
    batches = Batches(X, X[:, :1], None, None, 6, 1)
    for n_updates in (1, 300):
        run(engine, spec, rule, batches, state, np.full(n_updates, 1e-3))
        assert not np.any((state.slots != 0) & (np.abs(state.slots) < smallest))
        np.testing.assert_allclose(state.slots[idle], 0, atol=1.2 * smallest)
    if not isinstance(rule, Adagrad):
        assert not state.slots[idle].any()
    if not isinstance(rule, AdamW):
        np.testing.assert_allclose(state.params[idle[1]], first, rtol=1e-6)


@pytest.mark.parametrize("width", [2, 20])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.n_slots])
def test_a_parameter_whose_square_is_nothing_becomes_0(engine, name, dtype, width, rng):
    """A penalty makes such numbers of the weights of an input that is always 0."""
    rule, smallest = RULES[name], np.finfo(dtype).smallest_normal
    spec = NetworkSpec(2, (Dense(width, "tanh"), Dense(1)))
    X = np.column_stack([rng.normal(size=6), np.zeros(6)]).astype(dtype)
    state = TrainState.start(initial_params(spec, 0).astype(dtype), rule.n_slots)
    state.params[width], state.params[width + 1] = 0.9 * smallest**0.5, -1.1 * smallest**0.5
    run(engine, spec, rule, Batches(X, X[:, :1], None, None, 6, 1), state, np.full(1, 1e-3))
    assert (state.params[width] == 0) == (not isinstance(rule, Adagrad))
    assert state.params[width + 1] == pytest.approx(-1.1 * smallest**0.5, rel=1e-3)
