"""Losses along lines and over planes: values, directions, paths, rows, and being stopped."""

import json
import signal

import numpy as np
import pytest

from gradus import Dense, ExpressionLoss, GradientDescent, Network, curvature, loss_surface
from gradus.errors import DataError, InvalidParameter, ShapeMismatch


@pytest.fixture
def made(rng):
    network = Network(3, [Dense(6, "tanh"), Dense(1)], seed=2, l2=0.1)
    return network, rng.normal(size=(30, 3)), rng.normal(size=30)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize(
    "directions",
    [["layer 1 weight [0, 2]", "layer 2 bias [0]"], ["gradient", "sharpest"], ["gradient"]],
    ids=" and ".join,
)
def test_each_point_is_the_loss_there(made, engine, directions):
    network, X, y = made
    weight = np.arange(30) % 3
    found = loss_surface(
        network, X, y, directions, sample_weight=weight, n=13, reach=0.7, engine=engine
    )
    assert found.is_known.all()
    assert found.at_network == network.loss(X, y, weight, engine=engine)
    plane = found.plane
    assert plane.directions @ plane.directions.T == pytest.approx(
        np.eye(len(directions)), abs=1e-14
    )
    for place in np.ndindex(found.losses.shape):
        offsets = [axis[k] - o for axis, k, o in zip(found.axes, place, plane.origin, strict=True)]
        assert np.abs(offsets).max() <= 0.7 + 1e-12
        other = Network.from_params(network.spec, network.params + offsets @ plane.directions)
        assert found.losses[place] == pytest.approx(other.loss(X, y, weight), rel=1e-12)
    json.dumps(found.describe(), allow_nan=False)


def test_two_parameters_stand_at_their_own_values(made):
    network, X, y = made
    names = ["layer 1 weight [0, 2]", "layer 2 bias [0]"]
    found = loss_surface(network, X, y, names, n=5)
    assert found.axes[0][2] == network.views()["layer 1 weight"][0, 2]
    network.views()["layer 1 weight"][0, 2] = found.axes[0][0]
    network.views()["layer 2 bias"][0] = found.axes[1][3]
    assert found.losses[0, 3] == pytest.approx(network.loss(X, y), rel=1e-12)


def test_gradient_and_sharpest_are_what_they_say(made):
    network, X, y = made
    grads = np.concatenate([one.ravel() for one in network.gradient(X, y).values()])
    steep = loss_surface(network, X, y, ["gradient", "sharpest"], n=3).plane
    assert steep.directions[0] == pytest.approx(grads / np.linalg.norm(grads))
    bend = curvature(network, X, y)
    (top,) = loss_surface(network, X, y, ["sharpest"], n=3).plane.directions
    assert top @ bend.product(top) == pytest.approx(bend.extremes().largest, rel=1e-3)
    rest = top - (top @ steep.directions.T) @ steep.directions
    assert np.linalg.norm(rest) < 1e-9


def test_a_bowl_is_cut_along_its_axes():
    # (p - 1)**2 + 9 (q - 2)**2, of which the second parameter is the sharpest direction.
    loss = ExpressionLoss("(output - target)**2")
    network = Network(2, [Dense(1, bias=False)], loss=loss)
    X, y = [[np.sqrt(2), 0.0], [0.0, np.sqrt(18)]], [np.sqrt(2), 2 * np.sqrt(18)]
    network.params = [1.0, 2.0]
    found = loss_surface(network, X, y, ["sharpest"], n=5, reach=2)
    assert found.losses == pytest.approx([36, 9, 0, 9, 36], abs=1e-6)


def test_the_plane_of_a_path_holds_it(made, rng):
    network, X, y = made
    snapshots = [network.params.copy()]
    for _ in range(20):
        network.train(X, y, GradientDescent(0.05), epochs=5)
        snapshots.append(network.params.copy())
    found = loss_surface(network, X, y, path=snapshots, n=11)
    plane = found.plane
    assert found.at_network == network.loss(X, y)
    assert plane.path[-1] == pytest.approx([0, 0])
    moved = np.array(snapshots) - network.params
    values = np.linalg.eigvalsh(moved @ moved.T)
    assert plane.share == pytest.approx(values[-2:].sum() / values.sum(), rel=1e-9)
    assert 0.8 < plane.share < 1
    left = moved - plane.path @ plane.directions
    assert (left**2).sum() == pytest.approx((1 - plane.share) * (moved**2).sum(), rel=1e-6)
    far = np.abs(plane.path).max(axis=0)
    assert [axis[-1] for axis in found.axes] == pytest.approx(1.1 * far)


