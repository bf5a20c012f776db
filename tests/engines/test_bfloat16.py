"""Rounding to bfloat16 by its definition: eight significant bits, halfway to the even one."""

import math

import numpy as np
import pytest

from gradus.engines.bfloat16 import UNIT_ROUNDOFF, factors, rounded


def by_definition(x):
    if not math.isfinite(x) or x == 0:
        return x
    if abs(x) < 2.0**-126:
        return 0.0
    digits, exponent = math.frexp(x)
    nearest = math.ldexp(round(math.ldexp(digits, 8)), exponent - 8)  # round() is to the even one
    return nearest if abs(nearest) < 2.0**128 else math.copysign(math.inf, x)


AWKWARD = [0.0, -0.0, 1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-23, -1 - 2**-8, 255.5, 256.5]
ENDS = [3.3895e38, 3.39e38, 3.4e38, -3.4e38, 2.0**-126, 2.0**-127, -1e-45, math.inf, -math.inf]


def test_numbers_of_every_size(rng):
    drawn = rng.integers(2**32, size=100_000, dtype=np.uint32).view(np.float32)
    some = drawn[np.isfinite(drawn)]
    x = np.concatenate([np.float32(AWKWARD + ENDS), some])
    expected = np.array([by_definition(number) for number in x.tolist()], dtype=np.float32)
    np.testing.assert_array_equal(rounded(x), expected)
    assert rounded(x).dtype == np.float32


def test_what_is_no_number_stays_none():
    payload = np.array([0x7F800001, 0xFFFFFFFF, 0x7FC00000], dtype=np.uint32).view(np.float32)
    assert np.isnan(rounded(payload)).all()


def test_it_is_off_by_the_unit_roundoff_at_most(rng):
    x = rng.normal(size=10_000).astype(np.float32)
    off = np.abs(rounded(x) - x) / np.abs(x)
    assert UNIT_ROUNDOFF / 2 < off.max() <= UNIT_ROUNDOFF


def test_any_layout_is_rounded(rng):
    x = rng.normal(size=(6, 8)).astype(np.float32)
    np.testing.assert_array_equal(rounded(x[::2, ::3]), rounded(x)[::2, ::3])
    np.testing.assert_array_equal(rounded(x.T), rounded(x).T)


@pytest.mark.parametrize(("shape", "rounds"), [((32, 32), True), ((31, 500), False)])
def test_narrow_layers_keep_their_factors(shape, rounds):
    weight, other = np.full(shape, 1.001, np.float32), np.full(3, 1.001, np.float32)
    for matmul_precision in (None, "bfloat16"):
        found = factors(matmul_precision, weight, weight, other)
        changed = rounds and matmul_precision is not None
        assert [array.flat[0] == np.float32(1.001) for array in found] == [not changed] * 2
