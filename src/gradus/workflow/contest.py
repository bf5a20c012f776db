"""The three ways of answering, each judged by the rows it has not learned from.

Networks are trained here and simple models solved, all on the same folds. Which of them answers is
decided by `verdict/`; files and columns must not be known here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.errors import Diverged
from gradus.models.model import Answerer, predictions_of
from gradus.training.control import Progress
from gradus.training.history import History
from gradus.training.plan import Plan
from gradus.training.train import train
from gradus.verdict.baselines import LinearFit, constant_model, linear_model
from gradus.verdict.intervals import own_variance
from gradus.verdict.verdict import FEWEST_ROWS
from gradus.workflow.options import Options
from gradus.workflow.prepare import Prepared
from gradus.workflow.settings import Settings
from gradus.workflow.stops import held_out_rows, stop_sentences, stop_summary


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way of answering.

    Attributes
    ----------
    answerer
        The networks.
    out_of_fold
        Shape (n_complete, n_outputs): standardized numbers or probabilities, each from a network
        that has not learned from the row's fold; nan where no fold judges.
    own_variance
        How much networks differ on rows that none of them has seen, for numbers that networks
        of several folds answer together; 0 otherwise.
    """

    answerer: Answerer
    out_of_fold: Float64Array = field(repr=False)
    own_variance: float = 0.0


@dataclass(frozen=True, eq=False)
class Contest:
    """All candidates, and what is known of the training.

    Attributes
    ----------
    candidates
        By "network" (absent where none was trained or its training diverged), "linear", "mean".
    has_diverged
        Whether a network was tried in vain.
    histories, stops
        Of the networks, one each.
    summary
        The stops in one sentence; empty where no network was trained.
    """

    candidates: dict[str, Candidate]
    has_diverged: bool
    histories: tuple[History, ...]
    stops: tuple[str, ...]
    summary: str


def hold_contest(
    prepared: Prepared,
    settings: Settings,
    weights: Float64Array | None,
    options: Options,
    callback: Callable[[Progress], None] | None = None,
) -> Contest:
    """Solve the simple models and train the networks.

    Parameters
    ----------
    prepared
        The arrays.
    settings
        What to train.
    weights
        Shape (n_complete,) or None: how much each row counts in training.
    options
        `hidden` makes a network answer in any case, so one is trained on any number of rows.
    callback
        Told how far training is.

    Raises
    ------
    Diverged
        If a network diverges that was asked for.
    KeyboardInterrupt
        If the person stops it.
    """
    X, y, folds = prepared.X, prepared.y, prepared.split.folds
    loss, embedded = settings.spec.loss, prepared.encoder.embedded
    candidates = {
        "mean": _simple(constant_model(X, y, folds, loss, embedded, weights)),
        "linear": _simple(linear_model(X, y, folds, loss, embedded, weights)),
    }
    if len(y) < FEWEST_ROWS and options.hidden is None:
        # Nothing could judge it, so it would not answer.
        return Contest(candidates, has_diverged=False, histories=(), stops=(), summary="")
    try:
        return _with_networks(candidates, prepared, settings, weights, callback)
    except Diverged:
        if options.hidden is not None:
            raise
        return Contest(candidates, has_diverged=True, histories=(), stops=(), summary="")


def _simple(fit: LinearFit) -> Candidate:
    """Take a solved model as a network."""
    answerer = Answerer(fit.spec, fit.by_fold, fit.params[np.newaxis])
    return Candidate(answerer, fit.out_of_fold)


def _with_networks(
    candidates: dict[str, Candidate],
    prepared: Prepared,
    settings: Settings,
    weights: Float64Array | None,
    callback: Callable[[Progress], None] | None,
) -> Contest:
    """Train one network per fold on the rows outside it, and let them compete."""
    spec, plan, split = settings.spec, settings.plan, prepared.split
    dtype = np.dtype(plan.dtype)
    X, y = prepared.X.astype(dtype), prepared.y.astype(dtype)[:, np.newaxis]
    w = None if weights is None else weights.astype(dtype)
    sides = {"groups": split.groups, "order": split.order}
    if split.kind == "time" and plan.time_limit is not None:
        # Two trainings follow one another.
        plan = replace(plan, time_limit=plan.time_limit / 2)
    result = train(spec, X, y, w, split.folds, plan, **sides, callback=callback)
    runs, answering = [(result, plan, split.folds)], result.params
    if split.kind == "time":
        # The judged network has not seen the latest rows, which tell most about the next ones.
        later = replace(plan, seed=plan.seed + 1)
        final = train(spec, X, y, w, None, later, **sides, callback=callback)
        runs.append((final, later, np.full(len(y), -1)))
        answering = final.params
    if any("interrupted" in run.stopped_because for run, _, _ in runs):
        # Half-trained networks are no answer; whoever pressed Ctrl-C wants none.
        raise KeyboardInterrupt
    classes = None if spec.loss == "squared_error" else y[:, 0]
    held_out = [
        held_out_rows(folds, its_plan, split.groups, split.order, classes)
        for _, its_plan, folds in runs
    ]
    answerer = Answerer(spec, result.params, answering)
    candidate = Candidate(
        answerer,
        np.asarray(result.out_of_fold, dtype=np.float64),
        _own_variance(prepared, answerer, plan, held_out[0]),
    )
    return Contest(
        {**candidates, "network": candidate},
        has_diverged=False,
        histories=tuple(history for run, _, _ in runs for history in run.histories),
        stops=tuple(
            sentence
            for number, ((run, its_plan, folds), held) in enumerate(
                zip(runs, held_out, strict=True)
            )
            for sentence in stop_sentences(run, its_plan, folds, held, first=number + 1)
        ),
        summary=stop_summary(*runs[-1][:2]),
    )


def _own_variance(
    prepared: Prepared, answerer: Answerer, plan: Plan, held_out: Sequence[Int64Array]
) -> float:
    """Estimate the variance among networks; see `verdict.intervals.own_variance`."""
    if answerer.spec.loss != "squared_error" or len(answerer.by_fold) < 2:
        return 0.0
    X, folds = prepared.X, prepared.split.folds
    answers = predictions_of(answerer.spec, answerer.by_fold, X, plan.engine, plan.n_threads)
    is_unseen = np.array([folds == k for k in range(len(answerer.by_fold))])
    for own, held in zip(is_unseen, held_out, strict=True):
        own[held] = True
    return own_variance(folds, answers[:, :, 0], is_unseen, prepared.weights)
