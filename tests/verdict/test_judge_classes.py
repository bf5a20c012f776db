"""The whole sentence for classes, recall, and measures against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from gradus.verdict.judge_classes import judge_classes

N = 200
CODES = (np.arange(N) % 4 == 0).astype(np.int64)
FOLDS = np.arange(N) % 5
SEEN = "(200 rows, each answered by a model that had not seen it)"


def sure(p):
    """Give the true class the probability p, one for all rows or one for each."""
    own = np.broadcast_to(p, N)
    return np.where(np.eye(2)[CODES] == 1, own[:, np.newaxis], 1 - own[:, np.newaxis])


SHARES = np.tile([0.75, 0.25], (N, 1))


def verdict(network, linear, neighbors=None, **options):
    given = {"network": network, "linear": linear}
    probabilities = {name: sure(p) for name, p in given.items() if p is not None}
    if neighbors is not None:
        options["neighbors"] = (np.arange(N), sure(neighbors))
    return judge_classes(CODES, FOLDS, {**probabilities, "mean": SHARES}, ("no", "yes"), **options)


def test_the_network_is_worth_it():
    found = verdict(0.9, 0.8, 0.7)
    assert found.answered_by == "network"
    assert found.sentence == (
        "The network is worth it: it is right in 100.0 % of the rows where a linear model is in "
        "100.0 %, nearest neighbors in 100.0 % and always the largest class ('no') in 75.0 %; its "
        f"log loss is 0.105 where a linear model's is 0.223 {SEEN}."
    )
    assert found.recall == {"no": 1.0, "yes": 1.0}


def test_a_linear_model_does_as_well():
    found = verdict(0.8, 0.8)
    assert found.answered_by == "linear"
    assert found.sentence == (
        "A linear model does as well: it is right in 100.0 % of the rows where the network is in "
        "100.0 % and always the largest class ('no') in 75.0 %; its log loss is 0.223 where the "
        f"network's is 0.223 {SEEN}; a linear model answers."
    )
    asked = verdict(0.8, 0.8, network_is_asked_for=True)
    assert asked.sentence.endswith("; the network answers, as asked.")


def test_a_network_whose_lead_may_be_luck_is_not_called_worse():
    lucky = np.full(N, 0.8)
    lucky[0] = 0.99
    found = verdict(lucky, 0.8)
    assert found.answered_by == "linear"
    assert found.sentence.startswith("The network is not surely better: it is right in 100.0 % ")
    assert found.sentence.endswith(
        f"its log loss is 0.222 where a linear model's is 0.223 {SEEN}; a linear model answers."
    )


def test_the_largest_class_is_right_as_often_as_it_occurs():
    # One row at a time left out, two equal classes are answered the wrong way round.
    codes = np.arange(N) % 2
    wrong = np.where(np.eye(2)[codes] == 1, 0.49, 0.51)
    found = judge_classes(codes, FOLDS, {"linear": wrong, "mean": wrong}, ("no", "yes"))
    assert "50.0 % for always the largest class ('no')" in found.sentence
    assert found.measures["mean"]["accuracy"] == 0.5


def test_one_judged_class_is_not_called_unequal():
    codes = np.repeat([0, 1], [150, 50])
    folds = np.where(codes == 1, 0, -1)
    p = np.tile([0.2, 0.8], (N, 1))
    found = judge_classes(codes, folds, {"linear": p, "mean": p}, ("no", "yes"))
    assert not any("unequal size" in each for each in found.details)
    assert "100.0 % for always the largest class ('yes')" in found.sentence


def test_a_linear_model_that_may_be_lucky_is_not_called_nothing():
    # Surer than the shares by a trifle on average, and by far in a few rows only.
    lucky = np.where(CODES == 1, 0.25, 0.75) - 0.001
    lucky[:4] = 0.99
    found = verdict(0.1, lucky)
    assert found.answered_by == "linear"
    assert found.sentence.startswith(
        "Nothing here is surely better than the share of each class: the share of right rows is "
    )
    assert found.sentence.endswith("; a linear model answers.")


def test_nothing_predicts_it():
    found = verdict(0.1, 0.2)
    assert found.answered_by == "mean"
    assert found.sentence == (
        "Nothing here predicts it: the share of right rows is 0.0 % for the network, 0.0 % for a "
        "linear model and 75.0 % for always the largest class ('no'); the log loss is 2.30 for "
        f"the network, 1.61 for a linear model and 0.562 for the share of each class {SEEN}; the "
        "largest class answers."
    )


def test_a_network_that_diverged():
    found = verdict(None, 0.8, diverged=True)
    assert found.answered_by == "linear"
    assert found.sentence.startswith("The network's training diverged, so it cannot answer: ")


def test_neighbors_that_lead_are_told():
    assert "Nearest neighbors, which only compare," in verdict(0.8, 0.7, 0.95).details[-1]


def test_details():
    p = np.where(np.arange(N) % 8 == 0, 0.4, 0.9)
    details = verdict(p, 0.6).details
    sizes = (
        "The classes are of unequal size; if each counted the same, 75.0 % of the rows would be "
        "right."
    )
    assert details == ("Of each class it finds 50.0 % of 'yes' and 100.0 % of 'no'.", sizes)


def test_long_lists_are_cut(rng):
    codes = np.concatenate((np.arange(20), np.zeros(30, dtype=np.int64)))
    p = rng.dirichlet(np.ones(20), size=50)
    names = [f"c{i}" for i in range(20)]
    found = judge_classes(codes, np.zeros(50, dtype=np.int64), {"linear": p, "mean": p}, names)
    # Rare classes are told of before the training, once.
    assert not any("fewer than" in detail for detail in found.details)
    assert found.details[0].startswith("Of 20 classes it finds these 10 least often: ")


def test_measures_against_scikit_learn(rng):
    codes, p, w = rng.integers(0, 3, 60), rng.dirichlet(np.ones(3), 60), rng.gamma(1, size=60)
    one = judge_classes(codes, np.zeros(60, dtype=np.int64), {"linear": p, "mean": p}, "abc", w)
    guess = p.argmax(axis=1)
    expected = {
        "accuracy": metrics.accuracy_score(codes, guess, sample_weight=w),
        "balanced_accuracy": metrics.balanced_accuracy_score(codes, guess, sample_weight=w),
        "log_loss": metrics.log_loss(codes, p, sample_weight=w),
        "brier": np.average(np.square(p - np.eye(3)[codes]).sum(axis=1), weights=w),
    }
    assert one.measures["linear"] == pytest.approx(expected, rel=1e-12)
    recall = metrics.recall_score(codes, guess, sample_weight=w, average=None)
    assert list(one.recall.values()) == pytest.approx(recall, rel=1e-12)


def test_a_weight_of_two_measures_as_the_row_twice(rng):
    codes, p, w = rng.integers(0, 3, 30), rng.dirichlet(np.ones(3), 30), rng.integers(1, 3, 30)
    twice = np.repeat(np.arange(30), w)
    found, expected = (
        judge_classes(
            codes[rows],
            np.zeros(len(rows), dtype=np.int64),
            {"linear": p[rows], "mean": p[rows]},
            "abc",
            v,
        ).measures["linear"]
        for rows, v in ((np.arange(30), w.astype(float)), (twice, None))
    )
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_class_ruled_out_costs_no_infinity():
    found = verdict(0.0, 0.8)
    assert found.measures["network"]["log_loss"] == pytest.approx(-np.log(1e-12))
