"""Integrals along many paths, with kinks where they are and jumps where nobody told."""

import numpy as np
import pytest

from gradus.calculus.kinks import crossings
from gradus.calculus.path_integral import path_integrals
from gradus.engines.reference import forward
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense
from gradus.networks.spec import NetworkSpec


def whole(n):
    return np.repeat(np.arange(n), 2), np.tile([0.0, 1.0], n)


def test_parts_that_are_known():
    # Row r has the parts exp(k r t) of column k = 1, 2.
    k = np.array([1.0, 2.0])

    def rates(rows, t):
        return k * rows[:, None] * np.exp(k * rows[:, None] * t[:, None])

    def values(rows, t):
        return np.exp(k * rows[:, None] * t[:, None]).sum(axis=1)

    scale = np.array([1.0, np.e + np.e**2, np.e**2 + np.e**4])
    parts, ends = path_integrals(values, rates, *whole(3), scale)
    exact = np.expm1(k * np.arange(3)[:, None])
    assert (np.abs(parts - exact) <= 1e-8 * scale[:, None] + 1e-15).all()
    assert ends[:, 0] == pytest.approx(2)
    assert ends[:, 1] - ends[:, 0] == pytest.approx(exact.sum(axis=1))


def test_a_jump_that_nobody_told_of():
    def values(_rows, t):
        return np.maximum(t - 0.3, 0) * 2

    def rates(_rows, t):
        return np.where(t > 0.3, 2.0, 0.0)[:, None]

    parts, _ = path_integrals(values, rates, *whole(1), np.array([1.0]))
    assert parts[0, 0] == pytest.approx(1.4, abs=1e-7)


def test_parts_that_cancel_are_not_taken_for_right():
    # Both parts are wild and their sum is 0 everywhere: the sum alone would call any rule right.
    def rates(_rows, t):
        wild = 30 * np.cos(30 * t)
        return np.column_stack([wild, -wild])

    parts, _ = path_integrals(lambda _r, t: 0 * t, rates, *whole(1), np.array([1.0]))
    assert parts[0] == pytest.approx([np.sin(30), -np.sin(30)], abs=1e-6)


def test_crossings_are_all_kinks(rng):
    spec = NetworkSpec(3, (Dense(9, "relu"), Dense(8, "leaky_relu"), Dense(1)))
    params = initial_params(spec, 0) + 0.2 * rng.normal(size=initial_params(spec, 0).shape)
    start, end = rng.normal(size=(2, 4, 3)) * 2
    rows, t = crossings(spec, params, start, end)
    fine = np.linspace(0, 1, 20_001)
    for row in range(4):
        own = t[rows == row]
        assert own[[0, -1]].tolist() == [0, 1]
        assert (np.diff(own) > 0).all()
        z = forward(spec, params, start[row] + fine[:, None] * (end - start)[row]).z
        for layer in z[:2]:
            place, _ = np.nonzero(np.diff(layer > 0, axis=0))
            gaps = np.abs(fine[place][:, None] - own).min(axis=1)
            assert gaps.max(initial=0) <= 1e-4
        # Between two of them the network is a straight line.
        middle = (own[1:] + own[:-1]) / 2
        outputs = [
            forward(spec, params, start[row] + at[:, None] * (end - start)[row]).a[-1][:, 0]
            for at in (own[:-1], middle, own[1:])
        ]
        assert outputs[1] == pytest.approx((outputs[0] + outputs[2]) / 2, abs=1e-12)


def test_smooth_networks_have_none(rng):
    spec = NetworkSpec(2, (Dense(5, "gelu"), Dense(1)))
    start, end = rng.normal(size=(2, 3, 2))
    rows, t = crossings(spec, initial_params(spec, 0), start, end)
    assert rows.tolist() == [0, 0, 1, 1, 2, 2]
    assert t.tolist() == [0, 1] * 3
