"""A loss of Python functions is held to its own values once, before training begins.

What the functions compute and which engine calls them later is not known here.
"""

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus.engines.base import Batches, Engine
from gradus.errors import GradCheckFailed
from gradus.networks.own_losses import FunctionLoss
from gradus.networks.spec import NetworkSpec

_ROWS = 16
_TOLERANCE = 1e-6
_CUBE_ROOT = np.finfo(np.float64).eps ** (1 / 3)


def check_functions(
    engine: Engine, spec: NetworkSpec, params: FloatArray, batches: Batches
) -> None:
    """Compare gradient and curvature of a `FunctionLoss` with central differences on a few rows.

    With ``h = eps**(1/3) max(1, abs(output))`` the difference must be within 1e-6 of the largest of
    the derivative, a thousandth of what is differentiated and a thousandth of the same derivative
    in the worst of the rows. The outputs of the first rows are
    moved a little, so that none lies on a kink at its target by chance; where the functions are
    not finite nothing is said. Other losses are passed over.

    Parameters
    ----------
    engine, spec, params
        What computes the outputs, and from what.
    batches
        The rows to train on.

    Raises
    ------
    GradCheckFailed
        If a derivative is another one.
    ShapeMismatch, DataError
        If a function returns no array of numbers of its shape.
    """
    loss = spec.loss
    if not isinstance(loss, FunctionLoss):
        return
    rows = np.arange(batches.n_rows) if batches.rows is None else batches.rows
    X, y = batches.X[rows[:_ROWS]], batches.y[rows[:_ROWS]].astype(np.float64)
    outputs: Float64Array = engine.outputs(spec, params, X).astype(np.float64)
    outputs = outputs + 0.05 + 0.1 * (np.arange(outputs.size) * 0.618 % 1).reshape(outputs.shape)
    with np.errstate(all="ignore"):
        slopes, bends = loss.output_gradient(outputs, y), loss.output_curvature(outputs, y)
        size = np.abs(loss.row_losses(outputs, y))
        for output in range(spec.n_outputs):
            h = np.zeros_like(outputs)
            h[:, output] = _CUBE_ROOT * np.maximum(1, np.abs(outputs[:, output]))
            up, down = outputs + h, outputs - h
            width = (up - down)[:, output]
            change = loss.row_losses(up, y) - loss.row_losses(down, y)
            _compare("gradient", output, slopes[:, output], change / width, size)
            change = loss.output_gradient(up, y) - loss.output_gradient(down, y)
            its_size = np.abs(slopes[:, output])
            _compare("curvature", output, bends[:, output], change[:, output] / width, its_size)


def _compare(
    name: str, output: int, given: Float64Array, numeric: Float64Array, size: Float64Array
) -> None:
    """Name the row in which a derivative is worst, if it is another one there."""
    largest = np.abs(given[np.isfinite(given)]).max(initial=np.finfo(np.float64).tiny)
    scale = np.maximum(np.maximum(np.abs(given), 1e-3 * size), 1e-3 * largest)
    error = np.where(np.isfinite(numeric) & np.isfinite(given), np.abs(given - numeric) / scale, 0)
    row = int(np.argmax(error))
    if error[row] <= _TOLERANCE:
        return
    raise GradCheckFailed(
        f"{name} of the FunctionLoss at output {output} of row {row}: it gives {given[row]:.6g}, "
        f"central difference {numeric[row]:.6g}, relative error {error[row]:.1e} above "
        f"{_TOLERANCE:g} (step {_CUBE_ROOT:.1e})."
    )
