"""Logarithms stay where they straighten a relation and go where they bend it."""

import numpy as np
import pytest
from scipy.stats import norm

from gradus.tables.split import Split
from gradus.tables.target import NumberTarget
from gradus.workflow.unit import learned_unit

N = 200
SPLIT = Split("random", np.arange(N) % 5, None, None)
# A bell without the luck of a draw.
X = norm.ppf((np.random.default_rng(0).permutation(N) + 0.5) / N)


def learned(x, y, weights=None):
    fitted = NumberTarget.fit("price", y, weights)
    return fitted, learned_unit(fitted, "price", x[:, np.newaxis], y, SPLIT, (), weights)


def test_a_product_stays_in_logarithms(rng):
    fitted, found = learned(X, np.exp(X + 0.1 * rng.normal(size=N)))
    assert fitted.is_log
    assert found is fitted


@pytest.mark.parametrize("weights", [None, 1.0 + np.arange(N) % 3])
def test_a_price_that_follows_another_price_is_learned_as_it_is(rng, weights):
    x = np.exp(X)
    y = 3 * x + 1 + 0.01 * rng.normal(size=N)
    fitted, found = learned(x, y, weights)
    assert fitted.is_log
    assert not found.is_log
    assert found.mean == pytest.approx(np.average(y, weights=weights))
    assert found.restore(found.learn(y)) == pytest.approx(y)
    (note,) = found.notes
    assert note.startswith("'price' is learned as it is, not in logarithms: a linear model is off ")
    assert " by 0.00" in note


def test_rows_of_nearly_no_weight_do_not_decide(rng):
    # Four rows, answered with a thousand from logarithms, would speak against them.
    x, y, weights = X.copy(), np.exp(X + 0.1 * rng.normal(size=N)), np.ones(N)
    x[::50], y[::50], weights[::50] = 7.0, 12.0, 1e-6
    fitted, found = learned(x, y, weights)
    assert fitted.is_log
    assert found is fitted


def test_what_leans_little_is_left_alone():
    fitted, found = learned(X, 5 * X)
    assert not fitted.is_log
    assert found is fitted
