"""Second derivatives of real networks: eigenvalues, mixed partials, stable rates, forecasts."""

import numpy as np
import pytest

from gradus import Dense, ExpressionLoss, GradientDescent, Network, curvature
from gradus.calculus.curvature import Curvature
from gradus.engines.native import NativeEngine
from gradus.errors import DataError
from gradus.networks.params import locate


def network_and_rows(rng, hidden=(6, 5), n=40, **options):
    network = Network(3, [*(Dense(w, "tanh") for w in hidden), Dense(1)], seed=1, **options)
    return network, rng.normal(size=(n, 3)), rng.normal(size=n)


def dense_hessian(network, X, y):
    """By central differences of the gradient."""
    columns, start = [], network.params.copy()
    for k in range(len(start)):
        sides = []
        for sign in (1, -1):
            network.params[:] = start
            network.params[k] += sign * 1e-5
            sides.append(np.concatenate([g.ravel() for g in network.gradient(X, y).values()]))
        columns.append((sides[0] - sides[1]) / 2e-5)
    network.params[:] = start
    H = np.array(columns)
    return (H + H.T) / 2


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_against_the_dense_hessian(rng, engine):
    network, X, y = network_and_rows(rng, l2=0.01)
    H = dense_hessian(network, X, y)
    bend = curvature(network, X, y, engine=engine)
    values = np.linalg.eigvalsh(H)
    found = bend.extremes()
    assert found.largest == pytest.approx(values[-1], rel=1e-2)
    assert found.smallest == pytest.approx(values[0], abs=1e-2 * np.abs(values).max())
    assert bend.trace().value == pytest.approx(np.trace(H), rel=1e-6)
    assert bend.trace().error == 0
    i, j = (locate(network.spec, name) for name in ("layer 1 weight [0, 2]", "layer 2 bias [1]"))
    assert bend.block(i, j) == pytest.approx(H[np.ix_([i, j], [i, j])], abs=1e-7)
    step = 0.1 * rng.normal(size=len(H))
    told, g = bend.forecast(step), bend.grads
    assert told.first_order == pytest.approx(g @ step)
    assert told.diagonal.value == pytest.approx(g @ step + step**2 @ np.diag(H) / 2, rel=1e-6)
    assert told.second_order == pytest.approx(g @ step + step @ H @ step / 2, rel=1e-6)


def test_second_order_tells_a_small_step_better_than_first(rng):
    network, X, y = network_and_rows(rng)
    bend = curvature(network, X, y)
    told = bend.forecast(-0.05 * bend.grads)
    gaps = [abs(told.actual - one) for one in (told.first_order, told.second_order)]
    assert gaps[1] < gaps[0] / 10


def test_estimates_beyond_2000_parameters_hold_the_truth(rng):
    network, X, y = network_and_rows(rng, hidden=(60, 40), n=20)
    bend = curvature(network, X, y)
    assert bend.n_params > 2000
    exact = sum(bend.product(one)[k] for k, one in enumerate(np.eye(bend.n_params)))
    found = bend.trace()
    assert found.error > 0
    assert abs(found.value - exact) <= 5 * found.error


def dense_by_gradients(network, X, y):
    """The Hessian, a column for each difference of two gradients."""
    machine, rows = NativeEngine(), (X, y.reshape(-1, 1), None)
    columns = []
    for k in range(len(network.params)):
        sides = []
        for sign in (1, -1):
            moved = network.params.copy()
            moved[k] += sign * 1e-5
            sides.append(machine.gradient(network.spec, moved, *rows)[1])
        columns.append((sides[0] - sides[1]) / 2e-5)
    return (np.array(columns) + np.array(columns).T) / 2


def hold_to_the_dense_one(rng, hidden):
    network, X, y = network_and_rows(rng, hidden, n=40)
    values = np.linalg.eigvalsh(dense_by_gradients(network, X, y))
    found = curvature(network, X, y).extremes()
    assert found.largest == pytest.approx(values[-1], rel=1e-2)
    furthest = np.abs(values).max()
    assert found.smallest == pytest.approx(values[0], abs=1e-2 * furthest)
    assert abs(found.largest - values[-1]) <= found.largest_error + 1e-6 * furthest
    return len(values)


@pytest.mark.parametrize("hidden", [(8,), (12, 9), (20, 10)])
def test_the_largest_within_a_hundredth(rng, hidden):
    assert hold_to_the_dense_one(rng, hidden) < 320


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(30, 25), (60, 28)])
def test_the_largest_within_a_hundredth_of_wide_networks(rng, hidden):
    assert 800 < hold_to_the_dense_one(rng, hidden) <= 2000


