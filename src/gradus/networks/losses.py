"""The table of losses: per row, with derivatives, link and measure.

`outputs` are the activations of the last layer, shape (n_batch, n_outputs); for losses with a link
of their own they are what it is applied to, such as logits. `y` has shape (n_batch, n_targets) and
the same floating type. Functions of single rows never divide by the number of rows; `weighted_mean`
does. All work in the array namespace of their input. Formulas stand in `number_losses`,
`class_losses` and `own_losses`. Nothing here knows layers or parameters.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np

from gradus._dataclasses import dataclass
from gradus._names import LOSS_NAMES
from gradus._typing import Array
from gradus._validate import check_choice
from gradus.errors import DataError
from gradus.networks import class_losses, number_losses
from gradus.networks.activations import sigmoid
from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
from gradus.networks.expressions import Step
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss, FunctionLoss

#: What a network has as its loss: a name, or an object where the loss has numbers or functions.
LossOption: TypeAlias = (
    str | Huber | Quantile | CrossEntropy | BinaryCrossEntropy | ExpressionLoss | FunctionLoss
)
LOSS_CLASSES = (Huber, Quantile, CrossEntropy, BinaryCrossEntropy, ExpressionLoss, FunctionLoss)


@dataclass(frozen=True)
class Loss:
    """One entry of the table.

    Attributes
    ----------
    name
        One of `_typing.LOSS_CODES`.
    row_losses
        ``l(outputs, y)`` of each row, shape (n_batch,).
    output_gradient
        ``dl/d outputs`` of each row, shape (n_batch, n_outputs).
    output_curvature
        Diagonal of the second derivative of each row, shape (n_batch, n_outputs).
    link
        Turns outputs into predictions, such as the identity, sigmoid or softmax.
    measure
        What people read beside the loss: "rmse", "mae", "deviance", "pinball" or "accuracy", and
        "loss" where the loss itself says most.
    row_measure
        What is averaged over rows for the measure, shape (n_batch,); "rmse" is the root of that
        mean, the others the mean itself.
    source
        Key of `docs/references.md`, empty for what needs none.
    own_link
        Name of the link where the loss applies it itself, on logits: the last layer is then
        "identity". Empty where the last layer may have any activation.
    fewest_outputs, most_outputs
        Widths of the last layer that the loss has a meaning for; None for no bound.
    output_is_for
        What each output stands for, such as "class"; empty where it is a target.
    has_one_target
        Whether y has one column however many outputs there are; else one for each output.
    is_classification
        Whether y says what a row is, so that rows are held out class by class.
    is_convex
        Whether the second derivative by the outputs is never below 0.
    numbers, program
        What the core is told beside the name: the numbers of the loss, the steps of its formula.
    wrong_targets
        Marks the targets the loss has no meaning for, given y and n_outputs, and says what they
        must be.
    coupled_curvature_product
        ``H u`` of each row, (outputs, y, u) to shape (n_batch, n_outputs), for a loss in which one
        output's slope depends on another's value; None where H is its diagonal.
    """

    name: str
    row_losses: Callable[[Array, Array], Array]
    output_gradient: Callable[[Array, Array], Array]
    output_curvature: Callable[[Array, Array], Array]
    link: Callable[[Array], Array]
    measure: str
    row_measure: Callable[[Array, Array], Array]
    source: str
    own_link: str = ""
    fewest_outputs: int = 1
    most_outputs: int | None = None
    output_is_for: str = ""
    has_one_target: bool = False
    is_classification: bool = False
    is_convex: bool = True
    numbers: tuple[float, ...] = ()
    program: tuple[Step, ...] = ()
    wrong_targets: Callable[[np.ndarray, int], tuple[np.ndarray, str]] | None = None
    coupled_curvature_product: Callable[[Array, Array, Array], Array] | None = None

    def n_targets(self, n_outputs: int) -> int:
        """Count the columns of y."""
        return 1 if self.has_one_target else n_outputs

    def classes(self, y: np.ndarray) -> np.ndarray | None:
        """Give what each row is, shape (n,), where there is one such column; else None."""
        return y[:, 0] if self.is_classification and y.shape[1] == 1 else None

    def curvature_product(self, outputs: Array, y: Array, u: Array) -> Array:
        """Multiply each row's second derivative by the outputs, a matrix, by that row of u."""
        if self.coupled_curvature_product is not None:
            return self.coupled_curvature_product(outputs, y, u)
        return self.output_curvature(outputs, y) * u

    def gauss_newton_product(self, outputs: Array, y: Array, u: Array) -> Array:
        """Do the same with what is never below 0 of the second derivative, for Gauss-Newton."""
        if self.is_convex:
            return self.curvature_product(outputs, y, u)
        curvature = self.output_curvature(outputs, y)
        xp = curvature.__array_namespace__()
        return xp.maximum(curvature, xp.zeros_like(curvature)) * u


