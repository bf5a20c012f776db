"""Products with the Hessian and the Gauss-Newton matrix, of every engine."""

import re

import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.engines import reference, second_order
from gradus.errors import DataError
from gradus.networks.losses import loss_of, row_shares
from gradus.networks.params import n_params, weight_mask
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from tests.contracts import cases
from tests.contracts.cases import (
    FIRST_LOSSES,
    LOSSES,
    ONE_PASS,
    assert_layers_close,
    draw_params,
    draw_rows,
)
from tests.golden.load import golden

PRODUCTS = ("hvp", "ggn_vp")
each_product = pytest.mark.parametrize("product", PRODUCTS)
each_type = pytest.mark.parametrize("dtype", ONE_PASS, ids=lambda dtype: dtype.__name__)
each_loss = pytest.mark.parametrize("loss", FIRST_LOSSES)
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
each_activation = pytest.mark.parametrize("activation", ACTIVATION_NAMES)


def compare(engine, spec, params, X, y, weights, v):
    """Both products of one engine against the formulas in float64."""
    exact = [None if a is None else a.astype(np.float64) for a in (params, X, y, weights, v)]
    for product in PRODUCTS:
        ours = getattr(engine, product)(spec, params, X, y, weights, v)
        assert ours.dtype == params.dtype
        formula = getattr(second_order, product)(spec, *exact)
        assert_layers_close(spec, ours, formula, ONE_PASS[params.dtype.type])


def draw(spec, rng, n, dtype=np.float64):
    """Parameters, rows, targets, row weights and a direction."""
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, n, dtype)
    weights = rng.uniform(0.1, 2, n).astype(dtype)
    return params, X, y, weights, rng.normal(size=params.size).astype(dtype)


@each_loss
@each_activation
@each_type
def test_against_the_formulas(engine, network, activation, loss, dtype, rng):
    for l2, bias in ((0.0, True), (0.3, False)):
        spec = network(activation, loss, l2=l2, bias=bias)
        params, X, y, weights, v = draw(spec, rng, 17, dtype)
        compare(engine, spec, params, X, y, None, v)
        compare(engine, spec, params, X, y, weights, v)


@every_loss
@each_type
def test_every_loss_against_the_formulas(engine, loss, dtype, rng):
    for width in (1, 9):
        spec = cases.network("tanh", loss, l2=0.1, width=width)
        params, X, y, weights, v = draw(spec, rng, 40, dtype)
        compare(engine, spec, params, X, y, None, v)
        compare(engine, spec, params, X, y, weights.round().astype(dtype), v)


@every_loss
def test_every_loss_against_differences_of_the_gradient(engine, loss, rng):
    spec, h = cases.network("softplus", loss), np.finfo(float).eps ** (1 / 3)
    params, X, y, weights, v = draw(spec, rng, 9)
    v /= np.abs(v).max()
    up, down = (engine.gradient(spec, params + s * h * v, X, y, weights)[1] for s in (1, -1))
    assert_layers_close(
        spec, (up - down) / (2 * h), engine.hvp(spec, params, X, y, weights, v), 1e-6
    )


@every_loss
def test_every_gauss_newton_never_bends_down(engine, loss, rng):
    spec = cases.network("tanh", loss)
    for _ in range(10):
        params, X, y, weights, v = draw(spec, rng, 5)
        assert v @ engine.ggn_vp(spec, params, X, y, weights, v) >= 0


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (cases.ExpressionLoss("log(1 + (output - target) ** 2)"), 5.0),
        (cases.Quantile((0.1, 0.9)), 9.0),
        (cases.FunctionLoss(lambda o, y: -((o - y) ** 2)[:, 0], lambda o, y: 2 * (y - o),
                            lambda o, _: 0 * o - 2), 3.0),
    ],
    ids=["expression", "quantile", "functions"],
)  # fmt: skip
def test_what_bends_down_counts_as_0_in_gauss_newton(engine, loss, target):
    n_outputs = loss_of(loss).fewest_outputs
    spec = NetworkSpec(1, (Dense(n_outputs, bias=False),), loss)
    batch = np.zeros(n_outputs), np.ones((1, 1)), np.full((1, 1), target), None
    v = np.ones(n_outputs)
    assert v @ engine.hvp(spec, *batch, v) < 0
    assert not engine.ggn_vp(spec, *batch, v).any()
    assert not engine.gauss_newton(spec, *batch[:3])[2].any()


