"""What the tests of training share: the engines, and a problem small enough for both."""

import numpy as np
import pytest

from gradus.engines.registry import ENGINE_NAMES


@pytest.fixture(params=ENGINE_NAMES)
def engine(request):
    """The name of each engine in turn."""
    return request.param


@pytest.fixture
def problem(rng):
    """Rows X (90, 3) and y (90, 1) of a smooth function with some noise."""
    X = rng.normal(size=(90, 3))
    y = np.sin(X).sum(axis=1, keepdims=True) + 0.3 * rng.normal(size=(90, 1))
    return X, y
