"""Every error a caller of gradus can meet.

The classes carry a finished sentence; they never build one, and they know no other module.
"""


class GradusError(Exception):
    """The root of all errors raised on purpose by gradus."""


class InvalidParameter(GradusError, ValueError):
    """An option has a value outside what it allows."""


class ShapeMismatch(GradusError, ValueError):
    """An array has another shape than its place demands."""


class DataError(GradusError, ValueError):
    """The numbers handed over cannot be learned from as they are."""


class Diverged(GradusError, ArithmeticError):
    """Training met a loss or gradient that is not finite.

    Parameters
    ----------
    message
        The finished sentence.
    epoch
        Epoch in which it happened, counted from 1.
    step
        Step within that epoch, counted from 1.
    layer
        First layer with a value that is not finite, counted from 1; None where it is unknown.
    """

    def __init__(self, message: str, epoch: int, step: int, layer: int | None = None) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.step = step
        self.layer = layer

    def __reduce__(self) -> tuple[type["Diverged"], tuple[str, int, int, int | None]]:
        """Pickle with the attributes, so that the error survives the way between processes."""
        return type(self), (str(self), self.epoch, self.step, self.layer)


class GradCheckFailed(GradusError, AssertionError):
    """A derivative is not that of its own function."""


class EngineUnavailable(GradusError, ImportError):
    """The engine asked for cannot be loaded here."""


class ModelFileError(GradusError):
    """A model file is damaged, foreign or from another version."""
