"""Mean gradients along lines beside a plain computation: a line, a piece, a unit at a time."""

from itertools import pairwise

import numpy as np
import pytest

from gradus.calculus.mean_slopes import is_straight, mean_slopes
from gradus.engines.reference import forward
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec

BELOW = {"identity": 1.0, "relu": 0.0, "leaky_relu": 0.01}

LAYERS = {
    "no hidden layer": (Dense(1),),
    "one": (Dense(7, "relu"), Dense(1)),
    "two": (Dense(9, "relu"), Dense(8, "relu"), Dense(1)),
    "two leaky, with dropout": (
        Dense(9, "leaky_relu"),
        Dropout(0.5),
        Dense(8, "leaky_relu"),
        Dense(1),
    ),
    "identity between and no bias": (
        Dense(6, "relu", bias=False),
        Dense(5),
        Dense(7, "leaky_relu"),
        Dense(1, bias=False),
    ),
    "identity first and last": (Dense(6), Dense(7, "relu"), Dense(4), Dense(1)),
    "identity alone": (Dense(6), Dense(1)),
    "four": (*(Dense(6, name) for name in ("relu", "leaky_relu", "relu", "relu")), Dense(1)),
    "a kink in the output": (Dense(6, "relu"), Dense(1, "relu")),
}


def network(layers, rng, n_inputs=3):
    spec = NetworkSpec(n_inputs, layers)
    params = initial_params(spec, 0)
    return spec, params + 0.3 * rng.normal(size=params.shape)


def at_point(spec, named, x):
    """All z of one row, and the gradient of its output, by the chain rule."""
    z, a, jacobian = [], x, np.eye(len(x))
    for number, layer in enumerate(spec.dense, 1):
        weight = named[f"layer {number} weight"]
        z.append(a @ weight + named.get(f"layer {number} bias", 0.0))
        slope = np.where(z[-1] > 0, 1.0, BELOW[layer.activation])
        a, jacobian = z[-1] * slope, jacobian @ weight * slope
    return z, jacobian.sum(axis=1)


def slowly(spec, params, start, end):
    named = views(spec, params)
    cuts = [0.0, 1.0]
    for number in range(len(spec.dense)):
        pieces = list(pairwise(cuts))
        for low, high in pieces:
            ends = [
                at_point(spec, named, start + t * (end - start))[0][number] for t in (low, high)
            ]
            for before, after in zip(*ends, strict=True):
                if (before > 0) != (after > 0):
                    cuts.append(low + (high - low) * before / (before - after))
        cuts.sort()
    mean = np.zeros(len(start))
    for low, high in pairwise(cuts):
        middle = start + (low + high) / 2 * (end - start)
        mean += (high - low) * at_point(spec, named, middle)[1]
    return mean


@pytest.mark.parametrize("kind", LAYERS)
def test_like_one_line_at_a_time(kind, rng):
    spec, params = network(LAYERS[kind], rng)
    start, end = 2 * rng.normal(size=(2, 25, 3))
    found = mean_slopes(spec, params, start, end)
    slow = np.array([slowly(spec, params, *line) for line in zip(start, end, strict=True)])
    assert found == pytest.approx(slow, abs=1e-12 * np.abs(slow).max())
    sides = [forward(spec, params, X).a[-1][:, 0] for X in (start, end)]
    come_to = (found * (end - start)).sum(axis=1)
    assert come_to == pytest.approx(sides[1] - sides[0], abs=1e-12)


def test_lines_of_no_length_and_units_that_stay_at_their_kink(rng):
    spec, params = network(LAYERS["two"], rng)
    named = views(spec, params)
    named["layer 1 weight"][:, :2] = 0  # two units that are 0 on all rows
    named["layer 1 bias"][:2] = 0
    named["layer 1 weight"][:, 4] = named["layer 1 weight"][:, 3]  # two with the same kink
    named["layer 1 bias"][4] = named["layer 1 bias"][3]
    start = rng.normal(size=(6, 3))
    here = [at_point(spec, named, x)[1] for x in start]
    assert mean_slopes(spec, params, start, start) == pytest.approx(np.array(here), abs=1e-14)
    end = rng.normal(size=(6, 3))
    slow = np.array([slowly(spec, params, *line) for line in zip(start, end, strict=True)])
    assert mean_slopes(spec, params, start, end) == pytest.approx(slow, abs=1e-12)
    alone = [mean_slopes(spec, params, start[[k]], end[[k]])[0] for k in range(6)]
    assert mean_slopes(spec, params, start, end) == pytest.approx(np.array(alone), abs=1e-14)


def test_lines_that_begin_or_end_at_a_kink():
    spec = NetworkSpec(1, (Dense(1, "relu"), Dense(1)))
    params = np.array([2.0, 0.0, 3.0, 1.0])  # 3 max(2 x, 0) + 1
    start, end = np.array([[[0.0], [-1.0], [-1.0], [0.0]], [[1.0], [0.0], [3.0], [-2.0]]])
    assert mean_slopes(spec, params, start, end)[:, 0].tolist() == [6.0, 0.0, 4.5, 0.0]


def test_lines_far_out(rng):
    spec, params = network(LAYERS["two leaky, with dropout"], rng)
    start, end = 1e9 * rng.normal(size=(2, 5, 3))
    slow = np.array([slowly(spec, params, *line) for line in zip(start, end, strict=True)])
    assert mean_slopes(spec, params, start, end) == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize(
    "layers",
    [
        (Dense(3, "gelu"), Dense(1)),
        (Dense(3, "relu"), Dense(3, "selu"), Dense(1)),
        (Dense(3, "relu"), LayerNorm(), Dense(1)),
        (Dense(3, "relu"), Residual((Dense(3, "relu"),)), Dense(1)),
    ],
)
def test_what_is_not_known(layers):
    assert not is_straight(NetworkSpec(2, layers))
