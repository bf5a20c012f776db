"""The training of one network, from its first weights to its best ones.

The engine is driven in slices of about 50 ms; between two of them progress is told, checkpoints are
written and limits are looked at. Where a slice ends changes no bit. Several networks, folds and
threads are not known here.
"""

import math
import time

import numpy as np

from gradus._typing import Float64Array, FloatArray, Int64Array
from gradus.engines.base import Batches, Engine, EpochLog, RunStatus, TrainState, Validation
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.schedules import rates
from gradus.optimizers.second_order.problem import FullBatchRule
from gradus.training.automatic import Candidate
from gradus.training.checkpoints import Checkpoint
from gradus.training.control import Control, Progress
from gradus.training.divergence import explain
from gradus.training.full_batch import RowsProblem, check_layers, penalty, run_full_batch
from gradus.training.guard import Guard
from gradus.training.history import (
    EPOCH,
    GRADIENT_NORM,
    LEARNING_RATE,
    LOSS,
    MEASURE,
    SECONDS,
    UPDATE_RATIO,
    VALIDATION_LOSS,
    has_short_epochs,
    kept_after,
    n_columns,
    next_kept,
)
from gradus.training.loss_check import check_functions
from gradus.training.outcome import Outcome, StoppedBecause
from gradus.training.plan import Plan
from gradus.training.snapshots import SnapshotRecord
from gradus.training.standing import Found, Standing
from gradus.training.stopping import Stopping
from gradus.training.trials import train_automatically, training_objective
from gradus.training.validation import ValidationRows, evaluate, is_one_piece

_SLICE_SECONDS = 0.05
# Learning rates are handed over one per update; this many at most, so that their array stays small.
_SLICE_UPDATES = 65_536
# Epochs to be kept are numbered ahead of each slice, so few that it takes little of its time.
_SLICE_KEPT = 256

# What a full-batch method says itself when there is no more to do.
_ENDED: dict[RunStatus, StoppedBecause] = {
    RunStatus.CONVERGED: "converged",
    RunStatus.EXHAUSTED: "evaluations",
}


def train_network(
    spec: NetworkSpec,
    params0: FloatArray,
    batches: Batches,
    validation: ValidationRows | None,
    plan: Plan,
    *,
    engine: Engine,
    control: Control,
    checkpoint: Checkpoint | None = None,
    found: tuple[Candidate, ...] = (),
) -> Outcome:
    """Train one network as planned, until it is done or something ends it.

    Parameters
    ----------
    spec
        The network.
    params0 : array of shape (n_params,)
        The first weights, of the type of `batches`; they are copied. Not looked at where
        `checkpoint` holds a run to continue.
    batches
        The rows to train on and their order.
    validation
        Rows to judge each epoch by; None judges none.
    plan
        Its seed, dtype, engine and number of threads are taken as already applied.
    engine
        What computes.
    control
        What may end the training early, and who hears of it.
    checkpoint
        Where to continue from and to write to; None keeps no file.
    found
        Of a rule whose rate was found: what `train_automatically` trains with in full, which the
        checkpoint keeps. The training is then guarded (see `Guard`).

    Returns
    -------
    The outcome; a divergence is part of it and not raised.

    Raises
    ------
    ModelFileError
        If the checkpoint belongs to another run, cannot be read, or cannot be written at the start.
    GradCheckFailed, ShapeMismatch, DataError
        If a `FunctionLoss` is not as described; see `check_functions`.
    """
    check_functions(engine, spec, params0, batches)
    if isinstance(plan.rule, Automatic):
        return train_automatically(
            train_network,
            spec,
            params0,
            batches,
            validation,
            plan,
            engine=engine,
            control=control,
            checkpoint=checkpoint,
        )
    rule = plan.rule
    patience = plan.early_stopping.patience if plan.early_stopping else None
    min_delta = plan.early_stopping.min_delta if plan.early_stopping else 0.0
    n_scalars = rule.n_scalars if isinstance(rule, FullBatchRule) else 0
    state = TrainState.start(params0, rule.n_slots, n_scalars)
    standing = Standing(state, Stopping(patience, min_delta))
    if found:
        standing.found = Found(np.array(found), params0.copy())
        if not isinstance(rule, FullBatchRule):
            standing.guard = Guard.start(state, training_objective(engine, spec, params0, batches))
    if checkpoint:
        standing = checkpoint.resume(standing, spec, batches.steps_per_epoch)
        checkpoint.write(standing, spec)
    state = standing.state
    training = _Training(spec, batches, validation, plan, engine, control, standing)
    reason: StoppedBecause | None = None
    while reason is None:
        reason = training.step_on()
        if checkpoint and reason != "diverged":
            trouble = checkpoint.write_if_due(standing, spec, is_last=reason is not None)
            if trouble:
                control.warn(trouble)
    training.take_snapshot()
    if standing.guard and reason != "interrupted":
        standing.guard.at_the_end(state, training_objective(engine, spec, state.params, batches))
    failure = explain(spec, standing, batches, plan) if reason == "diverged" else None
    history, params = standing.record.view(spec), standing.params
    told = rule.told(state.scalars) if isinstance(rule, FullBatchRule) else {}
    best = standing.best_epoch
    is_whole = standing.best_params is not None or state.cursor[1] == 0
    training.snapshots.take(best, params, is_whole=is_whole)
    snapshots = training.snapshots.frozen()
    return Outcome(params, history, reason, best, failure, rule, "", told, snapshots)


