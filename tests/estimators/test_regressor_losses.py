"""Losses of the regressor besides the squared error, and several outputs of both estimators."""

import warnings

import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.exceptions import ConvergenceWarning

from gradus.errors import DataError
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss

OPTIONS = {"hidden_layer_sizes": (10,), "activation": "tanh", "random_state": 0, "max_iter": 400}


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def outliers(rng):
    """A curve with noise in which one target in ten is wild, and the curve itself."""
    X = rng.uniform(-2, 2, (300, 1))
    curve = 1000 + 100 * np.sin(X[:, 0])
    y = curve + rng.normal(0, 5, 300)
    return X, np.where(rng.random(300) < 0.1, y + 900, y), curve


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_poisson_has_scikit_learn_s_numbers(rng, solver, n_outputs):
    X = rng.normal(size=(120, 2))
    y = rng.poisson(np.exp(X @ rng.normal(size=(2, n_outputs)))).astype(float).squeeze()
    options = {**OPTIONS, "loss": "poisson", "solver": solver, "max_iter": 25}
    expected = theirs.MLPRegressor(**options).fit(X, y)
    ours = MLPRegressor(**options, preprocess=None).fit(X, y)
    np.testing.assert_allclose(ours.predict(X), expected.predict(X), rtol=1e-8)
    np.testing.assert_allclose(ours.loss_, expected.loss_, rtol=1e-8)
    assert ours.out_activation_ == expected.out_activation_ == "exp"
    with pytest.raises(DataError, match="y must hold numbers of at least 0"):
        ours.fit(X, -1 - y)


@pytest.mark.parametrize("loss", ["absolute_error", Huber(5.0)], ids=str)
def test_wild_targets_weigh_little(rng, loss):
    X, y, curve = outliers(rng)
    robust, plain = (
        MLPRegressor(one, solver="adam", learning_rate_init=0.02, alpha=0, **OPTIONS).fit(X, y)
        for one in (loss, "squared_error")
    )
    error, of_plain = (np.abs(est.predict(X) - curve).mean() for est in (robust, plain))
    assert error < 15 < 0.5 * of_plain


def test_huber_s_delta_is_in_the_target_s_unit(rng):
    X, y, _ = outliers(rng)
    small = MLPRegressor(Huber(5.0), solver="lbfgs", **OPTIONS).fit(X, y).predict(X)
    large = MLPRegressor(Huber(5e6), solver="lbfgs", **OPTIONS).fit(X, y * 1e6).predict(X)
    np.testing.assert_allclose(large, small * 1e6, rtol=1e-5)


def test_quantiles_come_side_by_side_and_never_cross(rng):
    X = rng.uniform(-2, 2, (600, 1))
    y = X[:, 0] + rng.normal(size=600) * (1 + X[:, 0] ** 2)
    est = MLPRegressor(
        Quantile((0.1, 0.5, 0.9)), solver="adam", learning_rate_init=0.02, early_stopping=False,
        **OPTIONS,
    )  # fmt: skip
    found = est.fit(X, y).predict(X)
    assert found.shape == (600, 3)
    assert (np.diff(found, axis=1) >= 0).all()
    np.testing.assert_allclose((y[:, None] < found).mean(axis=0), [0.1, 0.5, 0.9], atol=0.03)
    assert est.score(X, y) == pytest.approx(1 - ((y - found[:, 1]) ** 2).sum() / y.var() / 600)
    with pytest.raises(DataError) as caught:
        est.fit(X, np.column_stack([y, y]))
    assert str(caught.value) == (
        "y must have one column with loss=Quantile(levels=(0.1, 0.5, 0.9)); got 2 columns."
    )


def test_a_loss_of_one_s_own(rng):
    X, y, _ = outliers(rng)
    mine = MLPRegressor(ExpressionLoss("(output - target)**2"), preprocess=None, **OPTIONS)
    same = MLPRegressor(preprocess=None, **OPTIONS, alpha=0)
    mine.set_params(alpha=0, solver="sgd", learning_rate_init=1e-7, max_iter=20)
    same.set_params(solver="sgd", learning_rate_init=2e-7, max_iter=20)
    np.testing.assert_allclose(mine.fit(X, y).predict(X), same.fit(X, y).predict(X), rtol=1e-9)


def test_several_labels_of_a_row(rng):
    X = rng.normal(size=(150, 3))
    Y = (np.column_stack([X[:, 0], X[:, 1] * X[:, 2], X.sum(axis=1)]) > 0).astype(int)
    options = {**OPTIONS, "solver": "adam", "max_iter": 30, "learning_rate_init": 0.01}
    expected = theirs.MLPClassifier(**options).fit(X, Y)
    ours = MLPClassifier(**options, preprocess=None).fit(X, Y)
    np.testing.assert_allclose(ours.predict_proba(X), expected.predict_proba(X), atol=1e-9)
    np.testing.assert_allclose(ours.loss_curve_, expected.loss_curve_, rtol=1e-9)
    learned = MLPClassifier(**{**OPTIONS, "solver": "lbfgs"}).fit(X, Y)
    assert learned.score(X, Y) > 0.85
    assert (learned.predict(X) == (learned.predict_proba(X) > 0.5)).all()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_smoothed_labels_make_nobody_sure(rng, n_classes):
    X = rng.normal(size=(100, 2))
    y = np.digitize(X[:, 0], [0.0] if n_classes == 2 else [-0.6, 0.0, 0.6])
    sure, smooth = (
        MLPClassifier(**OPTIONS, solver="lbfgs", alpha=1e-4, label_smoothing=part).fit(X, y)
        for part in (0.0, 0.2)
    )
    assert sure.predict_proba(X).max() > 0.999
    assert smooth.predict_proba(X).mean(axis=0).max() < sure.predict_proba(X).max()
    largest = smooth.predict_proba(X).max(axis=1)
    assert abs(np.median(largest) - (0.8 + 0.2 / n_classes)) < 0.05
