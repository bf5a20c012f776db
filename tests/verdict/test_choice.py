"""Who answers: the simplest that nothing beats beyond luck."""

import numpy as np

from gradus.verdict.choice import Choice, choose

N = 400
#: Smaller than 1 on average, by luck.
LUCKY = 0.99 + 0.9 * (-1.0) ** np.arange(N)


def choice(network, linear, mean, **asked):
    losses = {"network": network, "linear": linear, "mean": mean}
    return choose({name: each * np.ones(N) for name, each in losses.items()}, None, **asked)


def test_the_network_answers_where_it_is_clearly_better():
    assert choice(0.5, 1.0, 2.0) == Choice("network", "network", beats_mean=True)


def test_a_lead_that_may_be_luck_is_none():
    assert choice(LUCKY, 1.0, 2.0) == Choice("linear", "linear", beats_mean=True)


def test_a_tie_goes_to_the_simple_one():
    assert choice(1.0, 1.0, 2.0).best == "linear"
    assert choice(1.0, 1.0, 1.0) == Choice("mean", "mean", beats_mean=False)


def test_a_linear_model_worse_than_the_mean_need_not_be_beaten_and_does_not_answer():
    assert choice(1.5, 9.0, 1.0).best == "mean"
    assert choice(0.5, 9.0, 1.0).best == "network"


def test_a_linear_model_with_a_lucky_lead_answers_without_beating_the_mean():
    assert choice(2.0, LUCKY, 1.0) == Choice("linear", "linear", beats_mean=False)


def test_the_person_overrules_where_there_is_a_network():
    assert choice(3.0, 1.0, 2.0, network_is_asked_for=True).answered_by == "network"
    losses = {"linear": np.ones(N), "mean": 2 * np.ones(N)}
    assert choose(losses, None, network_is_asked_for=True).answered_by == "linear"


def test_rows_without_weight_do_not_vote():
    losses = {"network": np.array([0.0, 0, 0, 99]), "linear": np.ones(4), "mean": 2 * np.ones(4)}
    assert choose(losses, None).best == "linear"
    assert choose(losses, np.array([1.0, 1, 1, 0])).best == "network"
