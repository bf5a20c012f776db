import numpy as np
import pytest

from gradus._random import Purpose, stream_key
from gradus.engines.dropout import dropout_masks
from gradus.networks.layers import Dense, Dropout
from gradus.networks.spec import NetworkSpec


def test_a_mask_is_a_function_of_positions():
    spec = NetworkSpec(50, (Dropout(0.3), Dense(40), Dropout(0.3), Dense(1)))
    key = stream_key(5, Purpose.DROPOUT)
    rows = np.arange(4000)
    first, second = dropout_masks(spec, key, 0, rows, np.dtype(np.float32))
    assert (first.shape, second.shape, first.dtype) == ((4000, 50), (4000, 40), np.float32)
    assert set(np.unique(first).tolist()) == {0.0, float(np.float32(1 / 0.7))}
    # 200,000 draws: the share has a standard deviation of 0.001, of a column 0.007.
    assert np.mean(first == 0) == pytest.approx(0.3, abs=0.005)
    assert np.mean(first) == pytest.approx(1, abs=0.008)
    assert np.abs(np.mean(first == 0, axis=0) - 0.3).max() < 0.035
    some = np.array([3999, 5, 77])
    assert np.array_equal(dropout_masks(spec, key, 0, some, np.dtype(np.float32))[0], first[some])
    # Nothing is shared between dropouts, epochs, neighboring rows or columns, or seeds.
    others = [
        second,
        dropout_masks(spec, key, 1, rows, np.dtype(np.float32))[0][:, :40],
        np.roll(first, 1, axis=0)[:, :40],
        np.roll(first, 1, axis=1)[:, :40],
        dropout_masks(spec, stream_key(6, Purpose.DROPOUT), 0, rows, np.dtype(np.float32))[0][
            :, :40
        ],
    ]
    for other in others:
        both = np.mean((first[:, :40] == 0) & (other == 0))
        assert both == pytest.approx(0.09, abs=0.004)


def test_no_dropout_no_masks():
    spec = NetworkSpec(3, (Dense(1),))
    assert dropout_masks(spec, 0, 0, np.arange(4), np.dtype(np.float64)) == []
