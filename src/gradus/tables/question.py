"""Which column is asked for, which rows tell about it, and what it is learned from.

This looks at which cells are blank and at what kind each column is. It must know nothing about
networks or about how values are encoded.
"""

from collections.abc import Sequence
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus._words import counted
from gradus.errors import DataError, InvalidParameter
from gradus.tables.kinds import Described
from gradus.tables.table import Table, listed
from gradus.tables.task import Task, check_target, task_of

_LEARNED_KINDS = {"number", "category", "yes/no", "date"}
# Why columns are left out together, in one sentence.
_WHY = {
    "constant": "one value in every row learned from",
    "empty": "blank in every row learned from",
    "ignored": "not to be learned from",
}


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
        int64 row numbers (0 is the first below the header) whose target is known and whose weight
        is above 0.
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
    """Find the column to fill, the rows to learn from, and the columns worth learning from.

    Without `target`, a column's blanks look like a question if it is the last column, or if they
    stand in one block at the table's beginning or end (of two rows or more where other columns
    have blanks too). The one such column is asked for if none has more blanks; otherwise the
    person must say. A column that holds a single value over the complete rows is left out, unless
    where it is blank tells those rows apart.

    Parameters
    ----------
    table
        As read.
    described
        What each column is, from `describe`.
    target
        Name of a column, or None.
    needs_blank
        Whether a target without a blank cell is refused. If not, `target` must be given.
    weight
        Name of the column that says how much each row counts, or None.

    Raises
    ------
    InvalidParameter
        If `target` or `weight` names no column, both name the same, or no target is named where
        one must be.
    DataError
        If it is not clear what is asked, the column asked for has no blank, fewer than two values
        or one value only, or is of a kind that cannot be learned, if the weights are none, or if
        no other column can be learned from.
    """
    blank = np.stack([found.column.is_missing for found in described])
    is_empty_row = np.asarray(blank.all(axis=0))
    asked = blank & ~is_empty_row
    weight_place = None if weight is None else table.place("weight_column", weight)
    if target is not None:
        place = table.place("target", target)
        notes: list[str] = []
    elif needs_blank:
        place, notes = _guess(table, described, asked, ~is_empty_row, weight_place)
    else:
        raise InvalidParameter(
            f"target must name the column of {table.name} to learn; none was given."
        )
    if place == weight_place:
        raise InvalidParameter(f"weight_column must be another column than the target, {weight!r}.")
    if needs_blank and not asked[place].any():
        name = table.names[place]
        raise DataError(f"Column {name!r} of {table.name} has no blank cell to fill.")
    complete = np.flatnonzero(~blank[place])
    if weight_place is not None and len(complete):
        _check_weights(described[weight_place], complete)
        notes.append(f"{weight!r} says how much each row counts; nothing is learned from it.")
        counts = described[weight_place].column.values[complete] > 0
        notes += _uncounted_rows(int((~counts).sum()))
        complete = complete[counts]
    check_target(described[place], complete, weight)
    task, task_notes = task_of(described[place], complete)
    inputs, input_notes = _inputs(table, described, place, weight_place, complete)
    notes += task_notes + input_notes + _blank_inputs(table, described, inputs, asked)
    notes += _empty_rows(int(is_empty_row.sum()))
    return Question(
        task, place, inputs, weight_place, complete, np.flatnonzero(asked[place]), tuple(notes)
    )


def _guess(
    table: Table,
    described: Sequence[Described],
    asked: BoolArray,
    is_row_used: BoolArray,
    weight: int | None,
) -> tuple[int, list[str]]:
    """Return the place of the one column whose blanks look like a question, and a note on it."""
    usable = [j for j, found in enumerate(described) if found.kind != "ignored" and j != weight]
    n_blank = asked.sum(axis=1)
    candidates = [j for j in usable if n_blank[j] and described[j].kind != "empty"]
    if not candidates:
        raise DataError(_why_nothing_is_asked(table, described))
    shortest = 1 if len(candidates) == 1 else 2
    looks = [
        j
        for j in candidates
        if j == usable[-1] or _is_block(asked[j, is_row_used], at_least=shortest)
    ]
    counts = {j: f"{table.names[j]!r} ({counted(int(n_blank[j]), 'row')})" for j in candidates}
    most = max(n_blank[j] for j in candidates)
    if len(looks) != 1 or n_blank[looks[0]] < most:
        raise DataError(_why_unclear(table, list(counts.values()), is_last=usable[-1] in looks))
    place = looks[0]
    note = (
        f"The blanks of {table.names[place]!r} ({n_blank[place]:,} of "
        f"{counted(table.n_rows, 'row')}) are the question"
    )
    others = sorted((j for j in candidates if j != place), key=lambda j: -n_blank[j])
    if others:
        verb = "has" if len(others) == 1 else "have"
        note += f"; {_joined([counts[j] for j in others])} {verb} blanks too"
    return place, [f"{note}."]


def _is_block(blank: BoolArray, at_least: int) -> bool:
    """Say whether all blanks stand together at the beginning or at the end."""
    n = int(blank.sum())
    return n >= at_least and (bool(blank[:n].all()) or bool(blank[-n:].all()))


