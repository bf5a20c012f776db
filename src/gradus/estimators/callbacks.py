"""scikit-learn's callbacks, where the installed version has them: told of a fit and of its epochs.

How an epoch is made must not be known here.
"""

from collections.abc import Callable
from typing import Any

from gradus._typing import FloatArray

__all__ = ["CallbackSupportMixin", "Watched"]

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands where there are no callbacks."""


class Watched:
    """One fit as callbacks see it: a task with one task for each epoch.

    Parameters
    ----------
    estimator
        What fits, which may have callbacks.
    X, y
        As they were given.
    metadata
        Such as ``{"sample_weight": ...}``.
    max_epochs
        Most epochs; 0 where there are none to tell of.
    attributes
        Returns the fitted attributes that weights of shape (n_params,) mean.
    """

    def __init__(
        self,
        estimator: Any,  # noqa: ANN401 scikit-learn has no types
        X: object,
        y: object,
        metadata: dict[str, Any],
        max_epochs: int,
        attributes: Callable[[FloatArray], dict[str, Any]],
    ) -> None:
        self.estimator, self.attributes = estimator, attributes
        self.told = {"X": X, "y": y, "metadata": metadata}
        self.fit: Any = None
        self.epoch: Any = None
        if hasattr(estimator, "_skl_callbacks"):
            self.fit = estimator._init_callback_context(max_subtasks=max_epochs)  # noqa: SLF001
            self.fit.call_on_fit_task_begin(estimator=estimator, **self.told)

    def begin_epoch(self) -> None:
        """Tell that an epoch begins."""
        if self.fit is not None:
            self.epoch = self.fit.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.estimator, **self.told)

    def end_epoch(self, params: FloatArray) -> bool:
        """Tell that an epoch is over, and say whether a callback wants training to end."""
        return self._end(self.epoch, params)

    def end(self, params: FloatArray) -> None:
        """Tell that the fit is over."""
        self._end(self.fit, params)

    def _end(self, task: Any, params: FloatArray) -> bool:  # noqa: ANN401
        if task is None:
            return False
        return bool(
            task.call_on_fit_task_end(
                estimator=self.estimator,
                reconstruction_attributes=lambda: self.attributes(params.copy()),
                **self.told,
            )
        )
