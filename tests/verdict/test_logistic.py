"""Logistic regression against scikit-learn's, its gradient, and data that a plane separates."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from gradus.verdict import logistic
from gradus.verdict.design import Design
from gradus.verdict.logistic import L2, _loss_and_slope, logistic_regression


def table(rng, n, n_classes):
    X = rng.normal(size=(n, 4)) * [1, 3, 0.1, 1]
    logits = X @ rng.normal(size=(4, n_classes))
    return X, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


def softmax(logits):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def test_the_slope_against_central_differences(rng):
    X, codes = table(rng, 20, 3)
    one, w = Design(X), rng.dirichlet(np.ones(20))
    solution, direction = rng.normal(size=(2, one.width, 3))
    h, l2 = 1e-5, rng.gamma(1, size=(one.width, 1))
    up, down = (
        _loss_and_slope(one, codes, w, l2, solution + sign * h * direction)[0] for sign in (1, -1)
    )
    slope = _loss_and_slope(one, codes, w, l2, solution)[1]
    assert (slope * direction).sum() == pytest.approx((up - down) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("most_whitened", [2000, 0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_against_scikit_learn(rng, monkeypatch, n_classes, most_whitened):
    monkeypatch.setattr(logistic, "_MOST_WHITENED", most_whitened)
    X, codes = table(rng, 300, n_classes)
    w, folds = rng.gamma(1, size=300), np.arange(300) % 3 - 1
    found = logistic_regression(Design(X), codes, n_classes, folds, w)
    X /= np.sqrt(np.average(X**2, axis=0, weights=w))
    again = logistic_regression(Design(X), codes, n_classes, folds, w)
    assert found[-1][-1] == pytest.approx(again[-1][-1], abs=1e-3)
    found = again
    for solution, rows in zip(found, [folds != 0, folds != 1, folds < 9], strict=True):
        # Two classes: one logit of twice the length takes the place of two opposite ones.
        strength = 1 / (L2 * w[rows].sum()) * (2 if n_classes == 2 else 1)
        theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000)
        theirs.fit(X[rows], codes[rows], sample_weight=w[rows])
        p = softmax(Design(X).product(solution, slice(None)))
        assert p == pytest.approx(theirs.predict_proba(X), abs=1e-3)


@pytest.mark.parametrize("most_whitened", [2000, 0])
def test_levels_are_columns(rng, monkeypatch, most_whitened):
    monkeypatch.setattr(logistic, "_MOST_WHITENED", most_whitened)
    X, codes = table(rng, 300, 3)
    levels = rng.integers(0, 3, 300)
    folds = np.arange(300) % 2
    embedded = Design(np.column_stack((X, levels)), (3,))
    written = Design(np.hstack((X, np.eye(3)[levels])))
    found, expected = (
        np.array(logistic_regression(one, codes, 3, folds, np.ones(300)))
        for one in (embedded, written)
    )
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_plane_that_separates_gives_finite_weights(rng):
    X = np.linspace(-1, 1, 40)[:, np.newaxis] ** 3
    codes = (X[:, 0] > 0).astype(np.int64)
    found = np.array(logistic_regression(Design(X), codes, 2, np.arange(40) % 5, np.ones(40)))
    assert np.isfinite(found).all()
    p = softmax(Design(X).product(found[-1], slice(None)))
    assert (p.argmax(axis=1) == codes).all()


def test_a_weight_of_two_is_the_row_twice(rng):
    X, codes = table(rng, 60, 3)
    folds, w = np.arange(60) % 2, rng.integers(1, 3, 60)
    twice = np.repeat(np.arange(60), w)
    found = logistic_regression(Design(X), codes, 3, folds, w.astype(float))
    expected = logistic_regression(
        Design(X[twice]), codes[twice], 3, folds[twice], np.ones(len(twice))
    )
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-3)


def test_ten_thousand_columns_make_no_square_of_them(rng, monkeypatch):
    # Its eigenvectors would take minutes, in which Ctrl-C is not heard.
    monkeypatch.setattr(Design, "gram", None)
    X = rng.normal(size=(20, 10_000))
    codes = (X[:, 0] > 0).astype(np.int64)
    solution = logistic_regression(Design(X), codes, 2, np.arange(20) % 2, np.ones(20))[-1]
    assert (Design(X).product(solution, slice(None)).argmax(axis=1) == codes).all()
