"""From prepared arrays to a model: who may answer, who does, and how far to trust it.

The order of the steps stands here; each is one call to the floor that knows how.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradus._ordered import distinct
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.models.model import Model, Origin
from gradus.tables.split import Split
from gradus.tables.table import option
from gradus.tables.target import Classes, NumberTarget
from gradus.tables.write import answer_spelling
from gradus.training.control import Progress
from gradus.training.description import describe
from gradus.verdict.calibration import apply_temperature, fit_temperature
from gradus.verdict.intervals import Intervals, fading
from gradus.verdict.judge_classes import judge_classes
from gradus.verdict.judge_numbers import judge_numbers
from gradus.verdict.novelty import Novelty
from gradus.verdict.verdict import FEWEST_ROWS, Verdict, too_few
from gradus.workflow.branch import Branch
from gradus.workflow.contest import Candidate, Contest, hold_contest
from gradus.workflow.first_look import FirstLook
from gradus.workflow.options import Options
from gradus.workflow.prepare import Notify, Prepared, class_factors
from gradus.workflow.settings import Settings, choose_second_order, choose_settings

#: How the judged rows were answered, by the kind of split.
JUDGED_ON = {
    "random": "each answered by a model that had not seen it",
    "group": "each answered by a model that had seen no row of its group",
    "time": "the last in time, each answered by a model of earlier rows",
}


def learn(
    prepared: Prepared,
    options: Options,
    callback: Callable[[Progress], None] | None = None,
    notify: Notify | None = None,
    *,
    branch: Branch | None = None,
    snapshot_bytes: int = 0,
    on_failure: Callable[[Contest], None] | None = None,
) -> tuple[Model, Contest]:
    """Train, judge and put together a model.

    Parameters
    ----------
    prepared
        The table as arrays.
    options
        What the person chose.
    callback
        Told how far training is.
    notify
        Told each sentence about how it went.
    branch
        What to go on from; None begins anew.
    snapshot_bytes
        Room for weights on the way; see `Snapshots`.
    on_failure
        Told what was trained before `Diverged` is raised.

    Returns
    -------
    The model, and the contest it came out of.

    Raises
    ------
    InvalidParameter
        If class weights are asked for where the answers are numbers.
    Diverged
        If a network that was asked for diverges. One that nobody asked for leaves the answer to
        the simple models.
    KeyboardInterrupt
        If the person stops it.
    """
    labels, encoder = prepared.labels, prepared.encoder
    weights = training_weights(prepared, options)
    settings = possible_settings(prepared, options)
    if branch:
        settings = [branch.settings(prepared, settings, options)]
    settings = [replace(one, snapshot_bytes=snapshot_bytes) for one in settings]
    look = FirstLook(prepared, weights) if notify else None
    contest = hold_contest(prepared, settings, weights, options, callback, look)
    if contest.failure is not None and options.hidden is not None:
        if on_failure:
            on_failure(contest)
        raise contest.failure
    calibrated, temperatures, targets = _in_own_units(prepared, contest)
    verdict = _judge(prepared, contest, calibrated, options)
    chosen = contest.candidates[verdict.answered_by]
    answerer = replace(chosen.answerer, temperature=temperatures.get(verdict.answered_by, 1.0))
    intervals = None
    if isinstance(labels, NumberTarget):
        labels = targets[verdict.answered_by]
        intervals = _intervals(prepared, chosen)
        verdict = _with_coverage(verdict, intervals)
    for kind, told in (
        ("verdict", (verdict.sentence,)),
        ("detail", verdict.details),
        ("stop", (contest.summary,) if verdict.answered_by == "network" else ()),
        ("doctor", _doctor_says(look, contest) if look else ()),
    ):
        for sentence in told:
            if notify:
                notify(kind, sentence)
    model = Model(
        target=prepared.target.name,
        spelling=answer_spelling(prepared.target),
        encoder=encoder,
        labels=labels,
        answerer=answerer,
        intervals=intervals,
        novelty=Novelty.fit(
            prepared.X, encoder.column_of_feature, len(encoder.features) - len(encoder.embedded)
        ),
        verdict=verdict,
        origin=_origin(prepared, contest, options),
        rows=(prepared.X, prepared.y) if options.keep_rows else None,
    )
    return model, contest


def possible_settings(prepared: Prepared, options: Options) -> list[Settings]:
    """Choose what to train."""
    labels = prepared.labels
    n, n_features = prepared.X.shape
    loss = "cross_entropy" if isinstance(labels, Classes) else "squared_error"
    n_outputs = len(labels.names) if isinstance(labels, Classes) else 1
    usual = choose_settings(n, n_features, loss, n_outputs, prepared.encoder.embedded, options)
    if not _can_hold_out(prepared.split):
        return [replace(usual, plan=replace(usual.plan, early_stopping=None))]
    second = choose_second_order(usual, n, options)
    return [usual] if second is None else [usual, second]


def _doctor_says(look: FirstLook, contest: Contest) -> tuple[str, ...]:
    """Say what was wrong with the first network's training; nothing where none was trained."""
    if contest.failure is not None or not contest.histories:
        return ()
    end = contest.candidates["network"].answerer.by_fold[0]
    return look.says(contest.settings, end, contest.histories[0])


def _can_hold_out(split: Split) -> bool:
    """Tell whether every network has two groups of rows, one of which can be held out."""
    groups = split.groups
    return groups is None or all(
        len(distinct(groups[is_there & (folds != k)])) > 1
        for folds, is_there in split.rounds()
        for k in range(int(folds.max()) + 1)
    )


