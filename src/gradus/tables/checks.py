"""What should make a person look twice before believing an answer, each with its evidence.

Nothing here changes what is learned. Encoders and networks must not be known.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from gradus._random import mix64
from gradus._typing import Float64Array, Int64Array, UInt64Array
from gradus.tables.convert import spelled
from gradus.tables.kinds import Described
from gradus.tables.leaks import leaks_of, value_codes
from gradus.tables.question import Question
from gradus.tables.table import listed

# Below so many complete rows every judgment is rough; classes of fewer rows than the other number
# can hardly be learned.
_FEW_ROWS, _RARE = 30, 10
_MOST_BLANK = 0.95
# Numbers hashed at once: they stay in cache.
_AT_ONCE = 2**16


def warnings_of(described: Sequence[Described], question: Question) -> tuple[str, ...]:
    """Return one sentence for each thing that should make a person look twice.

    Inputs that give the target away, nearly always blank inputs, copies of rows, rows that
    contradict one another, few rows, rare classes. Constant columns and ids are left out and told
    by the question.

    Parameters
    ----------
    described, question
        As read, described and posed.
    """
    rows = question.complete
    target = described[question.target].take(rows)
    y = value_codes(target.column)
    inputs = [described[j].take(rows) for j in question.inputs]
    found = [] if len(rows) >= _FEW_ROWS else [_few_rows(len(rows), target.column.name)]
    found += leaks_of(target.column, inputs, question.task)
    found += _blank_inputs(inputs)
    matrix = np.column_stack([value_codes(given.column) for given in inputs])
    found += _copies(matrix, y, rows)
    found += _conflicts(matrix, target, question)
    if question.task == "classes" and len(rows) >= _FEW_ROWS:
        found += _rare_classes(target)
    return tuple(found)


def groups_of_copies(X: Float64Array) -> Int64Array:
    """Give each row the number of the group of rows equal to it, counted as they appear.

    Parameters
    ----------
    X
        Shape (n, n_columns); nan equals nan, and 0 equals -0.

    Returns
    -------
    int64 array of shape (n,): equal rows share a number.
    """
    step = max(1, _AT_ONCE // max(1, X.shape[1]))
    parts = [_hashes(_bits(X[k : k + step])) for k in range(0, len(X), step)]
    hashes = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    _, first, groups = np.unique(hashes, return_index=True, return_inverse=True)
    copies = np.flatnonzero(first[groups] != np.arange(len(X)))
    if not np.array_equal(_bits(X[copies]), _bits(X[first[groups[copies]]])):
        # Two different rows have one hash.
        _, first, groups = np.unique(_bits(X), axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[groups.reshape(-1)])


def _bits(X: Float64Array) -> UInt64Array:
    """Return the bits of numbers, one pattern for all nans and one for both zeros."""
    rows = np.where(np.isnan(X), np.nan, X + 0.0)
    return np.ascontiguousarray(rows, dtype=np.float64).view(np.uint64)


def _hashes(bits: UInt64Array) -> UInt64Array:
    """Sum bits times odd numbers, row by row; the low bits of round numbers say nothing alone."""
    odd = mix64(np.arange(bits.shape[1], dtype=np.uint64)) | np.uint64(1)
    return np.asarray(((bits ^ (bits >> np.uint64(32))) * odd).sum(axis=1, dtype=np.uint64))


def _few_rows(n: int, name: str) -> str:
    """Warn of few rows."""
    return f"Only {n} rows have a {name!r}: take every judgment on them as rough."


def _blank_inputs(inputs: list[Described]) -> list[str]:
    """Warn of inputs that are hardly ever there."""
    shares = {given.column.name: float(given.column.is_missing.mean()) for given in inputs}
    names = [name for name, share in shares.items() if share > _MOST_BLANK]
    if not names:
        return []
    least = min(shares[name] for name in names)
    share = f"{100 * least:.0f} % of the rows"
    if len(names) == 1:
        return [f"{names[0]!r} is blank in {share}."]
    return [f"{listed(names)} are blank in {share} or more."]


def _copies(matrix: Float64Array, y: Float64Array, rows: Int64Array) -> list[str]:
    """Warn of rows that are the same in inputs and target."""
    groups = groups_of_copies(np.column_stack([matrix, y]))
    n_copies = len(groups) - int(groups.max()) - 1
    if not n_copies:
        return []
    # Groups are numbered as they appear, so the first copy is the first that raises no number.
    copy = int(np.argmax(np.diff(np.maximum.accumulate(groups), prepend=-1) == 0))
    first = int(np.argmax(groups == groups[copy]))
    count = "1 row is a copy of another" if n_copies == 1 else f"{n_copies:,} rows are copies"
    which = f"such as row {rows[copy] + 1:,} of row {rows[first] + 1:,}"
    return [f"{count} in all that is learned from, {which}; copies are never split apart."]


def _conflicts(matrix: Float64Array, target: Described, question: Question) -> list[str]:
    """Warn of rows that are the same in all inputs and differ in the target."""
    groups = groups_of_copies(matrix)
    codes = value_codes(target.column)
    sizes = np.bincount(groups)
    low, high = np.full(len(sizes), np.inf), np.full(len(sizes), -np.inf)
    np.minimum.at(low, groups, codes)
    np.maximum.at(high, groups, codes)
    is_torn = low < high
    n_torn = int(sizes[is_torn].sum())
    if not n_torn:
        return []
    rows, name = question.complete, target.column.name
    of_first = np.flatnonzero(groups == int(np.argmax(is_torn)))
    one, other = of_first[0], of_first[codes[of_first] != codes[of_first[0]]][0]
    start = (
        f"{n_torn:,} rows have the same inputs as others but another {name!r}, such as rows "
        f"{rows[one] + 1:,} and {rows[other] + 1:,}"
    )
    if question.task == "classes":
        pairs = np.unique(np.column_stack([groups, codes]), axis=0, return_counts=True)
        best = np.zeros(len(sizes))
        np.maximum.at(best, pairs[0][:, 0].astype(np.int64), pairs[1])
        n_wrong = len(groups) - int(best.sum())
        return [f"{start}: the best answers are wrong in {n_wrong:,} of {len(groups):,} rows."]
    means = np.bincount(groups, weights=target.column.values) / sizes
    spread = np.sqrt(np.mean((target.column.values - means[groups]) ** 2))
    return [f"{start}: no typical error below {spread:.3g} is to be had on these rows."]


def _rare_classes(target: Described) -> list[str]:
    """Warn of classes with few rows."""
    counts = Counter(target.column.values.tolist())
    rare = [
        f"{repr(name) if isinstance(name, str) else spelled(name)} ({n})"
        for name, n in sorted(counts.items(), key=lambda pair: (pair[1], str(pair[0])))
        if n < _RARE
    ]
    if not rare:
        return []
    more = f" and {len(rare) - 8} more" if len(rare) > 8 else ""
    what = "A class has" if len(rare) == 1 else f"{len(rare)} classes have"
    named = ", ".join(rare[:8]) + more
    return [f"{what} fewer than {_RARE} rows, hardly enough to learn or to judge: {named}."]
