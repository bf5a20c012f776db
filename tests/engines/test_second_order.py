"""The formulas of second-order products by other means; both engines: tests/contracts."""

import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.engines import reference, second_order
from gradus.engines.native import NativeEngine
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.params import views
from gradus.networks.spec import Dense, NetworkSpec
from tests.contracts.cases import FIRST_LOSSES, TABLES, draw_params, draw_rows, network
from tests.contracts.test_layers import LAYERS


def test_the_tangent_is_the_transpose_of_the_way_back(rng):
    """The dot-product test: u . (J v) = (J' u) . v."""
    spec = network("gelu", "squared_error", embeddings=TABLES["levels"])
    params, (X, _) = draw_params(spec, rng), draw_rows(spec, rng, 8)
    v, u = rng.normal(size=params.size), rng.normal(size=(8, spec.n_outputs))
    trace = reference.forward(spec, params, X)
    J_v = second_order.forward_tangent(spec, params, X, trace, v).a[-1]
    slope = reference.ACTIVATIONS["gelu"].slope(trace.z[-1])
    J_transposed_u = reference.backward(spec, params, trace, u * slope)
    assert np.sum(u * J_v) == pytest.approx(J_transposed_u @ v, rel=1e-12)


def test_the_tangent_of_two_neurons_by_hand():
    spec = NetworkSpec(1, (Dense(1, "relu"), Dense(1)))
    params, v = np.array([2.0, -1, 3, 0]), np.array([10.0, 1, 5, 7])
    X = np.array([[1.0], [0.0]])
    trace = reference.forward(spec, params, X)
    tangent = second_order.forward_tangent(spec, params, X, trace, v)
    assert [z.ravel().tolist() for z in tangent.z] == [[11, 1], [45, 7]]
    assert [a.ravel().tolist() for a in tangent.a] == [[0, 0], [11, 0], [45, 7]]


@pytest.mark.oracle
@pytest.mark.parametrize("tables", TABLES.values(), ids=list(TABLES))
@pytest.mark.parametrize("loss", FIRST_LOSSES)
@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
def test_jax_finds_the_same_products(activation, loss, tables, rng):
    compare_with_jax(network(activation, loss, l2=0.2, embeddings=tables), rng)


@pytest.mark.oracle
@pytest.mark.parametrize("tables", TABLES.values(), ids=list(TABLES))
@pytest.mark.parametrize("layers", LAYERS.values(), ids=list(LAYERS))
def test_jax_finds_the_same_products_of_all_layers(layers, tables, rng):
    width = 3 + sum(table.width for table in tables)
    compare_with_jax(NetworkSpec(3 + len(tables), layers(width), l2=0.2, embeddings=tables), rng)


def compare_with_jax(spec, rng):
    """JAX differentiates the formula of the objective: forward over reverse, and J' H_L J."""
    jax = pytest.importorskip("jax")
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 7)
    weights, v = rng.uniform(0.5, 2, 7), rng.normal(size=params.size)
    with jax.enable_x64(True):
        X_, y_, weights_ = (jax.numpy.asarray(array) for array in (X, y, weights))

        def objective(p):
            return reference.objective(spec, p, X_, y_, weights_)

        def outputs(p):
            return reference.forward(spec, p, X_).a[-1]

        def loss_of(a):
            return reference.mean_loss(spec, a, y_, weights_)

        def both(p, v):
            hessian = jax.jvp(jax.grad(objective), (p,), (v,))[1]
            a, J_v = jax.jvp(outputs, (p,), (v,))
            H_J_v = jax.jvp(jax.grad(loss_of), (a,), (J_v,))[1]
            return hessian, jax.vjp(outputs, p)[1](H_J_v)[0]

        products = jax.jit(both)(jax.numpy.asarray(params), jax.numpy.asarray(v))
        hessian, gauss_newton = (np.asarray(product) for product in products)
    gauss_newton = gauss_newton + 0.2 * v * reference.weight_mask(spec)
    for engine in (ReferenceEngine(), NativeEngine(2)):
        for ours, theirs in (
            (engine.hvp(spec, params, X, y, weights, v), hessian),
            (engine.ggn_vp(spec, params, X, y, weights, v), gauss_newton),
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("engine", [ReferenceEngine(), NativeEngine(2)], ids=lambda e: e.name)
def test_torch_differentiates_twice_to_the_same_product(engine, rng):
    torch = pytest.importorskip("torch")
    spec = network("softplus", "cross_entropy", l2=0.2)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 9)
    v = rng.normal(size=params.size)
    theta = torch.tensor(params, requires_grad=True)
    named, a = views(spec, theta), torch.tensor(X)
    functions = torch.nn.functional.softplus, torch.tanh, torch.nn.Identity()
    for number, function in enumerate(functions, 1):
        a = function(a @ named[f"layer {number} weight"] + named[f"layer {number} bias"])
    loss = torch.nn.functional.cross_entropy(a, torch.tensor(y[:, 0].astype(np.int64)))
    mask = torch.tensor(np.array(reference.weight_mask(spec)))
    objective = loss + 0.1 * (theta[mask] ** 2).sum()
    (gradient,) = torch.autograd.grad(objective, theta, create_graph=True)
    (theirs,) = torch.autograd.grad(gradient @ torch.tensor(v), theta)
    ours = engine.hvp(spec, params, X, y, None, v)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-13)
