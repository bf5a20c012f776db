"""The page of formulas as an engine: what `reference` computes, asked and stepped like the others.

No formula stands here; nothing here knows threads, folds or files.
"""

import time

import numpy as np

from gradus import _random
from gradus._typing import Array, Float64Array, FloatArray, Int64Array, UInt8Array
from gradus.engines import gauss_newton, second_order
from gradus.engines.base import Batches, EpochLog, RunStatus, TrainState, Validation
from gradus.engines.bfloat16 import check_factors
from gradus.engines.dropout import dropout_masks
from gradus.engines.reference import forward, gradient, mean_loss, mean_measure, update_ratios
from gradus.networks.levels import check_levels
from gradus.networks.max_norm import limit_norms
from gradus.networks.params import weight_mask
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.clipping import clip, gradient_norm
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.problem import DampedSystem


class ReferenceEngine:
    """The page of formulas behind the interface of `engines.base.Engine`.

    Parameters
    ----------
    n_threads
        Accepted like by every engine and not looked at.
    """

    name = "reference"
    instruction_set = "numpy"

    def __init__(self, n_threads: int | None = None) -> None:
        self.n_threads = n_threads

    def outputs(self, spec: NetworkSpec, params: FloatArray, X: FloatArray) -> FloatArray:
        """Compute the activations of the last layer; see `engines.base.Engine`."""
        check_levels("X", X, spec)
        with np.errstate(over="ignore", invalid="ignore"):
            last: FloatArray = forward(spec, params, X).a[-1]
        return last

    def evaluate(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, float]:
        """Average loss and row measure; see `engines.base.Engine`."""
        outputs = self.outputs(spec, params, X)
        with np.errstate(over="ignore", invalid="ignore"):
            loss = mean_loss(spec, outputs, y, weights)
            return float(loss), float(mean_measure(spec, outputs, y, weights))

    def gradient(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, FloatArray]:
        """Compute loss and gradient; see `engines.base.Engine`."""
        check_levels("X", X, spec)
        with np.errstate(over="ignore", invalid="ignore"):
            trace, grads = gradient(spec, params, X, y, weights)
            return float(mean_loss(spec, trace.a[-1], y, weights)), grads

    def hvp(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        v: FloatArray,
    ) -> FloatArray:
        """Multiply the Hessian by a vector; see `engines.base.Engine`."""
        check_levels("X", X, spec)
        with np.errstate(over="ignore", invalid="ignore"):
            product: FloatArray = second_order.hvp(spec, params, X, y, weights, v)
            return product

    def ggn_vp(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        v: FloatArray,
    ) -> FloatArray:
        """Multiply the Gauss-Newton matrix by a vector; see `engines.base.Engine`."""
        check_levels("X", X, spec)
        with np.errstate(over="ignore", invalid="ignore"):
            product: FloatArray = second_order.ggn_vp(spec, params, X, y, weights, v)
            return product

    def gauss_newton(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, FloatArray, FloatArray]:
        """Compute loss, gradient and Gauss-Newton matrix; see `engines.base.Engine`."""
        loss, grads = self.gradient(spec, params, X, y, weights)
        with np.errstate(over="ignore", invalid="ignore"):
            jacobian = gauss_newton.scaled_jacobian(spec, params, X, y, weights)
            return loss, grads, gauss_newton.gauss_newton_matrix(spec, jacobian)

    def damped_system(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        *,
        by_rows: bool,
        cancel: UInt8Array | None = None,  # noqa: ARG002 looked at between two questions
    ) -> DampedSystem:
        """Prepare damped Gauss-Newton steps; see `engines.base.Engine`."""
        _, grads = self.gradient(spec, params, X, y, weights)
        with np.errstate(over="ignore", invalid="ignore"):
            jacobian = gauss_newton.scaled_jacobian(spec, params, X, y, weights)
        return gauss_newton.DenseSystem(spec, jacobian, grads, by_rows=by_rows)

    def damped_run(
        self,
        spec: NetworkSpec,  # noqa: ARG002 one signature
        rule: LevenbergMarquardt,  # noqa: ARG002
        X: FloatArray,  # noqa: ARG002
        y: FloatArray,  # noqa: ARG002
        weights: FloatArray | None,  # noqa: ARG002
        state: TrainState,  # noqa: ARG002
        n_steps: int,  # noqa: ARG002
        log: EpochLog,  # noqa: ARG002
        *,
        by_rows: bool,  # noqa: ARG002
        cancel: UInt8Array,  # noqa: ARG002
        max_seconds: float,  # noqa: ARG002
        seconds_left: float,  # noqa: ARG002
    ) -> RunStatus | None:
        """Leave iterations to the rule's own page; see `engines.base.Engine`."""
        return None

    def run(
        self,
        spec: NetworkSpec,
        rule: Rule,
        batches: Batches,
        state: TrainState,
        rates: Float64Array,
        max_grad_norm: float | None,
        log: EpochLog,
        *,
        cancel: UInt8Array,
        max_seconds: float | None,
        matmul_precision: str | None = None,
        validation: Validation | None = None,
    ) -> RunStatus:
        """Make ``len(rates)`` updates; see `engines.base.Engine`."""
        started = time.monotonic()
        check_levels("X", batches.X, spec)
        check_factors(matmul_precision, batches.X)
        run = _Run(spec, rule, batches, state, log, max_grad_norm, len(rates), matmul_precision)
        for made, rate in enumerate(rates):
            if cancel[0]:
                return RunStatus.CANCELLED
            if made and max_seconds is not None and time.monotonic() - started >= max_seconds:
                return RunStatus.CUT
            with np.errstate(over="ignore", invalid="ignore"):
                if not run.step(float(rate), made):
                    return RunStatus.DIVERGED
            if validation is not None and state.cursor[1] == 0:
                self._judge(spec, state.params, validation, log)
        return RunStatus.DONE

    def _judge(
        self, spec: NetworkSpec, params: FloatArray, validation: Validation, log: EpochLog
    ) -> None:
        """Evaluate an epoch that is finished, and keep the parameters where they are the best."""
        means = self.evaluate(spec, params, validation.X, validation.y, validation.weights)
        log.judged = np.vstack([log.judged, means])
        if means[0] < validation.best_loss[0]:
            validation.best_loss[0], validation.best_params[:] = means[0], params


