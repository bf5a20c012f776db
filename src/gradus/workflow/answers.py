"""From encoded rows to answers: who learns from which rows, who answers, between which bounds.

Everything here is in standard deviations of the target. Files, columns and units must not be
known here, so that what fills a table can also train and predict.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus.engines.registry import engine
from gradus.errors import Diverged
from gradus.training.control import Progress
from gradus.training.train import train
from gradus.verdict.baselines import always_the_mean, linear_model
from gradus.verdict.candidate import Candidate
from gradus.verdict.intervals import FEWEST_JUDGED, cv_plus
from gradus.verdict.judge import Verdict, judge, too_few, without_network
from gradus.workflow.settings import Asked, Settings, choose_settings


@dataclass(frozen=True, eq=False)
class Answers:
    """What is answered for each asked row, and how far to trust it.

    Attributes
    ----------
    answers, low, high
        Shape (n_answers,), in standard deviations of the target; the bounds are nan where the
        complete rows are too few for them.
    verdict
        Who answers and why.
    """

    answers: Float64Array = field(repr=False)
    low: Float64Array = field(repr=False)
    high: Float64Array = field(repr=False)
    verdict: Verdict


def answer_rows(
    X: Float64Array,
    y: Float64Array,
    X_asked: Float64Array,
    unit: float,
    asked: Asked,
    callback: Callable[[Progress], None] | None = None,
) -> Answers:
    """Learn from the complete rows and answer the others.

    Parameters
    ----------
    X, y
        Complete rows of shapes (n_samples, n_features) and (n_samples,). The encoder that made X
        was fitted on the inputs of all of them. That tells nobody an answer: the networks of the
        five folds see how the inputs of the left-out rows are spread, never a target of theirs.
        The mean and scale of y are those of all rows too, which only names the unit: a bias of
        the last layer and a factor of its weight undo them.
    X_asked
        Shape (n_answers, n_features).
    unit
        What 1 of `y` is in the target's own unit, for the words of the verdict.
    asked
        What the person has chosen.
    callback
        Called now and then with how far training is.

    Raises
    ------
    Diverged
        If the training of a network that was asked for diverges. One that nobody asked for leaves
        the answer to the simple models.
    KeyboardInterrupt
        If the person stops it.
    """
    settings = choose_settings(len(y), X.shape[1], asked)
    network_is_asked_for = asked.hidden is not None
    folds, n_answers = settings.folds, len(X_asked)
    if len(y) < FEWEST_JUDGED:
        # The network trains only where it will be used: it could not be judged.
        if network_is_asked_for:
            chosen = _networks(X, y, X_asked, settings, callback)
        else:
            chosen = linear_model(X, y, folds, X_asked)
        verdict = too_few(len(y), FEWEST_JUDGED, network_is_asked_for=network_is_asked_for)
    else:
        candidates = {
            "mean": always_the_mean(y, folds, n_answers),
            "linear": linear_model(X, y, folds, X_asked),
        }
        try:
            candidates["network"] = _networks(X, y, X_asked, settings, callback)
        except Diverged:
            if network_is_asked_for:
                raise
            verdict = without_network(y, folds, candidates, unit)
        else:
            verdict = judge(y, folds, candidates, unit, network_is_asked_for=network_is_asked_for)
        chosen = candidates[verdict.answered_by]
    low, high = cv_plus(y, folds, chosen)
    return Answers(chosen.answers, low, high, verdict)


def _networks(
    X: Float64Array,
    y: Float64Array,
    X_asked: Float64Array,
    settings: Settings,
    callback: Callable[[Progress], None] | None,
) -> Candidate:
    """Train one network per fold on the rows outside it; their mean answers."""
    spec, plan, folds = settings.spec, settings.plan, settings.folds
    dtype = np.dtype(plan.dtype)
    machine = engine(plan.engine, plan.n_threads)
    inputs, targets = X.astype(dtype), y.astype(dtype)[:, np.newaxis]
    result = train(spec, inputs, targets, None, folds, plan, callback=callback)
    if "interrupted" in result.stopped_because:
        # Half-trained networks are no answer; whoever pressed Ctrl-C wants none.
        raise KeyboardInterrupt

    def outputs(params: FloatArray, rows: FloatArray) -> Float64Array:
        return machine.outputs(spec, params, rows)[:, 0].astype(np.float64)

    asked = np.ascontiguousarray(X_asked, dtype=dtype)
    by_fold = np.stack([outputs(params, asked) for params in result.params])
    out_of_fold = np.asarray(result.out_of_fold)[:, 0].astype(np.float64)
    return Candidate("network", out_of_fold, by_fold, by_fold.mean(axis=0))
