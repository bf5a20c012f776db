"""What a missing row changes: told beforehand, and really left out."""

import numpy as np
import pytest
from scipy.optimize import minimize

from gradus import Dense, Network
from gradus.calculus.influence import Held, damping_of, rank_correlation
from gradus.engines.registry import engine
from gradus.models.curvature import penalized


def held_of(network, X, y, damping):
    machine, spec, params = engine("native"), network.spec, network.params.copy()

    def product(at, v):
        return machine.hvp(spec, at, X, y, None, v)

    def objective(moved, weights):
        return penalized(machine, spec, moved, X, y, weights)

    return Held(spec, params, X, y, product, objective, damping)


def trained(network, start, X, y):
    def function(params):
        return penalized(engine("native"), network.spec, params, X, y, None)

    options = {"maxiter": 3000, "ftol": 0.0, "gtol": 1e-11, "maxcor": 40}
    return minimize(function, start, jac=True, method="L-BFGS-B", options=options).x


def test_least_squares_is_known_in_closed_form(rng):
    # Without row i: w - w_i = (X'X)^-1 x_i r_i / (1 - h_i); to first order without the last factor.
    X, n = rng.normal(size=(50, 3)), 50
    y = X @ [1.0, -2.0, 0.5] + rng.normal(size=50)
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    network = Network(3, [Dense(1, bias=False)])
    network.params = w
    held = held_of(network, X, y[:, None], 0.0)
    told = held.influences(1)
    exact = np.empty(n)
    for i in range(n):
        kept = np.arange(n) != i
        exact[i] = np.linalg.lstsq(X[kept], y[kept], rcond=None)[0][1] - w[1]
    leverage = np.einsum("ij,jk,ik->i", X, np.linalg.inv(X.T @ X), X)
    assert told * (n - 1) / n / (1 - leverage) == pytest.approx(exact, rel=1e-6, abs=1e-9)
    assert held.left_out(1, [0, 7]) == pytest.approx(exact[[0, 7]], abs=1e-7)


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
def test_rows_left_out_and_trained_again_from_the_same_start(loss):
    random = np.random.default_rng(1)
    X = random.normal(size=(60, 2))
    y = np.sin(2 * X[:, 0]) + 0.3 * X[:, 1] + 0.3 * random.normal(size=60)
    y = (y > 0).astype(float) if loss == "binary_cross_entropy" else y
    network = Network(2, [Dense(4, "tanh"), Dense(1)], loss=loss, seed=5, l2=0.03)
    network.params = trained(network, network.params, X, y[:, None])
    held = held_of(network, X, y[:, None], 0.0)
    place = 3
    told = held.influences(place)
    rows = np.argsort(told)[np.linspace(0, 59, 12).astype(int)]
    found = []
    for row in rows:
        kept = np.arange(60) != row
        again = trained(network, network.params, X[kept], y[kept, None])
        found.append(again[place] - network.params[place])
    assert rank_correlation(told[rows], np.array(found)) > 0.97
    assert held.left_out(place, rows[:3].tolist()) == pytest.approx(found[:3], rel=1e-3)


def test_downward_curvature_is_held_against():
    H = np.diag([4.0, -0.5])
    assert damping_of(lambda v: H @ v, 2) == pytest.approx(1.0)
    assert damping_of(lambda v: np.abs(H) @ v, 2) == pytest.approx(0.04)


def test_ranks():
    assert rank_correlation(np.array([3.0, 1.0, 2.0]), np.array([1.0, 9.0, 5.0])) == -1
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))
