"""Weighted least squares of least length, on all rows and without each fold.

Nothing here knows what the columns or the target mean.
"""

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.design import Design

# Up to this many multiplications the matrix itself is solved; above, its products with itself,
# which take one pass over the rows for all folds together but square the condition.
_MOST_DIRECT = 10**8


def least_squares(
    design: Design, y: Float64Array, folds: Int64Array, w: Float64Array
) -> list[Float64Array]:
    """Minimize ``sum(w * (A @ solution - y)**2)`` over the rows outside each fold.

    Where several solutions reach the minimum (columns that follow from others, fewer rows than
    columns) the shortest is taken: the minimum of ``|solution|`` among them. Large problems are
    solved by the eigenvectors of ``A.T W A``, or of ``sqrt(W) A A.T sqrt(W)`` where there are fewer
    rows than columns; eigenvalues below n * 2.2e-16 of the largest count as 0.

    Parameters
    ----------
    design
        The rows.
    y, folds, w
        Shape (n_samples,); folds are 0 to k - 1, or -1.

    Returns
    -------
    k + 1 solutions of shape (width, 1): without fold 0, ..., without fold k - 1, of all rows.
    """
    n_folds = int(folds.max()) + 1
    parts = [np.flatnonzero(folds != k) for k in range(n_folds)] + [np.arange(len(y))]
    if len(y) * design.width**2 <= _MOST_DIRECT:
        return [_direct(design, y, rows, w) for rows in parts]
    if len(y) < design.width:
        return _by_rows(design, y, parts, w)
    own = [np.flatnonzero(folds == k) for k in range(-1, n_folds)]
    grams = [design.gram(rows, w) for rows in own]
    sides = [design.transposed_product((w[rows] * y[rows])[:, np.newaxis], rows) for rows in own]
    solutions = []
    # Adding up what remains loses no digits; taking a fold from the whole would.
    for left_out in [*range(1, n_folds + 1), -1]:
        kept = [part for part in range(n_folds + 1) if part != left_out]
        gram = np.sum([grams[part] for part in kept], axis=0)
        side = np.sum([sides[part] for part in kept], axis=0)
        solutions.append(_by_eigenvectors(gram, side, len(y)))
    return solutions


def _direct(design: Design, y: Float64Array, rows: Int64Array, w: Float64Array) -> Float64Array:
    """Solve from the matrix itself."""
    root = np.sqrt(w[rows])[:, np.newaxis]
    A, b = design.expand(rows) * root, y[rows, np.newaxis] * root
    solution = np.linalg.lstsq(A, b, rcond=None)[0]
    return solution.astype(np.float64, copy=False)


def _by_rows(
    design: Design, y: Float64Array, parts: list[Int64Array], w: Float64Array
) -> list[Float64Array]:
    """Solve in the span of the rows, where the shortest solution lies, for each set of rows."""
    A, root = design.expand(np.arange(len(y))), np.sqrt(w)[:, np.newaxis]
    A *= root
    gram, side = A @ A.T, y[:, np.newaxis] * root
    return [
        A[rows].T @ _by_eigenvectors(gram[np.ix_(rows, rows)], side[rows], design.width)
        for rows in parts
    ]


def _by_eigenvectors(gram: Float64Array, side: Float64Array, n: int) -> Float64Array:
    """Solve ``gram @ solution = side`` where the eigenvalue is more than rounding."""
    values, vectors = np.linalg.eigh(gram)
    is_kept = values > max(n, len(values)) * np.finfo(np.float64).eps * values[-1]
    vectors, values = vectors[:, is_kept], values[is_kept]
    solution: Float64Array = vectors @ ((vectors.T @ side) / values[:, np.newaxis])
    return solution
