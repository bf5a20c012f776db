"""The largest and the smallest eigenvalue of a symmetric matrix that is known by its products.

What the matrix is of must not be known here.
"""

from collections.abc import Callable
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.errors import DataError

# A new direction shorter than this part of the largest one is rounding: the space is complete.
_COMPLETE = 1e-12
# Squares of larger numbers are none.
_TOO_LARGE = 1e150


@dataclass(frozen=True, eq=False)
class Extremes:
    """Two eigenvalues, each with how far it may be off.

    Attributes
    ----------
    largest, smallest
        By their signs: the smallest may be far below 0.
    largest_error, smallest_error
        A true eigenvalue lies within this distance.
    largest_vector, smallest_vector : arrays of shape (n,)
        Their directions, of length 1.
    n_products
        How many products with the matrix it took.
    """

    largest: float
    largest_error: float
    smallest: float
    smallest_error: float
    largest_vector: Float64Array = field(repr=False)
    smallest_vector: Float64Array = field(repr=False)
    n_products: int


def extreme_eigenvalues(
    product: Callable[[Float64Array], Float64Array],
    n: int,
    *,
    tolerance: float = 1e-3,
    most: int = 300,
    seed: int = 0,
) -> Extremes:
    """Find both ends of the spectrum by Lanczos's method with full orthogonalization [GVL13].

    After k products the eigenvalues of a tridiagonal k x k matrix stand for those of the whole,
    and ``beta_k * abs(last entry of the eigenvector)`` bounds the distance of each to a true one.

    Parameters
    ----------
    product
        The matrix times a vector of shape (n,).
    n
        Its size, 1 or greater.
    tolerance
        Stops where both bounds are at most this part of the eigenvalue furthest from 0.
    most
        Products at most.
    seed
        Of the direction it starts in.

    Raises
    ------
    DataError
        If a product holds a number beyond 1e150, or none.
    """
    start = np.random.default_rng(seed).normal(size=n)
    # Rows that are never written to take no memory.
    basis = np.empty((min(n, most), n))
    basis[0] = start / np.linalg.norm(start)
    diagonal: list[float] = []
    beside: list[float] = []
    while True:
        known = basis[: len(diagonal) + 1]
        direction = product(known[-1])
        if not np.abs(direction).max() < _TOO_LARGE:
            raise DataError(
                "Curvature needs products with the Hessian that are numbers below 1e150; one holds "
                "a larger one, or none. Rows or weights are too large: scale the columns, or take "
                "weights from before the training ran away."
            )
        diagonal.append(float(known[-1] @ direction))
        for _ in range(2):  # once leaves rounding of the size of what was taken off
            direction = direction - (known @ direction) @ known
        size = float(np.linalg.norm(direction))
        values, vectors = _ends(diagonal, beside)
        furthest = float(np.abs(values).max())
        is_complete = size <= _COMPLETE * max(furthest, np.finfo(np.float64).tiny)
        rounding = np.finfo(np.float64).eps * furthest
        bounds = np.maximum((0.0 if is_complete else size) * np.abs(vectors[-1]), rounding)
        is_close = max(bounds) <= tolerance * furthest
        if is_complete or is_close or len(known) == len(basis):
            break
        beside.append(size)
        basis[len(known)] = direction / size
    ends = known.T @ vectors
    return Extremes(
        largest=float(values[1]),
        largest_error=float(bounds[1]),
        smallest=float(values[0]),
        smallest_error=float(bounds[0]),
        largest_vector=ends[:, 1],
        smallest_vector=ends[:, 0],
        n_products=len(known),
    )


def _ends(diagonal: list[float], beside: list[float]) -> tuple[Float64Array, Float64Array]:
    """Return smallest and largest eigenvalue of a tridiagonal matrix, and their eigenvectors.

    The whole spectrum, asked for at each of 300 products, would take longer than these.
    """
    from scipy.linalg import eigh_tridiagonal

    k = len(diagonal) - 1
    found = [
        eigh_tridiagonal(diagonal, beside, select="i", select_range=(one, one)) for one in (0, k)
    ]
    return np.concatenate([v for v, _ in found]), np.hstack([vectors for _, vectors in found])
