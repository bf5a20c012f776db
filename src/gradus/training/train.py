"""The seam between tables and networks: from arrays, folds and a plan to trained parameters.

Several networks are trained at once, each as if it were alone. Columns, units and files are not
known here.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._random import Purpose, stream_key
from gradus._typing import ArrayLike, Float64Array, FloatArray, Int64Array
from gradus.engines.base import Batches, Engine
from gradus.errors import DataError, Diverged, ShapeMismatch
from gradus.networks.initializers import initial_params_of
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.training.arrays import check_total, read_inputs, read_targets, read_weights
from gradus.training.control import Control, Progress
from gradus.training.folds import holdout
from gradus.training.history import History
from gradus.training.loop import train_network
from gradus.training.outcome import Outcome, StoppedBecause
from gradus.training.plan import Plan
from gradus.training.run_networks import run_networks
from gradus.training.snapshots import Snapshots
from gradus.training.validation import ValidationRows, answer


@dataclass(frozen=True)
class TrainResult:
    """Trained networks, k of them.

    Attributes
    ----------
    params : array of shape (k, n_params)
        Row j belongs to network j.
    histories, stopped_because, best_epochs, rules, rule_reasons, told, snapshots
        One entry per network; see `Outcome`.
    out_of_fold : array of shape (n, n_outputs) or None
        For each row the prediction of the network that never saw it, after the loss's link (for
        the cross-entropies probabilities); nan for rows of fold -1 and where training was
        interrupted. None without folds.
    failure
        Why the loss or gradient of a network stopped being finite, which ends all of them; None
        where it did not.
    """

    params: FloatArray
    histories: tuple[History, ...]
    stopped_because: tuple[StoppedBecause, ...]
    best_epochs: tuple[int, ...]
    rules: tuple[Rule | FullBatchMethod, ...]
    rule_reasons: tuple[str, ...]
    told: tuple[dict[str, float], ...]
    snapshots: tuple[Snapshots, ...]
    out_of_fold: FloatArray | None
    failure: Diverged | None


def train(
    spec: NetworkSpec,
    X: ArrayLike,
    y: ArrayLike,
    weights: ArrayLike | None,
    folds: Int64Array | None,
    plan: Plan,
    *,
    groups: Int64Array | None = None,
    order: Int64Array | Float64Array | None = None,
    start: FloatArray | None = None,
    snapshot_bytes: int = 0,
    callback: Callable[[Progress], None] | None = None,
    beside: Callable[[Outcome | None], object] | None = None,
) -> TrainResult:
    """Train one network on all rows, or one for each fold on the rows outside it.

    Network j starts from seed ``plan.seed + j`` and is, to the bit, what it would be if it were
    trained alone. With early stopping each network holds out rows of its own part to stop by, so
    the rows of its fold are seen by neither training nor stopping. Two or more networks are trained
    at once, each on one thread.

    Ctrl-C ends all networks soon, and the result is returned: `stopped_because` says "interrupted",
    and the parameters are the best ones so far.

    Parameters
    ----------
    spec
        The network.
    X : array of shape (n, n_inputs)
    y : array of shape (n, n_targets) or (n,)
    weights : array of shape (n,) or None
        Row weights of at least 0.
    folds : integer array of shape (n,) or None
        Numbers 0 to k - 1, each at least once, and -1 for rows that every network trains on. None
        trains one network on all rows.
    plan
        How to train. Its time limit holds for the call: where there are more networks than
        threads, each gets an equal share.
    groups : integer array of shape (n,), optional
        Rows of one group stay on one side when early stopping holds rows out; see `holdout`.
    order : array of shape (n,), optional
        Of finite numbers, such as times: the rows held out are then the last ones, not random ones.
    start : array of shape (k, n_params), optional
        First weights, row j those of network j, in place of those of its seed.
    snapshot_bytes
        Room for the weights of all networks on the way; see `Snapshots`.
    callback
        Called in this thread with the progress of each network, about ten times a second. A
        KeyboardInterrupt raised in it acts as Ctrl-C.
    beside
        Work for a thread that has no network left to train: called once where there are several
        networks, and not after Ctrl-C, with the outcome of the first one or None while that is
        still trained. What it returns is dropped.

    Raises
    ------
    ShapeMismatch, DataError
        If arrays do not fit the network or each other, or hold what cannot be learned from.
    EngineUnavailable
        If the plan's engine cannot be loaded.
    """
    X = read_inputs("X", X, spec, plan.dtype, plan.n_threads)
    y = read_targets("y", y, spec, len(X), plan.dtype, plan.n_threads)
    weights = read_weights("weights", weights, len(X), plan.dtype)
    n_networks = 1 if folds is None else _count_folds(folds, len(X))
    groups, order = _check_groups(groups, len(X)), _check_order(order, len(X))
    if start is None:
        start = initial_params_of(spec, range(plan.seed, plan.seed + n_networks))
    start = start.astype(plan.dtype, copy=False)
    table = _Table(X, y, weights, _rows_by_fold(folds), groups, order, start)
    jobs = [partial(_train_fold, spec, table, plan, fold) for fold in range(n_networks)]
    trained = run_networks(jobs, plan, callback, snapshot_bytes, beside)
    outcomes = [outcome for outcome, _ in trained]
    params: FloatArray = np.array([outcome.params for outcome in outcomes], dtype=plan.dtype)
    return TrainResult(
        params=params,
        histories=tuple(outcome.history for outcome in outcomes),
        stopped_because=tuple(outcome.stopped_because for outcome in outcomes),
        best_epochs=tuple(outcome.best_epoch for outcome in outcomes),
        rules=tuple(outcome.rule for outcome in outcomes),
        rule_reasons=tuple(outcome.rule_reason for outcome in outcomes),
        told=tuple(outcome.told for outcome in outcomes),
        snapshots=tuple(outcome.snapshots for outcome in outcomes),
        out_of_fold=_gather(spec, table, [answers for _, answers in trained]),
        failure=next((one.failure for one in outcomes if one.failure), None),
    )


def hold_out(
    spec: NetworkSpec,
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
    rows: Int64Array | None,
    plan: Plan,
    *,
    groups: Int64Array | None = None,
    order: Int64Array | Float64Array | None = None,
) -> tuple[Int64Array | None, ValidationRows | None]:
    """Split off the rows that early stopping judges by; all rows train where the plan has none.

    For the cross-entropies each class is held out in its share.

    Raises
    ------
    DataError
        If there are too few rows, or all weights on one side are 0.
    """
    if plan.early_stopping is None:
        return rows, None
    everything = np.arange(len(X)) if rows is None else rows
    classes = loss_of(spec.loss).classes(y)
    fraction = plan.early_stopping.fraction
    rows, held = holdout(
        everything, fraction, plan.seed, groups=groups, order=order, classes=classes
    )
    held_weights = None if weights is None else weights[held]
    check_total(held_weights, "held-out")
    return rows, ValidationRows(X[held], y[held], held_weights)


def make_batches(
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
    rows: Int64Array | None,
    plan: Plan,
) -> Batches:
    """Arrange the training rows in the plan's batches and order.

    Raises
    ------
    DataError
        If there is no row, or all weights are 0.
    """
    n_rows = len(X) if rows is None else len(rows)
    if n_rows == 0:
        raise DataError("X must hold at least one row to train on; got none.")
    check_total(weights if weights is None or rows is None else weights[rows], "training")
    size = n_rows if plan.batch_size is None else min(plan.batch_size, n_rows)
    keys = (stream_key(plan.seed, purpose) for purpose in (Purpose.SHUFFLE, Purpose.DROPOUT))
    return Batches(X, y, weights, rows, size, *keys)


@dataclass(frozen=True)
class _Table:
    """What all networks share; `unseen` are the rows of each one's fold, None without folds."""

    X: FloatArray
    y: FloatArray
    weights: FloatArray | None
    unseen: list[Int64Array] | None
    groups: Int64Array | None
    order: Int64Array | Float64Array | None
    start: FloatArray