def weighted_mean(row_values: Array, weights: Array | None = None) -> Array:
    """Average over rows: ``sum(w * v) / sum(w)``, and 0 where the weights sum to 0.

    A row of weight 0 adds exactly 0, even where its value is not finite.

    This is the one place where a loss is divided by the number of rows.

    Parameters
    ----------
    row_values : array of shape (n_batch,)
        Losses or measures; no row at all gives 0.
    weights : array of shape (n_batch,), optional
        At least 0 each; left out, every row weighs 1.
    """
    xp = row_values.__array_namespace__()
    weights = xp.ones_like(row_values) if weights is None else weights
    total = xp.sum(weights)
    row_values = xp.where(weights > 0, row_values, xp.zeros_like(row_values))
    return xp.sum(weights * row_values) / xp.where(total > 0, total, xp.ones_like(total))


def row_shares(weights: Array) -> Array:
    """Give each row its part of the mean: ``w_i / sum(w)``, and 0 where the weights sum to 0.

    The derivative of `weighted_mean` by its rows.
    """
    xp = weights.__array_namespace__()
    total = xp.sum(weights)
    return weights / xp.where(total > 0, total, xp.ones_like(total))


# ---- the table --------------------------------------------------------------------------------


def _same(outputs: Array) -> Array:
    """Predict the outputs themselves."""
    return +outputs


def _exponential(outputs: Array) -> Array:
    """Predict counts from their logarithms; inf where one cannot be written."""
    with np.errstate(over="ignore"):
        return outputs.__array_namespace__().exp(outputs)


def _outside_0_to_1(y: np.ndarray, n_outputs: int) -> tuple[np.ndarray, str]:  # noqa: ARG001
    return (y < 0) | (y > 1), "numbers from 0 to 1"


def _below_0(y: np.ndarray, n_outputs: int) -> tuple[np.ndarray, str]:  # noqa: ARG001
    return y < 0, "numbers of at least 0"


def _no_class_ids(y: np.ndarray, n_outputs: int) -> tuple[np.ndarray, str]:
    is_wrong = (y < 0) | (y > n_outputs - 1) | (y != np.floor(y))
    return is_wrong, f"class ids from 0 to {n_outputs - 1}"


def _squared_error() -> Loss:
    return Loss(
        "squared_error",
        number_losses.squared_error,
        number_losses.squared_error_gradient,
        number_losses.squared_error_curvature,
        _same,
        "rmse",
        number_losses.squared_error,
        "",
    )


def _absolute_error() -> Loss:
    return Loss(
        "absolute_error",
        number_losses.absolute_error,
        number_losses.absolute_error_gradient,
        number_losses.absolute_error_curvature,
        _same,
        "mae",
        number_losses.absolute_error,
        "",
    )


def _huber(loss: Huber) -> Loss:
    return Loss(
        "huber",
        partial(number_losses.huber, loss.delta),
        partial(number_losses.huber_gradient, loss.delta),
        partial(number_losses.huber_curvature, loss.delta),
        _same,
        "mae",
        number_losses.absolute_error,
        "[Hub64]",
        numbers=(loss.delta,),
    )


def _poisson() -> Loss:
    return Loss(
        "poisson",
        number_losses.poisson,
        number_losses.poisson_gradient,
        number_losses.poisson_curvature,
        _exponential,
        "deviance",
        number_losses.poisson_deviance,
        "[MN89]",
        own_link="exponential",
        wrong_targets=_below_0,
    )


