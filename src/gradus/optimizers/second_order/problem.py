"""What a full-batch method asks of the problem it solves, and what it answers with each step.

A method knows the objective by these questions alone: no layers, rows, engines or threads.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol

from gradus._typing import BoolArray, Float64Array, FloatArray


class DampedStep(NamedTuple):
    """The solution s of ``(G + damping I) s = -g``, and what the model says of it.

    Attributes
    ----------
    step : array of shape (n_params,)
        s.
    fall
        ``-m(s) = (damping s - g)'s / 2``, how far the model falls.
    """

    step: FloatArray
    fall: float


class DampedSystem(Protocol):
    """The Gauss-Newton model of an objective around one point, to be solved for several dampings.

    ``m(s) = g's + s'Gs / 2`` with the gradient g and the Gauss-Newton matrix G of the objective,
    which includes the penalty's ``l2`` on the weights ([Sch02]). What the solutions share is
    computed once.

    Attributes
    ----------
    grads : array of shape (n_params,)
        g.
    mean_curvature
        Mean of the diagonal of G.
    """

    grads: FloatArray
    mean_curvature: float

    def step(self, damping: float) -> DampedStep | None:
        """Solve ``(G + damping I) s = -g``; None where it is not positive definite in rounding."""

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        """Compute the diagonal of ``(G + damping I)^-1``; None as in `step`.

        Not every form offers it; see `Problem.damped`.
        """


class Problem(Protocol):
    """The objective of one network on its rows: mean loss plus penalty, as `Engine` defines it.

    Every question may leave with an exception of the caller's own when training is told to stop; a
    method lets it pass, and the step under way is dropped whole.

    Attributes
    ----------
    is_weight : bool array of shape (n_params,)
        Where the penalty acts.
    l2
        Factor of the penalty ``l2 / 2 * sum(weight**2)``.
    n_errors
        Sum of the row weights times outputs, where the loss is the mean of as many squared errors;
        None with another loss.
    """

    is_weight: BoolArray
    l2: float
    n_errors: float | None

    def loss(self, params: FloatArray) -> float:
        """Compute the objective without its penalty."""

    def objective(self, params: FloatArray) -> float:
        """Compute the objective; inf or nan where it is not finite."""

    def gradient(self, params: FloatArray) -> tuple[float, FloatArray]:
        """Compute the objective and its gradient, shape (n_params,)."""

    def hvp(self, params: FloatArray, v: FloatArray) -> FloatArray:
        """Multiply the objective's Hessian by v, of the type of params."""

    def ggn_vp(self, params: FloatArray, v: FloatArray) -> FloatArray:
        """Multiply the objective's Gauss-Newton matrix by v, of the type of params."""

    def damped(self, params: FloatArray, *, to_invert: bool = False) -> DampedSystem:
        """Form the Gauss-Newton model around params, in the way that is cheapest.

        `to_invert` asks for one that offers `DampedSystem.inverse_diagonal`.
        """

    def with_l2(self, l2: float) -> "Problem":
        """Give the same problem with another penalty."""


class Step(NamedTuple):
    """One iteration of a full-batch method.

    Attributes
    ----------
    params : new array of shape (n_params,)
    slots
        The rows of the slots that change, each of shape (n_params,), by their number.
    scalars : new array of shape (n_scalars,)
        What the method remembers, besides the slots.
    grad_norm
        Euclidean norm of the objective's gradient before the step.
    """

    params: FloatArray
    slots: Mapping[int, FloatArray]
    scalars: Float64Array
    grad_norm: float

    def write(self, slots: FloatArray) -> None:
        """Copy the rows that change; doing it twice is doing it once."""
        for row, values in self.slots.items():
            slots[row] = values


class Exhausted(Exception):
    """A full-batch method has made all the evaluations of the objective that it may make."""


class FullBatchRule(ABC):
    """A method that makes one step from all rows; frozen, as the update rules are.

    It takes a step only if the objective falls, so it cannot diverge from a finite start.
    """

    name: ClassVar[str]
    n_scalars: ClassVar[int] = 0

    @property
    def n_slots(self) -> int:
        """Count the vectors it remembers."""
        return 0

    @abstractmethod
    def step(
        self, problem: Problem, params: FloatArray, slots: FloatArray, scalars: Float64Array
    ) -> Step | None:
        """Make one iteration.

        Parameters
        ----------
        problem
            What to minimize.
        params : array of shape (n_params,)
            Where to start from; the objective is finite there.
        slots, scalars
            What the last step returned; zeros before the first.

        Returns
        -------
        The step, or None where none lowers the objective any more: training has converged. None as
        well where the gradient is not finite.

        Raises
        ------
        Exhausted
            If the method has asked as often as it may.
        """

    def told(self, scalars: Float64Array) -> dict[str, float]:  # noqa: ARG002 for who has something
        """Name what is worth telling of the memory after the last step."""
        return {}
