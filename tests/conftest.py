"""The fixtures all tests share. Which tests run where is said in the conftest of the root."""

import os
import signal
import zlib

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard():
    """Background jobs ignore Ctrl-C, and those of nohup a closed terminal; tests send both."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Runs that tests make are no runs of whoever runs the tests."""
    os.environ["GRADUS_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture
def rng(request):
    """A generator seeded by the test's own name; GRADUS_TEST_SEED varies all of them at once."""
    name = zlib.crc32(request.node.nodeid.encode())
    return np.random.default_rng([int(os.environ.get("GRADUS_TEST_SEED", "0")), name])
