"""Outputs, loss, measure and gradient of every engine, against the formulas and differences."""

import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.engines import reference
from gradus.networks.params import n_params
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from tests.contracts import cases
from tests.contracts.cases import (
    FIRST_LOSSES,
    LOSSES,
    ONE_PASS,
    assert_layers_close,
    draw_params,
    draw_rows,
    output_width,
)
from tests.golden.load import golden
from tests.networks.kinks import KINKED

each_type = pytest.mark.parametrize("dtype", ONE_PASS, ids=lambda dtype: dtype.__name__)
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
# The others take an exponential of the output itself.
FINITE_FAR_OUT = {
    label: loss for label, loss in LOSSES.items() if label not in {"poisson", "expression"}
}
each_first_loss = pytest.mark.parametrize("loss", FIRST_LOSSES)
each_activation = pytest.mark.parametrize("activation", ACTIVATION_NAMES)
# Around the widths of vector registers and the blocks of matrix products.
WIDTHS = (1, 3, 7, 8, 9, 16, 31, 33, 64, 130)


def compare(engine, spec, params, X, y, weights=None):
    """One engine's pass against the formulas in float64."""
    tolerance = ONE_PASS[params.dtype.type]
    exact = [None if a is None else a.astype(np.float64) for a in (params, X, y, weights)]
    outputs = engine.outputs(spec, params, X)
    assert outputs.dtype == params.dtype
    assert outputs.shape == (len(X), spec.n_outputs)
    exact_outputs = reference.forward(spec, *exact[:2]).a[-1]
    largest = np.abs(exact_outputs).max(initial=0)
    assert np.abs(outputs - exact_outputs).max(initial=0) <= tolerance * largest
    loss, measure = engine.evaluate(spec, params, X, y, weights)
    exact_loss = float(reference.mean_loss(spec, exact_outputs, *exact[2:]))
    assert loss == pytest.approx(exact_loss, rel=tolerance, abs=tolerance * 1e-3)
    # The measure of the engine's own outputs: a tie of logits may be rounded apart.
    exact_measure = reference.mean_measure(spec, outputs.astype(np.float64), *exact[2:])
    assert measure == pytest.approx(float(exact_measure), rel=tolerance)
    loss_again, grads = engine.gradient(spec, params, X, y, weights)
    assert loss_again == pytest.approx(exact_loss, rel=tolerance, abs=tolerance * 1e-3)
    assert grads.dtype == params.dtype
    _, exact_grads = reference.gradient(spec, *exact)
    assert_layers_close(spec, grads, exact_grads, tolerance)


@each_first_loss
@each_activation
@each_type
def test_against_the_formulas(engine, network, activation, loss, dtype, rng):
    for l2, bias in ((0.0, True), (0.3, False)):
        spec = network(activation, loss, l2=l2, bias=bias)
        params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 17, dtype)
        compare(engine, spec, params, X, y)
        compare(engine, spec, params, X, y, rng.uniform(0, 2, 17).astype(dtype))


@each_loss
@each_type
def test_every_loss_against_the_formulas(engine, loss, dtype, rng):
    for width in (1, 9):
        spec = cases.network("tanh", loss, width=width)
        params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 70, dtype)
        compare(engine, spec, params, X, y)
        compare(engine, spec, params, X, y, rng.integers(3, size=70).astype(dtype))


def no_penalty(_):
    return 0.0


@each_loss
def test_every_loss_against_central_differences(engine, loss, rng):
    spec = cases.network("softplus", loss)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 9)
    loss_value, grads = engine.gradient(spec, params, X, y)
    numeric, _ = numeric_gradient(engine, spec, params, X, y, None, no_penalty)
    scale = np.maximum(np.abs(grads), 1e-3 * abs(loss_value))
    assert (np.abs(numeric - grads) / scale).max() < 1e-6


