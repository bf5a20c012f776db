"""The way back from a learning rate that turns out too large: the best weights so far are kept.

When to look, and what a rate is, is decided by whoever asks.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.engines.base import TrainState

# Batches differ, so an objective that rises by a tenth of what it began with is no alarm yet.
_TOLERATED = 0.1
_CUT = 0.25
# With so small a part of the rate found, no rate is the matter.
_SMALLEST = _CUT**20


@dataclass
class Guard:
    """The best state so far, the latest one, and how far the rate has been cut.

    The loss of an epoch is a mean over its batches, so with the penalty it judges the state that
    the epoch began with. The rate is trusted as long as ``objective - best <= 0.1 * abs(first)``.
    Where it is not, and where numbers stop being finite, the best state comes back and the rate is
    cut to a quarter.

    Attributes
    ----------
    numbers : float64 array of shape (3,)
        Factor of the learning rate, objective before the first step, smallest objective.
    params : array of shape (2, n_params)
    slots : array of shape (2, n_slots, n_params)
        Of the best state and of the latest end of an epoch.
    """

    numbers: Float64Array
    params: FloatArray
    slots: FloatArray

    @classmethod
    def start(cls, state: TrainState, objective: float) -> "Guard":
        """Guard a training from its first step on, given the objective there."""
        params: FloatArray = np.empty((2, *state.params.shape), dtype=state.params.dtype)
        slots: FloatArray = np.empty((2, *state.slots.shape), dtype=state.params.dtype)
        params[:], slots[:] = state.params, state.slots
        return cls(np.array([1.0, objective, objective]), params, slots)

    @property
    def factor(self) -> float:
        """What every learning rate is multiplied with."""
        return float(self.numbers[0])

    def after_epoch(self, state: TrainState, objective: float) -> None:
        """Take in what an epoch just finished began with: go on from its end, or go back."""
        if not self._is_trusted(objective):
            self.retreat(state)
            return
        if objective < self.numbers[2]:
            self.numbers[2] = objective
            self.params[0], self.slots[0] = self.params[1], self.slots[1]
        self.params[1], self.slots[1] = state.params, state.slots

    def retreat(self, state: TrainState) -> bool:
        """Put the best state back and cut the rate; False where that has been done too often."""
        if self.factor <= _SMALLEST:
            return False
        self.numbers[0] *= _CUT
        self.params[1], self.slots[1] = self.params[0], self.slots[0]
        state.params[:], state.slots[:] = self.params[0], self.slots[0]
        return True

    def at_the_end(self, state: TrainState, objective: float) -> None:
        """Put the best state back where the last epoch ran away, given the objective at its end."""
        if not self._is_trusted(objective):
            state.params[:], state.slots[:] = self.params[0], self.slots[0]

    def _is_trusted(self, objective: float) -> bool:
        _, first, best = self.numbers.tolist()
        # nan fails every comparison.
        return bool(objective - best <= _TOLERATED * abs(first))
