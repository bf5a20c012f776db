"""Who answers, and the whole sentence for every way it can end."""

import numpy as np
import pytest

from gradus.verdict.candidate import Candidate
from gradus.verdict.judge import judge, number_text, too_few

N = 1010


def verdict(network, linear, mean, *, unit=1.0, asked=False):
    """Judge three candidates by the size of their errors, one for all rows or one for each."""
    y = np.random.default_rng(7).normal(size=N)
    candidates = {
        name: Candidate(name, y + off, np.empty((1, 0)), np.empty(0))
        for name, off in (("network", network), ("linear", linear), ("mean", mean))
    }
    return judge(y, np.zeros(N, dtype=np.int64), candidates, unit, network_is_asked_for=asked)


#: Squared errors of 1.89 and 0.09 by turns: a little smaller than 1 on average, by luck (t = 0.4).
LUCKY = np.sqrt(0.99 + 0.9 * (-1.0) ** np.arange(N))

SEEN = "(1,010 rows, each answered by a model that had not seen it)"


def test_the_network_is_worth_it():
    found = verdict(0.49, 1.05, 1.67, unit=10)
    assert found.answered_by == "network"
    assert found.sentence == (
        "The network is worth it: its typical error is 4.90 where a linear model's is 10.5 and "
        f"the mean's 16.7 {SEEN}."
    )
    assert found.typical_errors == pytest.approx({"network": 4.9, "linear": 10.5, "mean": 16.7})


def test_a_linear_model_does_as_well():
    found = verdict(1.01, 1.0, 3.0)
    assert found.answered_by == "linear"
    assert found.sentence == (
        "A linear model does as well: its typical error is 1.00 where the network's is 1.01 and "
        f"the mean's 3.00 {SEEN}; a linear model answers."
    )


def test_a_lead_of_the_network_that_may_be_luck_is_none():
    found = verdict(LUCKY, 1.0, 3.0)
    assert found.answered_by == "linear"
    assert found.sentence.startswith("A linear model does as well")


def test_nothing_predicts_it_and_the_mean_answers():
    found = verdict(1.3, 1.2, 1.0)
    assert found.answered_by == "mean"
    assert found.sentence == (
        "Nothing here predicts it: the typical error is 1.30 for the network, 1.20 for a linear "
        f"model and 1.00 for always giving the mean {SEEN}; the mean answers."
    )


def test_a_linear_model_with_a_lead_that_may_be_luck():
    found = verdict(1.3, LUCKY, 1.0)
    assert found.answered_by == "linear"
    assert found.sentence.startswith("Nothing here predicts it")
    assert found.sentence.endswith("; a linear model answers.")


def test_a_network_need_not_beat_a_linear_model_that_the_mean_beats():
    found = verdict(0.5, 1e6, 1.0)
    assert found.answered_by == "network"


def test_the_person_overrules():
    found = verdict(1.01, 1.0, 3.0, asked=True)
    assert found.answered_by == "network"
    assert found.sentence.startswith("A linear model does as well")
    assert found.sentence.endswith("; the network answers, as asked.")
    assert verdict(0.5, 1.0, 3.0, asked=True).sentence == verdict(0.5, 1.0, 3.0).sentence


def test_too_few():
    found = too_few(4, 10)
    assert found.answered_by == "linear"
    assert found.sentence == (
        "4 complete rows are too few to judge by (10 are needed): a linear model answers, and its "
        "bounds stay empty."
    )
    assert found.typical_errors == {}
    found = too_few(9, 10, network_is_asked_for=True)
    assert found.answered_by == "network"
    assert "the network answers, as asked, and its bounds stay empty." in found.sentence


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4.8999, "4.90"),
        (16.71, "16.7"),
        (167.4, "167"),
        (115_432.0, "115,000"),
        (0.001234, "0.00123"),
        (9.999, "10.00"),
        (0.0, "0"),
        (2.12e-14, "2.12e-14"),
        (3.21e20, "3.21e+20"),
        (float("inf"), "inf"),
        (-12.5, "-12.5"),
    ],
)
def test_three_digits(number, text):
    assert number_text(number) == text
