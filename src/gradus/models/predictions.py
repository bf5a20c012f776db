"""What a model says about rows, in the person's own units.

How it was computed must not be known here.
"""

from dataclasses import field
from typing import Any

import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array


@dataclass(frozen=True, eq=False)
class Predictions:
    """Answers for n rows.

    Attributes
    ----------
    values
        Shape (n,): float64 numbers, or the words of the classes as objects.
    low, high
        Shape (n,), for numbers only: bounds that hold the true answer about nine times in ten; nan
        where the rows learned from were too few to know.
    probabilities
        Shape (n, n_classes), for classes only: each row sums to 1.
    classes
        What the columns of `probabilities` belong to, in words; empty for numbers.
    flags
        Shape (n,), objects: why a row is unlike all rows learned from, or an empty text.
    notes
        One sentence for each thing found out about the rows.
    """

    values: npt.NDArray[Any] = field(repr=False)
    low: Float64Array | None = field(repr=False)
    high: Float64Array | None = field(repr=False)
    probabilities: Float64Array | None = field(repr=False)
    classes: tuple[str, ...]
    flags: npt.NDArray[Any] = field(repr=False)
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.values)
