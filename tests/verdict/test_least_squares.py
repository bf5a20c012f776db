"""Both ways to solve agree with each other and with the normal equations."""

import numpy as np
import pytest

from gradus.verdict import least_squares as module
from gradus.verdict.design import Design
from gradus.verdict.least_squares import least_squares


@pytest.fixture(params=["direct", "by eigenvectors"])
def solve(request, monkeypatch):
    if request.param == "by eigenvectors":
        monkeypatch.setattr(module, "_MOST_DIRECT", 0)
    return least_squares


def test_against_the_normal_equations(rng, solve):
    X, y, w = rng.normal(size=(30, 4)), rng.normal(size=30), rng.gamma(1, size=30)
    folds = np.arange(30) % 4 - 1
    found = solve(Design(X), y, folds, w)
    A = np.hstack((X, np.ones((30, 1))))
    for solution, rows in zip(found, [folds != 0, folds != 1, folds != 2, folds < 9], strict=True):
        B = A[rows].T * w[rows]
        assert solution[:, 0] == pytest.approx(np.linalg.solve(B @ A[rows], B @ y[rows]), rel=1e-9)


def test_the_five_row_text_is_found_exactly(solve):
    # The table of the first text: y = 0.5 a + 0.9 b + 1.2 c.
    X = np.array([[20, 19, 10], [20, 1, 15], [5, 25, 25], [10, 2, 25], [20, 5, 29.0]])
    y = X @ [0.5, 0.9, 1.2]
    for solution in solve(Design(X), y, np.arange(5), np.ones(5)):
        assert solution[:, 0] == pytest.approx([0.5, 0.9, 1.2, 0], abs=1e-9)


def test_the_shortest_of_many_solutions(rng, solve):
    X = rng.normal(size=(6, 1)) @ np.ones((1, 8))
    y = 2 * X[:, 0] + 1
    solution = solve(Design(X), y, np.arange(6) % 2, np.ones(6))[-1]
    assert solution[:, 0] == pytest.approx([0.25] * 8 + [1], abs=1e-9)


def test_every_level_has_a_column(rng, solve):
    codes = rng.integers(0, 5, 60)
    height = np.array([3.0, -1, 4, 1, -5])
    X = np.column_stack((rng.normal(size=60), codes))
    one = Design(X, (5,))
    solution = solve(one, 2 * X[:, 0] + height[codes], np.arange(60) % 3, np.ones(60))[0]
    answers = one.product(solution, np.arange(60))[:, 0]
    assert answers == pytest.approx(2 * X[:, 0] + height[codes], abs=1e-9)


def test_a_weight_of_two_is_the_row_twice(rng, solve):
    X, y, w = rng.normal(size=(25, 3)), rng.normal(size=25), rng.integers(0, 3, 25)
    folds, twice = np.arange(25) % 3, np.repeat(np.arange(25), w)
    found = solve(Design(X), y, folds, w.astype(float))
    expected = solve(Design(X[twice]), y[twice], folds[twice], np.ones(len(twice)))
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


def test_more_columns_than_rows_by_the_rows(rng, monkeypatch):
    X = np.hstack((rng.normal(size=(12, 40)), rng.integers(0, 3, (12, 1))))
    y, w, folds = rng.normal(size=12), rng.gamma(1, size=12), np.arange(12) % 4 - 1
    w[3] = 0
    direct = least_squares(Design(X, (3,)), y, folds, w)
    monkeypatch.setattr(module, "_MOST_DIRECT", 0)
    monkeypatch.setattr(Design, "gram", None)
    found = least_squares(Design(X, (3,)), y, folds, w)
    assert np.array(found) == pytest.approx(np.array(direct), rel=1e-9, abs=1e-9)
