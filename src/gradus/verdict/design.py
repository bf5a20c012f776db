"""Encoded rows as a linear model sees them: numbers, a column per level of each code, and a one.

Codes become columns of 0 and 1 only a block of rows at a time. Targets are not known here.
"""

from collections.abc import Iterator
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array

# A block of this many numbers takes 16 MB.
_BLOCK = 2**21


@dataclass(frozen=True, eq=False)
class Design:
    """The matrix A: plain columns of X, one column per level of each code, and a column of ones.

    Parameters
    ----------
    X
        Shape (n_samples, n_features); the last ``len(embedded)`` columns hold level numbers.
    embedded
        How many levels each of those columns has.
    """

    X: Float64Array = field(repr=False)
    embedded: tuple[int, ...] = ()

    @property
    def n_plain(self) -> int:
        """Columns of X that hold numbers."""
        return int(self.X.shape[1]) - len(self.embedded)

    @property
    def width(self) -> int:
        """Columns of A: ``n_plain + sum(embedded) + 1``."""
        return self.n_plain + sum(self.embedded) + 1

    def expand(self, rows: Int64Array) -> Float64Array:
        """Write out the given rows of A, shape (len(rows), width)."""
        A = np.zeros((len(rows), self.width))
        A[:, : self.n_plain] = self.X[rows, : self.n_plain]
        A[:, -1] = 1
        for start, codes in self._codes(rows):
            A[np.arange(len(rows)), start + codes] = 1
        return A

    def blocks(self, rows: Int64Array) -> Iterator[Int64Array]:
        """Cut row numbers into blocks whose expansion takes 16 MB."""
        size = max(1, _BLOCK // self.width)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def product(self, solution: Float64Array, rows: slice | Int64Array) -> Float64Array:
        """Return ``A[rows] @ solution`` without writing A out: shape (len(rows), n_outputs).

        Parameters
        ----------
        solution
            Shape (width, n_outputs).
        rows
            Row numbers.
        """
        answers: Float64Array = self.X[rows, : self.n_plain] @ solution[: self.n_plain]
        answers += solution[-1]
        for start, codes in self._codes(rows):
            answers += solution[start + codes]
        return answers

    def transposed_product(self, values: Float64Array, rows: slice | Int64Array) -> Float64Array:
        """Return ``A[rows].T @ values`` without writing A out: shape (width, n_outputs).

        Parameters
        ----------
        values
            Shape (len(rows), n_outputs).
        rows
            Row numbers.
        """
        sums = np.zeros((self.width, values.shape[1]))
        sums[: self.n_plain] = self.X[rows, : self.n_plain].T @ values
        sums[-1] = values.sum(axis=0)
        for (start, codes), n_levels in zip(self._codes(rows), self.embedded, strict=True):
            for output in range(values.shape[1]):
                sums[start : start + n_levels, output] = np.bincount(
                    codes, values[:, output], n_levels
                )
        return sums

    def gram(self, rows: Int64Array, w: Float64Array) -> Float64Array:
        """Return ``A[rows].T @ diag(w) @ A[rows]``, shape (width, width)."""
        total = np.zeros((self.width, self.width))
        for block in self.blocks(rows):
            A = self.expand(block)
            A *= np.sqrt(w[block])[:, np.newaxis]
            total += A.T @ A
        return total

    def _codes(self, rows: slice | Int64Array) -> Iterator[tuple[int, Int64Array]]:
        """Give for each embedded column its first column in A and the levels of the rows."""
        start = self.n_plain
        for column, n_levels in enumerate(self.embedded, self.n_plain):
            yield start, self.X[rows, column].astype(np.int64)
            start += n_levels
