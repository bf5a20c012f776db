"""Whether a target asks for numbers or for one of a few values, and whether it can be learned.

Inputs must not be known here.
"""

from collections import Counter
from typing import Literal

import numpy as np

from gradus._ordered import distinct
from gradus._typing import Float64Array, Int64Array
from gradus.errors import DataError
from gradus.tables.convert import spelled
from gradus.tables.kinds import Described
from gradus.tables.table import option

Task = Literal["regression", "classes"]
_MOST_CLASSES = 1000
# Whole numbers are classes with at most so many values and at least so many rows for each.
_MOST_NUMBER_CLASSES, _ROWS_PER_CLASS = 10, 20
# Two values that are answers of yes and no even in a handful of rows.
_YES_NO_NUMBERS = ((0.0, 1.0), (-1.0, 1.0))


def check_target(found: Described, complete: Int64Array, weight: str | None = None) -> None:
    """Refuse a target from which nothing can be learned.

    Parameters
    ----------
    found
        The target column.
    complete
        The rows where it is known and the weight is above 0.
    weight
        Name of the column of weights, if there is one.

    Raises
    ------
    DataError
        If it is known in fewer than two rows, holds one value only, is a date, an id or text, is
        ignored, or holds words that hardly ever come twice.
    """
    name = found.column.name
    if found.kind == "ignored":
        raise DataError(f"Column {name!r} must not be ignored to be the target.")
    if len(complete) < 2:
        rows = "one row only" if len(complete) else "no row"
        of = "" if weight is None else f" of a weight above 0 in {weight!r}"
        raise DataError(
            f"Column {name!r} must be known in at least two rows{of} to learn from; it is known in "
            f"{rows}."
        )
    known = found.column.values[complete]
    if bool((known == known[0]).all()):
        value = spelled(known[0]) if found.column.type == "number" else repr(known[0])
        raise DataError(
            f"Column {name!r} must hold different values to learn from; it is {value} in all "
            f"{len(known):,} rows that have one."
        )
    if found.kind == "date":
        raise DataError(f"Column {name!r} must hold numbers or words to be learned; it is a date.")
    if found.kind in {"id", "text"}:
        kind = "number" if found.column.type == "number" else "category"
        raise DataError(
            f"Column {name!r} must repeat its values to be learned. {found.reason} "
            f"Say {option(name, kind)} if it is none."
        )
    if found.column.type == "word":
        _check_words(name, Counter(known.tolist()))


def _check_words(name: str, counts: Counter[str]) -> None:
    """Refuse words that are too many or come once each."""
    n_single = sum(count == 1 for count in counts.values())
    if len(counts) > _MOST_CLASSES or (len(counts) > 10 and 2 * n_single > len(counts)):
        raise DataError(
            f"Column {name!r} must hold at most {_MOST_CLASSES:,} different words, most of them "
            f"more than once, to be learned; it holds {len(counts):,}, {n_single:,} of them once. "
            "It looks like text or an id."
        )


def task_of(found: Described, complete: Int64Array) -> tuple[Task, list[str]]:
    """Say whether numbers or classes are asked for, and a note where that was a guess.

    Words are classes. Numbers are classes if the known ones are 0 and 1 or -1 and 1, if they are
    two values in at least 40 rows, or if they are the whole numbers from 0 or 1 up to at most ten
    of them with 20 rows each on average. All other numbers are numbers.

    Parameters
    ----------
    found
        The target column.
    complete
        The rows where it is known.
    """
    if found.column.type == "word":
        return "classes", []
    known: Float64Array = found.column.values[complete]
    values = distinct(known)
    if found.is_said or not _are_classes(values, len(known)):
        return "regression", []
    name = found.column.name
    between = " and " if len(values) == 2 else " to "
    note = (
        f"{name!r} is learned as classes: {len(values)} values, {spelled(values[0])}{between}"
        f"{spelled(values[-1])}, in {len(known):,} rows; {option(name, 'number')} overrules."
    )
    return "classes", [note]


def _are_classes(values: Float64Array, n: int) -> bool:
    """Say whether different values in n rows are names rather than amounts."""
    if tuple(values.tolist()) in _YES_NO_NUMBERS:
        return True
    if n < _ROWS_PER_CLASS * len(values):
        return False
    is_counting = values[0] in {0, 1} and bool((np.diff(values) == 1).all())
    return len(values) == 2 or (is_counting and len(values) <= _MOST_NUMBER_CLASSES)
