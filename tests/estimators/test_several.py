"""Several networks of one estimator: starts, folds, and the bounds that follow from unseen rows."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold

from gradus.errors import InvalidParameter
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor

BOTH = pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])
OPTIONS = {"hidden_layer_sizes": (8,), "activation": "tanh", "max_iter": 30, "random_state": 5}


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(200, 2))
    return X, X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=200)


def target(kind, y):
    return y if kind is MLPRegressor else y > 0


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm", "auto"])
def test_starts_have_the_bits_of_one_by_one(rows, kind, solver):
    X, y = rows[0], target(kind, rows[1])
    est = kind(**OPTIONS, solver=solver, n_starts=3)
    alone = [
        clone(est).set_params(n_starts=1, random_state=5 + j).fit(X, y) for j in range(3)
    ]  # fmt: skip
    best = min(alone, key=lambda one: one.loss_)
    est.fit(X, y)
    np.testing.assert_array_equal(est.network_.params, best.network_.params)
    assert est.loss_ == best.loss_
    assert est.n_iter_ == best.n_iter_
    mean = clone(est).set_params(starts="average").fit(X, y)
    answer = "predict" if kind is MLPRegressor else "predict_proba"
    expected = np.mean([getattr(one, answer)(X) for one in alone], axis=0)
    np.testing.assert_allclose(getattr(mean, answer)(X), expected, rtol=1e-12, atol=1e-15)
    again = pickle.loads(pickle.dumps(mean))  # noqa: S301
    np.testing.assert_array_equal(getattr(again, answer)(X), getattr(mean, answer)(X))


@BOTH
def test_the_best_start_is_that_of_the_rows_that_judge(rows, kind):
    X, y = rows[0], target(kind, rows[1])
    judging = {"X_val": X[150:], "y_val": y[150:]}
    est = kind(**OPTIONS, solver="adam", learning_rate_init=0.05, n_starts=3)
    est.fit(X[:150], y[:150], **judging)
    alone = [
        clone(est).set_params(n_starts=1, random_state=5 + j).fit(X[:150], y[:150], **judging)
        for j in range(3)
    ]
    best = min(alone, key=lambda one: min(one.validation_loss_curve_))
    np.testing.assert_array_equal(est.network_.params, best.network_.params)


@BOTH
def test_folds_answer_together(rows, kind):
    X, y = rows[0], target(kind, rows[1])
    est = kind(**OPTIONS, solver="lbfgs", cv=4).fit(X, y)
    assert len(est._others) == 3
    assert est.score(X, y) > 0.6
    again = pickle.loads(pickle.dumps(est))  # noqa: S301
    assert (again.predict(X) == est.predict(X)).all()
    np.testing.assert_array_equal(est.predict(X), clone(est).fit(X, y).predict(X))


def test_folds_may_be_splits_of_scikit_learn(rows):
    X, y = rows
    splits = list(KFold(4).split(X))
    first, second = (
        MLPRegressor(**OPTIONS, solver="lbfgs", cv=cv).fit(X, y) for cv in (KFold(4), splits)
    )
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    # Rows of weight 0 are absent, and the splits still mean the rows that were given.
    weights = np.where(np.arange(200) % 9 == 4, 0.0, 1.0)
    kept = np.flatnonzero(weights)
    fewer = [
        tuple(np.searchsorted(kept, np.intersect1d(kept, side)) for side in split)
        for split in splits
    ]
    weighted = second.fit(X, y, sample_weight=weights).predict(X, interval=0.9)
    absent = second.set_params(cv=fewer).fit(X[kept], y[kept]).predict(X, interval=0.9)
    np.testing.assert_allclose(weighted, absent, rtol=1e-9)


def coverage(est, X, y, share):
    answers, low, high = est.predict(X, interval=share)
    np.testing.assert_array_equal(answers, est.predict(X))
    np.testing.assert_allclose(high - answers, answers - low)
    return np.mean((low <= y) & (y <= high))


@pytest.mark.parametrize("how", ["cv", "held out", "rows of one's own"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_bounds_hold_their_share(rng, how, share):
    """Of 2,000 new rows a share; 3 standard deviations of what 200 can tell are 0.1."""
    X = rng.normal(size=(3000, 2))
    y = 1e3 * (X[:, 0] * X[:, 1] + rng.standard_t(5, size=3000))
    est = MLPRegressor(**OPTIONS, solver="adam", learning_rate_init=0.02)
    if how == "rows of one's own":
        est.fit(X[:800], y[:800], X_val=X[800:1000], y_val=y[800:1000])
    else:
        how = {"cv": 5} if how == "cv" else {"early_stopping": True, "validation_fraction": 0.2}
        est.set_params(**how).fit(X[:1000], y[:1000])
    assert abs(coverage(est, X[1000:], y[1000:], share) - share) < 0.1


def test_bounds_of_several_outputs(rng):
    X, noise = rng.normal(size=(2400, 2)), rng.normal(size=(2400, 2))
    Y = X * [1, 100] + noise
    est = MLPRegressor(**OPTIONS, solver="lbfgs", cv=3).fit(X[:400], Y[:400])
    _, low, high = est.predict(X[400:], interval=0.8)
    assert low.shape == (2000, 2)
    Y = Y[400:]
    assert np.abs(((low <= Y) & (high >= Y)).mean(axis=0) - 0.8).max() < 0.1


def test_a_row_of_weight_2_is_two_rows_that_missed(rng):
    X = rng.normal(size=(300, 2))
    y = X[:, 0] + rng.normal(size=300)
    w = rng.integers(1, 4, 100)
    est = MLPRegressor(**OPTIONS, solver="lbfgs")
    est.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:], sample_weight_val=w)
    weighted = est.predict(X[:1], interval=0.9)
    rows = np.repeat(np.arange(200, 300), w)
    repeated = est.fit(X[:200], y[:200], X_val=X[rows], y_val=y[rows]).predict(X[:1], interval=0.9)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12)


def test_bounds_of_folds_take_weights_for_repeated_rows_and_none_for_absent_ones(rng):
    X, w = rng.normal(size=(80, 2)), np.r_[rng.integers(1, 4, 60), np.zeros(20, dtype=np.int64)]
    y = X[:, 0] + rng.normal(size=80)
    options = {**OPTIONS, "hidden_layer_sizes": (3,), "solver": "lbfgs", "cv": 5}
    once, often = np.flatnonzero(w), np.repeat(np.arange(80), w)
    weighted = MLPRegressor(**options).fit(X, y, sample_weight=w).predict(X, interval=0.9)
    absent = MLPRegressor(**options).fit(X[once], y[once], sample_weight=w[once])
    np.testing.assert_array_equal(weighted, absent.predict(X, interval=0.9))
    repeated = MLPRegressor(**options).fit(X[often], y[often]).predict(X, interval=0.9)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-6, atol=1e-6)


def test_bounds_that_nothing_is_known_of(rows):
    X, y = rows
    est = MLPRegressor(**OPTIONS, solver="lbfgs").fit(X, y)
    with pytest.raises(InvalidParameter) as caught:
        est.predict(X, interval=0.9)
    assert str(caught.value) == (
        "predict(interval=...) needs rows that were not trained on; there are none. Fit with X_val "
        "and y_val, with early_stopping=True or with cv=5."
    )
    est.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    with pytest.raises(InvalidParameter) as caught:
        est.predict(X, interval=0.99)
    assert str(caught.value) == (
        "interval=0.99 needs rows that were not trained on with a total weight of at least 99; "
        "theirs is 50."
    )
    with pytest.raises(InvalidParameter) as caught:
        est.predict(X, interval=90)
    assert str(caught.value) == (
        "interval must be a finite number greater than 0 and less than 1; got 90."
    )
