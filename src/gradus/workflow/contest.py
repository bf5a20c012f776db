"""The three ways of answering, each judged by the rows it has not learned from.

Networks are trained here and simple models solved beside them, all on the same folds. Which of
them answers is decided by `verdict/`; files and columns must not be known here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.errors import Diverged
from gradus.models.model import Answerer, predictions_of
from gradus.networks.losses import loss_of
from gradus.tables.target import Classes
from gradus.training.control import Progress
from gradus.training.history import History
from gradus.training.outcome import Outcome
from gradus.training.plan import Plan
from gradus.training.snapshots import Snapshots
from gradus.training.train import TrainResult, train
from gradus.verdict.baselines import LinearFit, constant_model, linear_model
from gradus.verdict.intervals import own_share
from gradus.verdict.neighbors import nearest_neighbors
from gradus.verdict.verdict import FEWEST_ROWS
from gradus.workflow.first_look import FirstLook
from gradus.workflow.options import Options
from gradus.workflow.prepare import Prepared
from gradus.workflow.rounds import in_rounds, only
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
    own_share
        Which part of a network's squared error is its own, for numbers that networks of several
        folds answer together; 0 otherwise.
    """

    answerer: Answerer
    out_of_fold: Float64Array = field(repr=False)
    own_share: float = 0.0


@dataclass(frozen=True, eq=False)
class Contest:
    """All candidates, and what is known of the training.

    Attributes
    ----------
    candidates
        By "network" (absent where none was trained or its training diverged), "linear", "mean".
    neighbors
        Rows, and what the nearest neighbors answer there; see `nearest_neighbors`. None where there
        are too few rows to judge anything.
    histories, stops
        Of the networks, one each; no stops where training diverged.
    summary
        The stops in one sentence; empty where no network was trained.
    settings
        What was trained: of two kinds of networks the one with the smaller error.
    best_epochs, snapshots
        Of the networks, one each; see `TrainResult`.
    failure
        Why training diverged; None where it did not.
    """

    candidates: dict[str, Candidate]
    neighbors: tuple[Int64Array, Float64Array] | None
    histories: tuple[History, ...]
    stops: tuple[str, ...]
    summary: str
    settings: Settings
    best_epochs: tuple[int, ...] = ()
    snapshots: tuple[Snapshots, ...] = ()
    failure: Diverged | None = None


def hold_contest(
    prepared: Prepared,
    settings: Sequence[Settings],
    weights: Float64Array | None,
    options: Options,
    callback: Callable[[Progress], None] | None = None,
    look: FirstLook | None = None,
) -> Contest:
    """Solve the simple models and train the networks.

    Parameters
    ----------
    prepared
        The arrays.
    settings
        What to train: the usual network, and any others to compare with it.
    weights
        Shape (n_complete,) or None: how much each row counts in training.
    options
        `hidden` makes a network answer in any case, so one is trained on any number of rows.
    callback
        Told how far training is.
    look
        Taken beside the networks where a thread is free and only one kind of them is trained.

    Raises
    ------
    KeyboardInterrupt
        If the person stops it.
    """
    beside = _Beside(
        prepared,
        settings[0],
        weights,
        options.seed,
        look if len(settings) == 1 else None,
    )
    if len(prepared.y) < FEWEST_ROWS and options.hidden is None:
        # Nothing could judge it, so it would not answer.
        return Contest(beside.candidates, beside.neighbors, (), (), "", settings[0])
    contests: list[Contest] = []
    for kind in settings:
        n_before = sum(len(contest.histories) for contest in contests)
        plan = kind.plan
        if plan.time_limit is not None:
            plan = replace(plan, time_limit=plan.time_limit / len(settings))
        shared, told = replace(kind, plan=plan), _numbered(callback, n_before)
        contests.append(_with_networks(beside, prepared, shared, weights, told))
    sound = [contest for contest in contests if contest.failure is None]
    if not sound:
        return contests[0]
    errors = [_error(prepared, contest) for contest in sound]
    chosen = sound[int(np.argmin(errors))]
    if len(sound) == 1:
        return chosen
    return replace(chosen, summary=f"{chosen.summary} {_compared(chosen, errors)}")


