"""Sums over vectors keep float64's digits."""

import numpy as np
import pytest

from gradus.optimizers.second_order.vectors import dot


def test_float32_products_are_summed_in_float64():
    a = np.full(100_000, 1.0000001, dtype=np.float32)
    assert dot(a, a) == pytest.approx(100_000 * float(a[0]) ** 2, rel=1e-14)


def test_it_is_the_inner_product(rng):
    a, b = rng.normal(size=(2, 1001))
    assert dot(a, b) == pytest.approx(float(a @ b), rel=1e-12)
