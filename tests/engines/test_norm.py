import numpy as np
import pytest

from gradus.engines.native import NativeEngine
from gradus.engines.norm import norm_backward, normalize
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.layers import Dense, LayerNorm, Residual
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec
from tests.contracts.cases import draw_params, draw_rows


def test_rows_have_mean_0_and_variance_1(rng):
    a_in = 3 + 100 * rng.normal(size=(5, 40))
    normal, inverse = normalize(a_in, 1e-5)
    np.testing.assert_allclose(normal.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(normal.std(axis=1), 1, rtol=1e-8)
    np.testing.assert_allclose(inverse[:, 0], 1 / a_in.std(axis=1), rtol=1e-8)
    shifted = normalize(a_in + 1e6, 1e-5)[0]
    np.testing.assert_allclose(shifted, normal, atol=1e-11)


def test_the_gradient_by_the_input_is_that_of_the_worked_case():
    """The numbers of docs/derivations/layers.md."""
    normal, inverse = normalize(np.array([[3.0, 1.0]]), 3.0)
    parts = norm_backward(np.array([[2.0, 6.0]]), normal, inverse, np.array([2.0, 1.0]))
    expected = ([1, -3], [2, 6], [[-3 / 8, 3 / 8]])
    assert [part.tolist() for part in parts] == list(expected)


def test_norm_backward_by_complex_steps(rng):
    a_in, u = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
    scale, shift = rng.normal(size=6), rng.normal(size=6)

    def loss(a, g, b):
        mean = a.mean(axis=1, keepdims=True)
        variance = ((a - mean) ** 2).mean(axis=1, keepdims=True)
        return np.sum(u * ((a - mean) / np.sqrt(variance + 0.1) * g + b))

    d_scale, d_shift, d_a_in = norm_backward(u, *normalize(a_in, 0.1), scale)
    h = 1e-30
    for index in np.ndindex(3, 6):
        stepped = a_in.astype(complex)
        stepped[index] += 1j * h
        derivative = loss(stepped, scale, shift).imag / h
        assert derivative == pytest.approx(d_a_in[index], rel=1e-12, abs=1e-14)
    for j, unit in enumerate(1j * h * np.eye(6)):
        assert loss(a_in, scale + unit, shift).imag / h == pytest.approx(d_scale[j], rel=1e-12)
        assert loss(a_in, scale, shift + unit).imag / h == pytest.approx(d_shift[j], rel=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("engine", [ReferenceEngine(), NativeEngine(2)], ids=lambda e: e.name)
def test_torch_has_the_same_norms_and_residuals(engine, rng):
    torch = pytest.importorskip("torch")
    residual = Residual((LayerNorm(), Dense(7, "tanh"), Dense(5)))
    spec = NetworkSpec(4, (Dense(5, "tanh"), residual, LayerNorm(0.01), Dense(2)))
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 30)
    params += 0.1 * rng.normal(size=params.size)
    loss, grads = engine.gradient(spec, params, X, y)
    named = {
        name: torch.tensor(own, requires_grad=True) for name, own in views(spec, params).items()
    }

    def dense(a, number):
        return a @ named[f"layer {number} weight"] + named[f"layer {number} bias"]

    def norm(a, number, epsilon):
        own = named[f"norm {number} scale"], named[f"norm {number} shift"]
        return torch.nn.functional.layer_norm(a, (5,), *own, epsilon)

    a = torch.tanh(dense(torch.tensor(X), 1))
    a = a + dense(torch.tanh(dense(norm(a, 1, 1e-5), 2)), 3)
    mean = ((dense(norm(a, 2, 0.01), 4) - torch.tensor(y)) ** 2).mean()
    mean.backward()
    assert loss == pytest.approx(mean.item(), rel=1e-12)
    for name, own in views(spec, grads).items():
        np.testing.assert_allclose(own, named[name].grad.numpy(), rtol=1e-9, atol=1e-12)
