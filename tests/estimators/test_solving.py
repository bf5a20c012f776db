"""Solvers of our own: each learns, and says what it was."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gradus.errors import InvalidParameter
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual

QUICK = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
BOTH = pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@BOTH
@pytest.mark.parametrize("solver", ["auto", "lm", "lbfgs", "adamw", "rmsprop", "adagrad"])
def test_every_solver_learns_a_product(rng, kind, solver):
    X = rng.normal(size=(150, 2))
    y = X[:, 0] * X[:, 1] if kind is MLPRegressor else X[:, 0] * X[:, 1] > 0
    rate = {"rmsprop": 0.01, "adamw": 0.01, "adagrad": 0.1}.get(solver, "auto")
    est = kind(hidden_layer_sizes=(20,), activation="tanh", solver=solver, max_iter=300,
               learning_rate_init=rate, tol=1e-6, alpha=0, random_state=0).fit(X, y)  # fmt: skip
    assert est.score(X, y) > 0.9
    assert est.loss_ < 0.3 * est.loss_curve_[0] if hasattr(est, "loss_curve_") else True
    if solver != "auto":
        assert (est.solver_, est.solver_reason_) == (
            solver,
            f"It was asked for: solver={solver!r}.",
        )


@BOTH
def test_a_rate_of_one_s_own_means_adam(rng, kind):
    X, y = rng.normal(size=(50, 2)), np.arange(50) % 2
    est = kind(**QUICK, learning_rate_init=0.01).fit(X, y)
    assert est.solver_ == "adam"
    np.testing.assert_array_equal(
        est.coefs_[0], kind(**QUICK, learning_rate_init=0.01, solver="adam").fit(X, y).coefs_[0]
    )
    free = kind(**QUICK).fit(X, y)
    assert free.solver_ in {"adam", "lm"}
    assert "learning rate" in free.solver_reason_ or "Levenberg" in free.solver_reason_


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm", "auto"])
def test_a_list_of_layers_is_the_full_way(rng, kind, solver):
    X = rng.normal(size=(150, 2))
    y = X[:, 0] * X[:, 1] if kind is MLPRegressor else X[:, 0] * X[:, 1] > 0
    layers = [12, LayerNorm(), Residual((Dense(12, "tanh"), Dense(12))), Dense(6, "gelu")]
    est = kind(hidden_layer_sizes=layers, solver=solver, max_iter=150, random_state=0,
               learning_rate_init=0.01 if solver == "adam" else "auto").fit(X, y)  # fmt: skip
    assert est.score(X, y) > 0.9
    assert [coef.shape for coef in est.coefs_] == [(2, 12), (12, 12), (12, 12), (12, 6), (6, 1)]
    assert [part.shape for part in est.norms_] == [(12,), (12,)]
    again = pickle.loads(pickle.dumps(est))  # noqa: S301
    np.testing.assert_array_equal(again.predict(X), est.predict(X))


@BOTH
def test_dropout_learns_with_what_steps_and_nothing_else(rng, kind):
    X, y = rng.normal(size=(60, 2)), np.arange(60) % 2
    first, second = (
        kind(hidden_layer_sizes=[8, Dropout(rate)], solver="adam", max_iter=10, random_state=0)
        .fit(X, y)
        .coefs_[0]
        for rate in (0.0, 0.5)
    )
    assert (first != second).any()
    for solver in ("lbfgs", "lm"):
        with pytest.raises(InvalidParameter, match="layers must have no Dropout with rule="):
            kind(hidden_layer_sizes=[8, Dropout(0.5)], solver=solver).fit(X, y)
    with pytest.raises(InvalidParameter) as caught:
        kind(hidden_layer_sizes=[Dense(8, bias=False)]).fit(X, y)
    assert str(caught.value) == "Each Dense in hidden_layer_sizes must have a bias; one has none."


def weights_of(est, X, y, **options):
    return est.fit(X, y, **options).coefs_[0]


@BOTH
def test_few_rows_are_penalized_where_none_judges(rng, kind):
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] > 0).astype(int)

    def made(alpha, **options):
        return kind(**QUICK, solver="lbfgs", alpha=alpha, **options)

    left_open = weights_of(made("auto"), X, y)
    np.testing.assert_array_equal(left_open, weights_of(made(1.0), X, y))
    np.testing.assert_allclose(
        weights_of(made("auto"), X, y, sample_weight=np.full(60, 1 / 60)), left_open, rtol=1e-6
    )
    judges = {"X_val": X[:9], "y_val": y[:9]}
    for alpha, rows, options in ((1e-4, judges, {}), (1e-4, {}, {"preprocess": None})):
        np.testing.assert_array_equal(
            weights_of(made("auto", **options), X, y, **rows),
            weights_of(made(alpha, **options), X, y, **rows),
        )
    known = {"classes": [0, 1]} if kind is MLPClassifier else {}
    np.testing.assert_array_equal(
        kind(**QUICK).partial_fit(X, y, **known).coefs_[0],
        kind(**QUICK, alpha=1e-4).partial_fit(X, y, **known).coefs_[0],
    )


@BOTH
def test_a_rate_that_falls_gets_more_patience(rng, kind):
    X, y = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    judges = {"X_val": X[:30], "y_val": y[:30]}

    def curve(patience, **options):
        if kind is MLPRegressor:  # not what Levenberg-Marquardt solves, whose patience is its own
            options["loss"] = "absolute_error"
        est = kind(hidden_layer_sizes=(30,), random_state=0, n_iter_no_change=patience, **options)
        return est.fit(X[30:], y[30:], **judges).loss_curve_

    assert curve("auto") == curve(20) != curve(10)
    assert curve("auto", solver="adam") == curve(10, solver="adam") != curve(20, solver="adam")
