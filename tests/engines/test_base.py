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
    assert EpochLog().rows is not EpochLog().rows