@pytest.mark.parametrize("width", [1, 8, 9, 33, 130])
@each_type
def test_shapes_around_the_blocks(engine, embeddings, width, dtype, rng):
    tables = tuple(Embedding(7, width) for _ in embeddings)
    layers = (Dense(width, "tanh"), Dense(131 - width, "sigmoid"), Dense(width))
    spec = NetworkSpec(width + 1 + len(tables), layers, embeddings=tables)
    for n_rows in (1, 5, 65, 200):
        compare(engine, spec, *draw(spec, rng, n_rows, dtype))


@each_type
def test_more_rows_than_one_chunk(engine, embeddings, dtype, rng):
    layers = (Dense(40, "gelu"), Dense(9, "tanh"), Dense(4))
    spec = NetworkSpec(20, layers, "cross_entropy", l2=0.1, embeddings=embeddings)
    compare(engine, spec, *draw(spec, rng, 5000, dtype))


@each_loss
@each_activation
def test_hessian_against_central_differences_of_the_gradient(
    engine, network, activation, loss, rng
):
    """``(g(theta + h v) - g(theta - h v)) / 2h``; draws with a kink of relu on the way are left."""
    n_seen, h = 0, np.finfo(float).eps ** (1 / 3)
    for l2 in (0.0, 0.4):
        spec = network(activation, loss, l2=l2)
        params, X, y, weights, v = draw(spec, rng, 6)
        v /= np.abs(v).max()
        if activation == "relu":
            far = (reference.forward(spec, params + sign * 10 * h * v, X).z for sign in (1, -1))
            if any(((up > 0) != (down > 0)).any() for up, down in zip(*far, strict=True)):
                continue
        n_seen += 1
        up, down = (engine.gradient(spec, params + s * h * v, X, y, weights)[1] for s in (1, -1))
        ours = engine.hvp(spec, params, X, y, weights, v)
        assert_layers_close(spec, (up - down) / (2 * h), ours, 1e-6)
    assert n_seen > 0


@each_loss
@each_activation
def test_gauss_newton_against_differences_of_the_outputs(engine, network, activation, loss, rng):
    """``u' G v = sum over rows of (J u)' H_L (J v)``, J and H_L by central differences."""
    spec, h = network(activation, loss), np.finfo(float).eps ** (1 / 3)
    params, X, y, weights, v = draw(spec, rng, 6)
    u = rng.normal(size=v.size)

    def slope(function, at, direction):
        direction = direction / np.abs(direction).max()
        return (function(at + h * direction) - function(at - h * direction)) / (2 * h)

    def along(direction):
        by_size = slope(lambda p: engine.outputs(spec, p, X), params, direction)
        return by_size * np.abs(direction).max()

    gradient = loss_of(spec.loss).output_gradient
    J_u, J_v, outputs = along(u), along(v), engine.outputs(spec, params, X)
    H_J_v = slope(lambda a: gradient(a, y), outputs, J_v) * np.abs(J_v).max()
    expected = np.sum(row_shares(weights)[:, None] * J_u * H_J_v)
    ours = engine.ggn_vp(spec, params, X, y, weights, v)
    assert u @ ours == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.linalg.norm(ours))


@each_product
@each_loss
@each_activation
def test_both_matrices_are_symmetric(engine, network, activation, loss, product, rng):
    spec = network(activation, loss, l2=0.3)
    params, X, y, weights, v = draw(spec, rng, 20)
    u = rng.normal(size=v.size)
    multiply = getattr(engine, product)
    of_v, of_u = (multiply(spec, params, X, y, weights, w) for w in (v, u))
    size = np.linalg.norm(u) * np.linalg.norm(of_v)
    assert abs(u @ of_v - v @ of_u) <= 1e-12 * size


