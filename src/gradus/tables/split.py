"""Which rows judge which networks: at random, in whole groups, or later rows by earlier ones.

What is trained on them must not be known here.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import field
from typing import Literal

import numpy as np

from gradus._dataclasses import dataclass
from gradus._ordered import distinct
from gradus._random import Purpose, permutation, stream_key
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus._validate import check_whole
from gradus._words import counted
from gradus.errors import DataError, InvalidParameter
from gradus.tables.convert import to_dates
from gradus.tables.kinds import Described
from gradus.tables.leaks import value_codes
from gradus.tables.question import Question
from gradus.tables.table import Column, Table

_N_FOLDS = 5
# Fewer complete rows are left out one at a time; with more, one fifth judges and the rest trains.
_FEW_ROWS, _MANY_ROWS = 30, 50_000
#: Share of the rows that judges where there is one fold only.
JUDGES = 0.2
# By time, the rows that judge are so many folds, one after the other, of ten rows at least: a
# network is then asked of the near future, as it will be.
_STEPS, _FEWEST_IN_STEP = 8, 10
# Where so many rows share their inputs on average, sharing them is the rule and no accident.
_REPLICATES = 10
# A target follows its last value from this correlation on, and beyond so many times chance.
_FOLLOWS, _TIMES_CHANCE = 0.3, 4.0
# Share of the steps from row to row that must go one way in time.
_ORDERED = 0.99


@dataclass(frozen=True, eq=False)
class Split:
    """Folds over the complete rows; element i of each array belongs to ``question.complete[i]``.

    Attributes
    ----------
    kind
        "random", "time" or "group".
    folds
        int64 of shape (n_complete,): the fold in which a row is judged, -1 where in none. By time,
        a fold judges models of the rows before it.
    groups
        int64 of shape (n_complete,): rows with the same number stay on one side of every split,
        also of the rows held out to stop by. None where every row stands alone.
    order
        int64 of shape (n_complete,): rank in time, 0 the earliest, equal times in table order.
        None unless split by time.
    notes
        One sentence for each thing decided.
    """

    kind: Literal["random", "time", "group"]
    folds: Int64Array = field(repr=False)
    groups: Int64Array | None = field(repr=False)
    order: Int64Array | None = field(repr=False)
    notes: tuple[str, ...] = ()

    def rounds(self) -> tuple[tuple[Int64Array, BoolArray], ...]:
        """Return what is learned at once: folds over all rows, and which rows are there.

        A model of fold k learns from the rows that are there and not in fold k. That is one round
        for all folds, except by time: there each fold is a round of its own, without later rows.
        """
        if self.order is None:
            return ((self.folds, np.ones(len(self.folds), dtype=np.bool_)),)
        rounds = []
        for k in range(int(self.folds.max()) + 1):
            is_judge = self.folds == k
            folds = np.where(is_judge, 0, -1).astype(np.int64)
            rounds.append((folds, self.order <= self.order[is_judge].max()))
        return tuple(rounds)


def choose_split(
    table: Table,
    described: Sequence[Described],
    question: Question,
    copies: Int64Array,
    said: str | None = None,
    n_folds: int | None = None,
    seed: int = 0,
) -> Split:
    """Give each complete row the fold in which it judges.

    At random, rows are shared out evenly, classes in their shares, and copies of a row stay
    together (unless ten rows and more share their inputs on average). By time, the last fifth
    judges, in up to eight steps, each what the rows before it taught (above 50,000 rows in one). By
    group, whole groups are shared out.

    Unless the person says, the split is by time if there is a date which the rows follow and along
    which the target follows its own last value: their correlation is at least 0.3 and four times
    what chance gives, ``1 / sqrt(n)``. For classes it is the agreement of neighbors beyond chance,
    ``(p - q) / (1 - q)`` with p the share of equal neighbors and q that of equal rows at all.

    Parameters
    ----------
    table, described, question
        As read, described and posed.
    copies
        int64 of shape (n_complete,): rows with equal inputs share a number (`groups_of_copies`).
    said
        "random", "time:COLUMN", "group:COLUMN" or None.
    n_folds
        2 or greater; None makes five, one for each row below 30 complete rows, and one of a fifth
        of the rows above 50,000. By time, the number of steps.
    seed
        0 or greater; decides what is random.

    Raises
    ------
    InvalidParameter
        If `said` is none of these or names no column, or `n_folds` is out of its range.
    DataError
        If a column cannot split these rows.
    """
    if n_folds is not None:
        check_whole("folds", n_folds, at_least=2)
    check_whole("seed", seed, at_least=0)
    key = stream_key(seed, Purpose.FOLDS)
    way, _, name = (said or "").partition(":")
    if way in {"time", "group"} and name:
        column = described[table.place("split", name)].column.take(question.complete)
        if table.names.index(name) == question.target:
            raise InvalidParameter(f"split must name another column than the target, {name!r}.")
        if way == "time":
            return _by_time(column, "", n_folds)
        return _by_group(column, _N_FOLDS if n_folds is None else n_folds, key)
    if said not in {None, "random"}:
        raise InvalidParameter(
            f"split must be 'random', 'time:COLUMN' or 'group:COLUMN'; got {said!r}."
        )
    target = described[question.target].column.take(question.complete)
    if said is None:
        found = _in_time(described, question, target, n_folds)
        if found is not None:
            return found
    strata = value_codes(target) if question.task == "classes" else np.zeros(len(copies))
    return _at_random(copies, strata, n_folds, key)


def _in_time(
    described: Sequence[Described], question: Question, target: Column, n_folds: int | None
) -> Split | None:
    """Split by time if the rows are in the order of a date and the target follows itself."""
    n = len(question.complete)
    if n < _FEW_ROWS:
        return None
    follows = _following(target, question.task)
    if follows < max(_FOLLOWS, _TIMES_CHANCE / np.sqrt(n)):
        return None
    for found in described:
        days = found.column.values[question.complete]
        if found.kind == "date" and not np.isnan(days).any() and days.min() < days.max():
            steps = np.diff(days)
            if max((steps >= 0).mean(), (steps <= 0).mean()) >= _ORDERED:
                what = "correlation" if question.task == "regression" else "agreement"
                evidence = f"{what} {math.floor(1000 * follows) / 1000:.3f}"
                reason = (
                    f"The rows are ordered by {found.column.name!r} and {target.name!r} follows "
                    f"its last value ({evidence})"
                )
                return _by_time(found.column.take(question.complete), reason, n_folds)
    return None


def _following(target: Column, task: str) -> float:
    """Return how much a target is like its value in the row before: 1 fully, 0 by chance."""
    y = value_codes(target)
    if task == "classes":
        shares = np.unique(y, return_counts=True)[1] / len(y)
        by_chance = float(shares @ shares)
        return (float((y[1:] == y[:-1]).mean()) - by_chance) / (1 - by_chance)
    deviations = y - y.mean()
    deviations /= np.abs(deviations).max()
    return float(deviations[1:] @ deviations[:-1] / (deviations @ deviations))


def _by_time(column: Column, reason: str, n_folds: int | None) -> Split:
    """Let the last fifth in time judge; rows of one time stay together if others can judge."""
    times = _times(column)
    n = len(times)
    rows = np.argsort(times, kind="stable")
    order = np.empty(n, dtype=np.int64)
    order[rows] = np.arange(n)
    n_before = n - max(1, round(JUDGES * n))
    in_time, cut = times[rows], times[rows[n_before]]
    between = [int(np.searchsorted(in_time, cut, side)) for side in ("left", "right")]
    between = [place for place in between if n / 2 <= place < n]
    n_before = min(between, key=lambda place: abs(place - n_before), default=n_before)
    note = f"The last {n - n_before:,} of {n:,} rows in the order of {column.name!r} judge."
    if reason:
        note = (
            f"{reason}, so the last {n - n_before:,} of {n:,} rows judge; --split random overrules."
        )
    judges = rows[n_before:]
    n_steps = n_folds or (1 if n > _MANY_ROWS else min(_STEPS, len(judges) // _FEWEST_IN_STEP))
    n_steps = max(1, min(n_steps, len(judges)))
    firsts = times[judges[[len(judges) * step // n_steps for step in range(1, n_steps)]]]
    folds = np.full(n, -1, dtype=np.int64)
    # Ties may leave a step without rows.
    _, folds[judges] = np.unique(
        np.searchsorted(firsts, times[judges], side="right"), return_inverse=True
    )
    return Split("time", folds, None, order, (note,))


def _times(column: Column) -> Float64Array:
    """Return numbers that grow with time."""
    if column.is_missing.any():
        n = int(column.is_missing.sum())
        raise DataError(
            f"Column {column.name!r} must be known in every row learned from to split by it; it is "
            f"blank in {n:,}."
        )
    return np.asarray((to_dates(column) if column.type == "word" else column).values, np.float64)


def _by_group(column: Column, n_folds: int, key: int) -> Split:
    """Share whole groups out over folds; blank is a group."""
    _, places = np.unique(value_codes(column), return_inverse=True, equal_nan=True)
    groups = np.asarray(places, dtype=np.int64).reshape(-1)
    n_groups = int(groups.max()) + 1
    if n_groups < 2:
        raise DataError(
            f"Column {column.name!r} must have at least two different values over the rows learned "
            "from to split by it; it has one."
        )
    n_folds = min(n_folds, n_groups)
    folds = _shared_out(groups, np.zeros(len(groups)), n_folds, key)
    note = f"The {n_groups:,} groups of {column.name!r} stay whole in {n_folds} folds."
    return Split("group", folds, groups, None, (note,))


def _at_random(copies: Int64Array, strata: Float64Array, n_folds: int | None, key: int) -> Split:
    """Share rows out over folds, copies together."""
    n, n_groups = len(copies), int(copies.max()) + 1
    notes = []
    groups: Int64Array | None = copies if n_groups < n else None
    if _REPLICATES * n_groups <= n:
        notes.append(
            f"{n:,} rows share {n_groups:,} different inputs: rows that are equal are split apart."
        )
        groups = None
    together = np.arange(n) if groups is None else groups
    n_units = n if groups is None else n_groups
    if n_folds is None and n > _MANY_ROWS:
        is_judge = _shared_out(together, strata, round(1 / JUDGES), key) == 0
        rows = counted(int(is_judge.sum()), "row")
        notes.append(f"One fifth of the rows judges ({rows}); the others train.")
        folds = np.where(is_judge, 0, -1).astype(np.int64)
        return Split("random", folds, groups, None, tuple(notes))
    if n_folds is None:
        n_folds = n_units if n < _FEW_ROWS else min(_N_FOLDS, n_units)
    if n_folds > n_units:
        raise InvalidParameter(
            f"folds must be at most the number of different rows learned from, {n_units:,}; got "
            f"{n_folds}."
        )
    if n_folds < 2:
        raise DataError("The rows learned from must differ in their inputs; they are all equal.")
    folds = _shared_out(together, strata, n_folds, key)
    return Split("random", folds, groups, None, tuple(notes))


def _shared_out(groups: Int64Array, strata: Float64Array, n_folds: int, key: int) -> Int64Array:
    """Give each row a fold: groups stay whole, and folds get as many rows of each stratum.

    In each stratum groups go, the largest first and equal ones in random order, to the fold that
    has the fewest rows of the stratum, then the fewest at all. A group counts for the stratum of
    its first row.
    """
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    rank = np.argsort(permutation(key, 0, len(first)))
    turn = np.lexsort((rank, -sizes, strata[first]))
    fold_of, totals = np.empty(len(first), dtype=np.int64), [0] * n_folds
    heap: list[tuple[int, int, int]] = []
    stratum: float | None = None
    for group, own in zip(turn.tolist(), strata[first][turn].tolist(), strict=True):
        if own != stratum:
            stratum, heap = own, [(0, totals[fold], fold) for fold in range(n_folds)]
            heapq.heapify(heap)
        n_own, _, fold = heap[0]
        size = int(sizes[group])
        fold_of[group] = fold
        totals[fold] += size
        heapq.heapreplace(heap, (n_own + size, totals[fold], fold))
    places = np.searchsorted(distinct(groups), groups)
    return np.asarray(fold_of[places])
