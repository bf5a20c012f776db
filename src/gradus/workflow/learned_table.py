"""The table that a model learned from: read and split again, and known by the model's errors.

Reading and splitting are deterministic, so they are done again and compared with what the model has
written down. What is done with the rows must not be known here.
"""

import math

import numpy as np

from gradus._typing import Float64Array
from gradus.models.model import Model, predictions_of
from gradus.tables.target import NumberTarget
from gradus.verdict.averages import mean
from gradus.verdict.calibration import apply_temperature
from gradus.verdict.class_measures import log_losses
from gradus.workflow.options import Options
from gradus.workflow.prepare import Prepared

# The measures of the same rows and networks differ in the last bits between instruction sets.
_SAME = 1e-4
# What errors of the rounding alone may come to, as a part of the largest known value.
_ROUNDING = 1e-12


def options_of_table(model: Model) -> Options:
    """Return the options that the table of a model was read, split and weighed with."""
    choices = model.origin.choices
    return Options(seed=choices["seed"], engine=choices["engine"], **choices["asked"])


def answers_of(model: Model, outputs: Float64Array) -> Float64Array:
    """Turn what networks predict, (n, n_outputs), into numbers of a unit or probabilities."""
    if isinstance(model.labels, NumberTarget):
        return model.labels.restore(outputs[:, 0])
    return apply_temperature(outputs, model.answerer.temperature)


def unseen_outputs(model: Model, prepared: Prepared) -> Float64Array | None:
    """Let each row that judged be answered by the network that has not seen it.

    Parameters
    ----------
    model
        Of a table.
    prepared
        A table, read with `options_of_table`.

    Returns
    -------
    What the networks predict, shape (n_judged, n_outputs), in the order of the rows; None where
    the model learned from another table, or this one has changed since.
    """
    folds, by_fold = prepared.split.folds, model.answerer.by_fold
    is_like = (
        len(prepared.y) == model.origin.n_complete
        and prepared.encoder == model.encoder
        and type(prepared.labels) is type(model.labels)
        and int(folds.max()) + 1 == len(by_fold)
    )
    judged = np.flatnonzero(folds >= 0)
    if not is_like or not len(judged):
        return None
    outputs = np.empty((len(judged), model.answerer.spec.n_outputs))
    for k in range(len(by_fold)):
        own = folds[judged] == k
        X, engine = prepared.X[judged[own]], model.origin.choices["engine"]
        outputs[own] = predictions_of(model.answerer.spec, by_fold[k : k + 1], X, engine)[0]
    w = None if prepared.weights is None else prepared.weights[judged]
    is_it = _is_as_measured(model, answers_of(model, outputs), prepared.known[judged], w)
    return outputs if is_it else None


def _is_as_measured(
    model: Model, answers: Float64Array, known: Float64Array, weights: Float64Array | None
) -> bool:
    """Tell whether answers have the error that the verdict tells, so that rows and folds agree."""
    measures = model.verdict.measures.get(model.verdict.answered_by, {})
    unit = float(np.abs(known).max()) or 1.0
    if answers.ndim == 1:
        with np.errstate(over="ignore"):
            error = unit * math.sqrt(mean(np.square((answers - known) / unit), weights))
        told = measures.get("typical_error")
    else:
        error = mean(log_losses(known.astype(np.int64), answers), weights)
        told = measures.get("log_loss")
    return told is None or math.isclose(error, told, rel_tol=_SAME, abs_tol=_ROUNDING * unit)