@pytest.mark.parametrize("width", WIDTHS)
@each_type
def test_shapes_around_the_blocks(engine, embeddings, width, dtype, rng):
    other = WIDTHS[-1 - WIDTHS.index(width)]
    # No unit of a sigmoid layer is ever off: small numbers behind one have few digits.
    layers = (Dense(width, "tanh"), Dense(other, "sigmoid"), Dense(width))
    tables = tuple(Embedding(7, other) for _ in embeddings)
    spec = NetworkSpec(width + 1 + len(tables), layers, embeddings=tables)
    params = draw_params(spec, rng, dtype)
    for n_rows in (1, 2, 5, 63, 64, 65, 200):
        compare(engine, spec, params, *draw_rows(spec, rng, n_rows, dtype))


@each_type
def test_many_rows_of_a_large_layer(engine, embeddings, dtype, rng):
    layers = (Dense(260, "gelu"), Dense(10))
    spec = NetworkSpec(70, layers, "cross_entropy", embeddings=embeddings)
    compare(engine, spec, draw_params(spec, rng, dtype), *draw_rows(spec, rng, 1500, dtype))


@each_loss
def test_no_rows(engine, network, loss, rng):
    spec = network("tanh", loss, l2=0.5)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 0)
    assert engine.outputs(spec, params, X).shape == (0, spec.n_outputs)
    assert engine.evaluate(spec, params, X, y) == (0.0, 0.0)
    loss_value, grads = engine.gradient(spec, params, X, y)
    assert loss_value == 0.0
    unpenalized = network("tanh", loss)
    assert not engine.gradient(unpenalized, params, X, y)[1].any()
    assert grads.any()  # the penalty is still there


def numeric_gradient(engine, spec, params, X, y, weights, penalty):
    """Central differences of loss + penalty, and where a kink lies within 10 steps."""
    steps = np.finfo(float).eps ** (1 / 3) * np.maximum(1, np.abs(params))
    numeric, is_kink = np.zeros(params.size), np.zeros(params.size, dtype=bool)
    kinked = [i for i, layer in enumerate(spec.dense) if layer.activation in KINKED]
    for i, h in enumerate(steps):
        unit = np.zeros(params.size)
        unit[i] = h
        up, down = params + unit, params - unit
        values = [engine.evaluate(spec, p, X, y, weights)[0] + penalty(p) for p in (up, down)]
        numeric[i] = (values[0] - values[1]) / (up[i] - down[i])
        if kinked:
            z_up = reference.forward(spec, params + 10 * unit, X).z
            z_down = reference.forward(spec, params - 10 * unit, X).z
            is_kink[i] = any(((z_up[j] > 0) != (z_down[j] > 0)).any() for j in kinked)
    return numeric, is_kink


@each_first_loss
@each_activation
def test_gradient_against_central_differences(engine, network, activation, loss, rng):
    n_skipped = n_seen = 0
    for draw in range(8 if activation in KINKED else 2):
        l2 = 0.0 if draw % 2 else 0.4
        spec = network(activation, loss, l2=l2)
        params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 6)
        weights = rng.uniform(0.1, 2, 6)
        is_weight = reference.weight_mask(spec)

        def penalty(p, l2=l2, is_weight=is_weight):
            return l2 / 2 * np.sum(p[is_weight] ** 2)

        loss_value, grads = engine.gradient(spec, params, X, y, weights)
        numeric, is_kink = numeric_gradient(engine, spec, params, X, y, weights, penalty)
        scale = np.maximum(np.abs(grads), 1e-3 * abs(loss_value + penalty(params)))
        relative = np.abs(numeric - grads) / scale
        assert relative[~is_kink].max() < 1e-6
        n_skipped, n_seen = n_skipped + is_kink.sum(), n_seen + params.size
    assert n_skipped <= 0.01 * n_seen


@each_loss
def test_weight_2_is_the_row_twice(engine, network, loss, rng):
    spec = network("tanh", loss, l2=0.1)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 9)
    weights = np.array([1, 2, 0, 3, 1, 1, 2, 0, 1.0])
    twice = np.repeat(np.arange(9), weights.astype(int))
    ours, repeated = (
        engine.gradient(spec, params, X, y, weights),
        engine.gradient(spec, params, X[twice], y[twice]),
    )
    assert ours[0] == pytest.approx(repeated[0], rel=1e-13)
    assert_layers_close(spec, ours[1], repeated[1], 1e-12)
    assert engine.evaluate(spec, params, X, y, weights) == pytest.approx(
        engine.evaluate(spec, params, X[twice], y[twice]), rel=1e-13
    )


