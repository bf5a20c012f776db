"""Sharpness, scatter and excess of steps, beside dense Hessians and simulated descents."""

import numpy as np
import pytest

from gradus import Dense, GradientDescent, Network
from gradus.diagnosis.case import Case
from gradus.diagnosis.doctor import diagnose
from gradus.diagnosis.steps import Steps
from gradus.training.plan import Plan
from tests.diagnosis.cases import case_of


def neuron(n_inputs):
    return Network(n_inputs, [Dense(1, bias=False)])


def test_sharpness_is_the_largest_eigenvalue_over_the_limit(rng):
    X = rng.normal(size=(60, 4)) * [1, 2, 0.5, 3]
    case = case_of(neuron(4), X, X[:, 0], GradientDescent(0.1))
    largest = np.linalg.eigvalsh(2 * X.T @ X / 60)[-1]
    assert Steps(case, case.rule, case.start).sharpness == pytest.approx(largest / 2, rel=0.02)


def test_weights_beyond_all_measure_are_infinitely_sharp(rng):
    """The loss is still a number; its second derivatives are none."""
    X = rng.normal(size=(60, 4))
    network = Network(4, [Dense(3, "relu"), Dense(3, "relu"), Dense(1)])
    network.params = network.params * 1e80
    case = case_of(network, X, X[:, 0] * X[:, 1], GradientDescent(0.1))
    with np.errstate(all="ignore"):
        assert Steps(case, case.rule, case.end).sharpness == np.inf
        assert diagnose(case).problem == "rate too high"


def test_all_rows_in_a_step_have_no_scatter(rng):
    X = rng.normal(size=(50, 2))
    case = case_of(neuron(2), X, X[:, 0], GradientDescent(0.1))
    steps = Steps(whole(case), case.rule, case.start)
    assert not steps.scatter.any()
    assert steps.excess == 0
    assert steps.signal_to_noise == float("inf")


def whole(case):
    plan = Plan(case.plan.rule, epochs=50, batch_size=None)
    rest = case.history, case.failure
    return Case(case.spec, case.X, case.y, None, None, plan, case.start, case.end, *rest)


def test_scatter_is_the_variance_of_batches(rng):
    """Of the gradients of single rows, over the rows of a batch: eight of them, 40 weights."""
    X = rng.normal(size=(4000, 40))
    y = X[:, 0] + rng.normal(size=4000)
    case = case_of(neuron(40), X, y, GradientDescent(0.1))
    rows = 2 * X * (X @ case.start - y)[:, np.newaxis]
    scatter = Steps(case, case.rule, case.start).scatter.sum()
    assert scatter == pytest.approx(rows.var(axis=0).sum() / 20, rel=0.25)


def test_excess_is_what_descent_settles_at(rng):
    """A long descent in batches, beside the minimum."""
    X = rng.normal(size=(500, 20))
    y = X[:, 0] - X[:, 1] + rng.normal(size=500)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    bottom = np.mean((X @ best - y) ** 2)
    w, rate, losses = best.copy(), 0.004, []
    for step in range(6000):
        rows = rng.integers(500, size=4)
        w -= rate * 2 * X[rows].T @ (X[rows] @ w - y[rows]) / 4
        if step > 500:
            losses.append(np.mean((X @ w - y) ** 2))
    network = neuron(20)
    network.params = best
    case = case_of(network, X, y, GradientDescent(rate))
    plan = Plan(case.plan.rule, epochs=50, batch_size=4)
    case = Case(case.spec, case.X, case.y, None, None, plan, best, best, None, "")
    assert Steps(case, case.rule, best).excess == pytest.approx(np.mean(losses) - bottom, rel=0.35)
