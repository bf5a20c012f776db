"""The whole sentence for every way it can end, and measures against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from gradus.verdict.judge_numbers import judge_numbers

N = 1010
Y = np.random.default_rng(7).normal(size=N)
FOLDS = np.zeros(N, dtype=np.int64)
#: Squared errors of 1.89 and 0.09 by turns: a little smaller than 1 on average, by luck (t = 0.4).
LUCKY = np.sqrt(0.99 + 0.9 * (-1.0) ** np.arange(N))
SEEN = "(1,010 rows, each answered by a model that had not seen it)"


def verdict(network, linear, mean, neighbors=None, **options):
    """Judge candidates by the size of their errors, one for all rows or one for each."""
    given = {"network": network, "linear": linear, "mean": mean}
    predictions = {name: Y + off for name, off in given.items() if off is not None}
    if neighbors is not None:
        rows = np.arange(0, N, 5)
        options["neighbors"] = (rows, Y[rows] + neighbors)
    return judge_numbers(Y, FOLDS, predictions, **options)


def test_the_network_is_worth_it():
    found = verdict(4.9, 10.5, 16.7)
    assert found.answered_by == "network"
    assert found.n_judged == N
    assert found.sentence == (
        "The network is worth it: its typical error is 4.90 where a linear model's is 10.5 and "
        f"the mean's 16.7 {SEEN}."
    )


def test_neighbors_unit_and_a_split_by_time():
    found = verdict(4.9, 10.5, 16.7, 8.1, unit="EUR", judged_on="the last fifth in time")
    assert found.sentence == (
        "The network is worth it: its typical error is 4.90 EUR where a linear model's is "
        "10.5 EUR, nearest neighbors' 8.10 EUR and the mean's 16.7 EUR (1,010 rows, the last "
        "fifth in time; nearest neighbors on 202 of them)."
    )
    assert not any("Nearest neighbors" in each for each in found.details)


def test_a_linear_model_does_as_well():
    found = verdict(1.01, 1.0, 3.0)
    assert found.answered_by == "linear"
    assert found.sentence == (
        "A linear model does as well: its typical error is 1.00 where the network's is 1.01 and "
        f"the mean's 3.00 {SEEN}; a linear model answers."
    )


def test_a_network_whose_lead_may_be_luck_is_not_called_worse():
    found = verdict(LUCKY, 1.0, 3.0)
    assert found.answered_by == "linear"
    assert found.sentence == (
        "The network is not surely better: its typical error is 0.995 where a linear model's is "
        f"1.00 and the mean's 3.00 {SEEN}; a linear model answers."
    )


def test_nothing_predicts_it():
    found = verdict(1.3, 1.2, 1.0, 1.1)
    assert found.answered_by == "mean"
    assert found.sentence == (
        "Nothing here predicts it: the typical error is 1.30 for the network, 1.20 for a linear "
        "model, 1.10 for nearest neighbors and 1.00 for always giving the mean (1,010 rows, each "
        "answered by a model that had not seen it; nearest neighbors on 202 of them); the mean "
        "answers."
    )


def test_a_linear_model_that_may_be_lucky_is_not_called_nothing():
    found = verdict(1.3, LUCKY, 1.0)
    assert found.sentence.startswith("Nothing here is surely better than the mean: the typical ")
    assert found.sentence.endswith("; a linear model answers.")


@pytest.mark.parametrize(("network", "how"), [(1.05, "as well"), (1.2, "better")])
def test_a_linear_model_far_ahead_does_better(network, how):
    assert verdict(network, 1.0, 3.0).sentence.startswith(f"A linear model does {how}: its typical")


def test_the_person_overrules():
    found = verdict(1.01, 1.0, 3.0, network_is_asked_for=True)
    assert found.answered_by == "network"
    assert found.sentence.startswith("A linear model does as well")
    assert found.sentence.endswith("; the network answers, as asked.")


def test_a_network_that_diverged_or_was_not_trained():
    found = verdict(None, 1.0, 3.0, diverged=True)
    assert found.sentence == (
        "The network's training diverged, so it cannot answer: the typical error is 1.00 for a "
        f"linear model and 3.00 for always giving the mean {SEEN}; a linear model answers."
    )
    assert verdict(None, 1.0, 3.0).sentence.startswith("No network was trained, so it cannot")


def test_neighbors_that_lead_are_told():
    assert "Nearest neighbors, which only compare," in verdict(2, 3, 4, 1.0).details[-1]


def test_an_error_beyond_float64_does_not_win():
    found = verdict(1e200, 1.0, 3.0)
    assert found.answered_by == "linear"
    assert "the network's is inf" in found.sentence
    assert "typical_error" not in found.measures["network"]


def test_rows_in_no_fold_are_not_judged():
    y, off = np.arange(4.0), np.array([1.0, 1, 1, np.nan])
    predictions = {"linear": y + off, "mean": y + 2 * off}
    found = judge_numbers(y, np.array([0, 0, 1, -1]), predictions)
    assert found.n_judged == 3
    assert found.measures["linear"]["typical_error"] == 1.0


def test_measures_against_scikit_learn(rng):
    y, guess, w = rng.normal(size=50), rng.normal(size=50), rng.gamma(1, size=50)
    predictions = {"linear": guess, "mean": np.zeros(50)}
    found = judge_numbers(y, np.zeros(50, dtype=np.int64), predictions, w).measures["linear"]
    expected = {
        "typical_error": metrics.root_mean_squared_error(y, guess, sample_weight=w),
        "mean_absolute_error": metrics.mean_absolute_error(y, guess, sample_weight=w),
        "r2": metrics.r2_score(y, guess, sample_weight=w),
    }
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_weight_of_two_measures_as_the_row_twice(rng):
    y, guess, w = rng.normal(size=20), rng.normal(size=20), rng.integers(0, 3, size=20)
    twice = np.repeat(np.arange(20), w)
    found, expected = (
        judge_numbers(
            y[rows],
            np.zeros(len(rows), dtype=np.int64),
            {"linear": guess[rows], "mean": y[rows]},
            v,
        ).measures["linear"]
        for rows, v in ((np.arange(20), w.astype(float)), (twice, None))
    )
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_constant_target_has_no_r2():
    found = judge_numbers(
        np.ones(12), np.zeros(12, dtype=np.int64), {"linear": np.ones(12), "mean": np.ones(12)}
    )
    assert "r2" not in found.measures["linear"]
    assert found.details == ()


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-300, 2.0**480])
def test_no_unit_is_too_small_or_too_large(unit):
    guesses = {"network": Y + 1.3, "linear": Y + LUCKY / 9, "mean": np.zeros(N)}
    rows = np.arange(0, N, 5)
    one = judge_numbers(Y, FOLDS, guesses, neighbors=(rows, Y[rows] + 0.01))
    scaled = {name: each * unit for name, each in guesses.items()}
    other = judge_numbers(Y * unit, FOLDS, scaled, neighbors=(rows, (Y[rows] + 0.01) * unit))
    assert (other.answered_by, other.details) == (one.answered_by, one.details)
    assert other.sentence.startswith("A linear model does better: ")
    for name, measures in one.measures.items():
        assert other.measures[name]["r2"] == measures["r2"]
        assert other.measures[name]["typical_error"] == measures["typical_error"] * unit
        assert other.measures[name]["mean_absolute_error"] == measures["mean_absolute_error"] * unit
