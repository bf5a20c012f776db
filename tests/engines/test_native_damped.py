"""The arrays of the compiled engine's damped systems, whose numbers are the contract suite's."""

import numpy as np
import pytest

from gradus import _core
from gradus.engines.native import NativeEngine
from gradus.engines.native_damped import _squares
from gradus.networks.spec import Dense, NetworkSpec


@pytest.fixture
def nothing_kept():
    """Take away what other tests left to be found."""
    return [_core.kept_bytes(4 << 20) for _ in range(4)]


def test_squares_begin_with_cache_lines_and_share_nothing():
    for dtype in (np.dtype("f4"), np.dtype("f8")):
        for sides in ((5,), (64, 64, 0, 3), (1100, 1100)):  # the last are too large to be kept
            squares = _squares(dtype, *sides)
            for number, (square, side) in enumerate(zip(squares, sides, strict=True)):
                assert square.shape == (side, side)
                assert square.ctypes.data % 64 == 0
                assert square.strides[0] % 128 == 64
                square[:] = number
            for number, square in enumerate(squares):
                assert (square == number).all()


@pytest.mark.usefixtures("nothing_kept")
def test_bytes_are_kept_for_whoever_asks_next():
    size = 5 << 20
    address = _core.kept_bytes(size).ctypes.data
    other = np.empty(size, np.uint8)  # where freed memory would be given again
    assert _core.kept_bytes(size).ctypes.data == address != other.ctypes.data


@pytest.mark.usefixtures("nothing_kept")
def test_a_new_engine_finds_the_memory_of_the_one_before(rng):
    spec, n = NetworkSpec(3, (Dense(120, "tanh"), Dense(1))), 500
    X, y = rng.normal(size=(n, 3)), rng.normal(size=(n, 1))

    def address():
        system = NativeEngine(1).damped_system(spec, np.ones(601), X, y, None, by_rows=True)
        return system.arrays.factor.ctypes.data

    first = address()
    others = [np.empty((n, n)) for _ in range(3)]
    assert address() == first
    assert len(others) == 3
