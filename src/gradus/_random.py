"""Random numbers that are a function of (key, position), without any state.

The same formulas stand in the compiled core, so a shuffled epoch can be read from any position on
either side. All arithmetic is modulo 2**64. Nothing here knows what the numbers are used for.
"""

import math
from enum import IntEnum

import numpy as np

from gradus._typing import Float64Array, Int64Array, UInt64Array

_GOLDEN = 0x9E3779B97F4A7C15
_PURPOSE_OFFSET = 0x632BE59BD9B4E019
_MIX_1, _MIX_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_ROUND_STRIDE = 0xD1342543DE82EF95
_MASK = 2**64 - 1
# What arrays are scrambled with, of their own type.
_G, _M_1, _M_2 = np.uint64(_GOLDEN), np.uint64(_MIX_1), np.uint64(_MIX_2)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_TO_53_BITS = np.uint64(11)
# Fewer rows make halves so small that six rounds leave some orders more frequent than others.
_FEW_ROWS, _N_ROUNDS = 256, 6
# Of each a few copies are made on the way, 64 kB each: they stay in the cache, and out of the way
# of what lives longer.
_NUMBERS_AT_ONCE = 8192


class Purpose(IntEnum):
    """What a stream of random numbers is for; each purpose has a stream of its own."""

    INITIAL_WEIGHTS = 1
    SHUFFLE = 2
    HOLDOUT = 3
    FOLDS = 4
    INITIAL_EMBEDDINGS = 5
    NEIGHBORS = 6
    DROPOUT = 7
    SURFACE = 8
    WORKSHEET = 9


def mix64(x: UInt64Array) -> UInt64Array:
    """Scramble 64 bits into 64 bits, one to one ([SLF14], the finalizer of SplitMix64).

    Parameters
    ----------
    x : uint64 array of any shape
        With at least one dimension, because NumPy's scalars warn where arrays wrap.

    Returns
    -------
    A new array of the same shape.
    """
    x = (x ^ (x >> _SHIFT_1)) * _M_1
    x = (x ^ (x >> _SHIFT_2)) * _M_2
    return x ^ (x >> _SHIFT_3)


def _mix_int(x: int) -> int:
    """Apply `mix64` to one Python integer, taken modulo 2**64."""
    x &= _MASK
    x = (x ^ (x >> 30)) * _MIX_1 & _MASK
    x = (x ^ (x >> 27)) * _MIX_2 & _MASK
    return x ^ (x >> 31)


def stream_key(seed: int, purpose: int) -> int:
    """Derive the key of one stream: ``mix64(seed * G + mix64(purpose + P))``.

    A key is itself a seed: ``stream_key(stream_key(seed, INITIAL_WEIGHTS), layer)`` is the
    stream of one layer.

    Parameters
    ----------
    seed
        Whole number, used modulo 2**64.
    purpose
        A `Purpose`, or any number that tells streams of one seed apart.
    """
    return _mix_int(seed * _GOLDEN + _mix_int(purpose + _PURPOSE_OFFSET))


def stream_keys(seeds: UInt64Array, purpose: int) -> UInt64Array:
    """Derive the key of one stream for each seed, as `stream_key` does; shape (k,)."""
    return mix64(seeds * _G + np.uint64(_mix_int(purpose + _PURPOSE_OFFSET)))


def part_keys(keys: UInt64Array, parts: Int64Array) -> UInt64Array:
    """Derive the keys of parts of streams, such as epochs or rows: ``mix64(key + (part + 1) * G)``.

    Parameters
    ----------
    keys : uint64 array
    parts : int64 array
        Counted from 0; its shape and that of `keys` are broadcast.
    """
    return mix64(keys + (parts.astype(np.uint64) + np.uint64(1)) * _G)


def uniform(key: int, shape: tuple[int, ...]) -> Float64Array:
    """Draw numbers evenly from [0, 1), multiples of 2**-53.

    Element i, in C order, is ``(mix64(key + (i + 1) * G) >> 11) * 2**-53``.
    """
    drawn: Float64Array = uniforms(np.array([key], dtype=np.uint64), shape)[0]
    return drawn


