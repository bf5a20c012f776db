"""Rows unlike the others are found, in the right column; rows like them are not."""

import numpy as np
import pytest

from gradus.verdict.novelty import Novelty


def test_a_far_value_is_found_in_its_column(rng):
    one = Novelty.fit(rng.normal(size=(200, 4)), (0, 1, 1, 3), 4)
    X = np.zeros((4, 4))
    X[0, 0], X[1, 2], X[2, 3] = 9, -9, 9
    assert one.unlike(X).tolist() == [0, 1, 3, -1]


def test_values_that_do_not_go_together_are_found(rng):
    X = rng.normal(size=(500, 1)) + 0.1 * rng.normal(size=(500, 2))
    one = Novelty.fit(X, (0, 1), 2)
    assert one.unlike(np.array([[2.5, -2.5], [2.5, 2.5]]))[0] >= 0
    assert one.unlike(np.array([[2.0, 2.0]])).tolist() == [-1]


@pytest.mark.parametrize("n", [30, 100, 400])
@pytest.mark.parametrize("kind", ["normal", "heavy", "levels"])
def test_rows_like_the_others_are_flagged_seldom(rng, n, kind):
    flagged = []
    for _ in range(40):
        X = rng.normal(size=(n + 200, 6))
        if kind == "heavy":
            X = rng.standard_t(4, size=(n + 200, 6)) / np.sqrt(2)
        if kind == "levels":
            X[:, 3:] = np.eye(4)[rng.choice(4, n + 200, p=[0.7, 0.2, 0.08, 0.02])][:, :3]
        one = Novelty.fit(X[:n], range(6), 6)
        flagged.append((one.unlike(X[n:]) >= 0).mean())
    assert np.mean(flagged) < 0.005


def test_few_rows_call_nothing_strange(rng):
    one = Novelty.fit(rng.normal(size=(29, 2)), (0, 1), 2)
    assert one.unlike(np.full((3, 2), 1e6)).tolist() == [-1, -1, -1]


def test_many_features_and_codes(rng):
    X = np.column_stack((rng.normal(size=(100, 310)), rng.integers(0, 50, 100)))
    one = Novelty.fit(X, range(311), 310)
    assert one.factor.shape == (310,)
    asked = np.zeros((2, 311))
    asked[0, 7], asked[1, 310] = 60, 49
    assert one.unlike(asked).tolist() == [7, -1]
    codes_only = Novelty.fit(X[:, 310:], (0,), 0)
    assert codes_only.unlike(X[:5, 310:]).tolist() == [-1] * 5


def test_a_column_with_one_value_is_strange_only_far_from_it(rng):
    X = np.column_stack((rng.normal(size=200), np.zeros(200)))
    assert Novelty.fit(X, (0, 1), 2).unlike(np.array([[0.0, 0.3], [0.0, 9.0]])).tolist() == [-1, 1]


def test_there_and_back_through_arrays(rng):
    X = rng.normal(size=(50, 3))
    one = Novelty.fit(X, (0, 0, 1), 3)
    again = Novelty.from_arrays(one.arrays(), 3, 2)
    asked = 9 * rng.normal(size=(20, 3))
    assert np.array_equal(again.unlike(asked), one.unlike(asked))
    few = Novelty.fit(X[:5], (0, 0, 1), 3)
    assert Novelty.from_arrays(few.arrays(), 3, 2).unlike(asked).max() == -1


@pytest.mark.parametrize(
    "change",
    [
        {"means": np.zeros(2)},
        {"means": np.full(3, np.nan)},
        {"factor": np.zeros((3, 2))},
        {"column": np.array([0, 1, 2])},
        {"column": np.array([0, 0, -1])},
        {"column": np.zeros(3)},
        {"threshold": np.array(np.nan)},
        {"extra": np.zeros(1)},
    ],
)
def test_arrays_that_nobody_wrote_are_refused(rng, change):
    one = Novelty.fit(rng.normal(size=(50, 3)), (0, 0, 1), 3)
    with pytest.raises(ValueError, match=r"^novelty must hold"):
        Novelty.from_arrays({**one.arrays(), **change}, 3, 2)
