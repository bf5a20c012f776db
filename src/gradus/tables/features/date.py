"""Dates as features: elapsed time, and where in the year, the week and the day they fall.

Other columns must not be known here.
"""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._ordered import distinct, median
from gradus._typing import Float64Array
from gradus.tables.convert import spelled_date
from gradus.tables.features.interval import Interval
from gradus.tables.features.number import Scale
from gradus.tables.table import Column

Cycle = Literal["year", "week", "day"]
#: Length of each cycle in days.
PERIODS: dict[Cycle, float] = {"year": 365.2425, "week": 7.0, "day": 1.0}
# A cycle is learned from rows that go through it one and a half times and more, in three places of
# it at least; fewer rows do not tell.
_TIMES_THROUGH, _FEWEST_PLACES, _ENOUGH_ROWS = 1.5, 3, 20


@dataclass(frozen=True)
class DateEncoding:
    """A date as elapsed days, standardized, and a sine and a cosine for each cycle.

    Blanks count as the median, with an indicator where the rows fitted on have some.

    Attributes
    ----------
    name
        Of the column.
    median
        Days since 1970.
    line
        Of the days.
    cycles
        Those that the rows fitted on go through.
    has_blanks
        Whether the rows fitted on have blanks.
    interval
        Of the known days.
    """

    name: str
    median: float
    line: Scale
    cycles: tuple[Cycle, ...]
    has_blanks: bool
    interval: Interval

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn from a column of dates with at least one value."""
        is_blank = column.is_missing
        known = column.values[~is_blank]
        middle = median(known)
        return cls(
            name=column.name,
            median=middle,
            line=Scale.fit(np.where(is_blank, middle, column.values)),
            cycles=tuple(cycle for cycle in PERIODS if _is_gone_through(known, cycle)),
            has_blanks=bool(is_blank.any()),
            interval=Interval.fit(known),
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        waves = [
            f"{self.name} in the {cycle}, {wave}"
            for cycle in self.cycles
            for wave in ("sine", "cosine")
        ]
        return (self.name, *waves, *((f"{self.name} missing",) if self.has_blanks else ()))

    @property
    def n_levels(self) -> int:
        """0: a date is not embedded."""
        return 0

    def transform(self, column: Column) -> Float64Array:
        """Return features of shape (n, n_features)."""
        is_blank = column.is_missing
        days = np.where(is_blank, self.median, column.values)
        parts = [self.line.apply(days)]
        for cycle in self.cycles:
            angle = 2 * np.pi * _place_in(days, cycle) / PERIODS[cycle]
            parts += [np.sin(angle), np.cos(angle)]
        if self.has_blanks:
            parts.append(is_blank.astype(np.float64))
        return np.column_stack(parts)

    def slopes(self, value: float) -> Float64Array:
        """Differentiate the features by a day, shape (n_features,); 0 where it is blank.

        The place in the year and the week is taken to move on within a day, too.
        """
        found = np.zeros(len(self.features))
        if np.isnan(value):
            return found
        found[0] = self.line.slope(value)
        for k, cycle in enumerate(self.cycles):
            turn = 2 * np.pi / PERIODS[cycle]
            angle = turn * float(_place_in(np.array([value]), cycle)[0])
            found[1 + 2 * k : 3 + 2 * k] = turn * np.cos(angle), -turn * np.sin(angle)
        return found

    def strange(self, column: Column) -> npt.NDArray[np.object_]:
        """Say of each row how the column is unlike all rows learned from; "" where it is not."""
        found = self.interval.strange(self.name, column.values, spelled_date)
        if not self.has_blanks:
            found[column.is_missing] = f"{self.name} is blank, which it never was"
        return found


def _place_in(days: Float64Array, cycle: Cycle) -> Float64Array:
    """Return how far into the cycle a moment is, in days; whole days but for the day itself."""
    whole = days if cycle == "day" else np.floor(days)
    return np.asarray(np.mod(whole, PERIODS[cycle]))


def _is_gone_through(days: Float64Array, cycle: Cycle) -> bool:
    """Say whether rows go through a cycle often enough to learn from."""
    if len(days) < _ENOUGH_ROWS or days.max() - days.min() < _TIMES_THROUGH * PERIODS[cycle]:
        return False
    return len(distinct(np.round(_place_in(days, cycle), 9))) >= _FEWEST_PLACES