class _Training:
    """One call of `train_network`: slices of work on what stands."""

    def __init__(
        self,
        spec: NetworkSpec,
        batches: Batches,
        validation: ValidationRows | None,
        plan: Plan,
        engine: Engine,
        control: Control,
        standing: Standing,
    ) -> None:
        self.spec, self.batches, self.validation, self.plan = spec, batches, validation, plan
        self.engine, self.control, self.standing = engine, control, standing
        self.is_short = has_short_epochs(spec, batches.n_rows)
        self.is_rmse = loss_of(spec.loss).measure == "rmse"
        # Elsewhere this file judges epoch by epoch: that may take long, or call Python back, or
        # more is done after each.
        self.is_judged_by_engine = (
            validation is not None
            and standing.guard is None
            and not isinstance(plan.rule, FullBatchRule)
            and loss_of(spec.loss).name != "functions"
            and is_one_piece(spec, validation)
        )
        self.seconds_before = standing.seconds
        self.rows_before = self._rows_done()
        self.started = time.monotonic()
        self.status = RunStatus.DONE
        self.snapshots = SnapshotRecord(control.snapshot_bytes, plan.epochs, standing.state.params)
        self.take_snapshot()
        self.problem: RowsProblem | None = None
        if isinstance(plan.rule, FullBatchRule):
            check_layers(spec, plan.rule)
            self.problem = RowsProblem(engine, spec, batches, self._is_stopped, control.cancel)

    def step_on(self) -> StoppedBecause | None:
        """Judge the latest epoch, then work for one slice; give the reason if there is no more."""
        reason = self._reason_to_stop()
        if reason is None:
            self.status = self._work()
            guard, state = self.standing.guard, self.standing.state
            if self.status is RunStatus.DIVERGED and not (guard and guard.retreat(state)):
                if self.standing.pending is not None:
                    self._judge(self.standing.pending)
                return "diverged"
        self._tell()
        return reason

    def take_snapshot(self) -> None:
        """Keep the weights if they stand at the end of an epoch, or before the first."""
        epoch, step, _ = self.standing.state.cursor.tolist()
        if step == 0:
            self.snapshots.take(epoch, self.standing.state.params)

    def _reason_to_stop(self) -> StoppedBecause | None:
        is_judged = self.standing.pending is None or self._judge(self.standing.pending)
        if self.standing.stopping.is_over:
            return "early_stopping"
        if is_judged and self.status in _ENDED:
            return _ENDED[self.status]
        if is_judged and self.standing.state.cursor[0] >= self.plan.epochs:
            return "epochs"
        if self.control.cancel[0]:
            return "interrupted"
        return "time_limit" if self._seconds_left() <= 0 else None

    def _work(self) -> RunStatus:
        """Let the engine work for one slice; of one epoch, where each is judged here."""
        state, steps = self.standing.state, self.batches.steps_per_epoch
        epoch, _, done = state.cursor.tolist()
        if self.is_judged_by_engine:
            most = min(_SLICE_KEPT, self.standing.stopping.least_left)
            kept = kept_after(epoch, self.plan.epochs, int(most), is_short=False)
        elif self.validation is not None or self.standing.guard is not None:
            kept = np.array([epoch + 1])
        else:
            kept = kept_after(epoch, self.plan.epochs, _SLICE_KEPT, is_short=self.is_short)
        pictured = self.snapshots.next(epoch)
        stop = min(int(kept[-1]) * steps, pictured * steps, done + _SLICE_UPDATES)
        log = EpochLog(kept * steps - 1 - done)
        validation = self._of_engine()
        began = self.seconds_before + self._elapsed()
        learning_rates, status = self._advance(done, stop, log, validation)
        self.standing.seconds = self.seconds_before + self._elapsed()
        if state.cursor[0] == pictured:
            self.take_snapshot()
        table = self._table(kept, (epoch, done), log, learning_rates, began)
        if validation is not None:
            self._take_in(table, log.judged, validation.best_params)
        elif len(table):
            if self.standing.pending is not None:
                self._judge(self.standing.pending)
            self.standing.record.extend(table[:-1])
            self.standing.pending = table[-1]
        return status

    def _table(
        self,
        kept: Int64Array,
        begin: tuple[int, int],
        log: EpochLog,
        learning_rates: Float64Array,
        began: float,
    ) -> Float64Array:
        """Fill the history of the epochs to be kept that are finished, and of the last one.

        They are not judged yet.
        """
        epoch, done = begin
        finished = epoch + len(log.rows)
        n_kept = int(kept.searchsorted(finished, side="right"))
        numbers = kept[:n_kept]
        if finished > epoch and (not n_kept or numbers[-1] != finished):
            numbers = np.append(numbers, finished)
        table = np.full((len(numbers), n_columns(self.spec)), math.nan)
        table[:, EPOCH] = numbers
        losses, means, norms = log.rows[numbers - epoch - 1].T
        table[:, LOSS] = losses
        table[:, MEASURE] = np.sqrt(means) if self.is_rmse else means
        table[:, GRADIENT_NORM] = norms
        last_updates = numbers * self.batches.steps_per_epoch - 1 - done
        table[:, LEARNING_RATE] = learning_rates[last_updates]
        table[:n_kept, SECONDS] = began + log.seconds[:n_kept]
        table[n_kept:, SECONDS] = self.standing.seconds
        table[:n_kept, UPDATE_RATIO:] = log.update_ratio[:n_kept]
        return table

    def _of_engine(self) -> Validation | None:
        """Return what the engine judges epochs by; None where they are judged here."""
        if self.validation is None or not self.is_judged_by_engine:
            return None
        rows, best_loss = self.validation, np.array([self.standing.stopping.best_loss])
        return Validation(
            rows.X, rows.y, rows.weights, best_loss, np.empty_like(self.standing.state.params)
        )

    def _take_in(self, table: Float64Array, judged: Float64Array, best_params: FloatArray) -> None:
        """Record finished epochs that the engine has judged."""
        losses, means = judged.T
        table[:, VALIDATION_LOSS] = losses
        table[:, MEASURE] = np.sqrt(means) if self.is_rmse else means
        for row in table:
            if self._record(row):
                self.standing.best_params = best_params

    def _advance(
        self, done: int, stop: int, log: EpochLog, validation: Validation | None
    ) -> tuple[Float64Array, RunStatus]:
        """Make updates, and say with which learning rates; a full-batch method has none."""
        rule, state = self.plan.rule, self.standing.state
        assert not isinstance(rule, Automatic), "chosen before training begins"
        max_seconds = min(_SLICE_SECONDS, max(self._seconds_left(), 0.0))
        if isinstance(rule, FullBatchRule):
            assert self.problem is not None, "made where the rule is a full-batch one"
            n_steps, seconds_left = stop - done, self._seconds_left()
            given = rule, self.problem, state, n_steps, log
            status = run_full_batch(*given, max_seconds=max_seconds, seconds_left=seconds_left)
            return np.full(n_steps, math.nan), status
        total = self.plan.epochs * self.batches.steps_per_epoch
        learning_rates = rates(rule.learning_rate, done, stop, total)
        if self.standing.guard is not None:
            learning_rates *= self.standing.guard.factor
        status = self.engine.run(
            self.spec,
            rule,
            self.batches,
            state,
            learning_rates,
            self.plan.max_grad_norm,
            log,
            cancel=self.control.cancel,
            max_seconds=max_seconds,
            matmul_precision=self.plan.matmul_precision,
            validation=validation,
        )
        return learning_rates, status

    def _judge(self, row: Float64Array) -> bool:
        """Compute a finished epoch's validation loss and record both; False if stopped within."""
        standing = self.standing
        if self.validation is not None:
            params = standing.state.params
            judged = evaluate(self.engine, self.spec, params, self.validation, self._is_stopped)
            if judged is None:
                return False
            row = row.copy()
            row[VALIDATION_LOSS], row[MEASURE] = judged[0], self._measure(judged[1])
        if self._record(row):
            standing.best_params = standing.state.params.copy()
        if standing.guard is not None:
            began_with = standing.guard.params[1]
            objective = float(row[LOSS]) + penalty(self.spec, began_with)
            standing.guard.after_epoch(standing.state, objective)
        standing.pending = None
        return True

    def _record(self, row: Float64Array) -> bool:
        """Take a finished epoch into the history; say whether it is the best so far."""
        standing, epoch, is_best = self.standing, int(row[EPOCH]), False
        if self.validation is not None:
            standing.stopping = standing.stopping.after(epoch, float(row[VALIDATION_LOSS]))
            is_best = standing.stopping.best_epoch == epoch
        is_kept = next_kept(epoch - 1, self.plan.epochs, is_short=self.is_short) == epoch
        standing.record.add(row, is_kept=is_kept, is_best=is_best)
        return is_best

    def _tell(self) -> None:
        """Report where the training stands, if anybody listens."""
        if self.control.report is None:
            return
        last = self.standing.record.last
        rows = self._rows_done() - self.rows_before
        progress = Progress(
            network=self.control.network,
            epoch=int(self.standing.state.cursor[0]),
            epochs=self.plan.epochs,
            loss=math.nan if last is None else float(last[LOSS]),
            validation_loss=math.nan if last is None else float(last[VALIDATION_LOSS]),
            rows_per_second=rows / max(self._elapsed(), 1e-9),
        )
        self.control.report(progress)

    def _measure(self, mean: float) -> float:
        """Turn a mean row measure into the measure people read."""
        return math.sqrt(mean) if self.is_rmse else mean

    def _rows_done(self) -> int:
        epoch, step, _ = self.standing.state.cursor.tolist()
        return int(epoch) * self.batches.n_rows + int(step) * self.batches.batch_size

    def _elapsed(self) -> float:
        return time.monotonic() - self.started

    def _seconds_left(self) -> float:
        limit = self.control.time_limit
        return math.inf if limit is None else limit - self._elapsed()

    def _is_stopped(self) -> bool:
        return bool(self.control.cancel[0]) or self._seconds_left() <= 0