def uniforms(keys: UInt64Array, shape: tuple[int, ...]) -> Float64Array:
    """Draw as `uniform` does for each of k keys; shape (k, *shape)."""
    n = math.prod(shape)
    numbers = np.empty((len(keys), n))
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, len(keys)))
    for first in range(0, n, at_once):
        part = numbers[:, first : first + at_once]
        count = np.arange(first + 1, first + part.shape[1] + 1, dtype=np.uint64)
        bits = mix64(np.add.outer(keys, count * _G))
        np.multiply(bits >> _TO_53_BITS, 2.0**-53, out=part)
    return numbers.reshape(len(keys), *shape)


def normal(key: int, shape: tuple[int, ...]) -> Float64Array:
    """Draw from the normal distribution of mean 0 and variance 1 ([BM58]).

    ``sqrt(-2 log(1 - u)) * cos(2 pi v)`` with u from the stream `key` and v from the stream
    ``stream_key(key, 0)``. The largest possible absolute value is 8.6.
    """
    drawn: Float64Array = normals(np.array([key], dtype=np.uint64), shape)[0]
    return drawn


def normals(keys: UInt64Array, shape: tuple[int, ...]) -> Float64Array:
    """Draw as `normal` does for each of k keys; shape (k, *shape)."""
    radius = np.sqrt(-2.0 * np.log1p(-uniforms(keys, shape)))
    return radius * np.cos(2.0 * np.pi * uniforms(stream_keys(keys, 0), shape))


def permutation(key: int, epoch: int, n: int) -> Int64Array:
    """Order the rows of one epoch: element p is the row that stands at position p.

    Fewer than 256 rows are shuffled one after another ([Dur64]): row i takes the place of one of
    the rows 0..i, drawn from the stream of the epoch's key, and that one goes to the end. For more
    it is a generalized Feistel network ([BR02]) on the smallest near-square grid ``a * b >= n``,
    applied again to values that fall outside 0..n-1. There each position is computed alone, so
    the compiled core needs no memory for the order.

    Parameters
    ----------
    key
        ``stream_key(seed, Purpose.SHUFFLE)``.
    epoch
        Counted from 0.
    n
        Number of rows, less than 2**62.

    Returns
    -------
    int64 array of shape (n,), each of 0..n-1 once.
    """
    epoch_key = _mix_int(key + _GOLDEN * (epoch + 1))
    if n < _FEW_ROWS:
        return _shuffle_few(epoch_key, n)
    width = math.isqrt(n - 1) + 1
    height = -(-n // width)
    rows = _feistel(epoch_key, np.arange(n, dtype=np.uint64), width, height)
    outside = np.flatnonzero(rows >= n)
    while outside.size:
        rows[outside] = _feistel(epoch_key, rows[outside], width, height)
        outside = outside[rows[outside] >= n]
    return rows.astype(np.int64)


def _shuffle_few(epoch_key: int, n: int) -> Int64Array:
    """Put each row in the place of one of those up to it, which goes to the end."""
    count = np.arange(1, n + 1, dtype=np.uint64)
    order: list[int] = []
    for row, place in enumerate(_numbers_below(count, np.uint64(epoch_key) + count * _G).tolist()):
        order.append(row)
        order[row] = order[place]
        order[place] = row
    return np.array(order, dtype=np.int64)


def _feistel(epoch_key: int, v: UInt64Array, width: int, height: int) -> UInt64Array:
    """Permute the numbers below ``width * height``: each round shifts one half by the other."""
    a, b = np.uint64(width), np.uint64(height)
    left, right = v % a, v // a
    for round_ in range(_N_ROUNDS):
        if round_ % 2 == 0:
            left = (left + _shift(epoch_key, round_, right, a)) % a
        else:
            right = (right + _shift(epoch_key, round_, left, b)) % b
    return right * a + left


def _shift(epoch_key: int, round_: int, x: UInt64Array, size: np.uint64) -> UInt64Array:
    """Hash the other half into 0..size-1."""
    round_key = np.uint64((epoch_key + round_ * _ROUND_STRIDE) & _MASK)
    return _numbers_below(size, round_key + x * _G)


def _numbers_below(size: UInt64Array | np.uint64, words: UInt64Array) -> UInt64Array:
    """Hash words into 0..size-1 by multiplying the high 32 bits."""
    numbers: UInt64Array = ((mix64(words) >> np.uint64(32)) * size) >> np.uint64(32)
    return numbers
