"""Losses of a person's own: a formula, or three functions; what they are made of and held to.

How formulas are read and differentiated stands in `networks.expressions`.
"""

from collections.abc import Callable, Hashable
from dataclasses import fields

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Array
from gradus.errors import DataError, InvalidParameter, ShapeMismatch
from gradus.networks.expressions import Step, evaluate, parse_expression


@dataclass(frozen=True)
class ExpressionLoss:
    """A loss written as a formula of `output` and `target`, differentiated exactly.

    ``l = mean over outputs of the formula``, with one target for each output. It may hold numbers,
    + - * / and ** with a number as exponent, the comparisons < <= > >= (1 or 0), exp, log, log1p,
    sqrt, abs, sigmoid, tanh, cosh, maximum, minimum, and where(condition, a, b). First and second
    derivatives follow by the chain rule, in both engines; abs has the slope 0 at its kink, and of
    two equal numbers maximum and minimum are the first. It is saved in model files as its text, and
    nothing of it is ever handed to Python to be run.

    Parameters
    ----------
    expression
        At most 1000 characters and 256 operations.

    Raises
    ------
    InvalidParameter
        If the text is no such formula.

    Examples
    --------
    >>> ExpressionLoss("where(output < target, 3, 1) * (output - target) ** 2")
    ... # doctest: +ELLIPSIS
    ExpressionLoss(expression=...)
    """

    expression: str

    def __post_init__(self) -> None:
        parse_expression(self.expression)

    @property
    def program(self) -> tuple[Step, ...]:
        """The formula as steps on a stack; see `networks.expressions`."""
        return parse_expression(self.expression)

    def row_losses(self, outputs: Array, y: Array) -> Array:
        """``l`` of each row, shape (n_batch,)."""
        xp = outputs.__array_namespace__()
        return xp.mean(evaluate(self.program, outputs, y).value, axis=1)

    def output_gradient(self, outputs: Array, y: Array) -> Array:
        """``dl/d output``, shape (n_batch, n_outputs)."""
        return evaluate(self.program, outputs, y).slope / outputs.shape[1]

    def output_curvature(self, outputs: Array, y: Array) -> Array:
        """``d2l/d output2``, shape (n_batch, n_outputs)."""
        return evaluate(self.program, outputs, y).curvature / outputs.shape[1]


@dataclass(frozen=True)
class FunctionLoss:
    """A loss given as three Python functions of many rows at once.

    Each is called with `outputs` (n, n_outputs) and `y` (n, n_targets), with one target for each
    output, and must look at each row alone; both are copies of its own. When training starts,
    gradient and curvature are compared with central differences; it ends with `GradCheckFailed` if
    they differ. Both engines call the functions; the native one must wait for Python at every batch
    (or part of a large one), so an `ExpressionLoss` is faster. Functions cannot be written into
    files: networks with this loss cannot be saved or have a checkpoint.

    Parameters
    ----------
    value
        Loss of each row, shape (n,).
    gradient
        Its derivative by the outputs, shape (n, n_outputs).
    curvature
        Its second derivative by each output, shape (n, n_outputs).

    Raises
    ------
    InvalidParameter
        If one of them cannot be called.

    Examples
    --------
    >>> FunctionLoss(
    ...     value=lambda outputs, y: ((outputs - y) ** 4).sum(axis=1),
    ...     gradient=lambda outputs, y: 4 * (outputs - y) ** 3,
    ...     curvature=lambda outputs, y: 12 * (outputs - y) ** 2,
    ... )  # doctest: +ELLIPSIS
    FunctionLoss(...)
    """

    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    curvature: Callable[[Array, Array], Array]

    def __post_init__(self) -> None:
        for option in fields(self):
            function = getattr(self, option.name)
            if not callable(function):
                raise InvalidParameter(f"{option.name} must be a function; got {function!r}.")
            if not isinstance(function, Hashable):
                raise InvalidParameter(
                    f"{option.name} must have a hash, as functions do; got {function!r}."
                )

    def row_losses(self, outputs: Array, y: Array) -> Array:
        """``l`` of each row, shape (n_batch,)."""
        return _asked("value", self.value, outputs, y, outputs.shape[:1])

    def output_gradient(self, outputs: Array, y: Array) -> Array:
        """``dl/d output``, shape (n_batch, n_outputs)."""
        return _asked("gradient", self.gradient, outputs, y, outputs.shape)

    def output_curvature(self, outputs: Array, y: Array) -> Array:
        """``d2l/d output2``, shape (n_batch, n_outputs)."""
        return _asked("curvature", self.curvature, outputs, y, outputs.shape)


def _asked(
    name: str,
    function: Callable[[Array, Array], Array],
    outputs: Array,
    y: Array,
    shape: tuple[int, ...],
) -> Array:
    """Call a person's function, and take what it returned in the type of the outputs.

    Numbers that are not finite are told by whoever meets them in the loss, so nothing warns here.

    Raises
    ------
    DataError
        If it is no array of numbers.
    ShapeMismatch
        If it has another shape.
    """
    xp = outputs.__array_namespace__()
    with np.errstate(all="ignore"):
        result: Array = function(xp.asarray(outputs, copy=True), xp.asarray(y, copy=True))
        if np.iscomplexobj(result):
            raise DataError(f"{name} of a FunctionLoss must return real numbers; got complex ones.")
        try:
            array = xp.asarray(result, dtype=outputs.dtype)
        except (TypeError, ValueError) as cause:
            kind = type(result).__name__
            raise DataError(f"{name} of a FunctionLoss must return numbers; got {kind}.") from cause
    if array.shape != shape:
        raise ShapeMismatch(
            f"{name} of a FunctionLoss must return an array of shape {shape}; got {array.shape}."
        )
    return array
