import pickle
import re

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter, ShapeMismatch
from gradus.models.network import Network
from gradus.networks.layers import Dense
from gradus.networks.losses import loss_of
from gradus.networks.own_losses import ExpressionLoss, FunctionLoss
from gradus.optimizers.rules import Adam
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt


def quartic(outputs, y):
    return ((outputs - y) ** 4).sum(axis=1)


def quartic_gradient(outputs, y):
    return 4 * (outputs - y) ** 3


def quartic_curvature(outputs, y):
    return 12 * (outputs - y) ** 2


class WithoutHash:
    __hash__ = None

    def __call__(self, outputs, y):
        return quartic(outputs, y)


def test_a_formula_is_averaged_over_the_outputs(rng):
    outputs, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    ours, named = loss_of(ExpressionLoss("(output - target) ** 2")), loss_of("squared_error")
    for function in ("row_losses", "output_gradient", "output_curvature", "row_measure"):
        np.testing.assert_allclose(
            getattr(ours, function)(outputs, y), getattr(named, function)(outputs, y), rtol=1e-14
        )
    assert ours.n_targets(3) == 3
    assert ours.link(outputs).tolist() == outputs.tolist()


def test_functions_are_taken_as_they_are(rng):
    loss = loss_of(FunctionLoss(quartic, quartic_gradient, quartic_curvature))
    outputs, y = rng.normal(size=(7, 2)), rng.normal(size=(7, 2))
    np.testing.assert_array_equal(loss.row_losses(outputs, y), quartic(outputs, y))
    np.testing.assert_array_equal(loss.output_gradient(outputs, y), quartic_gradient(outputs, y))
    np.testing.assert_array_equal(loss.output_curvature(outputs, y), quartic_curvature(outputs, y))


def test_they_are_kept_by_pickle():
    for loss in (
        ExpressionLoss("abs(output - target)"),
        FunctionLoss(quartic, quartic_gradient, quartic_curvature),
    ):
        assert pickle.loads(pickle.dumps(loss)) == loss  # noqa: S301 our own bytes


@pytest.mark.parametrize(
    ("result", "error", "sentence"),
    [
        (np.zeros(3), ShapeMismatch, "must return an array of shape (4,); got (3,)."),
        (np.zeros((4, 1)), ShapeMismatch, "must return an array of shape (4,); got (4, 1)."),
        (0.0, ShapeMismatch, "must return an array of shape (4,); got ()."),
        (None, ShapeMismatch, "must return an array of shape (4,); got ()."),
        ("four", DataError, "must return numbers; got str."),
        (np.zeros(4) + 1j, DataError, "must return real numbers; got complex ones."),
    ],
)
def test_wrong_answers_of_functions(result, error, sentence):
    loss = FunctionLoss(lambda *_: result, quartic_gradient, quartic_curvature)
    with pytest.raises(error, match=re.escape(f"value of a FunctionLoss {sentence}")):
        loss.row_losses(np.zeros((4, 1)), np.zeros((4, 1)))


def test_refusals():
    with pytest.raises(InvalidParameter, match=r"^gradient must be a function; got 3\.$"):
        FunctionLoss(quartic, 3, quartic_curvature)
    with pytest.raises(InvalidParameter, match=r"^value must have a hash, as functions do; got "):
        FunctionLoss(WithoutHash(), quartic_gradient, quartic_curvature)
    with pytest.raises(InvalidParameter, match=r"^expression must not hold 'eval\(output\)'\."):
        ExpressionLoss("eval(output)")


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_functions_that_write_into_what_they_are_handed_change_nothing(rng, engine):
    def writing(function):
        def wrapped(outputs, y):
            result = function(outputs, y)
            outputs[:], y[:] = 99, 77
            return result

        return wrapped

    own = (quartic, quartic_gradient, quartic_curvature)
    X, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    X_before, y_before, params = X.copy(), y.copy(), []
    for loss in (FunctionLoss(*own), FunctionLoss(*map(writing, own))):
        network = Network(2, [Dense(3, "tanh"), Dense(1)], loss=loss)
        network.train(X, y, LevenbergMarquardt(), epochs=3, engine=engine)
        network.train(X, y, Adam(), epochs=3, batch_size=7, engine=engine)
        network.loss(X, y, engine=engine)
        params.append(network.params.tobytes())
    assert params[0] == params[1]
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


def test_numbers_that_are_too_large_do_not_warn():
    loss = FunctionLoss(quartic, quartic_gradient, quartic_curvature)
    far = np.full((1, 1), 1e200)
    assert np.isinf(loss.row_losses(far, -far)).all()
    assert np.isinf(loss.output_gradient(far, -far)).all()
