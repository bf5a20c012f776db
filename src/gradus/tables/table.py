"""A table in memory: named columns of numbers, dates or words, and where they came from.

Every reader makes one and every writer takes one. What a column is good for must not be known
here.
"""

import difflib
import shlex
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Int64Array
from gradus.errors import InvalidParameter

ColumnType = Literal["number", "date", "word"]
#: How many names a sentence lists before it counts the rest.
_LISTED = 8


@dataclass(frozen=True)
class Spelling:
    """How the numbers of a column are written.

    Attributes
    ----------
    decimals
        The most decimals any of them has.
    prefix, suffix
        What stands before and after each, such as "€ " or " %"; blanks are part of it.
    thousands
        What stands between thousands; empty where nothing does.
    keeps_zeros
        Whether each has all the decimals, zeros at the end included.
    """

    decimals: int = 15
    prefix: str = ""
    suffix: str = ""
    thousands: str = ""
    keeps_zeros: bool = False


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    name
        As in the table; a column without a name is called by its place, "column 3".
    type
        "number", "date" or "word".
    values
        Shape (n_rows,). Numbers: float64, nan where blank. Dates: float64 days since
        1970-01-01 00:00 with the time of day as a fraction, nan where blank. Words: objects, each
        a str that is not empty, or None where blank.
    spelling
        Of numbers; not used otherwise.
    """

    name: str
    type: ColumnType
    values: npt.NDArray[Any] = field(repr=False)
    spelling: Spelling = Spelling()

    @property
    def is_missing(self) -> BoolArray:
        """True where the cell is blank; shape (n_rows,)."""
        if self.type == "word":
            return np.array([value is None for value in self.values], dtype=np.bool_)
        return np.asarray(np.isnan(self.values))

    def take(self, rows: Int64Array | BoolArray) -> Self:
        """Return the column of some of its rows."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class Source:
    """What a table was read from; each format adds what its writer needs.

    Attributes
    ----------
    path
        The file, or None for standard input and frames.
    """

    path: Path | None


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length and different names.

    Attributes
    ----------
    name
        What a sentence calls it: the path as it was typed, "standard input" or "the table".
    columns
        In the table's order; at least one.
    source
        For the writer.
    notes
        One sentence for each thing the reader found out and the person should know.
    """

    name: str
    columns: tuple[Column, ...] = field(repr=False)
    source: Source = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def place(self, argument: str, name: str) -> int:
        """Return the place of the column called `name`.

        Parameters
        ----------
        argument
            What the person typed the name for, such as "target".
        name
            The name.

        Raises
        ------
        InvalidParameter
            If there is none; the sentence names the nearest.
        """
        if name in self.names:
            return self.names.index(name)
        # Whoever calls from Python may hand over anything.
        is_text = isinstance(name, str)
        near = [one for one in self.names if is_text and one.casefold() == name.casefold()]
        near = near or (difflib.get_close_matches(name, self.names, n=1) if is_text else [])
        hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {listed(self.names)}."
        raise InvalidParameter(f"{argument} must be a column of {self.name}; got {name!r}. {hint}")


@dataclass(frozen=True, eq=False)
class Filling:
    """What is put into a table: answers in cells of one column, and new columns after the last.

    Attributes
    ----------
    rows
        int64 of shape (n_answers,), ascending: the rows that get something.
    answers
        The answers for these rows, n_answers values without a blank, or None. The column of this
        name in the table has its cells in these rows replaced.
    added
        New columns with n_answers values each, blank in every other row.
    """

    rows: Int64Array = field(repr=False)
    answers: Column | None
    added: tuple[Column, ...]


def listed(names: Sequence[str]) -> str:
    """Spell names in quotation marks with commas, the first eight and how many more."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(repr(name) for name in names[:_LISTED]) + more


def option(name: str, kind: str) -> str:
    """Spell what a person types to say what a column is: --as 'unit price=number'."""
    return f"--as {shlex.quote(f'{name}={kind}')}"
