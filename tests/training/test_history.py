"""Which epochs a history keeps, and that nobody can change it afterwards."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus.networks.params import n_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.training.history import (
    Record,
    has_short_epochs,
    kept_after,
    next_kept,
    thinned,
)

SPEC = NetworkSpec(2, (Dense(3, "tanh"), Dense(1)))


def row(epoch, validation_loss=math.nan):
    numbers = [epoch, 0.5 / epoch, validation_loss, 0.1, 0.01, 2.0, epoch * 0.25, 0.1, 0.2]
    return np.array(numbers)


def kept(epochs, *, is_short):
    found = [0]
    while found[-1] < epochs:
        found.append(next_kept(found[-1], epochs, is_short=is_short))
    return found[1:]


def test_long_epochs_are_all_kept():
    assert kept(1000, is_short=False) == list(range(1, 1001))


def history_of(n):
    record = Record()
    for epoch in range(1, n + 1):
        record.add(row(epoch), is_kept=True, is_best=False)
    return record.view(SPEC)


@pytest.mark.parametrize("most", [1, 2, 10, 100, 999])
def test_a_long_history_is_thinned_in_ever_larger_steps(most):
    whole, best = history_of(1000), 333
    thin = thinned(whole, most, best)
    assert len(thin) <= most + 2
    assert {best, 1000} <= set(thin.epoch.tolist())
    assert thin.loss.tolist() == [0.5 / epoch for epoch in thin.epoch]
    assert thin.update_ratio.shape == (len(thin), 2)
    if most == 100:
        # All of at most 4 digits: up to 16, then 8 per doubling.
        others = [epoch for epoch in thin.epoch.tolist() if epoch not in (best, 1000)]
        assert others == [n for n in range(1, 1000) if len(f"{n:b}".rstrip("0")) <= 4]


def test_a_short_history_stays_as_it_is():
    whole = history_of(30)
    assert thinned(whole, 30, 7) is whole


def test_short_epochs_are_kept_in_ever_larger_steps():
    epochs = kept(2000, is_short=True)
    assert epochs[:64] == list(range(1, 65))
    assert epochs[64:67] == [66, 68, 70]
    assert epochs[-3:] == [1952, 1984, 2000]
    for doubling in (64, 128, 256, 512):
        assert sum(doubling < epoch <= 2 * doubling for epoch in epochs) == 32


def test_a_million_epochs_stay_few():
    epochs = kept(1_000_003, is_short=True)
    assert epochs[-1] == 1_000_003
    # 13 doublings from 64 to 2**19, then every 16384th, then the last.
    assert len(epochs) == 63 + 13 * 32 + 30 + 1


@given(st.integers(0, 10**7), st.integers(1, 10**6))
def test_the_next_kept_epoch_does_not_depend_on_where_one_stands(epoch, ahead):
    epochs = 2 * 10**7
    following = next_kept(epoch, epochs, is_short=True)
    assert epoch < following
    between = epoch + ahead % (following - epoch)
    assert next_kept(between, epochs, is_short=True) == following
    assert next_kept(following - 1, epochs, is_short=True) == following


@given(st.integers(0, 5000), st.integers(1, 5000), st.integers(1, 300), st.booleans())
def test_epochs_kept_are_listed_ahead(epoch, more, most, is_short):
    epochs, expected = epoch + more, [epoch]
    while len(expected) <= most and expected[-1] < epochs:
        expected.append(next_kept(expected[-1], epochs, is_short=is_short))
    assert kept_after(epoch, epochs, most, is_short=is_short).tolist() == expected[1:]


def test_what_a_short_epoch_is():
    """6 operations * 13 parameters * 1282 rows at 2e9 per second are just under 50 microseconds."""
    assert n_params(SPEC) == 13
    assert has_short_epochs(SPEC, 1282)
    assert not has_short_epochs(SPEC, 1283)


def test_best_and_last_stand_in_the_view_even_if_not_kept():
    record = Record()
    for epoch in range(1, 11):
        is_best = epoch in {1, 5}
        record.add(row(epoch), is_kept=epoch % 4 == 0, is_best=is_best)
    history = record.view(SPEC)
    assert history.epoch.tolist() == [4, 5, 8, 10]
    assert len(history) == 4
    assert history.loss.tolist() == [0.5 / epoch for epoch in (4, 5, 8, 10)]
    assert history.seconds.tolist() == [1.0, 1.25, 2.0, 2.5]


def test_a_kept_best_stands_there_once():
    record = Record()
    record.add(row(1), is_kept=True, is_best=True)
    assert record.view(SPEC).epoch.tolist() == [1]


def test_the_view_has_every_column():
    record = Record()
    numbers = np.array([3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.5, 1.0, 2.0])
    record.add(numbers, is_kept=True, is_best=True)
    history = record.view(SPEC)
    assert history.measure_name == "rmse"
    assert history.epoch.dtype == np.int64
    assert [
        history.epoch[0],
        history.loss[0],
        history.validation_loss[0],
        history.measure[0],
        history.learning_rate[0],
        history.gradient_norm[0],
        history.seconds[0],
        history.update_ratio[0].tolist(),
    ] == [3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.5, [1.0, 2.0]]


def test_an_empty_history():
    history = Record().view(SPEC)
    assert len(history) == 0
    assert history.update_ratio.shape == (0, 2)


def test_the_view_cannot_be_changed():
    record = Record()
    record.add(row(1), is_kept=True, is_best=False)
    history = record.view(SPEC)
    columns = [getattr(history, name) for name in history.__dataclass_fields__]
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    assert len(arrays) == 8
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    record.add(row(2), is_kept=True, is_best=False)
    assert len(history) == 1


def test_tables_and_rows_stand_in_their_order():
    record, rows = Record(), np.array([row(epoch, 0.5) for epoch in (1, 2, 3, 4)])
    record.extend(rows[:2])
    record.extend(np.empty((0, 9)))
    record.add(rows[2], is_kept=True, is_best=False)
    record.extend(rows[3:])
    assert record.kept(SPEC).tolist() == rows.tolist()
    assert record.last.tolist() == rows[3].tolist()
    assert record.view(SPEC).epoch.tolist() == [1, 2, 3, 4]
