"""The one fixture of the contract suite: each engine in turn."""

import pytest

from gradus.engines.registry import engine as make_engine
from tests.contracts.cases import ENGINES


@pytest.fixture(params=ENGINES)
def engine(request):
    return make_engine(request.param)
