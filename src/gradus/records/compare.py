"""Two runs side by side: what was chosen otherwise, when they part, and what came of it.

Runs with one seed and the same rows begin with the same weights and take the rows in the same
order, so what differs is what the settings did. Equal means equal to the bit.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gradus._archive import digest
from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.errors import ModelFileError
from gradus.models.model import Model
from gradus.models.predictions import Predictions
from gradus.models.summary import shape
from gradus.records.compared_text import text_of
from gradus.records.find import find_run
from gradus.records.run import RecordedRun
from gradus.training.description import describe, flatten
from gradus.training.history import History
from gradus.training.snapshots import Snapshots

# What no bit depends on.
_IDLE = {"n_threads", "plan.n_threads", "plan.time_limit"}


@dataclass(frozen=True)
class Parting:
    """When one network of two runs goes two ways, and how far.

    Attributes
    ----------
    network
        Counted from 1.
    weights_epoch
        The first epoch, of those kept of both, after which the weights differ; 0 if they do before
        the first step, None if they never do.
    weights_distance, weights_last_epoch, weights_last_distance
        Euclidean distance of the weights there, divided by the length of the first run's; the same
        after the last epoch kept of both. None as `weights_epoch`.
    loss_epoch, losses
        The first epoch, of those in both histories, whose training losses differ, and both losses;
        None if they never do.
    best_epochs
        Of each run: whose weights were put back.
    validation_losses
        Of each run after that epoch; None without validation rows.
    """

    network: int
    weights_epoch: int | None
    weights_distance: float | None
    weights_last_epoch: int | None
    weights_last_distance: float | None
    loss_epoch: int | None
    losses: tuple[float, float] | None
    best_epochs: tuple[int, int]
    validation_losses: tuple[float, float] | None


@dataclass(frozen=True)
class AnswersApart:
    """How far the answers of two models for the rows of their table are apart.

    Attributes
    ----------
    n_rows
        Rows of the table.
    row
        Where they are furthest apart, 0 for the first below the head.
    answers
        Of both models there, numbers or classes.
    furthest
        Their distance: of numbers in their own unit, of classes the largest difference of a
        probability.
    mean
        Mean distance over all rows.
    n_other
        Rows with another class; None for numbers.
    """

    n_rows: int
    row: int
    answers: tuple[float | str, float | str]
    furthest: float
    mean: float
    n_other: int | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two runs have in common, and what not.

    Attributes
    ----------
    runs
        The two.
    settings
        What differs by its name: options as chosen, where it began, target, digests of table and
        rows, network, plan and versions, each with the value of both runs; None where one has no
        such thing.
    partings
        One for each network that both have; none where the networks differ in their shapes.
    answers
        None where they could not be compared; `why_no_answers` then says why.
    """

    runs: tuple[RecordedRun, RecordedRun]
    settings: dict[str, tuple[Any, Any]]
    partings: tuple[Parting, ...]
    answers: AnswersApart | None
    why_no_answers: str

    def text(self) -> str:
        """Say it in lines."""
        return text_of(self)

    def describe(self) -> dict[str, Any]:
        """Return it as names and values that JSON can carry."""
        return {
            "runs": [
                {**run.summary.describe(), "verdict": run.verdict, "table_file": run.table or None}
                for run in self.runs
            ],
            "settings": {name: list(values) for name, values in self.settings.items()},
            "partings": [asdict(parting) for parting in self.partings],
            "answers": None if self.answers is None else asdict(self.answers),
            "why_no_answers": self.why_no_answers or None,
        }


def compare(first: str, second: str) -> Comparison:
    """Compare two runs.

    Parameters
    ----------
    first, second
        Each as in `find_run`.

    Raises
    ------
    InvalidParameter, ModelFileError
        As `find_run` does.
    """
    a, b = find_run(first), find_run(second)
    numbers = range(1, min(a.n_networks, b.n_networks) + 1)
    is_alike = all(
        a.snapshots(k).params.shape[1] == b.snapshots(k).params.shape[1] for k in numbers
    )
    partings = tuple(_parting(a, b, k) for k in numbers) if is_alike else ()
    answers, why = _answers(a, b)
    return Comparison((a, b), _differences(a, b), partings, answers, why)


