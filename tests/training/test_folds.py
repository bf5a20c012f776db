"""Folds and held-out rows are even, complete, apart from each other, and follow from the seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus.errors import DataError, InvalidParameter
from gradus.training.folds import assign_folds, holdout


@given(st.integers(2, 400), st.data())
def test_folds_are_even_and_complete(n, data):
    n_folds = data.draw(st.integers(2, n))
    folds = assign_folds(n, n_folds, data.draw(st.integers(0, 2**63)))
    sizes = np.bincount(folds, minlength=n_folds)
    assert folds.dtype == np.int64
    assert len(sizes) == n_folds
    assert sizes.sum() == n
    assert sizes.max() - sizes.min() <= 1


def test_folds_follow_from_the_seed():
    assert np.array_equal(assign_folds(100, 5, 3), assign_folds(100, 5, 3))
    assert not np.array_equal(assign_folds(100, 5, 3), assign_folds(100, 5, 4))


def test_folds_are_not_the_rows_in_turn():
    in_turn = np.arange(1000) % 5
    assert abs((assign_folds(1000, 5, 0) == in_turn).mean() - 0.2) < 0.05


def test_folds_of_a_seed_stay_what_they_are():
    """A change here changes the answers of everybody's tables."""
    assert assign_folds(12, 3, 0).tolist() == [2, 2, 1, 1, 0, 2, 1, 0, 2, 1, 0, 0]


@given(st.integers(2, 300), st.floats(0.001, 0.999), st.integers(0, 2**63))
def test_holdout_splits(m, fraction, seed):
    rows = np.arange(m) * 3 + 1
    training, held = holdout(rows, fraction, seed)
    assert np.array_equal(np.sort(np.concatenate([training, held])), rows)
    assert (np.diff(training) > 0).all()
    assert (np.diff(held) > 0).all()
    assert len(held) == min(max(1, round(fraction * m)), m - 1)


def test_holdout_follows_from_the_seed_and_not_from_the_row_numbers():
    rows = np.arange(50)
    first, again, other = (holdout(rows, 0.2, seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(holdout(rows + 100, 0.2, 1)[1], first + 100)


def test_held_out_rows_are_spread_over_all(rng):
    hits = sum(np.bincount(holdout(np.arange(20), 0.1, s)[1], minlength=20) for s in range(2000))
    assert hits.sum() == 4000
    # 200 hits expected per row, standard deviation 13.4
    assert abs(hits - 200).max() < 6 * 13.4


def test_too_few_rows_are_refused():
    with pytest.raises(DataError) as caught:
        holdout(np.arange(1), 0.1, 0)
    assert str(caught.value) == "Early stopping needs at least 2 rows to hold one out; got 1."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((5, 6, 0), "n_folds must be at most the number of rows, 5; got 6."),
        ((5, 1, 0), "n_folds must be a whole number, 2 or greater; got 1."),
        ((5, 2, -1), "seed must be a whole number, 0 or greater; got -1."),
    ],
)
def test_impossible_folds_are_refused(arguments, sentence):
    with pytest.raises(InvalidParameter) as caught:
        assign_folds(*arguments)
    assert str(caught.value) == sentence
