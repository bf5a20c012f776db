"""The weights of one network at the ends of some epochs, so few that their bytes stay bounded.

Which epochs are kept follows from the number planned and the room alone, never from a clock, so
runs with equal plans keep the same ones. How the weights come about is not known here.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray, Int64Array
from gradus.errors import InvalidParameter
from gradus.training.history import KEPT_DIGITS, next_round

#: Room for all snapshots of `Network.train`.
MOST_BYTES = 16 << 20
# Snapshots of one network.
_MOST = 64
# The first, the best and the last epoch are kept, however round their numbers are.
_ALWAYS = 3


@dataclass(frozen=True, eq=False)
class Snapshots:
    """What the weights of one network were.

    Kept are the weights before the first step, of the best epoch, of the last one, and after every
    epoch whose number has at most b binary digits before its trailing zeros: all up to 2**b, then
    ``2**(b - 1)`` per doubling. The largest b up to 6 is taken with which a network has at most 64
    snapshots, and all networks of a training together no more bytes than there is room for: 16 MiB
    for `Network.train`, 4 MiB in the record of a run. Without room for three of each, none is kept.

    Attributes
    ----------
    epochs : int64 array of shape (k,)
        Ascending; 0 is before the first step.
    params : array of shape (k, n_params)
        The weights after that epoch; of the best epoch those handed out. Where a run without
        validation rows was cut short within an epoch, some of its steps may have followed the last.
    """

    epochs: Int64Array
    params: FloatArray

    def __len__(self) -> int:
        """Count the snapshots."""
        return len(self.epochs)

    def at(self, epoch: int) -> FloatArray:
        """Return the weights after an epoch, shape (n_params,).

        Raises
        ------
        InvalidParameter
            If none are kept of that epoch; the sentence names the nearest ones that are.
        """
        places = np.flatnonzero(self.epochs == epoch)
        if len(places):
            weights: FloatArray = self.params[places[0]]
            return weights
        if not len(self):
            raise InvalidParameter("epoch must be one whose weights were kept; none were.")
        near = self.epochs[np.argsort(np.abs(self.epochs - epoch), kind="stable")[:3]]
        raise InvalidParameter(
            "epoch must be one whose weights were kept, such as "
            f"{', '.join(map(str, sorted(near.tolist())))}; got {epoch}."
        )


class SnapshotRecord:
    """Snapshots while they are taken.

    Parameters
    ----------
    n_bytes
        Room for them; 0 takes none.
    epochs
        How many are planned.
    params
        Weights of the network, for their size.
    """

    def __init__(self, n_bytes: int, epochs: int, params: FloatArray) -> None:
        room = min(_MOST, n_bytes // max(1, params.nbytes)) - _ALWAYS
        fitting = (b for b in range(KEPT_DIGITS, 0, -1) if _count(epochs, b, room) <= room)
        self._digits = next(fitting, 0)
        self._is_on, self._epochs, self._like = room >= 0, epochs, params
        self._taken: dict[int, FloatArray] = {}

    def next(self, epoch: int) -> int:
        """Return the first epoch after this one to take; the last planned where there is none."""
        if not self._is_on or not self._digits:
            return self._epochs
        return min(next_round(epoch, self._digits), self._epochs)

    def take(self, epoch: int, params: FloatArray, *, is_whole: bool = True) -> None:
        """Keep a copy of the weights after an epoch, in place of earlier ones of it.

        Where steps of the next epoch have followed, `is_whole` is False, and earlier ones stay.
        """
        if self._is_on and (is_whole or epoch not in self._taken):
            self._taken[epoch] = params.copy()

    def frozen(self) -> Snapshots:
        """Hand out what was taken."""
        epochs = sorted(self._taken)
        params: FloatArray = np.empty((len(epochs), self._like.size), dtype=self._like.dtype)
        for place, epoch in zip(params, epochs, strict=True):
            place[:] = self._taken[epoch]
        return Snapshots(np.array(epochs, dtype=np.int64), params)


def _count(epochs: int, digits: int, most: int) -> int:
    """Count the epochs up to the last one that have so few digits, as far as ``most + 1``."""
    found = last = 0
    while found <= most and (last := next_round(last, digits)) <= epochs:
        found += 1
    return found
