"""Shapley values beside the average over all orders, and what they must fulfil."""

import itertools

import numpy as np
import pytest

from gradus.calculus.shapley import coalitions, shapley_values


def over_all_orders(worth, n):
    """What each player adds, averaged over all orders in which they may come."""
    found = np.zeros(n)
    orders = list(itertools.permutations(range(n)))
    for order in orders:
        coalition = 0
        for j in order:
            found[j] += worth[coalition | 1 << j] - worth[coalition]
            coalition |= 1 << j
    return found / len(orders)


@pytest.mark.parametrize("n", range(7))
def test_the_average_over_all_orders(n, rng):
    worth = rng.normal(size=2**n)
    found = shapley_values(worth, n)
    assert found == pytest.approx(over_all_orders(worth, n), abs=1e-12)
    assert found.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-12)


def test_a_sum_gives_each_its_own(rng):
    own = rng.normal(size=12)
    found = shapley_values(coalitions(12) @ own, 12)
    assert found == pytest.approx(own, abs=1e-12)


def test_who_adds_nothing_gets_nothing_and_equals_get_the_same():
    members = coalitions(3)
    worth = (members[:, 0] & members[:, 1]).astype(float)
    assert shapley_values(worth, 3).tolist() == [0.5, 0.5, 0]
