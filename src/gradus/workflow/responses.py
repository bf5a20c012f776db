"""How answers change when one column is varied and the others stay as they are [Fri01].

Which columns a figure shows, and how it is drawn, must not be known here.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._random import permutation, stream_key
from gradus._typing import Float64Array, Int64Array
from gradus.models.model import Model, predictions_of
from gradus.tables.convert import spelled, spelled_date
from gradus.tables.table import Column
from gradus.tables.target import Classes
from gradus.workflow.learned_table import answers_of

# Values are looked for among so many rows, drawn at random.
_MOST_LOOKED_AT = 10_000
# So many of them answer for the curves, and in all so many answers find out which matter.
_MOST_ROWS, _FEWEST_ROWS, _MOST_ANSWERS = 200, 8, 100_000
# A grid: all values where they are few, else quantiles between these; the most frequent words.
_FEW_VALUES, _N_QUANTILES, _FIRST, _LAST, _MOST_WORDS = 12, 21, 0.02, 0.98, 12
#: With more classes only those of the largest mean probability have a curve.
MOST_CLASSES = 5
_STREAM = stream_key(0, 101)
_SPELL: dict[str, Callable[[Any], str]] = {"number": spelled, "date": spelled_date, "word": str}


@dataclass(frozen=True, eq=False)
class Response:
    """How answers change with one column.

    Attributes
    ----------
    column, kind
        Its name, and "number", "date" or "word".
    grid
        The values put into it, ascending; words by their number of rows.
    words
        How the grid is spelled, or the words themselves.
    answers
        Shape (n_values, n_rows, n_lines): in the unit of the target, or probabilities.
    lines
        The class of each line; one empty text for numbers.
    n_looked_at, n_known
        Among how many rows the values were looked for, and how many the table has.
    """

    column: str
    kind: str
    grid: tuple[Any, ...] = field(repr=False)
    words: tuple[str, ...] = field(repr=False)
    answers: Float64Array = field(repr=False)
    lines: tuple[str, ...]
    n_looked_at: int
    n_known: int

    @property
    def mean(self) -> Float64Array:
        """Shape (n_values, n_lines): the partial dependence."""
        return np.asarray(self.answers.mean(axis=1))

    @property
    def size(self) -> float:
        """The range of the mean answer, of the line where it is largest."""
        return float(np.ptp(self.mean, axis=0).max())


def responses(model: Model, columns: Sequence[Column], most: int) -> tuple[Response, ...]:
    """Vary each column over its values; return the ones that answers depend on most, in order.

    The rest of a row stays as it is, so values that never come together may be put together.

    Parameters
    ----------
    model
        Of a table.
    columns
        Its inputs, in the encoder's order, of all rows.
    most
        How many columns are returned.

    Returns
    -------
    The largest range of the mean answer first; the order may be found with fewer rows.
    """
    n_known = len(columns[0].values)
    looked_at = sampled(n_known, _MOST_LOOKED_AT)
    seen = [column.take(looked_at) for column in columns]
    grids = [grid_of(column) for column in seen]
    varied = [j for j, grid in enumerate(grids) if grid]
    n_quick = _MOST_ANSWERS // max(1, sum(map(len, grids)))
    n_quick = min(_MOST_ROWS, max(_FEWEST_ROWS, n_quick))
    asked = np.arange(min(_MOST_ROWS, len(looked_at)))
    X = model.encoder.transform([column.take(asked) for column in seen])
    lines = _lines(model, X)

    def vary(j: int, n_rows: int) -> Response:
        answers = _answers(model, X[:n_rows], seen[j], j, grids[j])[:, :, lines]
        kind = seen[j].type
        words = tuple(map(_SPELL[kind], grids[j]))
        names = _names(model, lines)
        return Response(
            seen[j].name, kind, grids[j], words, answers, names, len(looked_at), n_known
        )

    found = sorted((vary(j, n_quick) for j in varied), key=lambda one: -one.size)[:most]
    if n_quick >= len(X):
        return tuple(found)
    places = {column.name: j for j, column in enumerate(seen)}
    found = [vary(places[one.column], len(X)) for one in found]
    return tuple(sorted(found, key=lambda one: -one.size))


def sampled(n: int, most: int) -> Int64Array:
    """Draw at most so many of n rows, in no order; the same ones every time."""
    return permutation(_STREAM, 0, n)[:most]


def grid_of(column: Column) -> tuple[Any, ...]:
    """Return the values that a column is varied over; none where it holds none."""
    known = column.values[~column.is_missing]
    if column.type == "word":
        counts = Counter(known.tolist())
        return tuple(sorted(counts, key=lambda word: (-counts[word], word))[:_MOST_WORDS])
    different = np.unique(known)
    if len(different) > _FEW_VALUES:
        levels = np.linspace(_FIRST, _LAST, _N_QUANTILES)
        different = np.unique(np.quantile(known, levels, method="nearest"))
    return tuple(different.tolist())


def _lines(model: Model, X: Float64Array) -> list[int]:
    """Choose which outputs have a curve: of two classes the second, of many the likeliest."""
    if not isinstance(model.labels, Classes):
        return [0]
    if len(model.labels.names) == 2:
        return [1]
    shares = _predicted(model, X).mean(axis=0)
    return sorted(np.argsort(-shares, kind="stable")[:MOST_CLASSES].tolist())


def _names(model: Model, lines: Sequence[int]) -> tuple[str, ...]:
    """Name the chosen outputs."""
    if not isinstance(model.labels, Classes):
        return ("",)
    return tuple(model.labels.labels_as_words[line] for line in lines)


def _predicted(model: Model, X: Float64Array) -> Float64Array:
    """Return answers of shape (n,) or probabilities of shape (n, n_classes)."""
    one, engine = model.answerer, model.origin.choices["engine"]
    return answers_of(model, predictions_of(one.spec, one.answering, X, engine).mean(axis=0))


def _answers(
    model: Model, X: Float64Array, column: Column, j: int, grid: tuple[Any, ...]
) -> Float64Array:
    """Put each value of a grid into one column of all rows; (n_values, n_rows, n_outputs)."""
    places = np.flatnonzero(np.array(model.encoder.column_of_feature) == j)
    values = np.array(grid, dtype=column.values.dtype)
    features = model.encoder.encodings[j].transform(replace(column, values=values))
    varied = np.repeat(X[np.newaxis], len(grid), axis=0)
    varied[:, :, places] = features[:, np.newaxis, :]
    return _predicted(model, varied.reshape(-1, X.shape[1])).reshape(len(grid), len(X), -1)
