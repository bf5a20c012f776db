"""What a model would answer if some cells of a row were others.

Why it would is told by `workflow.why`.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus.calculus.render import spelled
from gradus.errors import DataError, InvalidParameter
from gradus.models.model import Model
from gradus.models.predictions import Predictions
from gradus.tables.table import Column
from gradus.workflow.answer_slopes import row_of
from gradus.workflow.baseline import cell_text


@dataclass(frozen=True)
class Answer:
    """One answer of a model.

    Attributes
    ----------
    value
        A number in its own unit, or the name of a class.
    low, high
        Bounds of a number; None where the model has none.
    probability
        Of the class; None for numbers.
    flag
        Why the row is unlike all rows learned from; "" where it is not.
    """

    value: float | str
    low: float | None
    high: float | None
    probability: float | None
    flag: str

    def text(self, digits: int) -> str:
        """Say it in a few words."""
        flag = f" ({self.flag})" if self.flag else ""
        if isinstance(self.value, str):
            assert self.probability is not None, "classes have one"
            return f"{self.value}, with probability {spelled(self.probability, digits)}{flag}"
        said = spelled(self.value, digits)
        if self.low is not None and self.high is not None:
            said += f", from {spelled(self.low, digits)} to {spelled(self.high, digits)}"
        return said + flag

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class WhatIf:
    """An answer before and after a change of cells.

    Attributes
    ----------
    target
        Name of what is answered.
    row
        Of the table, counted from 1.
    changes
        Name of the column, what stands there and what stood in its place, for each.
    before, after
        As `Model.predict` answers.
    difference
        Of the answers; of a class, of the probability of the one answered before.
    notes
        What was said while the table was read.
    """

    target: str
    row: int
    changes: tuple[tuple[str, str, str], ...]
    before: Answer
    after: Answer
    difference: float
    notes: tuple[str, ...] = field(repr=False)

    def text(self, digits: int = 6) -> str:
        """Write both answers and their difference as lines."""
        changed = ", ".join(f"{name} {new} instead of {old}" for name, old, new in self.changes)
        of = f" of {self.before.value}" if self.before.probability is not None else ""
        return "\n".join(
            [
                f"{self.target} of row {self.row}: {self.before.text(digits)}",
                f"with {changed}: {self.after.text(digits)}",
                f"difference{of}: {self.difference + 0.0:+.{digits}g}",
            ]
        )

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; rows count from 0 there."""
        return {
            "target": self.target,
            "row": self.row - 1,
            "changes": [
                {"column": name, "cell": old, "new_cell": new} for name, old, new in self.changes
            ],
            "before": self.before.describe(),
            "after": self.after.describe(),
            "difference": self.difference,
            "notes": list(self.notes),
        }


def what_if(
    model: Model,
    table: str | os.PathLike[str] | object,
    row: int,
    changes: Mapping[str, object],
    *,
    digits: int = 6,
) -> WhatIf:
    """Answer a row as it is, and with other cells in it, all at once.

    Parameters
    ----------
    model
        Of a table.
    table
        As in `Model.predict`.
    row
        Counted from 1 below the head.
    changes
        Names of input columns, each with a new cell: a number, or a text as it may stand in a
        table; None or an empty text is a blank.
    digits
        Significant ones of the cells' texts.

    Raises
    ------
    DataError
        If the table or a cell does not fit.
    InvalidParameter
        If there is no such row or column, or no change.
    """
    if not changes:
        raise InvalidParameter("what_if must name a column and its new cell; got none.")
    names = model.encoder.names
    for name in changes:
        if name not in names:
            raise InvalidParameter(
                f"what_if must name columns the model learned from ({', '.join(names)}); "
                f"got {name!r}."
            )
    read = row_of(model, table, row)
    own = read.columns
    new = tuple(_cell(one.name, changes[one.name]) if one.name in changes else one for one in own)
    try:
        changed, _ = model.encoder.match(replace(read, name="the change", columns=new))
    except DataError as error:
        raise DataError(str(error).replace(" (row 1)", "")) from None
    before, after = model.answer(own), model.answer(changed)
    told = [
        (old.name, cell_text(old, digits), cell_text(now, digits))
        for old, now in zip(own, changed, strict=True)
        if old.name in changes
    ]
    return WhatIf(
        model.target,
        row,
        tuple(told),
        _answer(before),
        _answer(after),
        _difference(before, after),
        read.notes,
    )


def _cell(name: str, value: object) -> Column:
    """Return a column of one cell, as it may stand in a table."""
    text = None if value is None or value != value else str(value).strip()  # noqa: PLR0124 a nan
    return Column(name, "word", np.array([text or None], dtype=np.object_))


def _answer(found: Predictions) -> Answer:
    value, flag = found.values[0], str(found.flags[0])
    if found.probabilities is not None:
        place = int(np.argmax(found.probabilities[0]))
        return Answer(found.classes[place], None, None, float(found.probabilities[0, place]), flag)
    assert found.low is not None and found.high is not None, "numbers have bounds"  # noqa: PT018
    low, high = (None if math.isnan(x) else float(x) for x in (found.low[0], found.high[0]))
    return Answer(float(value), low, high, None, flag)


def _difference(before: Predictions, after: Predictions) -> float:
    """Return how much more is answered: a number, or the probability of the class of before."""
    if before.probabilities is None or after.probabilities is None:
        return float(after.values[0] - before.values[0])
    place = int(np.argmax(before.probabilities[0]))
    return float(after.probabilities[0, place] - before.probabilities[0, place])