@each_product
def test_both_products_are_linear_in_the_vector(engine, network, product, rng):
    spec = network("gelu", "cross_entropy", l2=0.3)
    params, X, y, weights, v = draw(spec, rng, 20)
    u, multiply = rng.normal(size=v.size), getattr(engine, product)
    of_u, of_v, of_both = (
        multiply(spec, params, X, y, weights, w) for w in (u, v, 3 * u - 0.5 * v)
    )
    assert_layers_close(spec, of_both, 3 * of_u - 0.5 * of_v, 1e-12)
    assert not multiply(spec, params, X, y, weights, 0 * v).any()


@each_loss
@each_activation
def test_gauss_newton_never_bends_down(engine, network, activation, loss, rng):
    """The Hessian does, in the case worked by hand and in about half of these draws."""
    spec = network(activation, loss)
    for _ in range(10):
        params, X, y, weights, v = draw(spec, rng, 5)
        assert v @ engine.ggn_vp(spec, params, X, y, weights, v) >= 0


@each_loss
def test_where_the_network_is_linear_both_are_one(engine, embeddings, loss, rng):
    """No embeddings: a product of two learnt numbers is not linear in them."""
    width = {"squared_error": 2, "binary_cross_entropy": 1, "cross_entropy": 3}[loss]
    spec = NetworkSpec(5, (Dense(width),), loss, l2=0.2)
    batch = draw(spec, rng, 30)
    hessian, gauss_newton = (getattr(engine, product)(spec, *batch) for product in PRODUCTS)
    assert_layers_close(spec, gauss_newton, hessian, 1e-13)
    through = NetworkSpec(5 + len(embeddings), (Dense(3), Dense(width)), loss, 0.2, embeddings)
    batch = draw(through, rng, 30)
    hessian, gauss_newton = (getattr(engine, product)(through, *batch) for product in PRODUCTS)
    assert np.abs(hessian - gauss_newton).max() > 1e-3 * np.abs(hessian).max()


@each_product
@each_loss
def test_weight_2_is_the_row_twice(engine, network, loss, product, rng):
    spec = network("tanh", loss, l2=0.1)
    params, X, y, _, v = draw(spec, rng, 9)
    weights = np.array([1, 2, 0, 3, 1, 1, 2, 0, 1.0])
    twice = np.repeat(np.arange(9), weights.astype(int))
    multiply = getattr(engine, product)
    ours = multiply(spec, params, X, y, weights, v)
    assert_layers_close(spec, ours, multiply(spec, params, X[twice], y[twice], None, v), 1e-12)


@each_product
@each_loss
def test_rows_of_weight_0_leave_no_trace(engine, network, loss, product, rng):
    spec = network("softplus", loss)
    params, X, y, weights, v = draw(spec, rng, 9)
    weights[[2, 8]] = 0
    kept = weights > 0
    multiply = getattr(engine, product)
    alone = multiply(spec, params, X[kept], y[kept], weights[kept], v)
    X[2, : spec.n_plain], X[8, 0] = np.nan, np.inf
    if loss == "squared_error":
        y[2] = np.inf
    assert_layers_close(spec, multiply(spec, params, X, y, weights, v), alone, 1e-12)


@each_product
@each_type
def test_without_rows_the_penalty_is_left(engine, network, product, dtype, rng):
    spec = network("tanh", "cross_entropy", l2=0.5)
    params, X, y, _, v = draw(spec, rng, 4, dtype)
    multiply, expected = getattr(engine, product), dtype(0.5) * v * weight_mask(spec)
    assert np.array_equal(multiply(spec, params, X[:0], y[:0], None, v), expected)
    assert np.array_equal(multiply(spec, params, X, y, np.zeros(4, dtype), v), expected)


