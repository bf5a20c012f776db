"""Which column is asked for, which rows tell about it, and what it is learned from.

This looks at which cells are blank and at what kind each column is. It must know nothing about
networks or about how values are encoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gradus._typing import Int64Array
from gradus.tables.kinds import Described
from gradus.tables.table import Table

Task = Literal["regression", "classes"]


@dataclass(frozen=True, eq=False)
class Question:
    """Which cells are asked for, and what they can be learned from.

    Attributes
    ----------
    task
        "regression" where the answers are numbers, "classes" where they are one of a few values.
    target
        Place of the column whose blanks are to be filled.
    inputs
        Places of the columns to learn from, in the table's order.
    weight
        Place of the column of row weights, or None.
    complete
        int64 row numbers (0 is the first below the header) whose target is known.
    asked
        int64 row numbers whose target is blank. A row without any value asks nothing.
    notes
        One sentence for each thing guessed, left out or stood in for.
    """

    task: Task
    target: int
    inputs: tuple[int, ...]
    weight: int | None
    complete: Int64Array = field(repr=False)
    asked: Int64Array = field(repr=False)
    notes: tuple[str, ...] = ()


def pose_question(
    table: Table,
    described: Sequence[Described],
    target: str | None = None,
    *,
    needs_blank: bool = True,
    weight: str | None = None,
) -> Question:
    """Find the column to fill, the rows to learn from, and the columns worth learning from."""
    raise NotImplementedError
