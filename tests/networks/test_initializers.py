import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from gradus._names import INITIALIZER_NAMES
from gradus.engines import reference
from gradus.errors import InvalidParameter
from gradus.networks.activations import sigmoid_slope
from gradus.networks.initializers import (
    DEEP_SIGMOID_GAIN,
    INITIALIZERS,
    initial_params,
    initial_params_of,
    resolve,
)
from gradus.networks.layers import (
    Dense,
    Dropout,
    Embedding,
    Initializer,
    LayerNorm,
    Residual,
)
from gradus.networks.params import layout, views, weight_mask
from gradus.networks.spec import NetworkSpec
from tests.golden.load import golden

VARIANCES = {
    "glorot_uniform": 2 / (300 + 200),
    "glorot_normal": 2 / (300 + 200),
    "he_uniform": 2 / 300,
    "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300,
    "lecun_normal": 1 / 300,
}


def one_layer(initializer, n_inputs=300, width=200, **options):
    return NetworkSpec(n_inputs, (Dense(width, "tanh", initializer=initializer, **options),))


def test_the_table_is_complete():
    assert ("auto", *INITIALIZERS) == INITIALIZER_NAMES


@pytest.mark.parametrize(("name", "variance"), VARIANCES.items())
def test_variance_and_bounds(name, variance, rng):
    spec = one_layer(name)
    params = initial_params(spec, int(rng.integers(2**63)))
    weight, bias = views(spec, params).values()
    assert not bias.any()
    # 60,000 numbers: five deviations of the estimate of a variance.
    kurtosis = 3.0 if name.endswith("normal") else 1.8
    assert abs(weight.var() / variance - 1) < 5 * np.sqrt((kurtosis - 1) / weight.size)
    assert abs(weight.mean()) < 5 * np.sqrt(variance / weight.size)
    if name.endswith("uniform"):
        limit = np.sqrt(3 * variance)
        assert np.abs(weight).max() <= limit
        assert np.abs(weight).max() > 0.999 * limit


def test_a_level_begins_as_large_as_a_standardized_column(rng):
    """Squared length 1 on average, whatever the width; streams of their own."""
    tables = (Embedding(5000, 16), Embedding(5000, 1), Embedding(5000, 16))
    spec = NetworkSpec(4, (Dense(2),), embeddings=tables)
    seed = int(rng.integers(2**63))
    named = views(spec, initial_params(spec, seed))
    for number, width in ((1, 16), (2, 1)):
        squares = (named[f"embedding {number} weight"] ** 2).sum(axis=1)
        # chi-squared over its degrees of freedom has variance 2 / width.
        assert abs(squares.mean() - 1) < 5 * np.sqrt(2 / width / 5000)
    first, other = named["embedding 1 weight"], named["embedding 3 weight"]
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(first.size)
    alone = NetworkSpec(34, (Dense(2),))
    assert np.array_equal(initial_params(alone, seed), initial_params(spec, seed)[-70:])


def test_with_the_callers_numbers():
    spec = one_layer(Initializer("uniform", low=-2, high=5))
    weight = views(spec, initial_params(spec, 0))["layer 1 weight"]
    assert -2 <= weight.min() < -1.99
    assert 4.99 < weight.max() < 5
    spec = one_layer(Initializer("constant", value=1), 2, 2)
    assert initial_params(spec, 0).tolist() == [1, 1, 1, 1, 0, 0]
    given = Initializer("given", weight=[[1, 2], [3, 4]], bias=[5, 6])
    assert initial_params(one_layer(given, 2, 2), 0).tolist() == [1, 2, 3, 4, 5, 6]
    given = Initializer("given", weight=[[0.2], [1.4], [30]])
    assert initial_params(one_layer(given, 3, 1, bias=False), 0).tolist() == [0.2, 1.4, 30]