def test_the_case_worked_by_hand(engine):
    """The numbers of docs/derivations/second_order.md."""
    spec = NetworkSpec(1, (Dense(1, "sigmoid", bias=False), Dense(1, bias=False)))
    batch = np.array([np.log(3), 2.0]), np.ones((1, 1)), np.ones((1, 1)), None
    for product, first, second in (
        ("hvp", [3 / 32, 3 / 4], [3 / 4, 9 / 8]),
        ("ggn_vp", [9 / 32, 9 / 16], [9 / 16, 9 / 8]),
    ):
        columns = [getattr(engine, product)(spec, *batch, unit) for unit in np.eye(2)]
        np.testing.assert_allclose(columns, [first, second], rtol=1e-14)
    v = np.array([1.0, -1.0])
    assert v @ engine.hvp(spec, *batch, v) == pytest.approx(-9 / 32, rel=1e-14)
    assert v @ engine.ggn_vp(spec, *batch, v) == pytest.approx(9 / 32, rel=1e-14)


@each_product
def test_two_two_one(engine, product):
    """The network of the texts; the numbers are second differences in 60 digits."""
    spec = NetworkSpec(2, (Dense(2, "sigmoid"), Dense(1, "sigmoid")))
    params = np.array([1, 1, 1, 1, 0, 0, 1, 1, 0.0])
    exact = golden("two_two_one")
    v = np.array(exact["direction"])
    ours = getattr(engine, product)(
        spec, params, np.array([[-2.0, -1.0]]), np.array([[1.0]]), None, v
    )
    np.testing.assert_allclose(ours, exact[product], rtol=1e-13)


@pytest.mark.parametrize("logits", [(20.0, 0.0), (40.0, 0.0), (0.0, 20.0)])
def test_a_sure_class_keeps_its_small_curvature(engine, logits):
    """Of two classes H = p (1 - p) [[1, -1], [-1, 1]]."""
    spec = NetworkSpec(1, (Dense(2, bias=False),), "cross_entropy")
    batch = np.array(logits), np.ones((1, 1)), np.zeros((1, 1)), None
    e = np.exp(-abs(logits[0] - logits[1]))
    curvature = e / (1 + e) ** 2
    for product in PRODUCTS:
        ours = getattr(engine, product)(spec, *batch, np.array([3.0, 1.0]))
        np.testing.assert_allclose(ours, [2 * curvature, -2 * curvature], rtol=1e-12)


@each_type
@pytest.mark.parametrize("size", [1e4, -1e4])
@each_loss
def test_logits_far_out(engine, loss, size, dtype, rng):
    width = {"squared_error": 1, "binary_cross_entropy": 1, "cross_entropy": 3}[loss]
    spec = NetworkSpec(2, (Dense(width),), loss)
    params = np.zeros(n_params(spec), dtype=dtype)
    params[-1] = size
    _, X, y, weights, v = draw(spec, rng, 6, dtype)
    for product in PRODUCTS:
        assert np.isfinite(getattr(engine, product)(spec, params, X, y, weights, v)).all()
    compare(engine, spec, params, np.zeros_like(X), y, weights, v)


@each_product
def test_strided_and_read_only_arrays_are_taken(engine, network, product, rng):
    spec = network("tanh", "squared_error", l2=0.1)
    params, X, y, weights, v = draw(spec, rng, 12)
    flat = [np.repeat(array, 3)[::3] for array in (params, weights, v)]
    wide = [np.repeat(np.repeat(array, 2, 0), 3, 1)[::2, ::3] for array in (X, y)]
    lent = [flat[0], *wide, *flat[1:]]
    for array in lent:
        array.flags.writeable = False
        assert not array.flags.c_contiguous
    multiply = getattr(engine, product)
    ours, plain = multiply(spec, *lent), multiply(spec, params, X, y, weights, v)
    assert_layers_close(spec, ours, plain, 1e-14)


@each_product
def test_levels_that_have_no_row_are_refused(engine, product, rng):
    spec = NetworkSpec(2, (Dense(1),), embeddings=(Embedding(3, 2),))
    params, X, y, weights, v = draw(spec, rng, 4)
    X[3, 1], weights[3] = 3, 0
    words = "X must hold whole numbers from 0 to 2 in column 1, the levels of embedding 1; got 3"
    with pytest.raises(DataError, match=f"^{re.escape(words)} in row 3.$"):
        getattr(engine, product)(spec, params, X, y, weights, v)
