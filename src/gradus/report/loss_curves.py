"""The loss of one or several trainings, epoch by epoch.

How a training went is not known here, only what it has written down.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.errors import InvalidParameter
from gradus.models.run import Run
from gradus.report.axes import axes_of, is_wide, legend, name_axes
from gradus.report.palette import INK, VALIDATION
from gradus.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class LossCurveDisplay:
    """Draw losses over epochs: training solid, validation dashed, the best epoch as a dot.

    Parameters
    ----------
    epochs : sequence of int64 arrays
        One for each training: the epochs counted from 1.
    losses : sequence of float64 arrays
        The training loss of each of these epochs.
    validation_losses : sequence of float64 arrays
        The same on validation rows; nan where there are none.

    Attributes
    ----------
    figure_, ax_
        What was drawn into.

    Examples
    --------
    >>> from gradus import Dense, GradientDescent, Network
    >>> network = Network(inputs=1, layers=[Dense(1)])
    >>> run = network.train([[0.0], [1.0]], [1, 2], GradientDescent(0.1), epochs=3)
    >>> LossCurveDisplay.from_history(run).ax_.get_xlabel()
    'epoch'
    """

    def __init__(
        self,
        *,
        epochs: Sequence[Int64Array],
        losses: Sequence[Float64Array],
        validation_losses: Sequence[Float64Array],
    ) -> None:
        self.epochs, self.losses = tuple(epochs), tuple(losses)
        self.validation_losses = tuple(validation_losses)

    @classmethod
    def from_history(
        cls, histories: History | Run | Sequence[History | Run], *, ax: "Axes | None" = None
    ) -> Self:
        """Draw one or several histories, or runs of `Network.train`.

        Raises
        ------
        InvalidParameter
            If there is none, or something else.
        """
        listed = [histories] if isinstance(histories, History | Run) else list(histories)
        found = [one.history if isinstance(one, Run) else one for one in listed]
        if not found or not all(isinstance(one, History) for one in found):
            raise InvalidParameter(
                "histories must be a History, a Run or several of them; "
                f"got {'none' if not found else type(found[0]).__name__}."
            )
        display = cls(
            epochs=[one.epoch for one in found],
            losses=[one.loss for one in found],
            validation_losses=[one.validation_loss for one in found],
        )
        return display.plot(ax)

    @classmethod
    def from_estimator(cls, estimator: object, *, ax: "Axes | None" = None) -> Self:
        """Draw the curve of a fitted `MLPRegressor` or `MLPClassifier`, of scikit-learn's too.

        Raises
        ------
        InvalidParameter
            If it has no ``loss_curve_``.
        """
        curve = getattr(estimator, "loss_curve_", None)
        if curve is None or not len(curve):
            raise InvalidParameter(
                f"estimator must be fitted and have a loss_curve_; "
                f"{type(estimator).__name__} has none."
            )
        held = getattr(estimator, "validation_loss_curve_", None)
        losses = np.asarray(curve, dtype=np.float64)
        display = cls(
            epochs=[np.arange(1, len(losses) + 1)],
            losses=[losses],
            validation_losses=[np.full(len(losses), np.nan) if held is None else np.array(held)],
        )
        return display.plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw into `ax`, or into a new figure where it is None.

        The loss has a logarithmic axis where it falls to less than a fiftieth.
        """
        self.figure_, self.ax_ = axes_of(ax)
        handles: list[Any] = []
        several = len(self.epochs) > 1
        look: dict[str, Any] = {"linewidth": 1.2, "alpha": 0.55 if several else 1.0}
        for epoch, loss, held in zip(self.epochs, self.losses, self.validation_losses, strict=True):
            (line,) = self.ax_.plot(epoch, loss, color=INK, **look)
            lines = [line]
            if np.isfinite(held).any():
                dashes = (0, (4, 1.5))
                (other,) = self.ax_.plot(epoch, held, color=VALIDATION, linestyle=dashes, **look)
                best = int(np.nanargmin(held))
                (dot,) = self.ax_.plot(
                    epoch[best], held[best], "o", color=VALIDATION, markersize=5, zorder=3
                )
                lines += [other, dot]
            handles = max(handles, lines, key=len)
        every = np.concatenate([*self.losses, *self.validation_losses])
        if is_wide(every[np.isfinite(every)]):
            self.ax_.set_yscale("log")
        self.ax_.locator_params(axis="x", integer=True)
        name_axes(self.ax_, "epoch", "loss")
        if len(handles) > 1:
            names = ("training", "held-out rows", "best epoch")
            legend(self.ax_, handles, names)
        return self
