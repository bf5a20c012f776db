import numpy as np

from gradus.networks.penalties import l1_gradient, l1_penalty, l2_gradient, l2_penalty


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


def test_l1_is_the_sum_of_sizes_and_its_gradient_their_signs(rng):
    params, mask = np.array([1.0, -2.0, 0.0, 3.0]), np.array([True, True, True, False])
    assert l1_penalty(params, mask, 0.5) == 1.5
    assert l1_gradient(params, mask, 0.5).tolist() == [0.5, -0.5, 0.0, 0.0]
    assert l1_gradient(params.astype(np.float32), mask, 0.1).dtype == np.float32
    params, mask = rng.normal(size=12), rng.integers(2, size=12).astype(bool)
    for i, unit in enumerate(1e-6 * np.eye(12)):
        up, down = (l1_penalty(p, mask, 0.3) for p in (params + unit, params - unit))
        assert abs((up - down) / 2e-6 - l1_gradient(params, mask, 0.3)[i]) < 1e-9