def test_same_seed_same_bits_and_another_seed_others():
    spec = NetworkSpec(3, (Dense(4), Dense(4), Dense(4)))
    drawn = [initial_params(spec, seed) for seed in (0, 0, 1, 2**64 - 1)]
    assert drawn[0].tobytes() == drawn[1].tobytes()
    for a, b in itertools.combinations(drawn[1:], 2):
        assert not (a[weight_mask(spec)] == b[weight_mask(spec)]).any()
    # Layers of one shape have streams of their own.
    second, third = (views(spec, drawn[0])[f"layer {layer} weight"] for layer in (2, 3))
    assert not (second == third).any()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_networks_drawn_together_are_those_drawn_alone(name):
    options = {
        "uniform": {"low": -0.3, "high": 0.4},
        "constant": {"value": 0.7},
        "given": {"weight": np.arange(60.0).reshape(12, 5).tolist(), "bias": [1, 2, 3, 4, 5]},
    }
    first = Dense(5, "sigmoid", initializer=Initializer(name, **options.get(name, {})))
    other = first if name != "given" else Dense(5)
    layers = (first, LayerNorm(), Dense(1, initializer=other.initializer))
    spec = NetworkSpec(11, layers, embeddings=(Embedding(4, 2),))
    seeds = [0, 3, 2**63 + 1, 2**64 - 1]
    together = initial_params_of(spec, seeds)
    for seed, params in zip(seeds, together, strict=True):
        assert params.tobytes() == initial_params(spec, seed).tobytes()


def test_a_layer_does_not_look_at_those_beside_it():
    small, large = NetworkSpec(3, (Dense(4), Dense(1))), NetworkSpec(3, (Dense(4), Dense(9)))
    first = [views(spec, initial_params(spec, 5))["layer 1 weight"] for spec in (small, large)]
    np.testing.assert_array_equal(first[0], first[1])


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0])
def test_seeds_that_are_refused(seed):
    sentence = f"seed must be a whole number from 0 to {2**64 - 1}; got {seed!r}."
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        initial_params(one_layer("auto"), seed)


def names(*layers):
    return [options.name for options in resolve(NetworkSpec(3, layers))]


def test_auto_follows_from_the_layers_alone():
    assert names(Dense(2, "relu"), Dense(2, "tanh"), Dense(1)) == [
        "he_uniform",
        "glorot_uniform",
        "glorot_uniform",
    ]
    for activation in ("gelu", "softplus", "leaky_relu", "elu", "silu", "mish"):
        assert names(Dense(2, activation), Dense(1)) == ["he_uniform", "glorot_uniform"]
    assert names(Dense(2, "selu"), Dense(1)) == ["lecun_normal", "glorot_uniform"]
    assert names(Dense(2, "softsign"), Dense(1)) == ["glorot_uniform"] * 2
    sigmoid = Dense(4, "sigmoid")
    assert names(sigmoid, sigmoid, sigmoid) == ["glorot_uniform"] * 3
    assert names(sigmoid, sigmoid, sigmoid, Dense(1)) == ["deep_sigmoid"] * 4
    unbiased = Dense(1, bias=False)
    assert names(sigmoid, sigmoid, sigmoid, unbiased) == ["glorot_uniform"] * 4
    asked = Dense(4, "sigmoid", initializer="lecun_normal")
    assert names(sigmoid, asked, sigmoid, Dense(1)) == [
        "deep_sigmoid",
        "lecun_normal",
        "deep_sigmoid",
        "deep_sigmoid",
    ]


def sizes_through(spec, rng):
    """Per layer: deviation over rows of the activations, norms of delta and of d_weight."""
    params = initial_params(spec, int(rng.integers(2**63)))
    X = rng.normal(size=(64, spec.n_inputs))
    y = rng.integers(spec.n_outputs, size=(64, 1)).astype(float)
    trace, grads = reference.gradient(spec, params, X, y)
    d_weights = [
        np.linalg.norm(grads[view.start : view.stop])
        for view in layout(spec)
        if view.kind == "weight"
    ]
    signals = [a.std(axis=0).mean() for a in trace.a[1:]]
    return np.array(signals), np.array(d_weights), trace


DEEP = (*(Dense(1000, "sigmoid") for _ in range(6)), Dense(10))


def test_deep_sigmoid_keeps_signal_and_gradient(rng):
    spec = NetworkSpec(784, DEEP, loss="cross_entropy")
    signals, d_weights, trace = sizes_through(spec, rng)
    for sizes in (signals, d_weights):
        ratios = sizes[1:] / sizes[:-1]
        assert ratios.max() < 3
        assert ratios.min() > 1 / 3
    # Centered: the mean activation over rows and neurons stays where the slope is largest.
    means = [a.mean() for a in trace.a[1:-1]]
    np.testing.assert_allclose(means, 0.5, atol=0.03)


