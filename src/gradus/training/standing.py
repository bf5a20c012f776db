"""All that one network in training has reached: what a checkpoint keeps and a resumption needs.

No file, thread or clock is known here.
"""

from dataclasses import field

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.engines.base import TrainState
from gradus.training.automatic import Candidate
from gradus.training.guard import Guard
from gradus.training.history import Record
from gradus.training.stopping import Stopping


@dataclass(frozen=True)
class Found:
    """What trials found before a training began.

    Attributes
    ----------
    rates : float64 array of shape (k, 2)
        One `Candidate` in each row.
    first_params : array of shape (n_params,)
        The weights that all of these trainings begin with.
    """

    rates: Float64Array
    first_params: FloatArray

    def candidates(self) -> tuple[Candidate, ...]:
        """Name what to train with in full."""
        return tuple(Candidate(*row) for row in self.rates.tolist())


@dataclass
class Standing:
    """Where a training stands, always between two steps.

    Attributes
    ----------
    state
        What the engine changes.
    stopping
        What the validation losses have shown so far.
    record
        The history so far.
    best_params : array of shape (n_params,) or None
        Those of the smallest validation loss; None before there is one.
    pending
        Row of the latest epoch, finished by the engine and not judged yet; see `Record`.
    seconds
        Time spent in training before this call.
    guard
        The way back where the learning rate was found and not chosen; None elsewhere.
    found
        What was found then; None elsewhere.
    """

    state: TrainState
    stopping: Stopping
    record: Record = field(default_factory=Record)
    best_params: FloatArray | None = None
    pending: Float64Array | None = None
    seconds: float = 0.0
    guard: Guard | None = None
    found: Found | None = None

    @property
    def params(self) -> FloatArray:
        """The parameters to hand out: the best ones, or those after the last whole step."""
        return self.state.params if self.best_params is None else self.best_params

    @property
    def best_epoch(self) -> int:
        """The epoch that `params` belong to: the best one, or the last one finished."""
        if self.best_params is None:
            return int(self.state.cursor[0])
        return self.stopping.best_epoch
