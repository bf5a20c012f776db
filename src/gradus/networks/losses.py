"""The table of losses: per row, with derivatives, link and measure.

`outputs` are the activations of the last layer, shape (n_batch, n_outputs); for the
cross-entropies they are logits. `y` has shape (n_batch, n_targets) and the same floating type.
Functions of single rows never divide by the number of rows; `weighted_mean` does. All work in the
array namespace of their input and are finite for logits of up to 1e4 in absolute value. Nothing
here knows layers or parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradus._typing import LOSS_NAMES, Array
from gradus._validate import check_choice
from gradus.errors import DataError
from gradus.networks.activations import sigmoid, sigmoid_slope


@dataclass(frozen=True)
class Loss:
    """One entry of the table.

    Attributes
    ----------
    name
        As networks name it.
    row_losses
        ``l(outputs, y)`` of each row, shape (n_batch,).
    output_gradient
        ``dl/d outputs`` of each row, shape (n_batch, n_outputs).
    output_curvature
        Diagonal of the second derivative of each row, shape (n_batch, n_outputs).
    link
        Turns outputs into predictions: identity, sigmoid or softmax.
    measure
        "rmse" or "accuracy": what people read beside the loss.
    row_measure
        What is averaged over rows for the measure, shape (n_batch,); "rmse" is the root of that
        mean, "accuracy" the mean itself.
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


# ---- squared error ----------------------------------------------------------------------------


def squared_error(outputs: Array, y: Array) -> Array:
    """``l = mean over outputs of (output - y)**2``; no factor 1/2."""
    error = outputs - y
    return error.__array_namespace__().mean(error * error, axis=1)


def squared_error_gradient(outputs: Array, y: Array) -> Array:
    """``dl/d output = 2 (output - y) / n_outputs``."""
    return 2 * (outputs - y) / outputs.shape[1]


def squared_error_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001 one signature
    """``d2l/d output2 = 2 / n_outputs``."""
    return outputs.__array_namespace__().full_like(outputs, 2 / outputs.shape[1])


def _same(outputs: Array) -> Array:
    """Predict the outputs themselves."""
    return +outputs


# ---- binary cross-entropy ---------------------------------------------------------------------


def binary_cross_entropy(outputs: Array, y: Array) -> Array:
    """``l = -y log s(z) - (1 - y) log(1 - s(z)) = log(1 + exp(z)) - y z``, s the sigmoid.

    Computed as ``max(z, 0) - y z + log(1 + exp(-abs(z)))``, in this order: for a right and sure
    answer the first two cancel exactly and the last keeps its digits.
    """
    xp = outputs.__array_namespace__()
    z = outputs
    losses = xp.maximum(z, xp.zeros_like(z)) - y * z + xp.log1p(xp.exp(-xp.abs(z)))
    return losses[:, 0]


def binary_cross_entropy_gradient(outputs: Array, y: Array) -> Array:
    """``dl/dz = s(z) - y``, written ``(1 - y) s(z) - y s(-z)`` so that no digit cancels."""
    return (1 - y) * sigmoid(outputs) - y * sigmoid(-outputs)


def binary_cross_entropy_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001
    """``d2l/dz2 = s(z) (1 - s(z))``."""
    return sigmoid_slope(outputs)


def binary_accuracy(outputs: Array, y: Array) -> Array:
    """1 where the row is answered right: a logit above 0 says 1, and y above 1/2 means 1."""
    xp = outputs.__array_namespace__()
    is_right = (outputs > 0) == (y > 0.5)
    return xp.where(is_right, xp.ones_like(outputs), xp.zeros_like(outputs))[:, 0]


# ---- cross-entropy ----------------------------------------------------------------------------


def cross_entropy(outputs: Array, y: Array) -> Array:
    """``l = -log p_c = log(sum_j exp(z_j)) - z_c`` with the row's class c.

    With m the place of the largest logit it is computed as ``(z_m - z_c) + log(1 + sum over
    j != m of exp(z_j - z_m))``, which neither overflows nor loses a small loss.
    """
    xp = outputs.__array_namespace__()
    below = outputs - xp.max(outputs, axis=1, keepdims=True)
    is_largest = _is_column(outputs, xp.argmax(outputs, axis=1, keepdims=True))
    others = xp.where(is_largest, xp.zeros_like(below), xp.exp(below))
    of_class = xp.where(_is_column(outputs, y), below, xp.zeros_like(below))
    return xp.log1p(xp.sum(others, axis=1)) - xp.sum(of_class, axis=1)