def test_signal_and_gradient_are_as_derived(rng):
    """docs/derivations/deep_sigmoid.md, measured on a network."""
    assert DEEP_SIGMOID_GAIN == 1.4
    _, signals, chi = np.array(golden("deep_sigmoid")["1.4"]).T
    spec = NetworkSpec(784, DEEP, loss="cross_entropy")
    params = initial_params(spec, int(rng.integers(2**63)))
    trace = reference.forward(spec, params, rng.normal(size=(200, 784)))
    # 1000 neurons and 200 rows: a deviation is known to about 1 %.
    measured = [np.sqrt(np.mean((a - 0.5) ** 2)) for a in trace.a[1:-1]]
    np.testing.assert_allclose(measured, signals, rtol=0.05)
    # A gradient that arrives at layer 6 from anywhere, carried back to layer 1.
    delta = rng.normal(size=(200, 1000)) * sigmoid_slope(trace.z[5])
    named = views(spec, params)
    for layer in (5, 4, 3, 2, 1):
        before = np.mean(delta**2)
        delta = delta @ named[f"layer {layer + 1} weight"].T * sigmoid_slope(trace.z[layer - 1])
        # Neighbors share their rows' signals, which the mean-field numbers leave out.
        assert np.mean(delta**2) / before == pytest.approx(chi[layer - 1], rel=0.15)


def test_the_table_of_the_derivation():
    page = (Path(__file__).parents[2] / "docs/derivations/deep_sigmoid.md").read_text()
    for gain, rows in golden("deep_sigmoid").items():
        _, signals, chi = np.array(rows).T
        cells = (" ".join(f"{x:.3f}" for x in part) for part in (signals, chi[:5]))
        assert f"| {gain} | {' | '.join(cells)} |" in page


def test_glorot_loses_both_on_the_same_stack(rng):
    layers = tuple(
        Dense(layer.width, layer.activation, initializer="glorot_uniform") for layer in DEEP
    )
    signals, d_weights, _ = sizes_through(NetworkSpec(784, layers, loss="cross_entropy"), rng)
    assert signals[5] < 1e-3 * signals[0]
    assert d_weights[0] < 1e-3 * d_weights[5]


def test_deep_sigmoid_takes_the_mean_out():
    spec = NetworkSpec(5, (Dense(4, "sigmoid"), Dense(3, "sigmoid", initializer="deep_sigmoid")))
    named = views(spec, initial_params(spec, 3))
    at_half = 0.5 * named["layer 2 weight"].sum(axis=0) + named["layer 2 bias"]
    np.testing.assert_allclose(at_half, 0, atol=1e-15)
    assert not named["layer 1 bias"].any()


def test_deep_sigmoid_needs_the_bias():
    layers = (Dense(4, "sigmoid"), Dense(3, bias=False, initializer="deep_sigmoid"))
    sentence = (
        "layer 2 must have a bias with initializer 'deep_sigmoid', which takes the mean of the "
        "sigmoid layer before it out there; got bias=False."
    )
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        initial_params(NetworkSpec(2, layers), 0)


def test_a_norm_begins_as_the_identity_and_renames_no_stream():
    plain = NetworkSpec(5, (Dense(4, "tanh"), Dense(4, "relu"), Dense(2)))
    inner = Residual((LayerNorm(), Dropout(0.5), Dense(4, "relu")))
    layered = NetworkSpec(5, (Dropout(0.1), Dense(4, "tanh"), inner, Dense(2)))
    ours, theirs = (views(spec, initial_params(spec, 7)) for spec in (layered, plain))
    assert ours["norm 1 scale"].tolist() == [1] * 4
    assert ours["norm 1 shift"].tolist() == [0] * 4
    for name, values in theirs.items():
        assert np.array_equal(ours[name], values)


def test_only_a_plain_stack_of_sigmoids_is_deep():
    sigmoids = (Dense(4, "sigmoid"), Dense(4, "sigmoid"), Dense(4, "sigmoid"))
    deep, glorot = ([Initializer(name)] * 4 for name in ("deep_sigmoid", "glorot_uniform"))
    assert list(resolve(NetworkSpec(3, (*sigmoids, Dense(1))))) == deep
    assert list(resolve(NetworkSpec(3, (*sigmoids, Dropout(0.5), Dense(1))))) == deep
    assert list(resolve(NetworkSpec(3, (*sigmoids, LayerNorm(), Dense(1))))) == glorot
    within = (*sigmoids[:2], Residual(sigmoids[2:]), Dense(1))
    assert list(resolve(NetworkSpec(3, within))) == glorot


def test_the_mean_is_taken_out_behind_a_dropout_and_not_behind_a_norm():
    last = Dense(3, initializer="deep_sigmoid")
    for between, is_centered in ((Dropout(0.5), True), (LayerNorm(), False)):
        spec = NetworkSpec(5, (Dense(4, "sigmoid"), between, last))
        assert views(spec, initial_params(spec, 3))["layer 2 bias"].any() == is_centered
