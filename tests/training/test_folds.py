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
    assert assign_folds(12, 3, 0).tolist() == [0, 1, 1, 1, 0, 2, 1, 0, 2, 2, 2, 0]


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


@given(st.lists(st.integers(0, 9), min_size=2, max_size=60), st.floats(0.01, 0.9), st.data())
def test_groups_are_not_torn_apart(numbers, fraction, data):
    groups, m = np.array(numbers) * 7 - 20, len(numbers)
    if len(set(numbers)) == 1:
        groups[0] = 99
    order = data.draw(st.sampled_from([None, np.arange(m)[::-1]]))
    training, held = holdout(np.arange(m), fraction, 5, groups=groups, order=order)
    assert not set(groups[training]) & set(groups[held])
    assert np.array_equal(np.sort(np.concatenate([training, held])), np.arange(m))
    most = max(1, round(fraction * m))
    smallest = np.unique(groups, return_counts=True)[1].min()
    assert len(training) > 0
    assert 0 < len(held) <= max(most, smallest)


def test_groups_of_one_row_are_no_groups():
    for seed in range(20):
        alone = holdout(np.arange(50, 90), 0.2, seed)
        grouped = holdout(np.arange(50, 90), 0.2, seed, groups=np.arange(90) * 2)
        assert np.array_equal(alone[1], grouped[1])


def test_groups_too_large_to_be_held_out_train():
    groups = np.repeat([0, 1, 2, 3], [70, 10, 10, 10])
    for seed in range(20):
        held = holdout(np.arange(100), 0.2, seed, groups=groups)[1]
        assert len(held) == 20
        assert 0 not in groups[held]
    halves = np.repeat([5, 6], [60, 40])
    assert (halves[holdout(np.arange(100), 0.2, 0, groups=halves)[1]] == 6).all()


def test_the_last_rows_of_an_order_are_held_out():
    order = np.array([5.0, -1, 9, 3, 9, 0, 7, 2, 1, 4])
    assert holdout(np.arange(10), 0.3, 0, order=order)[1].tolist() == [2, 4, 6]
    assert holdout(np.arange(10), 0.1, 8, order=order)[1].tolist() == [4]
    some = np.array([1, 3, 5, 7, 9])
    assert holdout(some, 0.2, 0, order=order)[1].tolist() == [9]


def test_groups_in_an_order_stand_where_their_last_row_does():
    order = np.array([0, 1, 2, 3, 4, 5, 6, 7])
    groups = np.array([0, 1, 2, 1, 3, 0, 0, 2])
    assert holdout(np.arange(8), 0.25, 0, groups=groups, order=order)[1].tolist() == [2, 7]
    # Group 0 would come next, and has three rows where two fit.
    assert holdout(np.arange(7), 0.3, 0, groups=groups, order=order)[1].tolist() == [4]


@pytest.mark.parametrize("groups", [None, np.arange(200) // 2])
def test_classes_are_held_out_in_their_shares(groups):
    classes = np.repeat([0.0, 1.0, 2.0], [120, 76, 4])
    for seed in range(20):
        held = holdout(np.arange(200), 0.1, seed, groups=groups, classes=classes)[1]
        counts = np.bincount(classes[held].astype(int), minlength=3)
        assert counts.sum() == 20
        assert abs(counts - [12, 7.6, 0.4]).max() <= (1 if groups is None else 2)
        assert counts[2] == 0
    first, second = (holdout(np.arange(200), 0.1, s, classes=classes)[1] for s in (0, 1))
    assert not np.array_equal(first, second)


def test_too_few_groups_are_refused():
    with pytest.raises(DataError) as caught:
        holdout(np.arange(9), 0.1, 0, groups=np.zeros(9, dtype=int))
    assert str(caught.value) == (
        "Early stopping needs at least 2 groups of rows to hold one out; got 1."
    )


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
