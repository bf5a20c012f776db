"""Remedies change one thing, and trials compare what came of it."""

from dataclasses import replace

import numpy as np
import pytest

from gradus import Adam, Cosine, Dense, GradientDescent, Network, Warmup
from gradus.diagnosis.finding import Finding
from gradus.diagnosis.remedies import prescribe
from gradus.diagnosis.trial import Trial, try_remedy
from tests.diagnosis.cases import case_of


def finding(problem):
    return Finding(problem, "", {}, "")


@pytest.mark.parametrize(
    "problem", ["rate too high", "rate too low", "unscaled inputs", "unscaled target"]
)
def test_the_same_weights_and_network(problem):
    case = case_of()
    given = prescribe(case, finding(problem))
    np.testing.assert_array_equal(given.start, case.start)
    assert given.spec == case.spec
    assert given.plan.epochs == case.plan.epochs
    assert given.change


@pytest.mark.parametrize(
    ("rate", "factor"), [(0.01, 0.1), (Cosine(0.01), 0.1), (Warmup(5, Cosine(0.01)), 0.1)]
)
def test_a_schedule_is_lowered_as_a_whole(rate, factor):
    case = case_of(rule=Adam(rate))
    lowered = prescribe(case, finding("rate too high")).plan.rule.learning_rate
    steps = np.arange(10.0)
    before, after = (
        np.full(10, one) if isinstance(one, float) else one.at(steps, 10) for one in (rate, lowered)
    )
    np.testing.assert_allclose(after, factor * before, rtol=1e-9)


def test_a_rate_far_too_high_falls_below_the_largest_stable_one(rng):
    X = rng.normal(size=(60, 3))
    case = case_of(Network(3, [Dense(1, bias=False)]), X, X[:, 0], GradientDescent(500.0))
    rate = prescribe(case, finding("rate too high")).plan.rule.learning_rate
    largest = 2 / np.linalg.eigvalsh(2 * X.T @ X / 60)[-1]
    assert rate == pytest.approx(largest / 5, rel=0.05)


def test_wider_layers_get_fewer_epochs():
    case = case_of(Network(3, [Dense(4, "tanh"), Dense(1)]), epochs=100)
    given = prescribe(case, finding("underfitting"))
    assert given.spec.layers[0].width == 32
    assert given.spec.layers[-1].width == 1
    # 21 and 161 parameters, and what a row costs beside them.
    assert given.plan.epochs == round(100 * (21 + 200) / (161 + 200))


def test_no_network_is_trained_against_bad_data():
    assert prescribe(case_of(), finding("bad data")) is None
    assert try_remedy(case_of(), finding("bad data")) is None


@pytest.mark.parametrize("unit", [1.0, 1e4])
def test_a_target_is_judged_in_its_own_unit(unit):
    """Least squares without noise: what is left is nothing beside the variance."""
    case = case_of(rule=Adam(0.02), epochs=400)
    case = replace(case, y=case.y * unit)
    trial = try_remedy(case, finding("unscaled target"))
    # No row counts for more than ten times the variance.
    losses = np.minimum(case.row_losses(case.end, case.X, case.y), 10 * case.y.var())
    assert trial.loss_before == pytest.approx(losses.mean(), rel=1e-3)
    assert trial.loss_after < 0.01 * case.y.var()
    assert trial.helps


def test_one_answer_need_only_be_no_worse():
    case = case_of()
    y = case.y - case.y.mean()
    case = replace(case, y=y, end=case.end * 0)
    trial = try_remedy(case, finding("nothing to learn"))
    assert trial.gain == pytest.approx(0, abs=1e-4)
    assert trial.cost == 0


def test_help_needs_gain_and_proof():
    given = Trial("rate too low", "a change", 1.0, 0.5, 0.01, "unseen rows", 0.2)
    assert given.helps
    assert given.gain == 0.5
    assert not replace(given, p=0.2).helps
    assert not replace(given, loss_after=0.97).helps
    assert "lowers the loss on unseen rows from 1 to 0.5" in given.sentence
    assert "does not lower" in replace(given, loss_after=1.1).sentence


def test_it_costs_at_most_the_training():
    case = case_of(rule=Adam(1e-6), epochs=40)
    assert try_remedy(case, finding("rate too low")).cost <= 1.0