class _Run:
    """One call of `ReferenceEngine.run`: the batches in their order, a step at a time."""

    def __init__(
        self,
        spec: NetworkSpec,
        rule: Rule,
        batches: Batches,
        state: TrainState,
        log: EpochLog,
        max_grad_norm: float | None,
        n_steps: int,
        matmul_precision: str | None,
    ) -> None:
        self.spec, self.rule, self.batches = spec, rule, batches
        self.matmul_precision = matmul_precision
        self.state, self.log, self.max_grad_norm = state, log, max_grad_norm
        self.order_epoch, self.order = -1, np.zeros(0, dtype=np.int64)
        self.first_epoch = int(state.cursor[0])
        n_epochs = (int(state.cursor[1]) + n_steps) // batches.steps_per_epoch
        self.log_rows = np.zeros((n_epochs, 3))
        self.started = time.monotonic()
        self.places = {step: place for place, step in enumerate(log.measured.tolist())}
        log.begin(len(spec.dense))

    def step(self, rate: float, number: int) -> bool:
        """Make one update and move the cursor; False, and no change, where it diverges."""
        spec, state = self.spec, self.state
        after = TrainState(
            state.params,
            state.slots,
            state.cursor.copy(),
            state.totals.copy(),
            state.grad_norm.copy(),
        )
        place = self.places.get(number)
        X, y, weights, masks = self._batch()
        total = float(len(X)) if weights is None else float(np.sum(weights, dtype=np.float64))
        if total > 0:
            trace, grads = gradient(spec, state.params, X, y, weights, masks, self.matmul_precision)
            loss = float(mean_loss(spec, trace.a[-1], y, weights))
            norm = gradient_norm(grads)
            if not (np.isfinite(loss) and np.isfinite(norm)):
                return False
            measure = float(mean_measure(spec, trace.a[-1], y, weights))
            after.totals += (total * loss, total * measure, total)
            after.grad_norm[:] = (norm, state.grad_norm[0])
            after.params, after.slots = self.rule.update(
                state.params,
                clip(grads, norm, self.max_grad_norm),
                state.slots,
                rate,
                int(state.cursor[2]) + 1,
                weight_mask(spec),
            )
            if not (np.all(np.isfinite(after.params)) and np.all(np.isfinite(after.slots))):
                return False
            if place is not None:
                ratios = update_ratios(spec, state.params, after.params)
                self.log.update_ratio[place] = ratios
            after.params = limit_norms(spec, after.params)
        row = self._move_cursor(after)
        try:
            self._commit(after, row)
        except KeyboardInterrupt:
            # Copying again what was copied changes nothing, so the step becomes a whole one.
            self._commit(after, row)
            raise
        if place is not None:
            self.log.seconds[place] = time.monotonic() - self.started
        return True

    def _batch(self) -> tuple[Array, Array, Array | None, list[Array]]:
        """Pick the rows of the step under the cursor, and what dropout leaves out of them."""
        spec, batches = self.spec, self.batches
        epoch, step = int(self.state.cursor[0]), int(self.state.cursor[1])
        start = step * batches.batch_size
        picked = self._epoch_order(epoch)[start : start + batches.batch_size]
        weights = None if batches.weights is None else batches.weights[picked]
        masks = dropout_masks(spec, batches.dropout_key, epoch, picked, batches.X.dtype)
        return batches.X[picked], batches.y[picked], weights, masks

    def _epoch_order(self, epoch: int) -> Int64Array:
        """List all rows of one epoch in their order."""
        if self.order_epoch != epoch:
            n = self.batches.n_rows
            rows = np.arange(n) if self.batches.rows is None else self.batches.rows
            if self.batches.batch_size < n:
                rows = rows[_random.permutation(self.batches.shuffle_key, epoch, n)]
            self.order_epoch, self.order = epoch, rows
        return self.order

    def _move_cursor(self, after: TrainState) -> tuple[float, float, float] | None:
        """Count the step; at the end of an epoch give its log row and start the sums anew."""
        after.cursor += (0, 1, 1)
        if after.cursor[1] < self.batches.steps_per_epoch:
            return None
        total = float(after.totals[2])
        loss, measure = after.totals[:2] / (total if total > 0 else 1.0)
        after.cursor[:2] = (after.cursor[0] + 1, 0)
        after.totals[:] = 0.0
        return loss, measure, after.grad_norm[0]

    def _commit(self, after: TrainState, row: tuple[float, float, float] | None) -> None:
        """Copy a finished step into the caller's arrays; doing it twice is doing it once."""
        state = self.state
        state.params[:] = after.params
        state.slots[:] = after.slots
        state.cursor[:] = after.cursor
        state.totals[:] = after.totals
        state.grad_norm[:] = after.grad_norm
        if row is not None:
            n_done = int(after.cursor[0]) - self.first_epoch
            self.log_rows[n_done - 1] = row
            self.log.rows = self.log_rows[:n_done]