def _compared(chosen: Contest, errors: Sequence[float]) -> str:
    """Say that two kinds of networks were trained, and by how much the one kept is better."""
    name = type(chosen.settings.plan.rule).__name__
    less = 100 * (1 - math.sqrt(min(errors) / max(errors))) if max(errors) > 0 else 0.0
    return (
        f"Two kinds of networks were trained; those trained by {name} were kept, whose error on "
        f"the rows they had not learned from is {less:.2g} % smaller."
    )


def _error(prepared: Prepared, contest: Contest) -> float:
    """Average the squared error of a contest's networks on the rows they have not learned from."""
    if isinstance(prepared.labels, Classes):
        return 0.0
    found = contest.candidates["network"].out_of_fold[:, 0]
    is_judged = np.isfinite(found)
    error = (found[is_judged] - prepared.y[is_judged]) ** 2
    w = None if prepared.weights is None else prepared.weights[is_judged]
    return float(np.average(error, weights=w))


@dataclass(frozen=True, eq=False)
class _Beside:
    """What the networks are compared with, each solved when it is first asked for."""

    prepared: Prepared
    settings: Settings
    weights: Float64Array | None
    seed: int
    look: FirstLook | None

    @property
    def loss(self) -> str:
        """That of all of them."""
        return loss_of(self.settings.spec.loss).name

    def solve(self, first: Outcome | None) -> None:
        """Solve all of it, and look at the first network if it is done."""
        _ = self.candidates, self.neighbors
        if self.look and first and not first.failure:
            self.look.beside(self.settings, first.params, first.history)

    @cached_property
    def candidates(self) -> dict[str, Candidate]:
        """The simple models, by name."""
        models = {"mean": constant_model, "linear": linear_model}
        return {
            name: _simple(model, self.prepared, self.loss, self.weights)
            for name, model in models.items()
        }

    @cached_property
    def neighbors(self) -> tuple[Int64Array, Float64Array] | None:
        """What the nearest neighbors answer; None where there are too few rows."""
        known, split = self.prepared, self.prepared.split
        if len(known.y) < FEWEST_ROWS:
            return None
        embedded = known.encoder.embedded
        found = [
            nearest_neighbors(
                known.X,
                known.y,
                folds,
                self.loss,
                embedded,
                only(known.weights, is_there),
                self.seed,
            )
            for folds, is_there in split.rounds()
        ]
        rows, near = zip(*found, strict=True)
        return np.concatenate(rows), np.concatenate(near)


def _simple(
    model: Callable[..., LinearFit],
    prepared: Prepared,
    loss: str,
    weights: Float64Array | None,
) -> Candidate:
    """Solve a simple model, which is a network too."""
    fit = in_rounds(
        model, prepared.X, prepared.y, prepared.split, loss, prepared.encoder.embedded, weights
    )
    answerer = Answerer(fit.spec, fit.by_fold, fit.params[np.newaxis])
    return Candidate(answerer, fit.out_of_fold)


class _Run(NamedTuple):
    """One call of `train`: what it gave, what it was given, and the rows stopped by."""

    result: TrainResult
    plan: Plan
    folds: Int64Array
    held_out: tuple[Int64Array, ...]


def _with_networks(
    beside: _Beside,
    prepared: Prepared,
    settings: Settings,
    weights: Float64Array | None,
    callback: Callable[[Progress], None] | None,
) -> Contest:
    """Train networks and let them compete."""
    is_by_time = prepared.split.kind == "time"
    runs, out_of_fold = _train_rounds(prepared, settings, weights, callback, beside.solve)
    trained: dict[str, Any] = {
        "histories": tuple(history for run in runs for history in run.result.histories),
        "best_epochs": tuple(epoch for run in runs for epoch in run.result.best_epochs),
        "snapshots": tuple(one for run in runs for one in run.result.snapshots),
        "settings": settings,
        "neighbors": beside.neighbors,
    }
    if failure := runs[-1].result.failure:
        return Contest(beside.candidates, stops=(), summary="", failure=failure, **trained)
    by_fold = np.concatenate([run.result.params for run in (runs[:-1] if is_by_time else runs)])
    answerer = Answerer(settings.spec, by_fold, runs[-1].result.params if is_by_time else by_fold)
    share = 0.0
    if not is_by_time:
        share = _own_share(prepared, answerer, settings.plan, runs[0].held_out)
    stops: list[str] = []
    for run in runs:
        stops += stop_sentences(*run, first=len(stops) + 1)
    candidates = {**beside.candidates, "network": Candidate(answerer, out_of_fold, share)}
    summary = stop_summary(runs[-1].result, runs[-1].plan)
    return Contest(candidates, stops=tuple(stops), summary=summary, **trained)


