"""Numbers as features: standardized, bent where the tails are long, marked where blank.

Other columns must not be known here.
"""

from typing import Self

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._ordered import lower_quartile, median
from gradus._typing import Float64Array
from gradus.tables.convert import spelled
from gradus.tables.features.interval import Interval
from gradus.tables.moments import kurtosis, mean_and_scale
from gradus.tables.table import Column

#: Features further from 0 than this count as this far. It keeps products of float32 numbers
#: finite, and no row learned from lies beyond 10.
FARTHEST = 1e6
# Numbers further from 0 count as this far, so that squares of differences are finite.
_LARGEST = 1e150
# A column whose range is more than this many standard deviations is scaled by its range.
_WIDEST = 10.0
# Tails are long above the kurtosis of waiting times, and bending must at least halve it. Fewer
# rows do not tell.
_LONG_TAILS, _GAIN, _ENOUGH_ROWS = 9.0, 2.0, 30


@dataclass(frozen=True)
class Scale:
    """``(x - mean) / scale``, held within ±FARTHEST.

    Attributes
    ----------
    mean, scale
        Of the values fitted on. The scale is their standard deviation, or a tenth of their range
        if that is more, so no value fitted on comes to lie beyond ±10, however wild it is.
    """

    mean: float
    scale: float

    def __post_init__(self) -> None:
        """Check the sign."""
        if not self.scale > 0:
            raise ValueError("a scale must be greater than 0.")

    @classmethod
    def fit(cls, values: Float64Array) -> Self:
        """Learn from values of shape (n,), n > 0, within ±1e150."""
        mean, scale = mean_and_scale(values)
        return cls(mean, max(scale, float(values.max() - values.min()) / _WIDEST))

    def apply(self, values: Float64Array) -> Float64Array:
        """Return standardized values."""
        with np.errstate(over="ignore"):
            z = (values - self.mean) / self.scale
        return np.asarray(np.clip(z, -FARTHEST, FARTHEST))

    def slope(self, value: float) -> float:
        """Differentiate ``(x - mean) / scale``; 0 beyond ±FARTHEST."""
        return 1 / self.scale if abs((value - self.mean) / self.scale) < FARTHEST else 0.0


@dataclass(frozen=True)
class Bend:
    """``arcsinh((x - center) / spread)``: linear near the center, logarithmic far from it.

    It keeps the order, and is defined for every number.
    """

    center: float
    spread: float

    def __post_init__(self) -> None:
        """Check the sign."""
        if not self.spread > 0:
            raise ValueError("a spread must be greater than 0.")

    @classmethod
    def fit(cls, values: Float64Array) -> Self | None:
        """Return the bend that draws long tails in; None where they are not long or it cannot.

        The center is 0 if no value has the other sign, or else the median, whichever leaves less
        kurtosis; the spread is the lower quartile of the distances that are not 0.
        """
        if len(values) < _ENOUGH_ROWS or not kurtosis(values) > _LONG_TAILS:
            return None
        centers = {median(values)}
        if values.min() >= 0 or values.max() <= 0:
            centers.add(0.0)
        bends = []
        for center in sorted(centers):
            distances = np.abs(values - center)
            bend = cls(center, lower_quartile(distances[distances > 0]))
            bends.append((kurtosis(bend.apply(values)), bend))
        least, best = min(bends, key=lambda pair: pair[0])
        return best if _GAIN * least < kurtosis(values) else None

    def apply(self, values: Float64Array) -> Float64Array:
        """Return bent values."""
        with np.errstate(over="ignore"):
            ratio = (values - self.center) / self.spread
        return np.asarray(np.arcsinh(np.clip(ratio, -1e300, 1e300)))

    def slope(self, value: float) -> float:
        """``1 / (spread * sqrt(1 + ((x - center) / spread)**2))``."""
        return 1 / float(self.spread * np.hypot(1.0, (value - self.center) / self.spread))


@dataclass(frozen=True)
class NumberEncoding:
    """A number as one feature, or two where its tails are long, and one more where it has blanks.

    The first is a straight line in x, so a table that is exactly linear stays exactly linear. The
    second, bent and standardized, spreads out what a few far values crowd together. Blanks count
    as the median in both, and an indicator is 1 where they were. A blank met later in a column
    that had none gets the median and no indicator.

    Attributes
    ----------
    name
        Of the column.
    median
        Stands in where blank.
    line
        Of the values, the median where blank.
    bend, bent_line
        Of columns with long tails; None otherwise.
    has_blanks
        Whether the rows fitted on have blanks.
    interval
        Of the known values.
    """

    name: str
    median: float
    line: Scale
    bend: Bend | None
    bent_line: Scale | None
    has_blanks: bool
    interval: Interval

    def __post_init__(self) -> None:
        """Check that a bend has its scale."""
        if (self.bend is None) != (self.bent_line is None):
            raise ValueError("a bend and its scale must come together.")

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Learn from a column of numbers with at least one value."""
        is_blank = column.is_missing
        known = np.clip(column.values[~is_blank], -_LARGEST, _LARGEST)
        middle = median(known)
        values = np.where(is_blank, middle, np.clip(column.values, -_LARGEST, _LARGEST))
        bend = Bend.fit(values)
        return cls(
            name=column.name,
            median=middle,
            line=Scale.fit(values),
            bend=bend,
            bent_line=None if bend is None else Scale.fit(bend.apply(values)),
            has_blanks=bool(is_blank.any()),
            interval=Interval.fit(known),
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        bent = () if self.bend is None else (f"{self.name} bent",)
        return (self.name, *bent, *((f"{self.name} missing",) if self.has_blanks else ()))

    @property
    def n_levels(self) -> int:
        """0: a number is not embedded."""
        return 0

    def transform(self, column: Column) -> Float64Array:
        """Return features of shape (n, n_features)."""
        is_blank = column.is_missing
        values = np.where(is_blank, self.median, np.clip(column.values, -_LARGEST, _LARGEST))
        parts = [self.line.apply(values)]
        if self.bend is not None and self.bent_line is not None:
            parts.append(self.bent_line.apply(self.bend.apply(values)))
        if self.has_blanks:
            parts.append(is_blank.astype(np.float64))
        return np.column_stack(parts)

    def slopes(self, value: float) -> Float64Array:
        """Differentiate the features by the number, shape (n_features,); 0 where it is blank."""
        found = np.zeros(len(self.features))
        if np.isnan(value) or abs(value) >= _LARGEST:
            return found
        found[0] = self.line.slope(value)
        if self.bend is not None and self.bent_line is not None:
            bent = float(self.bend.apply(np.array([value]))[0])
            found[1] = self.bend.slope(value) * self.bent_line.slope(bent)
        return found

    def strange(self, column: Column) -> npt.NDArray[np.object_]:
        """Say of each row how the column is unlike all rows learned from; "" where it is not."""
        found = self.interval.strange(self.name, column.values, spelled)
        if not self.has_blanks:
            found[column.is_missing] = f"{self.name} is blank, which it never was"
        return found
