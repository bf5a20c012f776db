import itertools
import math

import numpy as np
import pytest
from scipy import stats

from gradus._random import Purpose, mix64, normal, permutation, stream_key, uniform

# Chance of a false alarm per test and seed.
P_FALSE_ALARM = 1e-7


def mix_by_hand(x):
    """The finalizer of SplitMix64 in Python's own integers."""
    mask = 2**64 - 1
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def test_mix64_is_the_finalizer_of_splitmix64():
    words = [0, 1, 2**63, 2**64 - 1, 0x123456789ABCDEF0]
    mixed = mix64(np.array(words, dtype=np.uint64))
    assert [int(x) for x in mixed] == [mix_by_hand(x) for x in words]


def test_first_number_of_splitmix64_seeded_with_0():
    # The published first output of SplitMix64 from state 0 is the mix of the golden constant.
    assert mix_by_hand(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF
    assert uniform(0, (1,))[0] == (0xE220A8397B1DCDAF >> 11) * 2.0**-53


def test_streams_differ_by_seed_and_purpose():
    keys = {stream_key(seed, purpose) for seed in range(50) for purpose in Purpose}
    assert len(keys) == 50 * len(Purpose)
    inner = mix_by_hand(2 + 0x632BE59BD9B4E019)
    assert stream_key(7, Purpose.SHUFFLE) == mix_by_hand(
        (7 * 0x9E3779B97F4A7C15 + inner) & (2**64 - 1)
    )


def test_uniform_is_a_function_of_key_and_position():
    long = uniform(12, (6, 5))
    np.testing.assert_array_equal(uniform(12, (4, 5)), long[:4])
    assert long.dtype == np.float64
    assert uniform(12, (0, 3)).shape == (0, 3)


def test_uniform_fills_the_unit_interval_evenly(rng):
    drawn = uniform(int(rng.integers(2**63)), (40_000,))
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > P_FALSE_ALARM


def test_normal_is_normal(rng):
    drawn = normal(int(rng.integers(2**63)), (200, 200))
    assert stats.kstest(drawn.ravel(), "norm").pvalue > P_FALSE_ALARM
    neighbors = np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]
    assert abs(neighbors) < stats.norm.isf(P_FALSE_ALARM) / math.sqrt(drawn.size)


@pytest.mark.parametrize("n", [0, *range(1, 201), 1000, 1024, 1025, 65_537, 100_003])
def test_permutation_has_each_row_once(n, rng):
    order = permutation(int(rng.integers(2**63)), int(rng.integers(1000)), n)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def number_below(size, word):
    """A whole number less than `size`, in Python's own integers."""
    return ((mix_by_hand(word & (2**64 - 1)) >> 32) * size) >> 32


def walk_by_hand(key, epoch, n, position):
    """One position of the shuffle of many rows, as the core computes it."""
    epoch_key = mix_by_hand((key + 0x9E3779B97F4A7C15 * (epoch + 1)) & (2**64 - 1))
    a = math.isqrt(n - 1) + 1
    b = -(-n // a)

    def shift(round_, x, size):
        word = epoch_key + round_ * 0xD1342543DE82EF95 + x * 0x9E3779B97F4A7C15
        return number_below(size, word)

    v = position
    while True:
        left, right = v % a, v // a
        for round_ in range(6):
            if round_ % 2 == 0:
                left = (left + shift(round_, right, a)) % a
            else:
                right = (right + shift(round_, left, b)) % b
        v = right * a + left
        if v < n:
            return v


@pytest.mark.parametrize("n", [256, 257, 1000])
def test_permutation_of_many_can_be_walked_position_by_position(n, rng):
    key = int(rng.integers(2**63))
    order = permutation(key, 4, n)
    assert [walk_by_hand(key, 4, n, position) for position in range(n)] == order.tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 50, 255])
def test_permutation_of_few_takes_in_row_after_row(n, rng):
    key = int(rng.integers(2**63))
    epoch_key = mix_by_hand((key + 0x9E3779B97F4A7C15 * 5) & (2**64 - 1))
    order = []
    for row in range(n):
        # The row that has to make place stands last: it may be this one.
        order.append(row)
        place = number_below(row + 1, epoch_key + (row + 1) * 0x9E3779B97F4A7C15)
        order[place], order[row] = order[row], order[place]
    assert permutation(key, 4, n).tolist() == order


def test_permutation_changes_with_seed_and_epoch():
    keys = [stream_key(seed, Purpose.SHUFFLE) for seed in range(20)]
    orders = {tuple(permutation(key, epoch, 30)) for key in keys for epoch in range(20)}
    assert len(orders) == 400


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_each_order_is_as_frequent_as_the_others(n, rng):
    count = dict.fromkeys(itertools.permutations(range(n)), 0)
    key = int(rng.integers(2**63))
    for epoch in range(40 * len(count)):
        count[tuple(permutation(key, epoch, n).tolist())] += 1
    assert stats.chisquare(list(count.values())).pvalue > P_FALSE_ALARM


@pytest.mark.parametrize("n", [10, 50, 255])
def test_each_row_comes_to_each_place(n, rng):
    count = np.zeros((n, n))
    key = int(rng.integers(2**63))
    for epoch in range(40 * n):
        count[np.arange(n), permutation(key, epoch, n)] += 1
    # Each line of the table sums to the number of epochs, hence the smaller degrees of freedom.
    statistic = ((count - 40) ** 2 / 40).sum()
    assert stats.chi2.sf(statistic, (n - 1) ** 2) > P_FALSE_ALARM