def _train_rounds(
    prepared: Prepared,
    settings: Settings,
    weights: Float64Array | None,
    callback: Callable[[Progress], None] | None,
    beside: Callable[[Outcome | None], None],
) -> tuple[list[_Run], Float64Array]:
    """Train one network per fold, by time on the rows before it; also return what they answer.

    The judged networks of a split by time have not seen the latest rows, which tell most about the
    next ones: the last run is of one more, of all rows.
    """
    spec, plan, split = settings.spec, settings.plan, prepared.split
    dtype = np.dtype(plan.dtype)
    X, y = prepared.X.astype(dtype), prepared.y.astype(dtype)[:, np.newaxis]
    w = None if weights is None else weights.astype(dtype)
    rounds = split.rounds()
    if split.kind == "time":
        rounds += ((np.full(len(y), -1), np.ones(len(y), dtype=np.bool_)),)
    if plan.time_limit is not None:
        plan = replace(plan, time_limit=plan.time_limit / len(rounds))
    runs: list[_Run] = []
    starts = [] if settings.start is None else list(settings.start)
    out_of_fold = np.full((len(y), spec.n_outputs), np.nan)
    for number, (folds, is_there) in enumerate(rounds):
        rows = slice(None) if is_there.all() else np.flatnonzero(is_there)
        its_plan, its_folds = replace(plan, seed=plan.seed + number), folds[rows]
        groups = None if split.groups is None else split.groups[rows]
        order = None if split.order is None else split.order[rows]
        its_weights = None if w is None else w[rows]
        passed_on = its_folds if (its_folds >= 0).any() else None
        sides: dict[str, Any] = {"groups": groups, "order": order}
        sides["beside"] = beside if number == 0 else lambda _: beside(None)
        sides["callback"] = _numbered(callback, number)
        sides["snapshot_bytes"] = settings.snapshot_bytes // len(rounds)
        if starts:
            n_networks = max(1, int(its_folds.max()) + 1)
            sides["start"], starts = np.array(starts[:n_networks]), starts[n_networks:]
        result = train(spec, X[rows], y[rows], its_weights, passed_on, its_plan, **sides)
        if "interrupted" in result.stopped_because and not result.failure:
            # Half-trained networks are no answer; whoever pressed Ctrl-C wants none.
            raise KeyboardInterrupt
        classes = loss_of(spec.loss).classes(y[rows])
        held_out = held_out_rows(its_folds, its_plan, groups, order, classes)
        runs.append(_Run(result, its_plan, its_folds, held_out))
        if result.failure:
            break
        if result.out_of_fold is not None:
            out_of_fold[folds >= 0] = result.out_of_fold[its_folds >= 0]
    return runs, out_of_fold


def _numbered(
    callback: Callable[[Progress], None] | None, n_before: int
) -> Callable[[Progress], None] | None:
    """Count the networks of earlier rounds, too: each of them has trained one."""
    if callback is None or n_before == 0:
        return callback
    return lambda progress: callback(replace(progress, network=progress.network + n_before))


def _own_share(
    prepared: Prepared, answerer: Answerer, plan: Plan, held_out: Sequence[Int64Array]
) -> float:
    """Estimate what networks have of their own; see `verdict.intervals.own_share`."""
    if answerer.spec.loss != "squared_error" or len(answerer.by_fold) < 2:
        return 0.0
    X, folds = prepared.X, prepared.split.folds
    answers = predictions_of(answerer.spec, answerer.by_fold, X, plan.engine, plan.n_threads)
    is_unseen = np.array([folds == k for k in range(len(answerer.by_fold))])
    for own, held in zip(is_unseen, held_out, strict=True):
        own[held] = True
    return own_share(prepared.y, folds, answers[:, :, 0], is_unseen, prepared.weights)
