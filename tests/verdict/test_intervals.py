"""CV+ bounds: the two order statistics of their definition, and the coverage they promise."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.verdict.baselines import linear_model
from gradus.verdict.candidate import Candidate
from gradus.verdict.intervals import COVERAGE, FEWEST_JUDGED, cv_plus


def by_definition(y, folds, one):
    """Write out all sums and pick the two order statistics, as [BCRT21] has them."""
    judged = np.flatnonzero(folds >= 0)
    n, rest = len(judged), 1 - Fraction(9, 10)
    residual = np.abs(y - one.out_of_fold)[judged]
    mu = one.by_fold[folds[judged]]
    low = np.sort(mu - residual[:, np.newaxis], axis=0)[math.floor(rest * (n + 1)) - 1]
    high = np.sort(mu + residual[:, np.newaxis], axis=0)[math.ceil((1 - rest) * (n + 1)) - 1]
    return np.minimum(low, one.answers), np.maximum(high, one.answers)


@settings(deadline=None)
@given(
    st.integers(FEWEST_JUDGED, 60),
    st.integers(1, 6),
    st.integers(0, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1.0, 1e-9, 1e9]),
)
def test_against_the_definition(n, n_folds, n_answers, seed, size):
    rng = np.random.default_rng(seed)
    y = size * rng.normal(size=n).round(1)
    folds = rng.permutation(np.arange(n) % n_folds)
    by_fold = size * rng.normal(size=(n_folds, n_answers)).round(1)
    one = Candidate("x", size * rng.normal(size=n), by_fold, by_fold.mean(axis=0))
    found, expected = cv_plus(y, folds, one), by_definition(y, folds, one)
    assert found[0] == pytest.approx(expected[0], rel=1e-12, abs=1e-12 * size)
    assert found[1] == pytest.approx(expected[1], rel=1e-12, abs=1e-12 * size)


def test_by_hand():
    # Ten rows left out one at a time, all models answer 0, errors 1 to 10: ranks 1 and 10 of 10.
    y = np.arange(1.0, 11.0)
    one = Candidate("x", np.zeros(10), np.zeros((10, 1)), np.zeros(1))
    low, high = cv_plus(y, np.arange(10), one)
    assert (low.tolist(), high.tolist()) == ([-10.0], [10.0])
    # Twenty rows: the third from either end is spared, floor(2.1) = 2 and ceil(18.9) = 19.
    y = np.arange(1.0, 21.0)
    one = Candidate("x", np.zeros(20), np.zeros((20, 1)), np.zeros(1))
    low, high = cv_plus(y, np.arange(20), one)
    assert (low[0], high[0]) == (pytest.approx(-19), pytest.approx(19))


def test_rows_in_no_fold_do_not_count():
    y = np.concatenate((np.arange(1.0, 11.0), np.full(50, 1e6)))
    out_of_fold = np.concatenate((np.zeros(10), np.full(50, np.nan)))
    folds = np.concatenate((np.zeros(10, dtype=np.int64), np.full(50, -1)))
    low, high = cv_plus(y, folds, Candidate("x", out_of_fold, np.zeros((1, 1)), np.zeros(1)))
    assert (low.tolist(), high.tolist()) == ([-10.0], [10.0])


def test_fewer_than_ten_rows_give_no_bounds():
    one = Candidate("x", np.zeros(9), np.zeros((9, 3)), np.zeros(3))
    low, high = cv_plus(np.arange(9.0), np.arange(9), one)
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    assert low.shape == high.shape == (3,)


def test_the_answer_lies_within(rng):
    y, folds = rng.normal(size=40) * 1e-6, np.arange(40) % 5
    by_fold = rng.normal(size=(5, 3))
    one = Candidate("x", y.copy(), by_fold, np.array([-50.0, 0.0, 50.0]))
    low, high = cv_plus(y, folds, one)
    assert (low <= one.answers).all()
    assert (one.answers <= high).all()


def test_perfect_models_give_bounds_without_width():
    y = np.arange(10.0)
    one = Candidate("x", y.copy(), np.full((10, 1), 3.0), np.full(1, 3.0))
    low, high = cv_plus(y, np.arange(10), one)
    assert (low.tolist(), high.tolist()) == ([3.0], [3.0])


@pytest.mark.parametrize("n_folds", [5, 40])
def test_new_rows_lie_within_as_often_as_promised(rng, n_folds):
    held = []
    for _ in range(300):
        X = rng.normal(size=(60, 2))
        y = X[:, 0] + rng.standard_t(3, size=60)
        one = linear_model(X[:40], y[:40], np.arange(40) % n_folds, X[40:])
        low, high = cv_plus(y[:40], np.arange(40) % n_folds, one)
        held.append(((low <= y[40:]) & (y[40:] <= high)).mean())
    # 300 tables of 20 rows; between tables the share varies by 0.07, so its mean by 0.004.
    assert np.mean(held) > float(COVERAGE) - 0.02
    assert np.mean(held) < float(COVERAGE) + 0.05
