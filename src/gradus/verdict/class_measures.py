"""How good probabilities of classes are: accuracy, recall, log loss, Brier score.

Everything is over rows whose class is known; words are not known here.
"""

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.averages import mean

#: A probability counts as at least this much: a row that was ruled out costs 27.6 and not infinity.
LEAST_PROBABILITY = 1e-12


def log_losses(codes: Int64Array, probabilities: Float64Array) -> Float64Array:
    """Return ``-log(max(p, 1e-12))`` of each row's true class.

    Parameters
    ----------
    codes
        Shape (n_samples,), class numbers from 0.
    probabilities
        Shape (n_samples, n_classes).
    """
    own = probabilities[np.arange(len(codes)), codes]
    losses: Float64Array = -np.log(np.maximum(own, LEAST_PROBABILITY))
    return losses


def brier_scores(codes: Int64Array, probabilities: Float64Array) -> Float64Array:
    """Return ``sum over classes of (p - 1[class is true])**2`` of each row, from 0 to 2 [Bri50].

    For two classes this is twice what scikit-learn calls the Brier score.

    Parameters
    ----------
    codes, probabilities
        See `log_losses`.
    """
    own = probabilities[np.arange(len(codes)), codes]
    scores: Float64Array = np.square(probabilities).sum(axis=1) + 1 - 2 * own
    return scores


def recalls(
    codes: Int64Array, probabilities: Float64Array, weights: Float64Array | None
) -> Float64Array:
    """Return for each class the share of its rows whose largest probability is theirs.

    Parameters
    ----------
    codes, probabilities
        See `log_losses`; among equal probabilities the first counts.
    weights
        Shape (n_samples,), at least 0.

    Returns
    -------
    Shape (n_classes,); nan for classes without rows.
    """
    is_right = (probabilities.argmax(axis=1) == codes).astype(np.float64)
    n_classes = probabilities.shape[1]
    w = np.ones(len(codes)) if weights is None else weights
    total = np.bincount(codes, w, n_classes)
    right = np.bincount(codes, w * is_right, n_classes)
    shares = np.full(n_classes, np.nan)
    np.divide(right, total, out=shares, where=total > 0)
    return shares


def class_measures(
    codes: Int64Array, probabilities: Float64Array, weights: Float64Array | None
) -> dict[str, float]:
    """Return accuracy, balanced accuracy (the mean recall of the classes met), log loss and Brier.

    Parameters
    ----------
    codes, probabilities, weights
        See `recalls`.
    """
    is_right = (probabilities.argmax(axis=1) == codes).astype(np.float64)
    recall = recalls(codes, probabilities, weights)
    return {
        "accuracy": mean(is_right, weights),
        "balanced_accuracy": mean(recall[~np.isnan(recall)]),
        "log_loss": mean(log_losses(codes, probabilities), weights),
        "brier": mean(brier_scores(codes, probabilities), weights),
    }