def _differences(a: RecordedRun, b: RecordedRun) -> dict[str, tuple[Any, Any]]:
    """List what differs among all that was chosen, and that decides."""
    ours, theirs = (
        {
            **run.settings,
            "start": run.summary.parent,
            "target": run.summary.target,
            "table": run.table_digest,
            "rows": run.rows_digest,
            "network": shape(run.spec),
            **flatten({"plan": describe(run.plan), "versions": run.versions}),
        }
        for run in (a, b)
    )
    names = [*ours, *(name for name in theirs if name not in ours)]
    return {
        name: (ours.get(name), theirs.get(name))
        for name in names
        if ours.get(name) != theirs.get(name) and name not in _IDLE
    }


def _parting(a: RecordedRun, b: RecordedRun, network: int) -> Parting:
    """Compare one network of both runs."""
    place = network - 1
    histories = a.history(network), b.history(network)
    best = a.best_epochs[place], b.best_epochs[place]
    judged = [
        _at(history, history.validation_loss, epoch)
        for history, epoch in zip(histories, best, strict=True)
    ]
    ours, theirs = judged
    return Parting(
        network,
        *_weights_part(a.snapshots(network), b.snapshots(network)),
        *_losses_part(*histories),
        best,
        None if ours is None or theirs is None else (ours, theirs),
    )


def _weights_part(
    a: Snapshots, b: Snapshots
) -> tuple[int | None, float | None, int | None, float | None]:
    """Return first epoch and distance of different weights, and the last epoch and distance."""
    common = [int(epoch) for epoch in np.intersect1d(a.epochs, b.epochs)]
    for epoch in common:
        if not np.array_equal(a.at(epoch), b.at(epoch)):
            last = common[-1]
            first_distance = _distance(a.at(epoch), b.at(epoch))
            return epoch, first_distance, last, _distance(a.at(last), b.at(last))
    return None, None, None, None


def _distance(a: FloatArray, b: FloatArray) -> float:
    """Divide the length of the difference by the length of the first."""
    exact = a.astype(np.float64)
    return float(np.linalg.norm(b - exact) / max(np.linalg.norm(exact), np.finfo(float).tiny))


def _losses_part(a: History, b: History) -> tuple[int | None, tuple[float, float] | None]:
    """Return the first epoch with different training losses, and both."""
    _, ours, theirs = np.intersect1d(a.epoch, b.epoch, return_indices=True)
    differ = np.flatnonzero(a.loss[ours] != b.loss[theirs])
    if not len(differ):
        return None, None
    i, j = ours[differ[0]], theirs[differ[0]]
    return int(a.epoch[i]), (float(a.loss[i]), float(b.loss[j]))


def _at(history: History, column: Any, epoch: int) -> float | None:  # noqa: ANN401
    """Return a column's number at an epoch; None where there is none."""
    found = column[history.epoch == epoch]
    return float(found[0]) if len(found) and np.isfinite(found[0]) else None


def _answers(a: RecordedRun, b: RecordedRun) -> tuple[AnswersApart | None, str]:
    """Let both models answer the table they learned from, or say why they cannot."""
    for run in (a, b):
        if not run.summary.model_digest:
            return None, f"Answers were not compared: run {run.id} diverged and has no model."
    if (a.table_digest, a.summary.target) != (b.table_digest, b.summary.target) or not a.table:
        return None, "Answers were not compared: the runs must have learned one column of one file."
    try:
        data = Path(a.table).read_bytes()
        if digest(data) != a.table_digest:
            return None, f"Answers were not compared: {a.table} has changed since."
        if a.model.task != b.model.task:
            return None, "Answers were not compared: one run learned numbers, the other classes."
        return _apart(a.model, b.model, a.table), ""
    except (OSError, ModelFileError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else str(cause).rstrip(".")
        return None, f"Answers were not compared: {a.table}: {reason}."


def _apart(a: Model, b: Model, table: str) -> AnswersApart:
    """Compare the answers of two models for all rows of a table."""
    ours, theirs = a.predict(table), b.predict(table)
    if ours.probabilities is None or theirs.probabilities is None:
        distance = np.abs(ours.values - theirs.values)
        n_other = None
    else:
        distance = np.abs(ours.probabilities - theirs.probabilities).max(axis=1)
        n_other = int((ours.values != theirs.values).sum())
    row = int(np.argmax(distance))
    answers = _answer(ours, row), _answer(theirs, row)
    furthest, mean = float(distance[row]), float(distance.mean())
    return AnswersApart(len(distance), row, answers, furthest, mean, n_other)


def _answer(predictions: Predictions, row: int) -> float | str:
    """Return the answer for a row, a class in words."""
    if predictions.probabilities is None:
        return float(predictions.values[row])
    return predictions.classes[int(np.argmax(predictions.probabilities[row]))]
