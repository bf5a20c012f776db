import numpy as np
import pytest

from gradus.engines.base import Batches, EpochLog, TrainState


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "n_steps"),
    [(10, 10, 1), (10, 3, 4), (10, 100, 1), (9, 3, 3), (0, 3, 1)],
)
def test_steps_of_an_epoch(n_rows, batch_size, n_steps):
    X = np.zeros((20, 1))
    batches = Batches(X, X, None, np.arange(n_rows), batch_size, 0)
    assert batches.n_rows == n_rows
    assert batches.steps_per_epoch == n_steps
    assert Batches(X, X, None, None, batch_size, 0).n_rows == 20


def test_a_run_starts_on_a_copy():
    params = np.ones(3, dtype=np.float32)
    state = TrainState.start(params, 2)
    assert not np.shares_memory(state.params, params)
    assert (state.slots.shape, state.slots.dtype) == ((2, 3), np.float32)
    assert state.cursor.tolist() == [0, 0, 0]
    assert np.isnan(state.grad_norm).all()


def test_logs_share_nothing_but_what_is_empty():
    first, second = EpochLog(np.arange(2)), EpochLog()
    for log in (first, second):
        parts = (log.rows, log.update_ratio, log.seconds, log.judged)
        assert [part.size for part in parts] == [0, 0, 0, 0]
    for log in (first, second):
        log.begin(3, n_epochs=5, is_judged=True)
    assert (first.update_ratio.shape, first.seconds.shape) == ((2, 3), (2,))
    assert not np.shares_memory(first.rows, second.rows)
    assert not np.shares_memory(first.judged, second.judged)


def test_a_log_ends_with_the_epochs_that_were_finished():
    log = EpochLog()
    log.begin(1, n_epochs=5, is_judged=True)
    log.end(2)
    assert (log.rows.shape, log.judged.shape) == ((2, 3), (2, 2))
    log.begin(1, n_epochs=5)
    log.end(2)
    assert (log.rows.shape, log.judged.shape) == ((2, 3), (0, 2))
