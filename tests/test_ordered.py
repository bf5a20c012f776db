"""Different numbers, median and quartile, as NumPy finds them."""

import numpy as np
import pytest

from gradus._ordered import distinct, lower_quartile, median


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.float32])
@pytest.mark.parametrize("n", [0, 1, 2, 500])
def test_the_numbers_are_those_of_numpy(rng, dtype, n):
    values = rng.integers(-20, 20, n).astype(dtype)
    before = values.copy()
    found = distinct(values)
    assert np.array_equal(found, np.unique(values))
    assert found.dtype == dtype
    assert np.array_equal(values, before)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 501, 1000])
def test_the_middle_is_that_of_numpy(rng, n):
    for values in (rng.normal(size=n), rng.integers(-3, 3, n) * 0.1, np.full(n, 1e308)):
        before = values.copy()
        with np.errstate(over="ignore"):
            assert median(values) == np.median(values)
        assert np.array_equal(values, before)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 501, 1000])
def test_the_quartile_is_that_of_numpy(rng, n):
    for values in (rng.normal(size=n), rng.integers(-3, 3, n) * 0.1, rng.lognormal(size=n)):
        before = values.copy()
        assert lower_quartile(values) == np.quantile(values, 0.25)
        assert np.array_equal(values, before)
