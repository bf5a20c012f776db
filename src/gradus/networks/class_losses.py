"""Losses of classes and labels, each with its derivatives: formulas per row, and their options.

`outputs` are logits; they and `y` are as in `networks.losses`, which makes the entries of the
table. Nothing here divides by the number of rows. All is finite for logits of up to 1e4.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Array
from gradus._validate import check_number
from gradus.networks.activations import sigmoid, sigmoid_slope


@dataclass(frozen=True)
class CrossEntropy:
    """The cross-entropy of classes, each row's class smoothed ([SVISW16]).

    ``l = -sum_k t_k log p_k`` with ``t_k = (1 - a) [k = c] + a / K`` for the row's class c of K,
    a the smoothing; PyTorch's convention. Validation rows are smoothed as training rows are, so
    both losses can be compared; accuracy knows nothing of it. Without smoothing,
    ``CrossEntropy()`` is "cross_entropy".

    Parameters
    ----------
    label_smoothing
        0 or greater, and less than 1.

    Raises
    ------
    InvalidParameter
        If it is outside this range.

    Examples
    --------
    >>> CrossEntropy(label_smoothing=0.1)
    CrossEntropy(label_smoothing=0.1)
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        smoothing = check_number("label_smoothing", self.label_smoothing, at_least=0, below=1)
        object.__setattr__(self, "label_smoothing", smoothing)


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """The cross-entropy of yes and no, one label for each output, each smoothed ([SVISW16]).

    A label y counts as ``(1 - a) y + a / 2``, a the smoothing, on validation rows too. Without
    smoothing, ``BinaryCrossEntropy()`` is "binary_cross_entropy".

    Parameters
    ----------
    label_smoothing
        0 or greater, and less than 1.

    Raises
    ------
    InvalidParameter
        If it is outside this range.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        smoothing = check_number("label_smoothing", self.label_smoothing, at_least=0, below=1)
        object.__setattr__(self, "label_smoothing", smoothing)


# ---- binary cross-entropy ---------------------------------------------------------------------


def smoothed(smoothing: float, y: Array) -> Array:
    """``(1 - a) y + a / 2``; y itself without smoothing."""
    return y if smoothing == 0 else (1 - smoothing) * y + smoothing / 2


def binary_cross_entropy(smoothing: float, outputs: Array, y: Array) -> Array:
    """``l = sum over outputs of -y log s(z) - (1 - y) log(1 - s(z))``, s the sigmoid.

    That is ``log(1 + exp(z)) - y z``, computed as ``max(z, 0) - y z + log(1 + exp(-abs(z)))``, in
    this order: for a right and sure answer the first two cancel exactly and the last keeps its
    digits. The sum over outputs is scikit-learn's, whose MLPClassifier has it for several labels.
    """
    xp = outputs.__array_namespace__()
    z, y = outputs, smoothed(smoothing, y)
    losses = xp.maximum(z, xp.zeros_like(z)) - y * z + xp.log1p(xp.exp(-xp.abs(z)))
    return xp.sum(losses, axis=1)


def binary_cross_entropy_gradient(smoothing: float, outputs: Array, y: Array) -> Array:
    """``dl/dz = s(z) - y``, written ``(1 - y) s(z) - y s(-z)`` so that no digit cancels."""
    y = smoothed(smoothing, y)
    return (1 - y) * sigmoid(outputs) - y * sigmoid(-outputs)


def binary_cross_entropy_curvature(outputs: Array, y: Array) -> Array:  # noqa: ARG001
    """``d2l/dz2 = s(z) (1 - s(z))``."""
    return sigmoid_slope(outputs)


def binary_accuracy(outputs: Array, y: Array) -> Array:
    """1 where all labels are right: a logit above 0 says 1, and y above 1/2 means 1."""
    xp = outputs.__array_namespace__()
    is_right = xp.all((outputs > 0) == (y > 0.5), axis=1)
    ones = xp.ones_like(outputs[:, 0])
    return xp.where(is_right, ones, xp.zeros_like(ones))


# ---- cross-entropy ----------------------------------------------------------------------------


def cross_entropy(smoothing: float, outputs: Array, y: Array) -> Array:
    """``l = log(sum_j exp(z_j)) - sum_k t_k z_k``, so ``-log p_c`` without smoothing.

    With m the place of the largest logit it is computed as ``sum_k t_k (z_m - z_k) + log(1 + sum
    over j != m of exp(z_j - z_m))``, which neither overflows nor loses a small loss.
    """
    xp = outputs.__array_namespace__()
    below = outputs - xp.max(outputs, axis=1, keepdims=True)
    is_largest = is_column(outputs, xp.argmax(outputs, axis=1, keepdims=True))
    others = xp.where(is_largest, xp.zeros_like(below), xp.exp(below))
    aimed_at = xp.where(is_column(outputs, y), below, xp.zeros_like(below))
    losses = xp.log1p(xp.sum(others, axis=1)) - (1 - smoothing) * xp.sum(aimed_at, axis=1)
    return losses if smoothing == 0 else losses - smoothing * xp.mean(below, axis=1)


def softmax(outputs: Array) -> Array:
    """``p_j = exp(z_j) / sum_k exp(z_k)``, shifted by the largest logit; rows sum to 1."""
    xp = outputs.__array_namespace__()
    with np.errstate(over="ignore"):
        e = xp.exp(outputs - xp.max(outputs, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def cross_entropy_gradient(smoothing: float, outputs: Array, y: Array) -> Array:
    """``dl/dz_j = p_j - t_j``; without smoothing, for j = c it is minus the sum of the others.

    Smoothing adds ``a ([j = c] - 1 / K)``.
    """
    xp = outputs.__array_namespace__()
    is_class = is_column(outputs, y)
    p = softmax(outputs)
    others = xp.where(is_class, xp.zeros_like(p), p)
    plain = xp.where(is_class, -xp.sum(others, axis=1, keepdims=True), p)
    if smoothing == 0:
        return plain
    uniform = xp.full_like(p, 1 / p.shape[1])
    return plain + smoothing * (xp.where(is_class, 1 - uniform, -uniform))


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
    is_largest = is_column(outputs, xp.argmax(outputs, axis=1, keepdims=True))
    p = softmax(outputs)
    u = u - xp.sum(xp.where(is_largest, u, xp.zeros_like(u)), axis=1, keepdims=True)
    return p * (u - xp.sum(p * u, axis=1, keepdims=True))


def accuracy(outputs: Array, y: Array) -> Array:
    """1 where the largest logit is the row's class; of equal logits the lowest class counts."""
    xp = outputs.__array_namespace__()
    is_right = xp.argmax(outputs, axis=1) == y[:, 0]
    return xp.where(is_right, xp.ones_like(outputs[:, 0]), xp.zeros_like(outputs[:, 0]))


def is_column(outputs: Array, column: Array) -> Array:
    """Mark the given column of each row, shape (n_batch, n_outputs)."""
    return column == outputs.__array_namespace__().arange(outputs.shape[1])
