import numpy as np

from gradus.networks.penalties import l2_gradient, l2_penalty


def test_half_the_factor_times_the_squared_weights_without_biases():
    params, mask = np.array([1.0, -2.0, 3.0]), np.array([True, True, False])
    assert l2_penalty(params, mask, 0.5) == 0.25 * (1 + 4)
    assert l2_gradient(params, mask, 0.5).tolist() == [0.5, -1.0, 0.0]
    assert l2_penalty(params, mask, 0.0) == 0


def test_gradient_against_central_differences(rng):
    params, mask = rng.normal(size=12), rng.integers(2, size=12).astype(bool)
    gradient = l2_gradient(params, mask, 0.3)
    for i, unit in enumerate(np.eye(12)):
        h = np.finfo(float).eps ** (1 / 3) * max(1, abs(params[i]))
        up, down = params + h * unit, params - h * unit
        numeric = (l2_penalty(up, mask, 0.3) - l2_penalty(down, mask, 0.3)) / (up[i] - down[i])
        assert abs(numeric - gradient[i]) < 1e-9


def test_type_is_kept():
    params, mask = np.ones(3, dtype=np.float32), np.ones(3, dtype=bool)
    assert l2_gradient(params, mask, 0.1).dtype == np.float32
    assert l2_penalty(params, mask, 0.1).dtype == np.float32