def _train_fold(
    spec: NetworkSpec, table: _Table, plan: Plan, fold: int, control: Control, engine: Engine
) -> tuple[Outcome, FloatArray | None]:
    """Train network `fold` and let it predict the rows it never saw."""
    plan = replace(plan, seed=plan.seed + fold)
    shared = (table.X, table.y, table.weights)
    rows = None
    if table.unseen is not None:
        is_seen = np.ones(len(table.X), dtype=np.bool_)
        is_seen[table.unseen[fold]] = False
        rows = np.flatnonzero(is_seen)
    rows, validation = hold_out(spec, *shared, rows, plan, groups=table.groups, order=table.order)
    batches = make_batches(*shared, rows, plan)
    outcome = train_network(
        spec, table.start[fold], batches, validation, plan, engine=engine, control=control
    )
    if outcome.failure:
        control.cancel[0] = 1
    if table.unseen is None or control.cancel[0]:
        return outcome, None
    unseen = table.X[table.unseen[fold]]
    answers = answer(engine, spec, outcome.params, unseen, lambda: bool(control.cancel[0]))
    return outcome, None if answers is None else loss_of(spec.loss).link(answers)


def _count_folds(folds: Int64Array, n_rows: int) -> int:
    """Count the networks that folds ask for.

    Raises
    ------
    ShapeMismatch, DataError
        If folds are not as `train` wants them.
    """
    if np.shape(folds) != (n_rows,):
        raise ShapeMismatch(
            f"folds must have shape (n_samples,) = ({n_rows},); got {np.shape(folds)}."
        )
    folds = np.asarray(folds)
    if folds.dtype.kind not in "iu" or n_rows == 0:
        raise DataError(f"folds must be whole numbers; got {folds.dtype}.")
    n_folds = int(folds.max()) + 1
    are_numbered = folds.min() >= -1 and 1 <= n_folds <= n_rows
    if not are_numbered or not np.bincount(folds.astype(np.int64) + 1)[1:].all():
        raise DataError(
            "folds must be the numbers 0 to k - 1, each at least once, or -1; "
            f"got {', '.join(map(str, np.unique(folds)[:10]))}."
        )
    return n_folds


