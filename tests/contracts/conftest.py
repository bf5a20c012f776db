"""The fixtures of the contract suite: each engine in turn, on each kind of input."""

from functools import partial

import pytest

from gradus.engines.registry import engine as make_engine
from tests.contracts import cases


@pytest.fixture(params=cases.ENGINES)
def engine(request):
    return make_engine(request.param)


@pytest.fixture(params=cases.TABLES.values(), ids=list(cases.TABLES))
def embeddings(request):
    """None, or two."""
    return request.param


@pytest.fixture
def network(embeddings):
    """`cases.network` without and with embeddings."""
    return partial(cases.network, embeddings=embeddings)
