import numpy as np
import pytest

from gradus.engines.registry import engine as make_engine
from gradus.errors import GradCheckFailed, ShapeMismatch
from gradus.models.network import Network
from gradus.networks.layers import Dense
from gradus.networks.own_losses import FunctionLoss
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adam
from tests.contracts.cases import ENGINES

each_engine = pytest.mark.parametrize("engine", ENGINES)


def value(outputs, y):
    return ((outputs - y) ** 4).sum(axis=1)


def gradient(outputs, y):
    return 4 * (outputs - y) ** 3


def curvature(outputs, y):
    return 12 * (outputs - y) ** 2


def train(rng, loss, engine="native", rule=None, **options):
    net = Network(3, [Dense(5, "tanh"), Dense(2)], loss, seed=3)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=(60, 2))
    net.train(X, y, rule or Adam(), epochs=3, batch_size=8, engine=engine, **options)
    return net


@each_engine
def test_right_functions_train(engine, rng):
    before = rng.bit_generator.state
    ours = train(rng, FunctionLoss(value, gradient, curvature), engine)
    rng.bit_generator.state = before
    theirs = train(rng, FunctionLoss(value, gradient, curvature), "reference")
    np.testing.assert_allclose(ours.params, theirs.params, rtol=1e-9, atol=1e-12)


@each_engine
@pytest.mark.parametrize(
    ("functions", "sentence"),
    [
        ((value, lambda o, y: gradient(o, y) * 1.0001, curvature), "^gradient of the FunctionLoss"),
        ((value, lambda o, y: gradient(o, y) * (o < 1), curvature), "^gradient of the FunctionLo"),
        ((value, gradient, lambda o, y: curvature(o, y) + 0.1), "^curvature of the FunctionLoss "),
        (
            (value, lambda o, y: gradient(o, y) * np.array([1, 2]), curvature),
            r"^gradient of the FunctionLoss at output 1 of row \d+: it gives ",
        ),
    ],
)
def test_wrong_derivatives_are_named(engine, functions, sentence, rng):
    with pytest.raises(GradCheckFailed, match=sentence):
        train(rng, FunctionLoss(*functions), engine)


@each_engine
def test_kinks_at_the_target_are_no_mistake(engine, rng):
    loss = FunctionLoss(
        lambda o, y: np.abs(o - y).sum(axis=1),
        lambda o, y: np.where(o > y, 1.0, -1.0),
        lambda o, y: np.zeros_like(o),  # noqa: ARG005
    )
    net = Network(1, [Dense(1)], loss)
    net.params[:] = 0
    net.train(rng.normal(size=(20, 1)), np.zeros(20), Adam(), epochs=1, engine=engine)


@each_engine
def test_what_the_functions_raise_reaches_the_caller(engine, rng):
    calls = []

    def failing(outputs, y):
        calls.append(len(outputs))
        if len(calls) > 12:
            raise LookupError("no value today")
        return value(outputs, y)

    with pytest.raises(LookupError, match=r"^no value today$"):
        train(rng, FunctionLoss(failing, gradient, curvature), engine)


def test_a_failing_call_leaves_the_engine_as_it_was(rng):
    net = Network(3, [Dense(5, "tanh"), Dense(2)], FunctionLoss(value, gradient, curvature))
    X, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
    native = make_engine("native")
    before = native.gradient(net.spec, net.params, X, y)
    wrong = Network(3, [Dense(2)], FunctionLoss(value, lambda o, _: o[0], curvature))
    with pytest.raises(ShapeMismatch, match=r"must return an array of shape \(9, 2\); got \(2,\)"):
        native.gradient(wrong.spec, wrong.params, X, y)
    after = native.gradient(net.spec, net.params, X, y)
    assert before[0] == after[0]
    assert np.array_equal(before[1], after[1])


def test_functions_keep_nothing_that_the_core_lends(rng):
    kept = []

    def keeping(outputs, y):
        kept.append((outputs, outputs.copy()))
        return gradient(outputs, y)

    train(rng, FunctionLoss(value, keeping, curvature))
    assert all(np.array_equal(lent, copy) for lent, copy in kept)


def test_the_search_for_a_rate_takes_them_too(rng):
    train(rng, FunctionLoss(value, gradient, curvature), rule=Automatic())
