"""Nearest neighbors against scikit-learn, and never with the row's own fold."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from gradus.verdict import neighbors as module
from gradus.verdict.neighbors import nearest_neighbors


def test_against_scikit_learn(rng):
    X, y, folds = rng.normal(size=(60, 3)), rng.normal(size=60), np.arange(60) % 3
    rows, answers = nearest_neighbors(X, y, folds, "squared_error")
    assert rows.tolist() == list(range(60))
    for k in range(3):
        theirs = KNeighborsRegressor(5, weights="distance").fit(X[folds != k], y[folds != k])
        expected = theirs.predict(X[folds == k])
        assert answers[folds == k, 0] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_a_twin_in_another_fold_answers_alone():
    X = np.repeat(np.arange(10.0), 2)[:, np.newaxis]
    y, folds = np.repeat(np.arange(10.0) ** 2, 2), np.arange(20) % 2
    answers = nearest_neighbors(X, y, folds, "squared_error")[1]
    assert answers[:, 0] == pytest.approx(y, abs=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_a_row_does_not_see_its_own_target(rng, loss):
    X, y, folds = rng.normal(size=(40, 2)), rng.integers(0, 3, 40) * 1.0, np.arange(40) % 4
    changed = np.where(folds == 2, 2.0, y)
    first, second = (nearest_neighbors(X, each, folds, loss)[1] for each in (y, changed))
    assert np.array_equal(first[folds == 2], second[folds == 2])


def test_probabilities_are_never_zero(rng):
    X, y = rng.normal(size=(50, 2)), np.repeat([0.0, 1, 2, 3, 4], 10)
    p = nearest_neighbors(X, y, np.arange(50) % 5, "cross_entropy")[1]
    assert p.sum(axis=1) == pytest.approx(np.ones(50))
    assert p.min() > 0.01


def test_codes_are_near_only_if_they_are_equal(rng):
    codes = rng.integers(0, 3, 90)
    X = np.column_stack((0.1 * rng.normal(size=90), codes))
    found = nearest_neighbors(X, codes * 1.0, np.arange(90) % 5, "squared_error", (3,))[1]
    assert found[:, 0] == pytest.approx(codes, abs=1e-12)


def test_rows_without_weight_are_no_neighbors_and_folds_below_zero_are_not_judged():
    X = np.array([[0.0], [0.1], [0.2], [5.0]])
    y, folds = np.array([1.0, 7, 9, 100]), np.array([0, -1, -1, 1])
    rows, answers = nearest_neighbors(X, y, folds, "squared_error", (), np.array([1.0, 0, 1, 0]))
    assert rows.tolist() == [0, 3]
    assert answers[0, 0] == 9.0


def test_large_tables_are_drawn_from(rng, monkeypatch):
    monkeypatch.setattr(module, "_MOST_JUDGED", 20)
    monkeypatch.setattr(module, "_MOST_REFERENCES", 30)
    X, y, folds = rng.normal(size=(100, 2)), rng.normal(size=100), np.arange(100) % 4
    rows, answers = nearest_neighbors(X, y, folds, "squared_error", seed=1)
    assert len(set(rows.tolist())) == len(answers) == 20
    assert not np.array_equal(rows, nearest_neighbors(X, y, folds, "squared_error", seed=2)[0])
    assert np.isfinite(answers).all()
