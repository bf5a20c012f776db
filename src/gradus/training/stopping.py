"""Early stopping as a value: which epoch was best so far, and whether patience has run out.

Nothing here knows weights or networks; it is fed one validation loss per epoch.
"""

import math
from dataclasses import replace

from gradus._dataclasses import dataclass


@dataclass(frozen=True)
class Stopping:
    """What is known after some epochs; `after` gives the next value.

    Parameters
    ----------
    patience
        Epochs without a better loss before training ends; None never ends it.
    min_delta
        How much smaller than `reference` a loss must be to restart the count.
    best_loss, best_epoch
        The smallest loss and the first epoch that had it, counted from 1; infinity and 0 before.
    reference
        The loss that the count compares with.
    n_stale
        Epochs since the reference was set.
    """

    patience: int | None
    min_delta: float
    best_loss: float = math.inf
    best_epoch: int = 0
    reference: float = math.inf
    n_stale: int = 0

    def after(self, epoch: int, loss: float) -> "Stopping":
        """Take in the validation loss of one more epoch; nan is never better than anything."""
        is_progress = loss < self.reference - self.min_delta
        is_best = loss < self.best_loss
        return replace(
            self,
            best_loss=loss if is_best else self.best_loss,
            best_epoch=epoch if is_best else self.best_epoch,
            reference=loss if is_progress else self.reference,
            n_stale=0 if is_progress else self.n_stale + 1,
        )

    @property
    def least_left(self) -> float:
        """How many more epochs there are at least before patience can run out."""
        return math.inf if self.patience is None else self.patience - self.n_stale

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        return self.patience is not None and self.n_stale >= self.patience