def _why_nothing_is_asked(table: Table, described: Sequence[Described]) -> str:
    """Say why no cell can be filled."""
    empty = [found.column.name for found in described if found.kind == "empty"]
    if empty:
        verb = "is" if len(empty) == 1 else "are"
        return (
            f"{table.name} has blanks only in {listed(empty)}, which {verb} empty in every row, "
            "so there is nothing to learn from."
        )
    return f"{table.name} has no blank cell to fill. Leave the cells to be answered empty."


def _why_unclear(table: Table, counts: list[str], *, is_last: bool) -> str:
    """Say why the person must name the column."""
    if len(counts) > 1:
        return (
            f"{table.name} has blanks in {len(counts)} columns: {_joined(counts)}. "
            "Name the one to fill with --target."
        )
    assert not is_last, "the only column with blanks is the question if it is the last"
    return (
        f"The blanks of {counts[0]} of {table.name} are scattered in a column that is not the "
        "last, so they look like missing inputs. Name the column to fill with --target."
    )


def _check_weights(found: Described, complete: Int64Array) -> None:
    """Refuse a column of weights that are none."""
    name = found.column.name
    if found.column.type != "number":
        raise DataError(
            f"Column {name!r} must hold numbers to weigh rows; it holds words or dates."
        )
    values = found.column.values[complete]
    wrong = ~(values >= 0)
    if wrong.any():
        row = int(complete[np.argmax(wrong)])
        what = "a blank" if np.isnan(found.column.values[row]) else f"{found.column.values[row]:g}"
        raise DataError(
            f"Column {name!r} must hold numbers of at least 0 to weigh rows; got {what} in row "
            f"{row + 1}."
        )
    if not values.any():
        raise DataError(f"Column {name!r} must hold a weight above 0; all are 0.")


def _inputs(
    table: Table,
    described: Sequence[Described],
    target: int,
    weight: int | None,
    complete: Int64Array,
) -> tuple[tuple[int, ...], list[str]]:
    """Return the columns that tell complete rows apart, and sentences on the others."""
    uses: dict[str, list[int]] = {use: [] for use in ("input", "id", "other", *_WHY)}
    for j, found in enumerate(described):
        if j not in {target, weight}:
            uses[_use(found, complete)].append(j)
    inputs, ids = uses["input"], uses["id"]
    notes = []
    if not inputs and ids:
        # In a table of one measured column, that it counts up by one does not make it useless.
        inputs, ids = ids, []
        notes.append("Nothing else can be learned from, so whole numbers that name the rows are.")
    if not inputs:
        raise DataError(
            f"{table.name} must have a column besides {table.names[target]!r} whose values differ "
            "over the rows to learn from; it has none."
        )
    reasons = [described[j].reason.removesuffix(".") for j in sorted([*ids, *uses["other"]])]
    notes += [f"{reason}; it is left out." for reason in reasons]
    for use, why in _WHY.items():
        names = [table.names[j] for j in uses[use]]
        if names:
            verb = "is" if len(names) == 1 else "are"
            notes.append(f"{listed(names)} {verb} left out: {why}.")
    return tuple(inputs), notes


def _use(found: Described, complete: Int64Array) -> str:
    """Say whether a column is an input, an id that might be one, or why it is none."""
    if found.kind == "ignored":
        return "ignored"
    sameness = _sameness(found, complete)
    if sameness:
        return sameness
    if found.kind in _LEARNED_KINDS:
        return "input"
    is_guess = found.kind == "id" and found.column.type == "number" and not found.is_said
    return "id" if is_guess else "other"


def _sameness(found: Described, complete: Int64Array) -> str:
    """Say whether a column is empty or constant over the complete rows; "" if neither."""
    column = found.column.take(complete)
    is_known = ~column.is_missing
    known = column.values[is_known]
    if not len(known):
        return "empty"
    return "constant" if is_known.all() and bool((known == known[0]).all()) else ""


def _blank_inputs(
    table: Table, described: Sequence[Described], inputs: tuple[int, ...], asked: BoolArray
) -> list[str]:
    """Return sentences on what stands in for blank inputs, if there are any."""
    counts: Float64Array | Int64Array = asked.sum(axis=1)
    found: dict[bool, list[str]] = {True: [], False: []}
    for j in inputs:
        if counts[j]:
            has_median = described[j].kind in {"number", "date", "id"}
            found[has_median].append(f"{table.names[j]!r} ({counted(int(counts[j]), 'row')})")
    notes = []
    if found[True]:
        notes.append(
            f"The column's median stands in where an input is blank: {_joined(found[True])}."
        )
    if found[False]:
        notes.append(f"A blank counts as a word of its own: {_joined(found[False])}.")
    return notes


def _uncounted_rows(n: int) -> list[str]:
    """Say how many rows have a weight of 0."""
    verb = "is" if n == 1 else "are"
    return [f"{counted(n, 'row')} of weight 0 {verb} not learned from."] if n else []


def _empty_rows(n: int) -> list[str]:
    """Say what becomes of rows without any value."""
    if n == 0:
        return []
    if n == 1:
        return ["1 row has no value at all and stays as it is."]
    return [f"{n:,} rows have no value at all and stay as they are."]


def _joined(parts: list[str]) -> str:
    """Join finished parts with commas, the first eight and how many more."""
    more = f" and {len(parts) - 8:,} more" if len(parts) > 8 else ""
    return ", ".join(parts[:8]) + more
