"""Steps of one rate settle above the minimum, and come down with the rate."""

import numpy as np
import pytest

from gradus import Cosine, Dense, GradientDescent, Network
from gradus.diagnosis.case import Case
from gradus.diagnosis.cooling import cooled
from gradus.diagnosis.measures import Measures
from gradus.training.plan import Plan


def trained(rate, batch_size=4):
    """A linear network on noisy rows, the least loss it can have, and its training."""
    random = np.random.default_rng(0)
    X = random.normal(size=(500, 20))
    y = (X[:, 0] - X[:, 1] + random.normal(size=500))[:, np.newaxis]
    bottom = np.mean((X @ np.linalg.lstsq(X, y, rcond=None)[0] - y) ** 2)
    network, rule = Network(20, [Dense(1, bias=False)]), GradientDescent(rate)
    start = network.params.copy()
    run = network.train(X, y, rule, epochs=50, batch_size=batch_size)
    plan = Plan(rule, epochs=50, batch_size=batch_size)
    rest = None, (X, y), plan, start, network.params.copy(), run.history, ""
    return Case(network.spec, X, y, *rest), bottom


def loss(case, params, rows=slice(None)):
    return case.row_losses(params, case.X[rows], case.y[rows]).mean()


def test_most_of_the_excess_goes():
    case, bottom = trained(0.03)
    before, after = loss(case, case.end), loss(case, cooled(case, case.rule, 0.03))
    assert before > 1.2 * bottom
    assert after - bottom < 0.3 * (before - bottom)


def test_what_was_held_up_is_the_fall():
    case, _ = trained(0.02)
    measures, after = Measures(case), cooled(case, case.rule, 0.02)
    falls = [
        loss(case, case.end, rows) - loss(case, after, rows)
        for rows in (measures.rows, slice(None))
    ]
    assert measures.held_up == pytest.approx(np.mean(falls), rel=1e-9)


@pytest.mark.parametrize(("rate", "batch_size"), [(0.2, None), (Cosine(0.02), 4)])
def test_nothing_is_held_up_without_scatter(rate, batch_size):
    case, bottom = trained(rate, batch_size)
    assert Measures(case).held_up == 0
    assert loss(case, case.end) < 1.05 * bottom


def test_numbers_that_run_away_leave_the_end():
    case, _ = trained(0.02)
    assert np.isfinite(loss(case, cooled(case, case.rule, 50.0)))