@pytest.mark.parametrize("seed", range(20))
def test_rates_just_below_and_just_above(seed):
    # A network without activation is a bowl: 2 / lambda_max parts those that settle from the rest.
    random = np.random.default_rng(seed)
    n, width = int(random.integers(1, 40)), int(random.integers(1, 6))
    X = random.normal(size=(n, width)) * np.exp(random.normal(size=width)) + random.normal()
    y = np.zeros(n) if seed % 5 == 0 else random.normal(size=n)
    network = Network(width, [Dense(1, bias=bool(seed % 2))], seed=seed, l2=0.1 * (seed % 3))
    if seed % 5 == 0:  # the lowest place itself
        network.params[:] = 0
    bend = curvature(network, X, y)
    ends = bend.extremes()
    rate = bend.largest_stable_rate(ends)
    below, above = (bend.descend(factor * rate, ends) for factor in (0.95, 1.05))
    assert below.n_rises == 0
    assert below.objectives[-1] < below.objectives[0]
    assert above.objectives[-1] > 1e4 * above.objectives[0]
    trained = network.params.copy()
    network.train(X, y, GradientDescent(0.95 * rate), epochs=100)
    after = bend.after(network.params - trained)[0]
    lowest = below.objectives[-1]
    assert after == pytest.approx(lowest, rel=0.05, abs=1e-3 * max(bend.value, 1e-6))


def test_what_no_number_holds_is_infinite():
    network = Network(1, [Dense(1, bias=False)])
    network.params[:] = 1.0
    bend = curvature(network, [[1.0]], [0.0])
    run = bend.descend(1e200, bend.extremes(), 5)
    assert run.objectives.tolist()[2:] == [np.inf] * 4
    assert run.n_rises == 5


@pytest.mark.parametrize(("l2", "largest_rate"), [(0.0, 2.0), (0.5, 4 / 3)])
def test_slopes_of_minus_1_and_a_mixed_partial_of_1_in_a_network(l2, largest_rate):
    # The loss is the output w1 * w2, and the penalty makes the pure second partials l2.
    network = Network(1, [Dense(1, bias=False)] * 2, loss=ExpressionLoss("output"), l2=l2)
    network.params = [-1 / (1 + l2)] * 2
    bend = curvature(network, [[1.0]], [0.0])
    assert bend.grads == pytest.approx([-1, -1])
    assert bend.block(0, 1) == pytest.approx(np.array([[l2, 1], [1, l2]]))
    assert bend.largest_stable_rate(bend.extremes()) == pytest.approx(largest_rate)
    for factor, is_raised in ((0.99, False), (1.01, True)):
        told = bend.forecast(-factor * largest_rate * bend.grads)
        assert told.first_order < 0
        assert told.second_order == pytest.approx(told.actual, abs=1e-12)
        assert (told.actual > 0) == is_raised


def bowl(H, g):
    return Curvature(0.0, g, lambda v: H @ v, lambda d: (float(g @ d + d @ H @ d / 2), g + H @ d))


def test_two_slopes_of_minus_1_and_a_mixed_partial_of_1():
    # What first derivatives promise, 2 r, is undone beyond r = 2 = 2 / lambda_max by the mixed one.
    g, mixed = np.array([-1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    bend = bowl(mixed, g)
    assert bend.extremes().largest == pytest.approx(1)
    assert bend.largest_stable_rate(bend.extremes()) == pytest.approx(2)
    for rate, is_raised in ((1.9, False), (2.1, True)):
        told = bend.forecast(-rate * g)
        assert told.first_order < 0
        assert told.diagonal.value == told.first_order
        assert (told.second_order > 0) == (told.actual > 0) == is_raised
    # With pure ones as well it is raised sooner.
    bent = bowl(mixed + 0.5 * np.eye(2), g)
    assert bent.largest_stable_rate(bent.extremes()) == pytest.approx(4 / 3)
    assert bent.forecast(-1.4 * g).actual > 0


def test_nothing_that_bends_upwards():
    flat = bowl(np.zeros((2, 2)), np.ones(2))
    assert flat.largest_stable_rate(flat.extremes()) == float("inf")


def test_no_rows():
    with pytest.raises(DataError, match=r"^X must hold at least one row to bend on; got none\.$"):
        curvature(Network(1, [Dense(1)]), np.empty((0, 1)), np.empty(0))
