"""With ``preprocess=None`` the estimators give scikit-learn's own numbers, epoch by epoch."""

import warnings

import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.exceptions import ConvergenceWarning

from gradus.errors import DataError
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor

OURS = {"MLPRegressor": MLPRegressor, "MLPClassifier": MLPClassifier}
CLASSES = {MLPClassifier: {"classes": [0, 1]}}
# Rounding is all that may differ: both compute in float64, in other orders.
ROUNDING = 1e-11
SOLVERS = {
    "adam": {"solver": "adam"},
    "adam in batches": {"batch_size": 32, "activation": "logistic", "alpha": 0.1},
    "adam in order": {"batch_size": 64, "shuffle": False, "activation": "identity"},
    "adam stopped early": {"early_stopping": True, "activation": "tanh"},
    "sgd": {"solver": "sgd", "batch_size": 50},
    "sgd without a look ahead": {"solver": "sgd", "nesterovs_momentum": False},
    "sgd without momentum": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "sgd, adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "learning_rate_init": 0.3,
        "tol": 1e-2,
        "n_iter_no_change": 3,
    },
    "sgd stopped early": {"solver": "sgd", "early_stopping": True, "learning_rate_init": 0.01},
    "lbfgs": {"solver": "lbfgs", "max_iter": 30},
}


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def table(rng, kind, dtype=np.float64):
    X = rng.normal(size=(230, 4)).astype(dtype)
    y = X[:, 0] * X[:, 1] + np.sin(X[:, 2]) + 0.1 * rng.normal(size=230)
    targets = {
        "one number": y.astype(dtype),
        "two numbers": np.column_stack([y, X[:, 3] ** 2]).astype(dtype),
        "two classes": y > 0,
        "four classes": np.array(["a", "b", "c", "d"])[np.digitize(y, [-0.5, 0.2, 1.0])],
    }
    return X, targets[kind]


def both(kind, **options):
    """The same estimator of scikit-learn and of ours."""
    name = "MLPClassifier" if "class" in kind else "MLPRegressor"
    options = {"max_iter": 40, "hidden_layer_sizes": (12, 7), "random_state": 3, **options}
    return getattr(theirs, name)(**options), OURS[name](preprocess=None, **options)


