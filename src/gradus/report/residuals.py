"""Numbers that were answered beside those that were known: how far off, and in which direction.

Where the answers come from must not be known here.
"""

from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from gradus._typing import ArrayLike
from gradus._validate import check_choice
from gradus.errors import ShapeMismatch
from gradus.report.axes import axes_of, draw_points, is_wide, name_axes
from gradus.report.palette import INK2, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What `ResidualsDisplay.plot` can show.
KINDS = ("answers", "errors")
_N_BINS = 41
# Errors beyond these quantiles count in the outermost bars.
_LOW, _HIGH = 0.005, 0.995
_MANY = 200
_ROUNDING = 1e-12


class ResidualsDisplay:
    """Draw known numbers over answers, or how often the answers are how far off.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,)
        What was known, and what was answered.

    Attributes
    ----------
    figure_, ax_
        What was drawn into.

    Examples
    --------
    >>> display = ResidualsDisplay.from_predictions([1, 2, 3], [1.5, 2, 2])
    >>> display.ax_.get_xlabel()
    'answer'
    """

    def __init__(self, *, y_true: ArrayLike, y_pred: ArrayLike) -> None:
        self.y_true = np.asarray(y_true, dtype=np.float64).reshape(-1)
        self.y_pred = np.asarray(y_pred, dtype=np.float64).reshape(-1)
        if self.y_true.shape != self.y_pred.shape or not len(self.y_true):
            raise ShapeMismatch(
                "y_true and y_pred must have the same shape (n,) with n > 0; "
                f"got {self.y_true.shape} and {self.y_pred.shape}."
            )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        kind: Literal["answers", "errors"] = "answers",
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw answers that are there already.

        Raises
        ------
        ShapeMismatch
            If they are of different length, or none.
        """
        return cls(y_true=y_true, y_pred=y_pred).plot(ax, kind=kind)

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        y: ArrayLike,
        *,
        kind: Literal["answers", "errors"] = "answers",
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw what a fitted regressor predicts for X beside y."""
        predicted = estimator.predict(X)  # type: ignore[attr-defined]
        return cls.from_predictions(y, predicted, kind=kind, ax=ax)

    def plot(
        self, ax: "Axes | None" = None, *, kind: Literal["answers", "errors"] = "answers"
    ) -> Self:
        """Draw into `ax`, or into a new figure where it is None.

        Parameters
        ----------
        ax
            Axes of matplotlib.
        kind
            "answers": the known number over the answer, with the line where they are equal; above
            2,000 rows in cells. "errors": a histogram of answer minus known number.
        """
        check_choice("kind", kind, KINDS)
        self.figure_, self.ax_ = axes_of(ax)
        if kind == "answers":
            self._draw_answers()
        else:
            self._draw_errors()
        return self

    def _draw_answers(self) -> None:
        both = np.concatenate([self.y_true, self.y_pred])
        if is_wide(both):
            self.ax_.set_xscale("log")
            self.ax_.set_yscale("log")
        draw_points(self.ax_, self.y_pred, self.y_true, POSITIVE)
        middle = both[0] if both.min() == both.max() else None
        if middle is None:
            ends = float(both.min()), float(both.max())
            self.ax_.plot(ends, ends, color=INK2, linewidth=1.0, linestyle=(0, (4, 2)))
        name_axes(self.ax_, "answer", "known")

    def _draw_errors(self) -> None:
        errors = self.y_pred - self.y_true
        low, high = (float(e) for e in np.quantile(errors, [_LOW, _HIGH]))
        if len(errors) < _MANY or low == high:
            low, high = float(errors.min()), float(errors.max())
        # Errors that differ by rounding alone are one error.
        if high - low <= _ROUNDING * max(np.abs(self.y_true).max(), np.abs(self.y_pred).max()):
            half = 0.5 * (abs(low) or 1.0)
            low, high = low - half, high + half
        n_bins = int(np.clip(2 * len(errors) ** (1 / 3) + 2, 5, _N_BINS))
        counts, edges = np.histogram(np.clip(errors, low, high), bins=n_bins, range=(low, high))
        self.ax_.stairs(counts, edges, fill=True, color=POSITIVE, alpha=0.75)
        self.ax_.axvline(0.0, color=INK2, linewidth=1.0, linestyle=(0, (4, 2)))
        self.ax_.grid(visible=False, axis="x")
        name_axes(self.ax_, "answer minus known", "rows")