def training_weights(prepared: Prepared, options: Options) -> Float64Array | None:
    """Return how much each row counts in training: its weight times the factor of its class."""
    if options.class_weight is None:
        return prepared.weights
    if not isinstance(prepared.labels, Classes):
        raise InvalidParameter(
            f"class_weight needs a target of classes; {prepared.target.name!r} holds numbers. "
            f"Say {option(prepared.target.name, 'category')} if they stand for classes."
        )
    factors = class_factors(prepared.labels, prepared.y.astype(np.int64), options)
    if factors is None:
        return prepared.weights
    weights = factors if prepared.weights is None else prepared.weights * factors
    return np.asarray(weights / weights.mean())


def _in_own_units(
    prepared: Prepared, contest: Contest
) -> tuple[dict[str, Float64Array], dict[str, float], dict[str, NumberTarget]]:
    """Return each candidate's out-of-fold answers as a person reads them, and what made them so.

    Probabilities are calibrated, numbers in their own unit.
    """
    is_judged, w = _judged(prepared), prepared.weights
    w = None if w is None else w[is_judged]
    answers, temperatures, targets = {}, {}, {}
    for name, candidate in contest.candidates.items():
        found = candidate.out_of_fold[is_judged]
        own = np.full(candidate.out_of_fold.shape, np.nan)
        if isinstance(prepared.labels, NumberTarget):
            target = prepared.labels
            if len(prepared.y) >= FEWEST_ROWS:
                target = target.with_smearing(prepared.y[is_judged], found[:, 0], w)
            targets[name] = target
            own[is_judged, 0] = target.restore(found[:, 0])
            answers[name] = own[:, 0]
        else:
            codes = prepared.y[is_judged].astype(np.int64)
            temperatures[name] = 1.0 if name == "mean" else fit_temperature(found, codes, w)
            own[is_judged] = apply_temperature(found, temperatures[name])
            answers[name] = own
    return answers, temperatures, targets


def _judge(
    prepared: Prepared, contest: Contest, answers: dict[str, Float64Array], options: Options
) -> Verdict:
    """Ask `verdict/` who answers."""
    n, split = len(prepared.y), prepared.split
    is_asked_for = options.hidden is not None
    if n < FEWEST_ROWS:
        has_bounds = isinstance(prepared.labels, NumberTarget)
        return too_few(n, network_is_asked_for=is_asked_for, has_bounds=has_bounds)
    assert contest.neighbors is not None, "there are rows to judge by"
    rows, near = contest.neighbors
    judged_on = JUDGED_ON[split.kind]
    if isinstance(prepared.labels, NumberTarget):
        return judge_numbers(
            prepared.known,
            split.folds,
            answers,
            prepared.weights,
            (rows, prepared.labels.restore(near[:, 0])),
            judged_on=judged_on,
            network_is_asked_for=is_asked_for,
            diverged=contest.failure is not None,
        )
    return judge_classes(
        prepared.y.astype(np.int64),
        split.folds,
        answers,
        prepared.labels.labels_as_words,
        prepared.weights,
        (rows, near),
        judged_on=judged_on,
        network_is_asked_for=is_asked_for,
        diverged=contest.failure is not None,
    )


def _judged(prepared: Prepared) -> BoolArray:
    """Tell which rows lie in a fold."""
    return np.asarray(prepared.split.folds >= 0)


def rows_of_bounds(prepared: Prepared) -> tuple[Int64Array, Float64Array | None]:
    """Return the folds and weights of the complete rows whose errors make the bounds."""
    folds, weights = prepared.split.folds, prepared.weights
    if prepared.split.kind == "time":
        weights = fading(folds, weights)
        # The earlier models of a split by time know less than the one that answers: the errors go
        # around its answer, as those of one fold.
        folds = np.minimum(folds, 0)
    return folds, weights


def _intervals(prepared: Prepared, chosen: Candidate) -> Intervals:
    """Fit the bounds on the rows that the answering networks have not learned from."""
    folds, weights = rows_of_bounds(prepared)
    out_of_fold = chosen.out_of_fold[:, 0]
    return Intervals.fit(prepared.y, folds, out_of_fold, weights, chosen.own_share)


def _with_coverage(verdict: Verdict, intervals: Intervals) -> Verdict:
    """Add the measured coverage to the verdict's details."""
    if not np.isfinite(intervals.measured_coverage):
        return verdict
    share = f"{100 * intervals.measured_coverage:.0f} %"
    sentence = (
        f"Bounds made this way held the true value in {share} of the judged rows; they are made "
        "for 90 %."
    )
    return replace(verdict, details=(*verdict.details, sentence))


def _origin(prepared: Prepared, contest: Contest, options: Options) -> Origin:
    """Write down how the model came about."""
    spec, plan = contest.settings.spec, contest.settings.plan
    inputs = [prepared.described[j] for j in prepared.question.inputs]
    choices: dict[str, Any] = {
        "network": describe(spec),
        # No bit depends on the threads, and none of the file does.
        "plan": describe(replace(plan, n_threads=None)),
        "split": prepared.split.kind,
        "asked": options.of_table(),
        "seed": options.seed,
        "engine": options.engine,
    }
    return Origin(
        # Whose folder it came from is nothing that a model should tell.
        table=Path(prepared.table.name).name,
        n_complete=len(prepared.y),
        columns=tuple((one.column.name, one.kind, one.reason) for one in inputs),
        # Those of the reading quote cells of the table, which a model is not to give away.
        notes=tuple(note for note in prepared.notes if note not in prepared.table.notes),
        warnings=prepared.warnings,
        stops=contest.stops,
        # Of networks that diverged none answers.
        histories=contest.histories if contest.failure is None else (),
        choices=choices,
        instruction_set=make_engine(options.engine, 1).instruction_set,
    )
