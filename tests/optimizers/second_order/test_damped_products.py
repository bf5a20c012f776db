"""Damped steps by products against those of the matrix."""

import numpy as np
import pytest

from gradus.engines.gauss_newton import damped_step
from gradus.optimizers.second_order.damped_products import DampedProducts


def model(rng, dtype, n=40):
    """A matrix that never bends down, of rank n / 2, and a gradient in its range."""
    J = rng.normal(size=(n // 2, n)).astype(dtype)
    return J.T @ J, (J.T @ rng.normal(size=n // 2)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("damping", [0.1, 10.0])
def test_what_is_left_is_a_small_share(dtype, damping, rng):
    matrix, grads = model(rng, dtype)
    step = DampedProducts(lambda v: matrix @ v, grads).step(damping).step
    assert step.dtype == dtype
    rest = grads + matrix @ step + damping * step
    assert 0 < np.linalg.norm(rest) <= 1.01e-2 * np.linalg.norm(grads)
    exact = damped_step(matrix.astype(float), grads.astype(float), damping)
    # The error of the step is the rest through a matrix no smaller than the damping.
    assert np.linalg.norm(step - exact) <= 1.01e-2 * np.linalg.norm(grads) / damping


def test_the_fall_is_foretold_however_early_they_end(rng, monkeypatch):
    monkeypatch.setattr("gradus.optimizers.second_order.damped_products._MOST", 3)
    matrix, grads = model(rng, np.float64)
    s, foretold = DampedProducts(lambda v: matrix @ v, grads).step(0.5)
    assert np.linalg.norm(grads + matrix @ s + 0.5 * s) > 0.02 * np.linalg.norm(grads)
    fall = -(grads @ s + s @ matrix @ s / 2)
    assert foretold == pytest.approx(fall, rel=1e-12)


def test_the_curvature_along_the_gradient(rng):
    matrix, grads = model(rng, np.float64)
    expected = grads @ matrix @ grads / (grads @ grads)
    assert DampedProducts(lambda v: matrix @ v, grads).mean_curvature == pytest.approx(expected)
    assert DampedProducts(lambda v: matrix @ v, 0 * grads).mean_curvature == 0
