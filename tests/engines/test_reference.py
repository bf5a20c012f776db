"""What only the page of formulas promises; what every engine promises is in tests/contracts."""

import subprocess
import sys

import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.engines import reference
from gradus.engines.native import NativeEngine
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.params import views
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam
from tests.contracts.cases import (
    LOSSES,
    TABLES,
    draw_params,
    draw_rows,
    network,
)


def test_affine_by_hand():
    a_in, weight = np.array([[3.0, 4.0]]), np.array([[1.0, 2.0], [10.0, 20.0]])
    assert reference.affine(a_in, weight, None).tolist() == [[43, 86]]
    assert reference.affine(a_in, weight, np.array([0.5, -0.5])).tolist() == [[43.5, 85.5]]


def test_forward_keeps_every_z_and_a():
    spec = NetworkSpec(1, (Dense(1, "relu"), Dense(1, "sigmoid")))
    trace = reference.forward(spec, np.array([2.0, -1.0, 1.0, -1.0]), np.array([[1.0], [0.0]]))
    assert [z.ravel().tolist() for z in trace.z] == [[1, -1], [0, -1]]
    assert trace.a[1].ravel().tolist() == [1, 0]
    assert trace.a[2].ravel().tolist() == [0.5, 1 / (1 + np.e)]


def test_dense_backward_is_the_transpose_of_affine(rng):
    """The dot-product test: u . (J v) = (J' u) . v for the derivative by each argument."""
    a_in, weight, u = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    d_weight, d_bias, d_a_in = reference.dense_backward(u, a_in, weight)
    v_weight, v_bias, v_a = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(5, 3))
    forward = a_in @ v_weight + v_bias + v_a @ weight
    backward = np.sum(d_weight * v_weight) + d_bias @ v_bias + np.sum(d_a_in * v_a)
    assert np.sum(u * forward) == pytest.approx(backward, rel=1e-12)


def test_objective_is_loss_plus_penalty():
    spec = NetworkSpec(1, (Dense(1),), l2=0.5)
    params, X, y = np.array([2.0, 100.0]), np.array([[1.0]]), np.array([[101.0]])
    assert reference.objective(spec, params, X, y) == 1 + 0.25 * 4


def test_scipy_is_loaded_for_gelu_only():
    script = (
        "import sys, numpy as np\n"
        "from gradus.engines.reference_engine import ReferenceEngine\n"
        "from gradus.networks.activations import ACTIVATIONS\n"
        "ACTIVATIONS['tanh'].value(np.zeros(1))\n"
        "assert not any(name.startswith('scipy') for name in sys.modules)\n"
        "ACTIVATIONS['gelu'].value(np.zeros(1))\n"
        "assert 'scipy.special' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.oracle
@pytest.mark.parametrize("tables", TABLES.values(), ids=list(TABLES))
@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        *((activation, "squared_error") for activation in ACTIVATION_NAMES if activation != "tanh"),
        *(("tanh", loss) for loss in LOSSES.values()),
    ],
)
def test_jax_differentiates_the_objective_to_the_same_gradient(activation, loss, tables, rng):
    jax = pytest.importorskip("jax")
    spec = network(activation, loss, l2=0.2, embeddings=tables)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 7)
    weights = rng.uniform(0.5, 2, 7)
    _, grads = reference.gradient(spec, params, X, y, weights)
    with jax.enable_x64(True):
        lent = [jax.numpy.asarray(array) for array in (params, X, y, weights)]
        theirs = jax.jit(jax.grad(lambda *args: reference.objective(spec, *args)))(*lent)
        ours = jax.jit(lambda *args: reference.gradient(spec, *args)[1])(*lent)
        np.testing.assert_allclose(grads, theirs, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(grads, ours, rtol=1e-10, atol=1e-13)


@pytest.mark.oracle
@pytest.mark.parametrize("engine", [ReferenceEngine(), NativeEngine(2)], ids=lambda e: e.name)
def test_torch_has_the_same_embeddings(engine, rng):
    torch = pytest.importorskip("torch")
    spec = network("tanh", "squared_error", l2=0.2, embeddings=TABLES["levels"])
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 30)
    loss, grads = engine.gradient(spec, params, X, y)
    named = {
        name: torch.tensor(own, requires_grad=True) for name, own in views(spec, params).items()
    }
    a = [torch.tensor(X[:, : spec.n_plain])]
    for number in (1, 2):
        levels = torch.tensor(X[:, spec.n_plain + number - 1].astype(np.int64))
        table = named[f"embedding {number} weight"]
        a.append(torch.nn.functional.embedding(levels, table))
    a = torch.cat(a, dim=1)
    for layer in (1, 2, 3):
        a = torch.tanh(a @ named[f"layer {layer} weight"] + named[f"layer {layer} bias"])
    mean = ((a - torch.tensor(y)) ** 2).mean()
    penalty = sum((own**2).sum() for name, own in named.items() if name.endswith("weight"))
    (mean + 0.1 * penalty).backward()
    assert loss == pytest.approx(mean.item(), rel=1e-12)
    for name, own in views(spec, grads).items():
        np.testing.assert_allclose(own, named[name].grad.numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.oracle
def test_jax_runs_the_update_rules():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        rule, mask = Adam(), np.ones(3, dtype=bool)
        lent = [jax.numpy.ones(3), jax.numpy.arange(3.0), jax.numpy.zeros((2, 3))]
        params, slots = jax.jit(rule.update)(*lent, 0.1, 1, mask)
        exact = rule.update(*(np.asarray(array) for array in lent), 0.1, 1, mask)
        np.testing.assert_allclose(params, exact[0], rtol=1e-14)
        np.testing.assert_allclose(slots, exact[1], rtol=1e-14)
