"""Always the mean, and least squares: hand-worked, and never with a look at the left-out rows."""

import numpy as np
import pytest

from gradus.verdict.baselines import always_the_mean, linear_model


def test_the_mean_by_hand():
    y = np.array([1.0, 3.0, 8.0, 0.0])
    one = always_the_mean(y, np.array([0, 0, 1, 1]), 2)
    assert one.name == "mean"
    assert one.out_of_fold.tolist() == [4.0, 4.0, 2.0, 2.0]
    assert one.by_fold.tolist() == [[4.0, 4.0], [2.0, 2.0]]
    assert one.answers.tolist() == [3.0, 3.0]


def test_the_mean_with_one_held_out_part():
    y = np.array([1.0, 3.0, 8.0])
    one = always_the_mean(y, np.array([-1, -1, 0]), 1)
    assert np.array_equal(one.out_of_fold, [np.nan, np.nan, 2.0], equal_nan=True)
    assert one.answers.tolist() == [4.0]


def test_an_exact_line_is_found(rng):
    X, asked = rng.normal(size=(20, 3)), rng.normal(size=(4, 3))
    weight = np.array([0.5, -2.0, 3.0])
    one = linear_model(X, X @ weight + 7, np.arange(20) % 5, asked)
    assert one.out_of_fold == pytest.approx(X @ weight + 7, abs=1e-12)
    assert one.answers == pytest.approx(asked @ weight + 7, abs=1e-12)
    assert one.by_fold == pytest.approx(np.tile(one.answers, (5, 1)), abs=1e-12)


def test_least_squares_agree_with_the_normal_equations(rng):
    X, y = rng.normal(size=(30, 4)), rng.normal(size=30)
    folds = np.arange(30) % 3
    one = linear_model(X, y, folds, X[:2])
    A = np.hstack((X, np.ones((30, 1))))
    rest = folds != 1
    solution = np.linalg.solve(A[rest].T @ A[rest], A[rest].T @ y[rest])
    assert one.out_of_fold[folds == 1] == pytest.approx(A[folds == 1] @ solution, rel=1e-9)
    assert one.by_fold[1] == pytest.approx(A[:2] @ solution, rel=1e-9)


@pytest.mark.parametrize("make", ["mean", "linear"])
def test_a_row_does_not_see_its_own_target(rng, make):
    X, y, folds = rng.normal(size=(12, 2)), rng.normal(size=12), np.arange(12) % 4
    changed = np.where(folds == 2, y + 100, y)
    first, second = (
        always_the_mean(t, folds, 1) if make == "mean" else linear_model(X, t, folds, X[:1])
        for t in (y, changed)
    )
    assert np.array_equal(first.out_of_fold[folds == 2], second.out_of_fold[folds == 2])
    assert np.array_equal(first.by_fold[2], second.by_fold[2])
    assert not np.array_equal(first.answers, second.answers)


def test_columns_that_follow_from_others_and_more_columns_than_rows(rng):
    X = rng.normal(size=(4, 1)) @ np.ones((1, 6))
    one = linear_model(X, 2 * X[:, 0] + 1, np.arange(4), X[:1])
    assert one.answers == pytest.approx(2 * X[:1, 0] + 1, abs=1e-12)
