"""The best state of a training is kept, and put back where the loss rises too far."""

import numpy as np

from gradus.engines.base import TrainState
from gradus.training.guard import Guard


def state(value):
    return TrainState.start(np.full(2, float(value)), 1)


def followed(losses):
    """States 1, 2, 3, ... after epochs of these losses, from 0 at loss 10: what each became."""
    guard, became = Guard.start(state(0), 10.0), []
    for value, loss in enumerate(losses, 1):
        now = state(value)
        now.slots[:] = -value
        guard.after_epoch(now, loss)
        assert (now.slots == -now.params).all()
        became.append(now.params[0])
    return became, guard.factor


def test_a_small_rise_is_no_alarm():
    assert followed([10, 5, 5.9, 6.0, 4, 5]) == ([1, 2, 3, 4, 5, 6], 1.0)


def test_an_epoch_judges_the_state_it_began_with():
    # The loss 5 belongs to state 1, which epoch 2 began with; state 2 was bad, and so was 4.
    assert followed([10, 5, 6.1, 5, 7]) == ([1, 2, 1, 4, 1], 0.0625)


def test_what_is_not_finite_goes_back():
    assert followed([np.nan, np.inf]) == ([0, 0], 0.0625)


def test_negative_losses_are_guarded_too():
    guard, now = Guard.start(state(0), -10.0), state(1)
    guard.after_epoch(now, -15.0)
    guard.after_epoch(now := state(2), -13.5)
    assert now.params[0] == 0
    guard.after_epoch(now := state(3), -14.5)
    assert now.params[0] == 3


def test_it_goes_back_to_the_start_and_not_for_ever():
    guard, now = Guard.start(state(7), 1.0), state(3)
    assert all(guard.retreat(now) for _ in range(20))
    assert (now.params == 7).all()
    assert guard.factor == 0.25**20
    now.params[:] = 3
    assert not guard.retreat(now)
    assert (now.params == 3).all()


def test_the_last_epoch_is_judged_by_its_end():
    guard = Guard.start(state(0), 10.0)
    guard.after_epoch(state(1), 8.0)
    now = state(2)
    guard.at_the_end(now, 8.5)
    assert now.params[0] == 2
    guard.at_the_end(now, 9.5)
    assert now.params[0] == 0