@each_loss
def test_weights_that_sum_to_0(engine, network, loss, rng):
    spec = network("sigmoid", loss)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 4)
    assert engine.evaluate(spec, params, X, y, np.zeros(4)) == (0.0, 0.0)
    loss_value, grads = engine.gradient(spec, params, X, y, np.zeros(4))
    assert loss_value == 0.0
    assert not grads.any()


@each_loss
def test_the_order_of_a_full_batch_does_not_matter(engine, network, loss, rng):
    spec = network("gelu", loss, l2=0.1)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 30)
    order = rng.permutation(30)
    (one, grads), (other, permuted) = (
        engine.gradient(spec, params, rows, targets)
        for rows, targets in ((X, y), (X[order], y[order]))
    )
    assert one == pytest.approx(other, rel=1e-14)
    assert_layers_close(spec, grads, permuted, 1e-13)


def test_shifted_logits_have_the_same_loss(engine, network, rng):
    spec = network("tanh", "cross_entropy")
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 8)
    shifted = params.copy()
    shifted[-3:] += 1000.0
    one, other = (engine.gradient(spec, p, X, y) for p in (params, shifted))
    assert one[0] == pytest.approx(other[0], rel=1e-11)
    # Logits of 1000 keep 1e-13 of themselves.
    assert_layers_close(spec, other[1], one[1], 1e-10)


def test_no_gradient_at_a_perfect_fit(engine, network, rng):
    spec = network("softplus", "squared_error")
    params, (X, _) = draw_params(spec, rng), draw_rows(spec, rng, 8)
    loss, grads = engine.gradient(spec, params, X, engine.outputs(spec, params, X))
    assert loss == 0
    assert not grads.any()


@each_type
@pytest.mark.parametrize("size", [1e4, -1e4])
@pytest.mark.parametrize("loss", FINITE_FAR_OUT.values(), ids=list(FINITE_FAR_OUT))
def test_logits_far_out(engine, loss, size, dtype, rng):
    width = output_width(loss)
    spec = NetworkSpec(2, (Dense(width),), loss)
    params = np.zeros(n_params(spec), dtype=dtype)
    params[-width] = size
    _, y = draw_rows(spec, rng, 6, dtype)
    X = np.zeros((6, 2), dtype=dtype)
    compare(engine, spec, params, X, y)
    assert np.isfinite(engine.evaluate(spec, params, X, y)[0])


@each_type
def test_strided_and_read_only_arrays_are_taken(engine, network, dtype, rng):
    spec = network("tanh", "squared_error", l2=0.1)
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 12, dtype)
    weights = rng.uniform(size=12).astype(dtype)
    wide = [np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3] for a in (X, y)]
    lent = [np.repeat(params, 2)[::2], *wide, np.repeat(weights, 5)[::5]]
    for array in lent:
        array.flags.writeable = False
        assert not array.flags.c_contiguous
    before = [array.tobytes() for array in lent]
    strided, plain = (
        (*engine.gradient(spec, *rows), *engine.evaluate(spec, *rows), engine.outputs(*rows_only))
        for rows, rows_only in (
            (lent, (spec, *lent[:2])),
            ((params, X, y, weights), (spec, params, X)),
        )
    )
    # The core copies what is strided; NumPy may sum it in another order.
    tolerance = 0 if engine.name == "native" else 4 * np.finfo(dtype).eps
    for ours, theirs in zip(strided, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert [array.tobytes() for array in lent] == before


@each_type
def test_one_row_is_the_same_alone_or_in_a_batch(engine, embeddings, dtype, rng):
    layers = (Dense(40, "gelu"), Dense(17, "tanh"), Dense(3))
    spec = NetworkSpec(9, layers, embeddings=embeddings)
    params, (X, _) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 133, dtype)
    batch = engine.outputs(spec, params, X)
    alone = np.concatenate([engine.outputs(spec, params, X[i : i + 1]) for i in range(len(X))])
    if engine.name == "reference":  # waived: BLAS picks its path by the number of rows
        np.testing.assert_allclose(alone, batch, rtol=0, atol=ONE_PASS[dtype])
    else:
        assert alone.tobytes() == batch.tobytes()


