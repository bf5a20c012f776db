"""What simple networks and single answers lose, beside least squares and means."""

import numpy as np
import pytest

from gradus import Dense, Network
from gradus.diagnosis.scaling import Scaling
from gradus.diagnosis.yardsticks import (
    attainable_losses,
    constant_losses,
    one_batch_share,
    polished_losses,
)
from tests.diagnosis.cases import case_of


def test_the_best_single_number_is_the_mean(rng):
    y = rng.normal(size=(80, 1)) * 1e4 + 3e5
    losses = constant_losses(Network(2, [Dense(1)]).spec, y)
    np.testing.assert_allclose(losses, (y[:, 0] - y.mean()) ** 2, rtol=1e-4, atol=1)


def test_the_best_single_probabilities_are_the_shares():
    y = np.repeat([0.0, 1.0, 2.0], [10, 30, 60])[:, np.newaxis]
    losses = constant_losses(Network(2, [Dense(3)], "cross_entropy").spec, y)
    np.testing.assert_allclose(losses[[0, 20, 99]], -np.log([0.1, 0.3, 0.6]), rtol=1e-3)


def test_a_linear_network_finds_what_is_linear(rng):
    case = case_of(X=rng.normal(size=(200, 3)) * 1000 + 500)
    learned, judged = np.arange(100), np.arange(100, 200)
    linear, small = attainable_losses(case, learned, case.X[judged], case.y[judged])
    assert linear.mean() < 1e-4 * case.y.var()
    assert small.mean() < 0.05 * case.y.var()


def test_going_on_helps_a_network_that_has_not_begun():
    case = case_of()
    learned, judged = np.arange(100), np.arange(100, 200)
    before = case.row_losses(case.end, case.X[judged], case.y[judged]).mean()
    assert polished_losses(case, learned, judged).mean() < 0.2 * before


@pytest.mark.parametrize(("width", "is_enough"), [(32, True), (1, False)])
def test_rows_learned_by_heart(rng, width, is_enough):
    network = Network(4, [Dense(width, "tanh"), Dense(1)])
    X, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 1))
    share = one_batch_share(network.spec, network.params, X, y)
    assert (share < 0.02) if is_enough else (share > 0.3)


def test_one_answer_for_all_is_nothing_to_learn(rng):
    network = Network(2, [Dense(1)])
    params = network.params
    assert one_batch_share(network.spec, params, rng.normal(size=(40, 2)), np.ones((40, 1))) == 0.0


def test_scaling_there_and_back(rng):
    X, y = rng.normal(size=(50, 3)) * [1, 100, 0] + [0, 5, 0.1], rng.normal(size=(50, 1)) * 1e6
    scaling = Scaling.fit(Network(3, [Dense(1)]).spec, X, y)
    np.testing.assert_allclose(scaling.inputs(X).std(axis=0), [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(scaling.restore(scaling.targets(y)), y)
