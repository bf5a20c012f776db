"""The interval of what was learned from, and which numbers lie clearly outside.

Features must not be known here.
"""

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array

# Rank from either end whose distance to the end is how far beyond it nothing is strange yet.
_RANK = 10
_SHARE = 0.05


@dataclass(frozen=True)
class Interval:
    """Smallest and largest value learned from, and how far beyond them is not strange yet.

    The slack at either end is 5 % of the range, or the distance from the tenth value to the end if
    that is more. So a row like those learned from is hardly ever strange: beyond the largest of n
    such values lie, in a tail that falls exponentially, about 0.05 / n of them, and in the
    heaviest tails about 1 / (2 n).

    Attributes
    ----------
    low, high
        In the unit of the column.
    below, above
        The slack at either end, 0 or greater.
    """

    low: float
    high: float
    below: float
    above: float

    def __post_init__(self) -> None:
        """Check the order."""
        if self.low > self.high or self.below < 0 or self.above < 0:
            raise ValueError("an interval must run from its low to its high end.")

    @classmethod
    def fit(cls, known: Float64Array) -> Self:
        """Learn from values of shape (n,), n > 0, finite."""
        rank = min(_RANK, len(known)) - 1
        low, high = float(known.min()), float(known.max())
        least = _SHARE * (high - low)
        low_rank = float(np.partition(known, rank)[rank])
        high_rank = float(np.partition(known, len(known) - 1 - rank)[len(known) - 1 - rank])
        return cls(low, high, max(least, low_rank - low), max(least, high - high_rank))

    def strange(
        self, name: str, values: Float64Array, spell: Callable[[float], str]
    ) -> npt.NDArray[np.object_]:
        """Say of each value how it lies outside; "" where it does not, or is nan."""
        found = np.full(len(values), "", dtype=np.object_)
        learned = f"{spell(self.low)} to {spell(self.high)}"
        for side, is_far in (
            ("below", values < self.low - self.below),
            ("above", values > self.high + self.above),
        ):
            for row in np.flatnonzero(is_far):
                found[row] = (
                    f"{name} {spell(values[row])} is {side} all rows learned from ({learned})"
                )
        return found
