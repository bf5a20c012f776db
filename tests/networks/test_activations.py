import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.networks.activations import ACTIVATIONS, normal_cdf, normal_pdf
from tests.golden.load import golden
from tests.networks.kinks import KINKED

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
    if name in KINKED:
        is_kink = np.abs(z) < 10 * h
        assert is_kink.mean() <= 0.01
        z, h = z[~is_kink], h[~is_kink]
    function = getattr(ACTIVATIONS[name], of)
    # z + h is rounded; the width of the step as it came out counts.
    numeric = (function(z + h) - function(z - h)) / ((z + h) - (z - h))
    exact = getattr(ACTIVATIONS[name], derivative)(z)
    scale = np.maximum(np.abs(exact), 1e-3 * np.abs(function(z)).max())
    assert np.max(np.abs(numeric - exact) / scale) < 1e-6


SELU_BELOW = 1.0507009873554805 * 1.6732632423543772


@pytest.mark.parametrize(
    ("name", "slope", "curvature"),
    [
        ("relu", 0.0, 0.0),
        ("leaky_relu", 0.01, 0.0),
        ("elu", 1.0, 1.0),
        ("selu", SELU_BELOW, SELU_BELOW),
        ("softsign", 1.0, 0.0),
    ],
)
def test_at_its_kink(name, slope, curvature):
    z = np.array([0.0, -0.0])
    assert ACTIVATIONS[name].slope(z).tolist() == [slope] * 2
    assert ACTIVATIONS[name].curvature(z).tolist() == [curvature] * 2


def test_kinks_are_where_a_derivative_jumps():
    tiny = np.array([-1e-12, 1e-12])
    for name, entry in ACTIVATIONS.items():
        jumps = [abs(np.diff(part(tiny))[0]) for part in (entry.slope, entry.curvature)]
        assert (max(jumps) > 1e-6) == (name in KINKED), name


def test_selu_keeps_mean_0_and_variance_1():
    nodes, weights = np.polynomial.legendre.leggauss(60)
    z = np.concatenate([6 * nodes - 6, 6 * nodes + 6])  # -12 to 0, and 0 to 12
    weights = np.tile(6 * weights, 2) * normal_pdf(z)
    a = ACTIVATIONS["selu"].value(z)
    assert abs(np.sum(weights * a)) < 1e-13
    assert abs(np.sum(weights * a * a) - 1) < 1e-13


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
        "leaky_relu": torch.nn.functional.leaky_relu,
        "elu": torch.nn.functional.elu,
        "selu": torch.nn.functional.selu,
        "silu": torch.nn.functional.silu,
        "mish": torch.nn.functional.mish,
        "softsign": torch.nn.functional.softsign,
    }[name](torch.tensor(z)).numpy()
    # PyTorch's softplus drops exp(-z) above 20 and is else accurate to its float64 rounding.
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), theirs, rtol=1e-13, atol=1e-15)
