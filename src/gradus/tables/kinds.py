"""What each column of a table is: a number, a category, a date, or nothing to learn from.

Each decision is one sentence with its evidence. Which column is asked for must not be known here.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import field, replace
from typing import Any, Literal, Self, cast, get_args

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._ordered import distinct
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus._validate import check_choice
from gradus._words import counted
from gradus.errors import DataError
from gradus.tables.convert import spelled, spelled_date, to_dates, to_numbers, to_words
from gradus.tables.table import Column, Table, listed

Kind = Literal["number", "category", "yes/no", "date", "id", "constant", "text", "empty", "ignored"]
#: Kinds a person may say; the others follow from the values or from `ignored`.
SAID_KINDS = ("number", "category", "yes/no", "date", "id", "text")
#: Kinds whose cells are words, also where they look like numbers.
WORD_KINDS = ("category", "yes/no", "id", "text")
#: Words for yes and no; a column of two different words that are one of these pairs is yes/no.
YES_NO = {
    "yes": "no",
    "y": "n",
    "true": "false",
    "t": "f",
    "on": "off",
    "ja": "nein",
    "j": "n",
    "oui": "non",
    "si": "no",
    "sí": "no",
    "1": "0",
}
# A count of rows that starts at 0 or 1 is no measurement once it goes on for so long.
_LONG_COUNT = 20
# The last part of a name such as PassengerId, order_no, "Row Index".
_ID_NAME = re.compile(
    r"(?:^|[^a-z])(?:id|ids|pid|uid|uuid|guid|index|idx|no|nr|nummer|number|key|row|rowid|instant)$"
    r"|[a-z]I[dD]$"
)
_TIME_NAME = re.compile(r"(?:^|[^a-z])(?:year|jahr|month|week|day|hour|time|date|t|x)$")
# Words on average, and characters on average, above which a cell is a sentence or a name.
_LONG_WORDS, _LONG_CHARACTERS = 3.0, 30.0
# Fewer different words than this are levels of a category, unless every row has its own.
_FEW_WORDS = 10
# Blank in so many rows, a column of ever different words still tells rows apart by its blanks.
_MANY_BLANK = 0.05


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

    - A column without a value is empty, one with a single value in every row is constant.
    - Whole numbers without a blank, all different, are ids if the column is named like one, or if
      they count up by one from row to row from 0 or 1 through 20 rows or more. All other numbers
      are numbers: nothing is made of how few there are.
    - Two words such as yes and no are yes/no. Words that are all different, or of which
      there are 10 or more and more than half as many as rows, are ids, or text where the cells
      are long; but where 5 % of the rows or more are blank they stay a category, because having a
      value at all may tell rows apart. All other words are categories.

    Parameters
    ----------
    table
        As read.
    said
        Kinds the person gives, by column name: "number", "category", "yes/no", "date", "id" or
        "text". Values are converted as needed.
    ignored
        Names of columns to leave out.

    Raises
    ------
    InvalidParameter
        If a name is of no column, or a kind is none of those.
    DataError
        If a column cannot be what it is said to be.
    """
    kinds: dict[int, Kind] = {}
    for name, kind in (said or {}).items():
        place = table.place("--as", name)
        kinds[place] = cast("Kind", check_choice(f"--as {name}", kind, SAID_KINDS))
    left_out = {table.place("--ignore", name) for name in ignored}
    found = []
    for place, column in enumerate(table.columns):
        if place in left_out:
            reason = f"{column.name!r} is not to be learned from."
            found.append(Described(column, "ignored", reason, is_said=True))
        elif place in kinds:
            found.append(_as_said(column, kinds[place]))
        else:
            found.append(_describe(column))
    return tuple(found)


def _as_said(column: Column, kind: Kind) -> Described:
    """Convert a column to the kind the person gave."""
    assert kind in get_args(Kind)
    if kind == "number":
        column = to_numbers(column)
    elif kind == "date":
        column = to_dates(column)
    elif kind in {"category", "yes/no"}:
        column = to_words(column)
    article = "an" if kind == "id" else "a"
    what = kind if kind in {"yes/no", "text"} else f"{article} {kind}"
    n_different = len(set(column.values[~column.is_missing].tolist()))
    if n_different == 0:
        return Described(column, "empty", f"{column.name!r} is empty: blank in every row.")
    if kind == "yes/no" and n_different > 2:
        raise DataError(
            f"Column {column.name!r} must hold two different values to be yes/no; it holds "
            f"{n_different:,}."
        )
    return Described(column, kind, f"{column.name!r} is {what}, as said.", is_said=True)


