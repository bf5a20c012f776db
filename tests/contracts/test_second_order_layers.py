"""Second-order products through norms, residuals and dropout, which leaves nothing out of them."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec
from tests.contracts.cases import ONE_PASS, assert_layers_close
from tests.contracts.test_layers import LAYERS
from tests.contracts.test_second_order import PRODUCTS, compare, draw

each_product = pytest.mark.parametrize("product", PRODUCTS)


@pytest.fixture(params=LAYERS.values(), ids=list(LAYERS))
def layered(request, embeddings):
    """A network of three plain columns, without and with embeddings."""
    width = 3 + sum(embedding.width for embedding in embeddings)
    return NetworkSpec(
        3 + len(embeddings), request.param(width), l2=0.3, embeddings=embeddings, l1=0.05
    )


def blunted(layer):
    """The same layer with norms that divide by 1/3 at least.

    A row of nearly equal numbers is divided by next to nothing. Second derivatives divide twice, so
    one such row is all of them, and what float32 rounded in it is seen in all of them.
    """
    if isinstance(layer, Residual):
        return Residual(tuple(blunted(inner) for inner in layer.layers))
    return LayerNorm(0.1) if isinstance(layer, LayerNorm) else layer


@pytest.mark.parametrize("dtype", ONE_PASS, ids=lambda dtype: dtype.__name__)
def test_against_the_formulas(engine, layered, dtype, rng):
    if dtype == np.float32:
        layered = replace(layered, layers=tuple(blunted(layer) for layer in layered.layers))
    for n_rows in (1, 64, 65, 300):
        compare(engine, layered, *draw(layered, rng, n_rows, dtype))


def test_hessian_against_central_differences_of_the_gradient(engine, layered, rng):
    params, X, y, weights, v = draw(layered, rng, 6)
    v /= np.abs(v).max()
    h = np.finfo(float).eps ** (1 / 3)
    up, down = (engine.gradient(layered, params + s * h * v, X, y, weights)[1] for s in (1, -1))
    ours = engine.hvp(layered, params, X, y, weights, v)
    assert_layers_close(layered, (up - down) / (2 * h), ours, 1e-6)


def test_gauss_newton_against_differences_of_the_outputs(engine, layered, rng):
    """``u' G v = 2/N sum of share * (J u)(J v) + l2 u' v``; there is no l1 in it."""
    params, X, y, weights, v = draw(layered, rng, 6)
    u, h = rng.normal(size=v.size), np.finfo(float).eps ** (1 / 3) / 3

    def along(w):
        up, down = (engine.outputs(layered, params + s * h * w, X) for s in (1, -1))
        return (up - down) / (2 * h)

    ours = engine.ggn_vp(layered, params, X, y, weights, v)
    share = (weights / weights.sum())[:, None] * 2 / layered.n_outputs
    of_penalty = engine.ggn_vp(layered, params, X, y, 0 * weights, v)
    expected = np.sum(share * along(u) * along(v)) + u @ of_penalty
    assert u @ ours == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.linalg.norm(ours))
    assert v @ (ours - of_penalty) >= 0


@each_product
def test_both_matrices_are_symmetric(engine, layered, product, rng):
    params, X, y, weights, v = draw(layered, rng, 20)
    u, multiply = rng.normal(size=v.size), getattr(engine, product)
    of_v, of_u = (multiply(layered, params, X, y, weights, w) for w in (v, u))
    assert abs(u @ of_v - v @ of_u) <= 1e-12 * np.linalg.norm(u) * np.linalg.norm(of_v)


@each_product
def test_dropout_leaves_nothing_out(engine, product, rng):
    with_it = (Dropout(0.9), Residual((Dense(3, "tanh"), Dropout(0.5))), Dropout(0.5), Dense(2))
    without = (Residual((Dense(3, "tanh"),)), Dense(2))
    batch = draw(NetworkSpec(3, without), rng, 40)
    ours, plain = (
        getattr(engine, product)(NetworkSpec(3, layers), *batch) for layers in (with_it, without)
    )
    assert ours.tobytes() == plain.tobytes()


@each_product
def test_a_norm_of_equal_numbers(engine, product, rng):
    """Variance 0: all of a row is flat, and epsilon keeps it finite."""
    spec = NetworkSpec(1, (Dense(4, bias=False), LayerNorm(), Dense(1)))
    params, X, y, weights, v = draw(spec, rng, 5)
    params[:4] = 2.0
    compare(engine, spec, params, X, y, weights, v)
    assert np.isfinite(getattr(engine, product)(spec, params, X, y, weights, v)).all()
