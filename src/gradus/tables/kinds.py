"""What each column of a table is: a number, a category, a date, or nothing to learn from.

Each decision is one sentence with its evidence. Which column is asked for must not be known here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from gradus._typing import BoolArray, Int64Array
from gradus.tables.table import Column, Table

Kind = Literal["number", "category", "yes/no", "date", "id", "constant", "text", "empty", "ignored"]


@dataclass(frozen=True, eq=False)
class Described:
    """A column and what it is.

    Attributes
    ----------
    column
        Its values as the kind needs them: float64 for "number", words for "category" and "yes/no",
        days for "date".
    kind
        What it is good for. Only numbers, categories, yes/no and dates are learned from.
    reason
        One sentence with the evidence.
    is_said
        Whether the person said the kind, so that nobody guesses further.
    """

    column: Column = field(repr=False)
    kind: Kind
    reason: str
    is_said: bool = False

    def take(self, rows: Int64Array | BoolArray) -> Self:
        """Return the same of some rows."""
        return replace(self, column=self.column.take(rows))


def describe(
    table: Table, said: Mapping[str, str] | None = None, ignored: Collection[str] = ()
) -> tuple[Described, ...]:
    """Say what each column is, in the table's order.

    Parameters
    ----------
    table
        As read.
    said
        Kinds the person gives, by column name.
    ignored
        Names of columns to leave out.
    """
    raise NotImplementedError