def assert_equal_numbers(ours, expected, tolerance):
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(expected, name), name
    for name in ("coefs_", "intercepts_"):
        for own, other in zip(getattr(ours, name), getattr(expected, name), strict=True):
            np.testing.assert_allclose(own, other, rtol=0, atol=tolerance)
    np.testing.assert_allclose(ours.loss_, expected.loss_, rtol=tolerance)
    if not hasattr(expected, "loss_curve_"):
        return
    np.testing.assert_allclose(ours.loss_curve_, expected.loss_curve_, rtol=tolerance)
    for name in ("best_loss_", "best_validation_score_", "validation_scores_"):
        own, other = getattr(ours, name), getattr(expected, name)
        assert (own is None) == (other is None)
        if own is not None:
            np.testing.assert_allclose(own, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
@pytest.mark.parametrize("kind", ["one number", "two numbers", "two classes", "four classes"])
@pytest.mark.parametrize("is_weighted", [False, True], ids=["all alike", "weighted"])
def test_the_same_numbers(rng, kind, solver, is_weighted):
    if kind == "two numbers" and solver.get("solver") == "lbfgs":
        return  # see test_lbfgs_for_several_numbers
    X, y = table(rng, kind)
    weights = rng.uniform(0.2, 3, len(X)) if is_weighted else None
    expected, ours = both(kind, **solver)
    assert_equal_numbers(ours.fit(X, y, weights), expected.fit(X, y, weights), 1e-9)
    if "class" in kind:
        assert ours.classes_.tolist() == expected.classes_.tolist()
        np.testing.assert_allclose(ours.predict_proba(X), expected.predict_proba(X), atol=1e-9)
        assert (ours.predict(X) == expected.predict(X)).all()
    else:
        np.testing.assert_allclose(ours.predict(X), expected.predict(X), atol=1e-9)
    assert ours.score(X, y, weights) == pytest.approx(expected.score(X, y, weights), abs=1e-9)


def test_lbfgs_for_several_numbers(rng):
    """scikit-learn lowers a mean over outputs along the gradient of their sum; we lower the sum."""
    X, y = table(rng, "two numbers")
    expected, ours = both("two numbers", solver="lbfgs", max_iter=3000, max_fun=9000)
    ours.fit(X, y)
    expected.fit(X, y)
    assert ours.loss_ < 1.2 * expected.loss_


@pytest.mark.parametrize("kind", ["one number", "four classes"])
def test_float32_stays_float32(rng, kind):
    X, y = table(rng, kind, np.float32)
    expected, ours = both(kind)
    ours.fit(X, y)
    assert {part.dtype for part in ours.coefs_ + ours.intercepts_} == {np.dtype(np.float32)}
    assert_equal_numbers(ours, expected.fit(X, y), 1e-4)


@pytest.mark.parametrize("options", [{"solver": "sgd"}, {"solver": "adam"}], ids=str)
@pytest.mark.parametrize("kind", ["one number", "four classes"])
def test_warm_starts_and_single_passes_go_on_alike(rng, kind, options):
    X, y = table(rng, kind)
    expected, ours = both(kind, max_iter=5, batch_size=40, **options)
    for est in (expected, ours):
        est.set_params(warm_start=True).fit(X, y).fit(X, y)
    assert_equal_numbers(ours, expected, ROUNDING)
    classes = {"classes": np.unique(y)} if "class" in kind else {}
    for rows in (slice(0, 90), slice(60, 200), slice(None)):
        for est in (expected, ours):
            est.partial_fit(X[rows], y[rows], **classes)
    assert_equal_numbers(ours, expected, ROUNDING)


def test_only_solvers_that_step_have_partial_fit():
    for kind in OURS.values():
        assert not hasattr(kind(solver="lbfgs", preprocess=None), "partial_fit")
        assert hasattr(kind(solver="sgd", preprocess=None), "partial_fit")
        # Ours always may: it steps as adam does.
        est = kind(solver="lbfgs").partial_fit([[0.0], [1.0]], [0, 1], **CLASSES.get(kind, {}))
        assert est.solver_ == "adam"


def test_what_it_says(rng, capsys):
    X, y = table(rng, "one number")
    said = []
    for est in both("one number", verbose=True, early_stopping=True, tol=0.5, max_iter=200):
        est.fit(X, y)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "Validation score did not improve more than tol=0.500000 for 10" in said[1]


def test_the_adaptive_rate_falls_until_it_is_tiny(rng):
    X, y = table(rng, "two classes")
    _, ours = both(
        "two classes", solver="sgd", learning_rate="adaptive", tol=0.5, max_iter=3000, momentum=0
    )
    ours.fit(X, y)
    assert ours.n_iter_ < 3000
    assert ours._descent.rate <= 1e-6


@pytest.mark.parametrize("patience", [2, 5, 30])
def test_patience_runs_out_one_epoch_later(rng, patience):
    X, y = table(rng, "two classes")
    _, ours = both("two classes", solver="sgd", tol=0.01, n_iter_no_change=patience, max_iter=3000)
    assert ours.fit(X, y)._curve.n_stale == patience + 1
    _, ours = both("two classes", solver="sgd", tol=1e9, n_iter_no_change=np.inf, max_iter=300)
    assert ours.fit(X, y).n_iter_ == 300
    assert ours._curve.n_stale == 299


@pytest.mark.parametrize("rate", ["constant", "invscaling"])
def test_the_rate_after_a_warm_start(rate):
    X, y = [[3, 2], [1, 6], [5, 6], [-2, -4]], [1, 1, 1, 0]
    _, ours = both("two classes", solver="sgd", learning_rate=rate, max_iter=1, power_t=0.25)
    ours.set_params(warm_start=True).fit(X, y).fit(X, y)
    assert ours._descent.rate == (0.001 if rate == "constant" else 0.001 / 9**0.25)


def test_numbers_that_leave_the_finite_ones_say_so(rng):
    X = np.finfo(np.float64).max * rng.uniform(size=(10, 2))
    with pytest.raises(DataError) as caught:
        MLPRegressor(preprocess=None).fit(X, rng.normal(size=10))
    assert str(caught.value) == (
        "Solver produced non-finite parameter weights. The input data may contain large values and "
        "need to be preprocessed."
    )