def softmax(outputs: Array) -> Array:
    """``p_j = exp(z_j) / sum_k exp(z_k)``, shifted by the largest logit; rows sum to 1."""
    xp = outputs.__array_namespace__()
    e = xp.exp(outputs - xp.max(outputs, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def cross_entropy_gradient(outputs: Array, y: Array) -> Array:
    """``dl/dz_j = p_j - [j = c]``; for j = c it is minus the sum of the others."""
    xp = outputs.__array_namespace__()
    is_class = _is_column(outputs, y)
    p = softmax(outputs)
    others = xp.where(is_class, xp.zeros_like(p), p)
    return xp.where(is_class, -xp.sum(others, axis=1, keepdims=True), p)


def cross_entropy_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001
    """``d2l/dz_j2 = p_j (1 - p_j)``, the diagonal of ``diag(p) - p p'``."""
    p = softmax(outputs)
    return p * (1 - p)


def cross_entropy_curvature_product(outputs: Array, y: Array, u: Array) -> Array:  # noqa: ARG001
    """``H u = (diag(p) - p p') u``, so ``p_j (u_j - sum_k p_k u_k)``.

    H is blind to what is added to all of u. The u of the largest p is taken off first: a sum near
    1 times u then never cancels, and the small curvature of a sure answer keeps its digits.
    """
    xp = outputs.__array_namespace__()
    is_largest = _is_column(outputs, xp.argmax(outputs, axis=1, keepdims=True))
    p = softmax(outputs)
    u = u - xp.sum(xp.where(is_largest, u, xp.zeros_like(u)), axis=1, keepdims=True)
    return p * (u - xp.sum(p * u, axis=1, keepdims=True))


def accuracy(outputs: Array, y: Array) -> Array:
    """1 where the largest logit is the row's class; of equal logits the lowest class counts."""
    xp = outputs.__array_namespace__()
    is_right = xp.argmax(outputs, axis=1) == y[:, 0]
    return xp.where(is_right, xp.ones_like(outputs[:, 0]), xp.zeros_like(outputs[:, 0]))


def _is_column(outputs: Array, column: Array) -> Array:
    """Mark the given column of each row, shape (n_batch, n_outputs)."""
    return column == outputs.__array_namespace__().arange(outputs.shape[1])


# ---- the table --------------------------------------------------------------------------------


def _outside_0_to_1(y: np.ndarray, n_outputs: int) -> tuple[np.ndarray, str]:  # noqa: ARG001
    return (y < 0) | (y > 1), "numbers from 0 to 1"


def _no_class_ids(y: np.ndarray, n_outputs: int) -> tuple[np.ndarray, str]:
    is_wrong = (y < 0) | (y > n_outputs - 1) | (y != np.floor(y))
    return is_wrong, f"class ids from 0 to {n_outputs - 1}"


LOSSES: dict[str, Loss] = {
    entry.name: entry
    for entry in (
        Loss(
            "squared_error",
            squared_error,
            squared_error_gradient,
            squared_error_curvature,
            _same,
            "rmse",
            squared_error,
            "",
        ),
        Loss(
            "binary_cross_entropy",
            binary_cross_entropy,
            binary_cross_entropy_gradient,
            binary_cross_entropy_curvature,
            sigmoid,
            "accuracy",
            binary_accuracy,
            "[Bis06]",
            own_link="sigmoid",
            most_outputs=1,
            is_classification=True,
            wrong_targets=_outside_0_to_1,
        ),
        Loss(
            "cross_entropy",
            cross_entropy,
            cross_entropy_gradient,
            cross_entropy_curvature,
            softmax,
            "accuracy",
            accuracy,
            "[Bis06]",
            own_link="softmax",
            fewest_outputs=2,
            output_is_for="class",
            has_one_target=True,
            is_classification=True,
            wrong_targets=_no_class_ids,
            coupled_curvature_product=cross_entropy_curvature_product,
        ),
    )
}


def loss_of(loss: str) -> Loss:
    """Find the entry of the table that a network's loss names.

    Raises
    ------
    InvalidParameter
        If there is no such loss.
    """
    return LOSSES[check_choice("loss", loss, LOSS_NAMES)]


def check_targets(loss: str, y: np.ndarray, n_outputs: int) -> None:
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
        If y leaves 0..1 for "binary_cross_entropy", or holds anything but class ids
        0..n_outputs-1 for "cross_entropy".
    """
    wrong_targets = loss_of(loss).wrong_targets
    if wrong_targets is None:
        return
    is_wrong, rule = wrong_targets(y, n_outputs)
    if is_wrong.any():
        row, column = np.argwhere(is_wrong)[0]
        message = f"y must hold {rule} with loss={loss!r}; got {y[row, column]:g} in row {row}."
        raise DataError(message)
