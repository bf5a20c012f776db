import numpy as np
import pytest

from gradus import Dense, Network, check_gradient
from gradus.calculus.gradient_check import compare_gradient
from gradus.engines.registry import engine
from gradus.errors import DataError, InvalidParameter
from tests.calculus.random_networks import random_network


def test_gradients_of_every_kind_are_right():
    for seed in range(100):
        spec, params, X, y, weights = random_network(seed)
        grads = engine("native").gradient(spec, params, X, y, weights)[1]
        found = compare_gradient(spec, params, X, y, weights, grads, most=20)
        assert found.is_right, (seed, found.text())


def test_one_wrong_entry_is_found_and_named():
    network = Network(3, [Dense(4, "tanh"), Dense(1)], seed=1)
    X, y = np.arange(12.0).reshape(4, 3) / 6, np.linspace(-1, 1, 4).reshape(4, 1)
    grads = engine("native").gradient(network.spec, network.params, X, y, None)[1]
    grads[5] *= 1.0001
    found = compare_gradient(network.spec, network.params, X, y, None, grads)
    assert not found.is_right
    assert found.worst == "layer 1 weight [1, 1]"
    assert found.text().startswith("All 21 parameters looked at: the gradient is wrong.\nMost of")


def test_parameters_stay_as_they_are_and_few_are_drawn():
    network = Network(3, [Dense(4, "tanh"), Dense(1)], dtype="float32")
    before = network.params.copy()
    found = check_gradient(network, np.eye(3), [1.0, 2.0, 3.0], most=5)
    assert (found.n_checked, found.n_params) == (5, 21)
    assert "5 of 21 parameters looked at: the gradient is right." in found.text()
    assert (network.params == before).all()


def test_kinks_are_counted_and_tell_nothing():
    network = Network(1, [Dense(1, "relu"), Dense(1, bias=False)])
    network.params = [1.0, 0.0, 2.0]
    found = check_gradient(network, [[0.0]], [1.0])
    assert found.n_kinks == 1
    assert found.is_right
    assert "At 1 parameter the loss has a kink" in found.text()


def test_refusals():
    network = Network(1, [Dense(1)])
    with pytest.raises(DataError, match=r"^X must hold at least one row to check on; got none\.$"):
        check_gradient(network, np.empty((0, 1)), np.empty(0))
    with pytest.raises(InvalidParameter, match=r"^most must be a whole number"):
        check_gradient(network, [[1.0]], [1.0], most=0)
