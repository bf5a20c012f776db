import numpy as np
import pytest

from gradus._typing import ACTIVATION_NAMES
from gradus.networks.activations import ACTIVATIONS, normal_cdf, normal_pdf
from tests.golden.load import golden

PARTS = ("value", "slope", "curvature")
TABLE = golden("activations")
each_activation = pytest.mark.parametrize("name", ACTIVATION_NAMES)


def rounding_of_the_argument(part, z):
    """What the rounding of ``z / sqrt(2)`` and ``z**2`` moves GELU by: 2 eps |z f'(z)|.

    exp(-z**2 / 2) multiplies a relative error of its argument by z**2, so no formula without a
    longer argument keeps 4 ulp in the tail.
    """
    derivative = {
        "value": normal_cdf(z) + z * normal_pdf(z),
        "slope": (2 - z * z) * normal_pdf(z),
        "curvature": (z**3 - 4 * z) * normal_pdf(z),
    }[part]
    return 2 * np.finfo(float).eps * np.abs(z * derivative)


def test_the_table_is_complete():
    assert tuple(ACTIVATIONS) == ACTIVATION_NAMES
    assert all(entry.name == name for name, entry in ACTIVATIONS.items())


@each_activation
@pytest.mark.parametrize("part", PARTS)
def test_four_ulp_of_the_exact_number(name, part):
    z = np.array(TABLE[name]["z"])
    exact = np.array(TABLE[name]["numbers"])[:, PARTS.index(part)]
    allowed = 4 * np.spacing(np.abs(exact))
    if name == "gelu":
        allowed += rounding_of_the_argument(part, z)
    error = np.abs(getattr(ACTIVATIONS[name], part)(z) - exact)
    worst = np.argmax(error / allowed)
    assert error[worst] <= allowed[worst], f"z = {z[worst]}"


@each_activation
@pytest.mark.parametrize(("of", "derivative"), [("value", "slope"), ("slope", "curvature")])
def test_derivatives_against_central_differences(name, of, derivative, rng):
    z = rng.uniform(-6, 6, 2000)
    h = np.finfo(float).eps ** (1 / 3) * np.maximum(1, np.abs(z))
    if name == "relu":
        is_kink = np.abs(z) < 10 * h
        assert is_kink.mean() <= 0.01
        z, h = z[~is_kink], h[~is_kink]
    function = getattr(ACTIVATIONS[name], of)
    # z + h is rounded; the width of the step as it came out counts.
    numeric = (function(z + h) - function(z - h)) / ((z + h) - (z - h))
    exact = getattr(ACTIVATIONS[name], derivative)(z)
    scale = np.maximum(np.abs(exact), 1e-3 * np.abs(function(z)).max())
    assert np.max(np.abs(numeric - exact) / scale) < 1e-6


def test_relu_at_its_kink():
    z = np.array([0.0, -0.0])
    assert ACTIVATIONS["relu"].slope(z).tolist() == [0.0, 0.0]
    assert ACTIVATIONS["relu"].curvature(z).tolist() == [0.0, 0.0]


@each_activation
@pytest.mark.parametrize("part", PARTS)
def test_finite_far_out_and_of_the_same_type(name, part):
    for dtype in (np.float64, np.float32):
        z = np.array([-1e4, -300, -1.5, 0, 2.5, 300, 1e4], dtype=dtype)
        z.flags.writeable = False
        result = getattr(ACTIVATIONS[name], part)(z)
        assert result.dtype == dtype
        assert np.isfinite(result).all()
        assert not np.shares_memory(result, z)


@each_activation
@pytest.mark.parametrize("part", PARTS)
def test_nan_is_not_hidden_and_shapes_are_kept(name, part):
    function = getattr(ACTIVATIONS[name], part)
    assert function(np.zeros((0, 3))).shape == (0, 3)
    assert function(np.zeros((4, 6))[::2, ::3]).shape == (2, 2)
    if part == "value":
        assert np.isnan(function(np.array([np.nan]))).all()


@pytest.mark.oracle
@each_activation
def test_jax_runs_the_same_formulas(name, rng):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        z = rng.uniform(-5, 5, 200)
        entry = ACTIVATIONS[name]
        on_jax = jax.jit(entry.value)(jax.numpy.asarray(z))
        np.testing.assert_allclose(on_jax, entry.value(z), rtol=1e-13)
        slope = jax.vmap(jax.grad(entry.value))(jax.numpy.asarray(z))
        np.testing.assert_allclose(slope, entry.slope(z), rtol=1e-12, atol=1e-14)
        curvature = jax.vmap(jax.grad(entry.slope))(jax.numpy.asarray(z))
        np.testing.assert_allclose(curvature, entry.curvature(z), rtol=1e-11, atol=1e-13)


@pytest.mark.oracle
@each_activation
def test_torch_agrees(name, rng):
    torch = pytest.importorskip("torch")
    z = rng.uniform(-5, 5, 200)
    theirs = {
        "identity": lambda t: t,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "gelu": torch.nn.functional.gelu,
        "softplus": torch.nn.functional.softplus,
    }[name](torch.tensor(z)).numpy()
    # PyTorch's softplus drops exp(-z) above 20 and is else accurate to its float64 rounding.
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), theirs, rtol=1e-13, atol=1e-15)