# ---- the worked cases of the texts --------------------------------------------------------------


def test_two_two_one(engine):
    """All weights 1, biases 0, x = (-2, -1), y = 1: output 0.524, dL/dw1 = 0.0214."""
    spec = NetworkSpec(2, (Dense(2, "sigmoid"), Dense(1, "sigmoid")))
    params = np.array([1, 1, 1, 1, 0, 0, 1, 1, 0.0])
    X, y = np.array([[-2.0, -1.0]]), np.array([[1.0]])
    exact = golden("two_two_one")
    output = engine.outputs(spec, params, X)[0, 0]
    loss, grads = engine.gradient(spec, params, X, y)
    assert output == pytest.approx(exact["output"], rel=1e-14)
    assert loss == pytest.approx(exact["loss"], rel=1e-14)
    np.testing.assert_allclose(grads, exact["gradient"], rtol=1e-13)
    assert f"{output:.3f}" == "0.524"
    assert int(grads[0] * 1e4) == 214  # 0.02147, which the text cuts off


def test_one_tanh_neuron(engine, rng):
    """dL/dw_j = 2/N sum (y' - y)(1 - y'**2) x_j, and dL/db without the x_j."""
    spec = NetworkSpec(2, (Dense(1, "tanh"),))
    w, b = rng.normal(size=2), rng.normal()
    X, y = rng.normal(size=(7, 2)), rng.normal(size=(7, 1))
    loss, grads = engine.gradient(spec, np.array([*w, b]), X, y)
    by_hand, mean_square = [0.0, 0.0, 0.0], 0.0
    for (x_1, x_2), (expected,) in zip(X, y, strict=True):
        output = np.tanh(x_1 * w[0] + x_2 * w[1] + b)
        mean_square += (expected - output) ** 2 / 7
        slope = 2 / 7 * (output - expected) * (1 - output**2)
        by_hand = [g + slope * x for g, x in zip(by_hand, (x_1, x_2, 1.0), strict=True)]
    assert loss == pytest.approx(mean_square, rel=1e-13)
    np.testing.assert_allclose(grads, by_hand, rtol=1e-12)


def test_two_identity_layers_collapse_into_one(engine, rng):
    two = NetworkSpec(3, (Dense(2, bias=False), Dense(1, bias=False)))
    one = NetworkSpec(3, (Dense(1, bias=False),))
    first, second, X = rng.normal(size=(3, 2)), rng.normal(size=(2, 1)), rng.normal(size=(9, 3))
    np.testing.assert_allclose(
        engine.outputs(two, np.concatenate([first.ravel(), second.ravel()]), X),
        engine.outputs(one, (first @ second).ravel(), X),
        rtol=1e-13,
        atol=1e-15,
    )


def test_first_guess_on_the_first_row(engine):
    """Weights (.2, 1.4, 30) on (3, 4, 7): 0.6 + 5.6 + 210 = 216.2, expected 13.5."""
    spec, exact = NetworkSpec(3, (Dense(1, bias=False),)), golden("linear_neuron")
    guess, X, y = np.array([0.2, 1.4, 30]), np.array([[3.0, 4, 7]]), np.array([[13.5]])
    assert engine.outputs(spec, guess, X)[0, 0] == pytest.approx(216.2, rel=1e-15)
    loss, grads = engine.gradient(spec, guess, X, y)
    assert loss == pytest.approx(202.7**2, rel=1e-14)
    assert loss == pytest.approx(exact["first_loss"], rel=1e-14)
    np.testing.assert_allclose(grads, 2 * 202.7 * X[0], rtol=1e-14)
