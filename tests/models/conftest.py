"""What the tests of models share: the engines."""

import pytest

from gradus.engines.registry import ENGINE_NAMES


@pytest.fixture(params=ENGINE_NAMES)
def engine(request):
    """The name of each engine in turn."""
    return request.param
