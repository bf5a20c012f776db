"""Columns and targets brought to mean 0 and spread 1, and outputs brought back.

What is learned from them must not be known here.
"""

from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.networks.spec import NetworkSpec

#: Losses of numbers that may have any unit; the others ask for class ids, shares or counts.
IN_ANY_UNIT = ("squared_error", "absolute_error")


@dataclass(frozen=True, eq=False)
class Scaling:
    """How inputs and targets are shifted and scaled.

    Attributes
    ----------
    center, spread : arrays of shape (n_inputs,)
        Level numbers have 0 and 1, a constant column its value and 1.
    y_center, y_spread : arrays of shape (n_targets,)
        0 and 1 for losses whose targets have no unit of their own.
    """

    center: Float64Array = field(repr=False)
    spread: Float64Array = field(repr=False)
    y_center: Float64Array
    y_spread: Float64Array

    @classmethod
    def fit(cls, spec: NetworkSpec, X: Float64Array, y: Float64Array) -> "Scaling":
        """Measure rows."""
        center, spread = X.mean(axis=0), X.std(axis=0)
        center[spec.n_plain :], spread[spec.n_plain :] = 0.0, 1.0
        zero, one = np.zeros(y.shape[1]), np.ones(y.shape[1])
        if spec.loss in IN_ANY_UNIT:
            zero, one = y.mean(axis=0), y.std(axis=0)
        return cls(center, _above_0(spread, center), zero, _above_0(one, zero))

    def inputs(self, X: Float64Array) -> Float64Array:
        """Return ``(X - center) / spread``."""
        return (X - self.center) / self.spread

    def targets(self, y: Float64Array) -> Float64Array:
        """Return ``(y - y_center) / y_spread``."""
        return (y - self.y_center) / self.y_spread

    def restore(self, outputs: Float64Array) -> Float64Array:
        """Undo `targets` for outputs of shape (n, n_outputs)."""
        return outputs * self.y_spread + self.y_center


def _above_0(spread: Float64Array, center: Float64Array) -> Float64Array:
    """Return 1 where a column is constant but for rounding."""
    return np.where(spread > 1e-9 * np.abs(center), spread, 1.0)
