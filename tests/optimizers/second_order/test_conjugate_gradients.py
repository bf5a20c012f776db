"""Conjugate gradients against dense algebra: systems, balls, and directions that bend down."""

import math

import numpy as np
import pytest

from gradus.optimizers.second_order.conjugate_gradients import (
    downward_bend,
    solve_damped,
    trust_region_step,
)


def matrix(rng, eigenvalues):
    """A symmetric matrix with given eigenvalues and random axes."""
    axes, _ = np.linalg.qr(rng.normal(size=(len(eigenvalues), len(eigenvalues))))
    return axes * eigenvalues @ axes.T


def model(hessian, grads, step):
    return float(grads @ step + step @ hessian @ step / 2)


@pytest.mark.parametrize("size", [1, 2, 9, 40])
def test_within_the_ball_it_is_newton_s_step(rng, size):
    hessian, grads = matrix(rng, np.linspace(1, 30, size)), rng.normal(size=size)
    found = trust_region_step(hessian.__matmul__, grads, 1e6, 1e-13, 10 * size)
    np.testing.assert_allclose(found.step, -np.linalg.solve(hessian, grads), rtol=1e-9)
    assert not found.is_at_boundary
    assert found.fall == pytest.approx(-model(hessian, grads, found.step), rel=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.1, 1e-3])
def test_it_stops_when_the_gradient_has_shrunk(rng, share):
    hessian, grads = matrix(rng, np.geomspace(1e-3, 10, 50)), rng.normal(size=50)
    asked = []

    def product(v):
        asked.append(v)
        return hessian @ v

    found = trust_region_step(product, grads, 1e9, share, 500)
    left = np.linalg.norm(grads + hessian @ found.step) / np.linalg.norm(grads)
    assert left <= share
    fewer = trust_region_step(hessian.__matmul__, grads, 1e9, 0, len(asked) - 1)
    assert np.linalg.norm(grads + hessian @ fewer.step) / np.linalg.norm(grads) > share


@pytest.mark.parametrize("radius", [1e-6, 1e-2, 0.5])
@pytest.mark.parametrize("lowest", [1.0, 0.0, -5.0])
def test_at_the_boundary_it_is_lower_than_steepest_descent(rng, radius, lowest):
    hessian, grads = matrix(rng, np.linspace(lowest, 9, 20)), 20 * rng.normal(size=20)
    found = trust_region_step(hessian.__matmul__, grads, radius, 1e-9, 100)
    assert found.is_at_boundary
    assert np.linalg.norm(found.step) == pytest.approx(radius, rel=1e-12)
    assert found.fall == pytest.approx(-model(hessian, grads, found.step), rel=1e-9)
    unit = grads / np.linalg.norm(grads)
    bend = unit @ hessian @ unit
    length = min(radius, np.linalg.norm(grads) / bend) if bend > 0 else radius
    assert found.fall >= -model(hessian, grads, -length * unit) * (1 - 1e-12)


def test_a_direction_that_bends_down_is_followed_to_the_boundary():
    """By hand: along -g = (-1, 0) the model bends up, then along the second axis down."""
    hessian, grads = np.array([[2.0, 1.0], [1.0, -1.0]]), np.array([1.0, 0.0])
    found = trust_region_step(hessian.__matmul__, grads, 10.0, 0.01, 9)
    # The first step is (-1/2, 0); the residual there is (0, -1/2), so d = (-1/4, 1/2), which
    # bends by 1/8 - 1/4 - 1/4 < 0, and (-1/2 - t/4, t/2) has length 10 at t = 17.43...
    t = (-0.25 + math.sqrt(0.0625 + 4 * 0.3125 * 99.75)) / 0.625
    np.testing.assert_allclose(found.step, [-0.5 - t / 4, t / 2], rtol=1e-12)


def test_nothing_is_asked_where_the_gradient_is_zero():
    found = trust_region_step(lambda _: pytest.fail("asked"), np.zeros(3), 1.0, 0.5, 10)
    assert (found.fall, found.is_at_boundary) == (0, False)
    assert not found.step.any()


def test_the_slope_alone_is_trusted_where_products_are_not_finite():
    found = trust_region_step(lambda v: v * np.nan, np.array([3.0, 4.0]), 2.0, 0.5, 10)
    np.testing.assert_allclose(found.step, [-1.2, -1.6], rtol=1e-15)
    assert found.fall == pytest.approx(10, rel=1e-15)


@pytest.mark.parametrize("damping", [1e-3, 1.0, 1e3])
def test_a_damped_system_is_solved(rng, damping):
    """Fewer rows than parameters: without damping the matrix has no inverse."""
    jacobian, grads = rng.normal(size=(7, 12)), rng.normal(size=12)
    dense = jacobian.T @ jacobian
    found = solve_damped(dense.__matmul__, grads, damping, 1e-12, 200)
    expected = -np.linalg.solve(dense + damping * np.eye(12), grads)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_a_damped_system_cut_short_still_falls(rng):
    dense, grads = matrix(rng, np.geomspace(1e-6, 1, 30)), rng.normal(size=30)
    for most in (1, 2, 5):
        found = solve_damped(dense.__matmul__, grads, 1e-6, 1e-12, most)
        assert model(dense + 1e-6 * np.eye(30), grads, found) < 0


@pytest.mark.parametrize("size", [2, 10, 60])
@pytest.mark.parametrize("lowest", [-3.0, -0.01])
def test_a_bend_down_is_found(rng, size, lowest):
    eigenvalues = np.r_[lowest, np.linspace(0.5, 5, size - 1)]
    hessian = matrix(rng, eigenvalues)
    direction, bend = downward_bend(hessian.__matmul__, size, 1e-8, 200)
    assert np.linalg.norm(direction) == pytest.approx(1, rel=1e-12)
    assert bend == pytest.approx(direction @ hessian @ direction, rel=1e-6)
    assert bend < 0


@pytest.mark.parametrize("lowest", [-1e-10, 0.0, 1e-12, 0.5])
def test_none_is_found_where_there_is_none(rng, lowest):
    """Flat directions are not bends: three of them, or none."""
    eigenvalues = np.r_[np.full(3, lowest), np.linspace(0.5, 5, 17)]
    assert downward_bend(matrix(rng, eigenvalues).__matmul__, 20, 1e-7, 200) is None


def test_a_bend_within_rounding_is_flat(rng):
    eigenvalues = np.r_[-1e-10, np.ones(19)]
    assert downward_bend(matrix(rng, eigenvalues).__matmul__, 20, 1e-7, 200) is None


def test_it_asks_no_more_than_it_must():
    asked = []

    def product(v):
        asked.append(v)
        return 3 * v

    assert downward_bend(product, 5, 1e-8, 9) is None
    assert len(asked) == 1


def test_none_is_found_in_nothing():
    assert downward_bend(np.zeros_like, 4, 1e-8, 9) is None
    assert downward_bend(lambda v: v * np.inf, 4, 1e-8, 9) is None


@pytest.mark.parametrize("radius", [1e-200, 1e-320, 1e200, 1e307])
def test_a_ball_whose_square_is_no_number(radius):
    # Straight down along the gradient, as nothing bends.
    found = trust_region_step(np.zeros_like, np.array([3.0, 4.0]), radius, 1e-9, 9)
    assert found.is_at_boundary
    np.testing.assert_allclose(found.step, np.array([-0.6, -0.8]) * radius, rtol=1e-3)


def test_a_gradient_too_short_to_be_squared_leads_nowhere():
    found = trust_region_step(np.zeros_like, np.array([1e-200, 0.0]), 1.0, 0.1, 9)
    np.testing.assert_array_equal(found.step, 0)
