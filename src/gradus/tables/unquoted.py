"""The cells of a small text in which no mark encloses one: cut out of its bytes, without DuckDB.

Starting DuckDB takes longer than all else that is done to such a table. What a cell means must not
be known here.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.tables.scan import Layout

#: Cells from which on DuckDB takes less time, its start included.
_MOST_CELLS = 100_000


@dataclass(frozen=True)
class UnquotedParser:
    """A text, laid out, whose cells are what stands between its delimiters; see `parsed.Parser`.

    Attributes
    ----------
    text, layout
        As in `DelimitedText`.
    """

    text: bytes
    layout: Layout

    def numbers(self, columns: Sequence[int]) -> Float64Array:
        """Return columns of plain numbers, shape (len(columns), n_rows); nan for no number."""
        return np.array([_numbers(self._cells(j)) for j in columns])

    def words(self, columns: Sequence[int]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Yield the texts of some columns, None for the empty one."""
        for j in columns:
            yield j, np.array([cell.decode() or None for cell in self._cells(j)], dtype=object)

    def _cells(self, column: int) -> list[bytes]:
        """Cut out the cells of a column below the header."""
        first, text = int(self.layout.has_header), self.text
        starts, stops = self.layout.starts[first:, column], self.layout.stops[first:, column]
        both = zip(starts.tolist(), stops.tolist(), strict=True)
        return [text[start:stop] for start, stop in both]


def is_cut_here(text: bytes, layout: Layout, quote: bytes) -> bool:
    """Tell whether a text is so small, and has no mark that could enclose a cell.

    In one column a blank line may be a row or none, which DuckDB and `scan` do not see alike.
    """
    is_small = layout.starts.size <= _MOST_CELLS
    return is_small and layout.n_columns > 1 and not (quote and quote in text)


def _numbers(cells: list[bytes]) -> list[float]:
    """Read the cells of a column, most of which have no blank."""
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return [_number(cell) for cell in cells]


def _number(cell: bytes) -> float:
    """Read digits, minus sign and point between blanks."""
    try:
        return float(cell)
    except ValueError:
        return math.nan
