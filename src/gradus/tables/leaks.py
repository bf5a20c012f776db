"""Inputs that give the target away: they repeat it, decide it, or add up to it.

Such a table answers well where the answer is known, and may fail where it is asked for. What is
done about it must not be known here.
"""

from collections.abc import Sequence

import numpy as np

from gradus._blas import alone_if_small
from gradus._typing import Float64Array, Int64Array
from gradus.tables.kinds import Described
from gradus.tables.table import Column, listed

# Correlation, and share of rows, from which on an input counts as repeating or deciding.
_REPEATS, _DECIDES = 0.9999, 0.999
# Rows needed: to call a straight line more than luck, and of uncommon answers for a decision.
_ENOUGH_ROWS, _ENOUGH_ANSWERS = 10, 10
# An exact sum leaves this share of the standard deviation, and needs so many rows for a column.
_EXACT, _ROWS_PER_COLUMN = 1e-7, 3
# Wider tables are not looked through for sums; longer ones are by as many rows first.
_MOST_COLUMNS, _FIRST_ROWS = 200, 5000
# Rows in which a decision is looked for first, and what it must reach there.
_SAMPLE, _DECIDES_SAMPLE = 2000, 0.99
_WHY = "If that is known only together with the answer, leave it out with --ignore."


def leaks_of(target: Column, inputs: Sequence[Described], task: str) -> list[str]:
    """Return a sentence on each way the inputs give the target away.

    Parameters
    ----------
    target
        Known in every row.
    inputs
        Of the same rows.
    task
        "regression" or "classes".
    """
    repeats: list[str] = []
    answers = value_codes(target)
    found = []
    for given in inputs:
        sentence = ""
        if task == "regression" and given.column.type == "number":
            sentence = _repeats(given.column, target)
            repeats += [sentence] if sentence else []
        sentence = sentence or _decides(given.column, target.name, answers)
        found += [f"{sentence} {_WHY}"] if sentence else []
    if task == "regression" and not repeats:
        numbers = [given.column for given in inputs if given.column.type == "number"]
        found += [f"{sentence} {_WHY}" for sentence in _sums(numbers, target)]
    return found


def value_codes(column: Column) -> Float64Array:
    """Return numbers that are equal where cells are: numbers themselves, places of words."""
    if column.type != "word":
        return np.asarray(column.values, dtype=np.float64)
    words = column.values.tolist()
    places: dict[str | None, float] = {
        word: float(place) for place, word in enumerate(dict.fromkeys(words))
    }
    places[None] = np.nan
    return np.array([places[word] for word in words], dtype=np.float64)


def _repeats(given: Column, target: Column) -> str:
    """Say that an input is the target, or a straight line through it."""
    is_known = ~given.is_missing
    n = int(is_known.sum())
    x, y = given.values[is_known], target.values[is_known]
    if n < max(_ENOUGH_ROWS, len(given.values) // 2) or x.min() == x.max() or y.min() == y.max():
        return ""
    correlation = abs(_correlation(x, y))
    if correlation <= _REPEATS:
        return ""
    n_equal = int((x == y).sum())
    if n_equal >= _DECIDES * n:
        return f"{given.name!r} repeats {target.name!r}: equal in {n_equal:,} of {n:,} rows."
    return (
        f"{given.name!r} repeats {target.name!r} but for shift and scale: correlation "
        f"{min(correlation, 1.0):.6f} in {n:,} rows."
    )


def _correlation(x: Float64Array, y: Float64Array) -> float:
    """Return Pearson's correlation of numbers that are not all equal."""
    dx, dy = x - x.mean(), y - y.mean()
    dx, dy = dx / np.abs(dx).max(), dy / np.abs(dy).max()
    return float(dx @ dy / np.sqrt((dx @ dx) * (dy @ dy)))


def _decides(given: Column, name: str, answers: Float64Array) -> str:
    """Say that rows which share a value of an input share the answer, too."""
    codes = value_codes(given)
    step = -(-len(codes) // _SAMPLE)
    if step > 1 and _purity(codes[::step], answers[::step])[0] < _DECIDES_SAMPLE:
        return ""
    purity, n_values, n_uncommon = _purity(codes, answers)
    if purity < _DECIDES or n_uncommon < _ENOUGH_ANSWERS or 2 * n_values > len(codes):
        return ""
    share = "all" if purity == 1 else f"{100 * purity:.2f} %"
    return (
        f"{given.name!r} decides {name!r}: the {n_values:,} different values leave one answer each "
        f"in {share} of the rows."
    )


def _purity(codes: Float64Array, answers: Float64Array) -> tuple[float, int, int]:
    """Return what part of the rows that share a value have its most frequent answer.

    With it come the number of different values, and of the rows that share a value how many have
    another answer than the most frequent of all.
    """
    _, places, counts = np.unique(codes, return_inverse=True, return_counts=True, equal_nan=True)
    places = _codes_of(places)
    is_shared = counts[places] > 1
    if not is_shared.any():
        return 0.0, len(counts), 0
    kinds = _codes_of(np.unique(answers[is_shared], return_inverse=True)[1])
    n_kinds = int(kinds.max()) + 1
    pairs, n_pairs = np.unique(places[is_shared] * n_kinds + kinds, return_counts=True)
    best = np.zeros(len(counts))
    np.maximum.at(best, pairs // n_kinds, n_pairs)
    n_shared = int(is_shared.sum())
    n_uncommon = n_shared - int(np.bincount(kinds).max())
    return float(best.sum()) / n_shared, len(counts), n_uncommon


def _codes_of(places: Int64Array) -> Int64Array:
    """Return inverse indices as a vector, which they are not in every version of NumPy."""
    return np.asarray(places, dtype=np.int64).reshape(-1)


def _sums(numbers: list[Column], target: Column) -> list[str]:
    """Say that the target is an exact sum of inputs with weights."""
    if not 2 <= len(numbers) <= _MOST_COLUMNS:
        return []
    X = np.column_stack([column.values for column in numbers])
    is_whole_row = ~np.isnan(X).any(axis=1)
    X, y = X[is_whole_row], np.asarray(target.values[is_whole_row])
    if len(y) < max(3 * _ENOUGH_ROWS, _ROWS_PER_COLUMN * (len(numbers) + 1)):
        return []
    center, reach = X.mean(axis=0), np.abs(X - X.mean(axis=0)).max(axis=0)
    Z = np.column_stack([(X - center) / np.where(reach > 0, reach, 1), np.ones(len(y))])
    step = -(-len(y) // _FIRST_ROWS)
    with alone_if_small(len(y) // step * Z.shape[1] ** 2):
        solution = np.linalg.lstsq(Z[::step], y[::step], rcond=1e-12)[0]
    spread = float(np.std(y))
    if not spread or np.sqrt(np.mean((Z @ solution - y) ** 2)) > _EXACT * spread:
        return []
    # A column takes part if its term moves the sum by more than rounding.
    parts = np.flatnonzero(np.abs(solution[:-1]) > 1e-6 * spread)
    weights = solution[parts] / reach[parts]
    names = [numbers[j].name for j in parts]
    if len(parts) > 1 and np.allclose(weights, 1, atol=1e-6):
        terms = " + ".join(repr(name) for name in names[:4]) + " + ..." * (len(names) > 4)
        return [f"{target.name!r} is the sum {terms} in all {len(y):,} rows."]
    terms = f"{listed(names)} with fixed weights"
    return [f"{target.name!r} is an exact sum of {terms} in all {len(y):,} rows."]
