"""Rows that judge and never train: their loss and their answers, computed in pieces.

When to stop because of it is decided elsewhere.
"""

from collections.abc import Callable

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.engines.base import Engine
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec

# A piece is about 1e8 multiplications and additions, so that a cancellation is noticed soon, but
# never so few rows that the matrix products become slow. It follows from shapes alone.
_PIECE_OPERATIONS = 100_000_000
_PIECE_ROWS = 256


@dataclass(frozen=True)
class ValidationRows:
    """Rows to judge by.

    Attributes
    ----------
    X : array of shape (v, n_inputs)
    y : array of shape (v, n_targets)
    weights : array of shape (v,) or None
    """

    X: FloatArray
    y: FloatArray
    weights: FloatArray | None


def evaluate(
    engine: Engine,
    spec: NetworkSpec,
    params: FloatArray,
    rows: ValidationRows,
    is_stopped: Callable[[], bool],
) -> tuple[float, float] | None:
    """Average loss and row measure over all rows, without penalty.

    ``sum over pieces of w_p * mean_p / sum of w_p``, where w_p is the piece's sum of weights.

    Parameters
    ----------
    engine, spec, params
        What computes, and what it computes with.
    rows
        At least one, with weights that do not sum to 0.
    is_stopped
        Asked between two pieces.

    Returns
    -------
    Loss and mean row measure, or None if `is_stopped` said so before the end.
    """
    if is_one_piece(spec, rows):
        return engine.evaluate(spec, params, rows.X, rows.y, rows.weights)
    size = _piece_rows(spec)
    totals = np.zeros(3)
    for start in range(0, len(rows.X), size):
        if start and is_stopped():
            return None
        piece = slice(start, start + size)
        weights = None if rows.weights is None else rows.weights[piece]
        means = engine.evaluate(spec, params, rows.X[piece], rows.y[piece], weights)
        total = len(rows.X[piece]) if weights is None else np.sum(weights, dtype=np.float64)
        totals += (total * means[0], total * means[1], total)
    return float(totals[0] / totals[2]), float(totals[1] / totals[2])


def is_one_piece(spec: NetworkSpec, rows: ValidationRows) -> bool:
    """Tell whether rows are so few that they are looked at without a pause."""
    return len(rows.X) <= _PIECE_ROWS or len(rows.X) <= _piece_rows(spec)


def answer(
    engine: Engine,
    spec: NetworkSpec,
    params: FloatArray,
    X: FloatArray,
    is_stopped: Callable[[], bool],
) -> FloatArray | None:
    """Compute the activations of the last layer for each row, as `Engine.outputs` does.

    Parameters
    ----------
    engine, spec, params
        What computes, and what it computes with.
    X : array of shape (m, n_inputs)
        At least one row.
    is_stopped
        Asked between two pieces.

    Returns
    -------
    Array of shape (m, n_outputs), or None if `is_stopped` said so before the end.
    """
    size = _piece_rows(spec)
    outputs: FloatArray = np.empty((len(X), spec.n_outputs), dtype=params.dtype)
    for start in range(0, len(X), size):
        if start and is_stopped():
            return None
        piece = slice(start, start + size)
        outputs[piece] = engine.outputs(spec, params, X[piece])
    return outputs


def _piece_rows(spec: NetworkSpec) -> int:
    return max(_PIECE_ROWS, _PIECE_OPERATIONS // n_params(spec))
