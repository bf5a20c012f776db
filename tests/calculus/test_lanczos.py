import numpy as np
import pytest

from gradus import DataError
from gradus.calculus.lanczos import extreme_eigenvalues


def matrix_with(values, rng):
    """A symmetric matrix with given eigenvalues."""
    turned, _ = np.linalg.qr(rng.normal(size=(len(values), len(values))))
    return (turned * values) @ turned.T


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(-1, 5, 200),
        np.concatenate([np.linspace(0, 1, 300), [40.0, 100.0]]),
        -np.geomspace(1e-6, 1, 50),
        np.full(30, 2.0),
        np.array([0.0, 0.0, 3.0]),
        np.array([7.0]),
        np.zeros(5),
    ],
    ids=["even", "two far", "negative", "one value", "one direction", "one by one", "zero"],
)
def test_both_ends_within_their_bounds(values, rng):
    H = matrix_with(values, rng)
    found = extreme_eigenvalues(lambda v: H @ v, len(values), tolerance=1e-4)
    furthest = np.abs(values).max()
    rounding = 1e-12 * max(furthest, 1e-300)
    assert abs(found.largest - values.max()) <= found.largest_error + rounding
    assert abs(found.smallest - values.min()) <= found.smallest_error + rounding
    assert max(found.largest_error, found.smallest_error) <= 1e-4 * furthest
    for value, vector in (
        (found.largest, found.largest_vector),
        (found.smallest, found.smallest_vector),
    ):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-9)
        assert np.linalg.norm(H @ vector - value * vector) <= 1e-3 * furthest + rounding


def test_few_products_are_enough_for_a_wide_matrix(rng):
    values = np.concatenate([rng.normal(size=990) * 0.1, np.linspace(1, 20, 10)])
    H = matrix_with(values, rng)
    found = extreme_eigenvalues(lambda v: H @ v, 1000, tolerance=1e-2)
    assert found.n_products < 60
    assert found.largest == pytest.approx(20, rel=1e-2)


def test_it_ends_where_it_is_told(rng):
    H = matrix_with(np.linspace(0, 1, 100), rng)
    found = extreme_eigenvalues(lambda v: H @ v, 100, tolerance=0.0, most=5)
    assert found.n_products == 5
    assert found.largest_error > 0


@pytest.mark.parametrize("factor", [np.inf, np.nan, 1e200])
def test_products_must_be_numbers(factor):
    with pytest.raises(DataError, match="needs products with the Hessian that are numbers below"):
        extreme_eigenvalues(lambda v: v * factor, 5)
