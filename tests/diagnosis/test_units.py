"""Units that are dead, saturated or alike, counted on networks made so."""

import numpy as np
import pytest

from gradus import Dense, Network
from gradus.diagnosis.units import unit_spread, units_of, weight_size, weight_sizes
from tests.diagnosis.cases import case_of

ROWS = np.arange(100)


def test_dead_units():
    network = Network(3, [Dense(8, "relu"), Dense(1)])
    network.views()["layer 1 bias"][:6] = -100.0
    case = case_of(network)
    assert units_of(case, case.start, ROWS).dead == 0.75


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units(activation):
    network = Network(3, [Dense(4, activation), Dense(1)])
    network.views()["layer 1 bias"][:3] = [50.0, -50.0, 50.0]
    case = case_of(network)
    assert units_of(case, case.start, ROWS).saturated == 0.75


def test_gradients_of_first_and_last_layer():
    """As the network itself gives them."""
    network = Network(3, [Dense(5, "sigmoid"), Dense(5, "sigmoid"), Dense(1)])
    case = case_of(network)
    grads = network.gradient(case.X[ROWS], case.y[ROWS])
    sizes = [np.sqrt(np.mean(grads[f"layer {k} weight"] ** 2)) for k in (1, 3)]
    found = units_of(case, case.start, ROWS).first_to_last
    assert found == pytest.approx(sizes[0] / sizes[1], rel=1e-9)


def test_spread_of_units():
    network = Network(3, [Dense(2, "tanh"), Dense(1)])
    network.views()["layer 1 weight"][:] = [[1.0, 3.0], [0.0, 0.0], [5.0, 5.0]]
    assert unit_spread(case_of(network)) == pytest.approx(1.0)
    network.views()["layer 1 weight"][:] = 0.3
    assert unit_spread(case_of(network)) == pytest.approx(0.0)


def test_a_network_without_hidden_layer_has_no_units():
    assert unit_spread(case_of(Network(3, [Dense(1)]))) == np.inf


def test_sizes_of_weights():
    """Biases do not count, and weights that start at 0 have no usual size."""
    network = Network(3, [Dense(2, "tanh"), Dense(1)])
    network.params[:] = 7.0
    network.views()["layer 1 weight"][:] = 3.0
    network.views()["layer 2 weight"][:] = 0.0
    case = case_of(network)
    assert weight_size(case) == pytest.approx(3.0)
    assert weight_sizes(case)[0] == pytest.approx(3 * np.sqrt(6))