def test_a_straight_path_is_a_line(made):
    network, X, y = made
    start = network.params + np.linspace(0, 1, len(network.params))
    found = loss_surface(network, X, y, path=[start, network.params], n=3)
    assert found.losses.shape == (3,)
    assert found.plane.share == 1
    assert found.plane.point(found.plane.path[0]) == pytest.approx(start)


def test_coarse_first_then_line_by_line(made):
    network, X, y = made
    seen = []
    names = ["layer 1 weight [0, 0]", "layer 1 weight [1, 0]"]
    last = loss_surface(network, X, y, names, callback=seen.append)
    assert seen[0].is_known.sum() == 121
    assert np.array_equal(np.flatnonzero(seen[0].is_known[0]), np.arange(0, 41, 4))
    assert len(seen) == 42
    assert last is seen[-1]
    assert last.is_known.all()
    assert np.isnan(seen[0].losses[~seen[0].is_known]).all()
    assert np.array_equal(seen[0].losses[seen[0].is_known], last.losses[seen[0].is_known])


def test_stopped_between_two_pieces(made):
    network, X, y = made
    seen = []

    def stop(surface):
        seen.append(surface)
        signal.raise_signal(signal.SIGINT)

    before = network.params.copy()
    with pytest.raises(KeyboardInterrupt):
        loss_surface(network, X, y, ["layer 1 bias [0]"], callback=stop)
    assert len(seen) == 1
    assert np.array_equal(network.params, before)


def test_of_many_rows_a_sample_that_is_told(rng):
    X, y = rng.normal(size=(2001, 1)), rng.normal(size=2001)
    network = Network(1, [Dense(1)], seed=3)
    found = loss_surface(network, X, y, ["layer 1 bias [0]"], n=3)
    again = loss_surface(network, X, y, ["layer 1 bias [0]"], n=3)
    assert found.is_sampled
    assert len(np.unique(found.rows)) == 2000
    assert np.array_equal(found.rows, again.rows)
    assert found.at_network == network.loss(X[found.rows], y[found.rows])
    assert not loss_surface(network, X[:2000], y[:2000], ["layer 1 bias [0]"], n=3).is_sampled


def test_what_is_not_finite_is_infinite():
    network = Network(1, [Dense(1, bias=False)], loss=ExpressionLoss("exp(output)"))
    network.params = [0.0]
    found = loss_surface(network, [[1.0]], [0.0], ["layer 1 weight [0, 0]"], n=3, reach=1e4)
    assert found.losses.tolist() == [0, 1, np.inf]
    assert found.describe()["losses"] == [0, 1, None]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"directions": ["gradient"], "n": 4}, "n must be odd, so that the network stands on a "),
        ({"directions": ["gradient"], "reach": 0}, "reach must be a finite number greater than 0"),
        ({}, "either directions or path must be given, and not both."),
        ({"directions": "gradient"}, "directions must be one or two names or arrays in a list; "),
        (
            {"directions": []},
            "directions must be one or two names or arrays in a list; got [].",
        ),
        ({"directions": ["steepest"]}, "a parameter must be written like 'layer 1 weight [0, 2]'"),
        ({"directions": ["gradient"] * 2}, "two directions must span a plane; 'gradient' and "),
        ({"directions": [np.zeros(31)]}, "a direction must be finite and not 0; the length of "),
    ],
)
def test_refusals(made, given, sentence):
    with pytest.raises(InvalidParameter) as raised:
        loss_surface(*made, **given)
    assert str(raised.value).startswith(sentence)


def test_shapes(made):
    network, X, y = made
    with pytest.raises(ShapeMismatch, match=r"^a direction must have shape \(n_params,\) = \(31,"):
        loss_surface(network, X, y, [np.ones(3)])
    with pytest.raises(ShapeMismatch, match=r"^path must have shape \(k, n_params\) = \(k, 31\);"):
        loss_surface(network, X, y, path=np.ones((2, 3)))
    with pytest.raises(InvalidParameter, match=r"^path must hold parameters other than the net"):
        loss_surface(network, X, y, path=[network.params])
    with pytest.raises(DataError, match=r"^X must hold at least one row to compute a loss on"):
        loss_surface(network, X[:0], y[:0], ["gradient"])