def _quantile(loss: Quantile) -> Loss:
    return Loss(
        "quantile",
        partial(number_losses.pinball, loss.levels),
        partial(number_losses.pinball_gradient, loss.levels),
        partial(number_losses.pinball_curvature, loss.levels),
        number_losses.increasing,
        "pinball",
        partial(number_losses.pinball, loss.levels),
        "[KB78]",
        own_link="increasing sum",
        fewest_outputs=len(loss.levels),
        most_outputs=len(loss.levels),
        output_is_for="level",
        has_one_target=True,
        is_convex=False,
        numbers=loss.levels,
    )


def _binary_cross_entropy(loss: BinaryCrossEntropy) -> Loss:
    smoothing = loss.label_smoothing
    return Loss(
        "binary_cross_entropy",
        partial(class_losses.binary_cross_entropy, smoothing),
        partial(class_losses.binary_cross_entropy_gradient, smoothing),
        class_losses.binary_cross_entropy_curvature,
        sigmoid,
        "accuracy",
        class_losses.binary_accuracy,
        "[SVISW16]" if smoothing else "[Bis06]",
        own_link="sigmoid",
        is_classification=True,
        numbers=(smoothing,),
        wrong_targets=_outside_0_to_1,
    )


def _cross_entropy(loss: CrossEntropy) -> Loss:
    smoothing = loss.label_smoothing
    return Loss(
        "cross_entropy",
        partial(class_losses.cross_entropy, smoothing),
        partial(class_losses.cross_entropy_gradient, smoothing),
        class_losses.cross_entropy_curvature,
        class_losses.softmax,
        "accuracy",
        class_losses.accuracy,
        "[SVISW16]" if smoothing else "[Bis06]",
        own_link="softmax",
        fewest_outputs=2,
        output_is_for="class",
        has_one_target=True,
        is_classification=True,
        numbers=(smoothing,),
        wrong_targets=_no_class_ids,
        coupled_curvature_product=class_losses.cross_entropy_curvature_product,
    )


def _own(loss: ExpressionLoss | FunctionLoss) -> Loss:
    program = loss.program if isinstance(loss, ExpressionLoss) else ()
    return Loss(
        "expression" if program else "functions",
        loss.row_losses,
        loss.output_gradient,
        loss.output_curvature,
        _same,
        "loss",
        loss.row_losses,
        "",
        is_convex=False,
        program=program,
    )


LOSSES: dict[str, Loss] = {
    entry.name: entry
    for entry in (
        _squared_error(),
        _absolute_error(),
        _poisson(),
        _binary_cross_entropy(BinaryCrossEntropy()),
        _cross_entropy(CrossEntropy()),
    )
}


def loss_of(loss: LossOption) -> Loss:
    """Find or make the entry of the table for what a network has as its loss.

    Raises
    ------
    InvalidParameter
        If there is no such loss.
    """
    if isinstance(loss, LOSS_CLASSES):
        return _entry(loss)
    return LOSSES[check_choice("loss", loss, LOSS_NAMES)]


@lru_cache(maxsize=256)
def _entry(loss: LossOption) -> Loss:
    """Make the entry of a loss with numbers or functions."""
    match loss:
        case Huber():
            return _huber(loss)
        case Quantile():
            return _quantile(loss)
        case BinaryCrossEntropy():
            return _binary_cross_entropy(loss)
        case CrossEntropy():
            return _cross_entropy(loss)
        case ExpressionLoss() | FunctionLoss():
            return _own(loss)
    raise TypeError(loss)


def check_targets(loss: LossOption, y: np.ndarray, n_outputs: int) -> None:
    """Refuse targets the loss has no meaning for.

    Parameters
    ----------
    loss
        As networks have it.
    y : array of shape (n_samples, n_targets)
        Finite numbers.
    n_outputs
        Width of the last layer.

    Raises
    ------
    DataError
        If y leaves 0..1 for binary cross-entropy, goes below 0 for "poisson", or holds anything but
        class ids 0..n_outputs-1 for cross-entropy.
    """
    wrong_targets = loss_of(loss).wrong_targets
    if wrong_targets is None:
        return
    is_wrong, rule = wrong_targets(y, n_outputs)
    if is_wrong.any():
        row, column = np.argwhere(is_wrong)[0]
        message = f"y must hold {rule} with loss={loss!r}; got {y[row, column]:g} in row {row}."
        raise DataError(message)