def _describe(column: Column) -> Described:
    """Say what a column is by its values."""
    name = repr(column.name)
    is_known = ~column.is_missing
    known = column.values[is_known]
    if not len(known):
        return Described(column, "empty", f"{name} is empty: blank in every row.")
    if len(known) == len(column.values) and bool((known == known[0]).all()):
        value = _spell(column, known[0])
        rows = "the only row" if len(known) == 1 else f"all {len(known):,} rows"
        return Described(column, "constant", f"{name} is constant: {value} in {rows}.")
    if column.type == "date":
        first, last = spelled_date(known.min()), spelled_date(known.max())
        return Described(column, "date", f"{name} is a date: from {first} to {last}.")
    if column.type == "number":
        return _describe_numbers(column, known)
    return _describe_words(column, known)


def _spell(column: Column, value: Any) -> str:  # noqa: ANN401 - a cell
    """Spell one cell for a sentence."""
    if column.type == "number":
        return spelled(value)
    return spelled_date(value) if column.type == "date" else repr(value)


def _describe_numbers(column: Column, known: Float64Array) -> Described:
    """Tell measurements from numbers that only count or name the rows."""
    n = len(known)
    n_different = len(distinct(known))
    name = repr(column.name)
    if n == len(column.values) == n_different and bool((known == np.floor(known)).all()):
        is_count = bool((np.diff(known) == 1).all())
        is_time = _TIME_NAME.search(_plain(column.name)) is not None
        if is_count and known[0] in {0, 1} and n >= _LONG_COUNT and not is_time:
            reason = f"{name} is an id: it counts the rows from {known[0]:g} to {known[-1]:g}."
            return Described(column, "id", reason)
        if n > 2 and _is_named_like_an_id(column.name):
            reason = f"{name} is an id: {n:,} different whole numbers in {n:,} rows."
            return Described(column, "id", reason)
    reason = (
        f"{name} is a number: {n_different:,} different value{'s' * (n_different > 1)} from "
        f"{spelled(known.min())} to {spelled(known.max())} in {counted(n, 'row')}."
    )
    return Described(column, "number", reason)


def _plain(name: str) -> str:
    """Lower the letters of a name; parts stay apart by whatever is no letter."""
    return name.strip().lower()


def _is_named_like_an_id(name: str) -> bool:
    """Say whether a name's last part is one that ids have."""
    return bool(_ID_NAME.search(_plain(name)) or _ID_NAME.search(name.strip()))


def _describe_words(column: Column, known: npt.NDArray[np.object_]) -> Described:
    """Tell yes/no and categories from words that are different in most rows."""
    counts = Counter(known.tolist())
    n, n_rows, n_different, name = len(known), len(column.values), len(counts), repr(column.name)
    lowered = {word.strip().casefold() for word in counts} if n_different <= 8 else set()
    if len(lowered) == 2 and any({yes, no} == lowered for yes, no in YES_NO.items()):
        two = listed(sorted(counts, key=str.casefold))
        return Described(column, "yes/no", f"{name} is yes/no: {two} in {counted(n, 'row')}.")
    words = f"{counted(n_different, 'different word')} in {counted(n, 'row')}"
    is_all = n_different == n > 2
    if not is_all and (2 * n_different <= n or n_different < _FEW_WORDS):
        return Described(column, "category", f"{name} is a category: {words}.")
    n_blank = n_rows - n
    if n_blank >= max(1, _MANY_BLANK * n_rows):
        blank = f"blank in {counted(n_blank, 'row')}, which may tell"
        return Described(column, "category", f"{name} is a category: {words}, and {blank}.")
    length = sum(map(len, known)) / n
    parts = sum(len(word.split()) for word in known) / n
    if parts > _LONG_WORDS or length > _LONG_CHARACTERS:
        cells = f"{n_different:,} different cells in {counted(n, 'row')}"
        reason = f"{name} is text: {cells}, {parts:.1f} words each on average."
        return Described(column, "text", reason)
    return Described(column, "id", f"{name} is an id: {words}.")
