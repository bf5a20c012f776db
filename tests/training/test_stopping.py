"""Early stopping: the best epoch, and when patience runs out."""

import math
from functools import reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradus.training.stopping import Stopping


def feed(stopping, losses):
    return reduce(lambda known, item: known.after(*item), enumerate(losses, 1), stopping)


def test_before_the_first_epoch():
    stopping = Stopping(3, 0.0)
    assert (stopping.best_loss, stopping.best_epoch, stopping.is_over) == (math.inf, 0, False)


def test_patience_counts_epochs_without_progress():
    losses = [5.0, 3.0, 4.0, 3.0, 3.5]
    assert not feed(Stopping(3, 0.0), losses[:4]).is_over
    stopping = feed(Stopping(3, 0.0), losses)
    assert stopping.is_over
    assert (stopping.best_epoch, stopping.best_loss, stopping.n_stale) == (2, 3.0, 3)


@given(st.lists(st.floats(0, 1), max_size=20), st.integers(1, 5))
def test_patience_lasts_as_long_as_it_says_at_least(losses, patience):
    stopping = Stopping(patience, 0.0)
    assert Stopping(None, 0.0).least_left == math.inf
    for epoch, loss in enumerate(losses, 1):
        assert stopping.least_left >= 1
        before, stopping = stopping, stopping.after(epoch, loss)
        assert stopping.is_over == (stopping.least_left == 0)
        assert stopping.is_over <= (before.least_left == 1)
        if stopping.is_over:
            break


def test_a_better_loss_starts_the_count_anew():
    stopping = feed(Stopping(2, 0.0), [5.0, 6.0, 4.9, 5.0])
    assert not stopping.is_over
    assert stopping.after(5, 5.0).is_over


def test_small_steps_are_best_but_no_progress():
    """With min_delta 1 the losses fall by 0.4 an epoch: every third one is progress."""
    losses = [10.0, 9.6, 9.2, 8.8, 8.4]
    stopping = feed(Stopping(3, 1.0), losses)
    assert stopping.best_epoch == 5
    assert stopping.reference == 8.8
    assert stopping.n_stale == 1
    assert feed(Stopping(2, 1.0), losses[:3]).is_over


def test_exactly_min_delta_is_no_progress():
    assert feed(Stopping(1, 1.0), [3.0, 2.0]).is_over
    assert not feed(Stopping(1, 1.0), [3.0, 2.0 - 1e-9]).is_over


def test_nan_is_never_better():
    stopping = feed(Stopping(2, 0.0), [math.nan, math.nan])
    assert stopping.is_over
    assert stopping.best_epoch == 0
    assert feed(Stopping(2, 0.0), [math.nan, 1.0, math.nan]).best_epoch == 2


def test_without_patience_it_is_never_over():
    stopping = feed(Stopping(None, 0.0), [1.0] + [2.0] * 1000)
    assert not stopping.is_over
    assert stopping.best_epoch == 1


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.integers(1, 5), st.floats(0, 2))
def test_the_best_epoch_is_the_first_smallest_loss(losses, patience, min_delta):
    stopping = feed(Stopping(patience, min_delta), losses)
    assert stopping.best_epoch == 1 + int(np.argmin(losses))
    assert stopping.best_loss == min(losses)
    assert stopping.reference >= stopping.best_loss
