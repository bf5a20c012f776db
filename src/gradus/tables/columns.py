"""What each column of a table is to the job: the target, an input, or left out.

This looks at which cells are blank and which values repeat. It must know nothing about networks
or about how the numbers are scaled.
"""

import difflib
from dataclasses import dataclass, field

import numpy as np

from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus.errors import DataError, InvalidParameter
from gradus.tables.read import Table

#: How many column names a sentence lists before it counts the rest.
_LISTED = 8


@dataclass(frozen=True, eq=False)
class Question:
    """Which cells are asked for, and what they can be learned from.

    Attributes
    ----------
    target
        Place of the column whose blanks are to be filled.
    inputs
        Places of the columns to learn from, in the table's order.
    complete
        int64 row numbers (0 is the first below the header) whose target is known.
    asked
        int64 row numbers whose target is blank. A row without any value asks nothing.
    notes
        One sentence for each thing left out.
    """

    target: int
    inputs: tuple[int, ...]
    complete: Int64Array = field(repr=False)
    asked: Int64Array = field(repr=False)
    notes: tuple[str, ...] = ()


def pose_question(table: Table, target: str | None = None) -> Question:
    """Find the column to fill, the rows to learn from, and the columns worth learning from.

    Without `target` the one column that has both values and blanks is asked for. A column that
    holds a single value over the complete rows is left out, unless where it is blank tells
    those rows apart.

    Parameters
    ----------
    table
        With blanks as nan.
    target
        Name of a column, or None.

    Raises
    ------
    InvalidParameter
        If `target` names no column.
    DataError
        If no column or several have blanks, if the column asked for has no blank, fewer than two
        values or one value only, or if no other column can be learned from.
    """
    values = table.values
    is_blank: BoolArray = np.isnan(values)
    is_empty_row = np.asarray(is_blank.all(axis=1))
    is_empty_column = np.asarray(is_blank.all(axis=0))
    is_asked = is_blank & ~is_empty_row[:, np.newaxis]
    n_asked = is_asked.sum(axis=0)
    place = _place(table, target, n_asked, is_empty_column)
    name = table.names[place]
    if not n_asked[place]:
        raise DataError(f"Column {name!r} of {table.path} has no blank cell to fill.")
    complete = np.flatnonzero(~is_blank[:, place])
    _check_target(values[complete, place], name)
    inputs, notes = _inputs(table, place, complete)
    notes = (*notes, *_blank_inputs(table, inputs, ~is_empty_row))
    n_empty = int(is_empty_row.sum())
    if n_empty == 1:
        notes = (*notes, "1 row has no value at all and stays as it is.")
    elif n_empty:
        notes = (*notes, f"{n_empty:,} rows have no value at all and stay as they are.")
    return Question(place, inputs, complete, np.flatnonzero(is_asked[:, place]), notes)


def _place(table: Table, target: str | None, n_asked: Int64Array, is_empty: BoolArray) -> int:
    """Return the place of the column asked for."""
    if target is not None:
        return _named(table, target)
    candidates = np.flatnonzero((n_asked > 0) & ~is_empty)
    if len(candidates) == 1:
        return int(candidates[0])
    if len(candidates):
        counts = [
            f"{table.names[j]!r} ({n_asked[j]:,} {'row' if n_asked[j] == 1 else 'rows'})"
            for j in candidates
        ]
        raise DataError(
            f"{table.path} has blanks in {len(candidates)} columns: {_listed(counts)}. "
            "Name the one to fill with --target."
        )
    empty = [repr(table.names[j]) for j in np.flatnonzero(is_empty)]
    if empty:
        verb = "is" if len(empty) == 1 else "are"
        raise DataError(
            f"{table.path} has blanks only in {_listed(empty)}, which {verb} empty in every row, "
            "so there is nothing to learn from."
        )
    raise DataError(
        f"{table.path} has no blank cell to fill. Leave the cells to be answered empty."
    )


def _named(table: Table, target: str) -> int:
    """Return the place of the column called `target`."""
    if target in table.names:
        return table.names.index(target)
    near = difflib.get_close_matches(target, table.names, n=1)
    if near:
        hint = f"Did you mean {near[0]!r}?"
    else:
        hint = f"Its columns are {_listed([repr(name) for name in table.names])}."
    raise InvalidParameter(f"target must be a column of {table.path}; got {target!r}. {hint}")


def _check_target(known: Float64Array, name: str) -> None:
    """Refuse a target from which nothing can be learned."""
    if len(known) < 2:
        rows = "no row" if not len(known) else "one row only"
        raise DataError(
            f"Column {name!r} must be known in at least two rows to learn from; "
            f"it is known in {rows}."
        )
    if known.min() == known.max():
        raise DataError(
            f"Column {name!r} must hold different values to learn from; "
            f"it is {known[0]:g} in all {len(known):,} rows that have one."
        )


def _inputs(
    table: Table, target: int, complete: Int64Array
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the columns that tell complete rows apart, and sentences on the others."""
    empty, constant, inputs = [], [], []
    for j, name in enumerate(table.names):
        known = table.values[complete, j]
        is_known = ~np.isnan(known)
        if j == target:
            continue
        if not is_known.any():
            empty.append(repr(name))
        elif is_known.all() and known.min() == known.max():
            constant.append(repr(name))
        else:
            inputs.append(j)
    if not inputs:
        raise DataError(
            f"{table.path} must have a column besides {table.names[target]!r} whose values differ "
            "over the rows to learn from; it has none."
        )
    notes = []
    if constant:
        verb = "is" if len(constant) == 1 else "are"
        notes.append(f"{_listed(constant)} {verb} left out: one value in every row learned from.")
    if empty:
        verb = "is" if len(empty) == 1 else "are"
        notes.append(f"{_listed(empty)} {verb} left out: blank in every row learned from.")
    return tuple(inputs), tuple(notes)


def _blank_inputs(table: Table, inputs: tuple[int, ...], is_row_used: BoolArray) -> tuple[str, ...]:
    """Return a sentence on the inputs that have blanks, if there are any."""
    counts = np.isnan(table.values[is_row_used]).sum(axis=0)
    found = [
        f"{table.names[j]!r} ({counts[j]:,} {'row' if counts[j] == 1 else 'rows'})"
        for j in inputs
        if counts[j]
    ]
    if not found:
        return ()
    return (f"The column's median stands in where an input is blank: {_listed(found)}.",)


def _listed(names: list[str]) -> str:
    """Join names with commas; past a handful, count the rest."""
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