def _check_groups(groups: Int64Array | None, n_rows: int) -> Int64Array | None:
    """Return groups as they are, or say what is wrong with them."""
    if groups is None:
        return None
    if np.shape(groups) != (n_rows,):
        raise ShapeMismatch(
            f"groups must have shape (n_samples,) = ({n_rows},); got {np.shape(groups)}."
        )
    groups = np.asarray(groups)
    if groups.dtype.kind not in "iu":
        raise DataError(f"groups must be whole numbers; got {groups.dtype}.")
    return groups


def _check_order(
    order: Int64Array | Float64Array | None, n_rows: int
) -> Int64Array | Float64Array | None:
    """Return an order as it is, or say what is wrong with it."""
    if order is None:
        return None
    if np.shape(order) != (n_rows,):
        raise ShapeMismatch(
            f"order must have shape (n_samples,) = ({n_rows},); got {np.shape(order)}."
        )
    numbers: np.ndarray[Any, Any] = np.asarray(order)
    if numbers.dtype.kind not in "iuf":
        raise DataError(f"order must be numbers; got {numbers.dtype}.")
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        raise DataError(f"order must hold finite numbers; got {numbers[row]:g} in row {row}.")
    return numbers


def _rows_by_fold(folds: Int64Array | None) -> list[Int64Array] | None:
    """List the rows of each fold, ascending, by one pass over all."""
    if folds is None:
        return None
    sizes = np.bincount(folds.astype(np.int64) + 1)
    return np.split(np.argsort(folds, kind="stable"), np.cumsum(sizes[:-1]))[1:]


def _gather(
    spec: NetworkSpec, table: _Table, answers: list[FloatArray | None]
) -> FloatArray | None:
    """Put the networks' predictions back in the order of the rows."""
    if table.unseen is None:
        return None
    out_of_fold = np.full((len(table.X), spec.n_outputs), np.nan, dtype=table.X.dtype)
    for rows, own in zip(table.unseen, answers, strict=True):
        if own is not None:
            out_of_fold[rows] = own
    return out_of_fold
