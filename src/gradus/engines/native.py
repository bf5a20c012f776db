"""The compiled engine: arrays are made fit here, everything else happens in `gradus._core`.

Copies and casts are visible in this file and nowhere below it; the core refuses what is not
contiguous and of one floating type. No arithmetic about networks stands here.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from gradus import _core
from gradus._names import ACTIVATION_NAMES, LOSS_CODES, OPERATION_NAMES, RULE_NAMES
from gradus._threads import default_n_threads
from gradus._typing import Array, Float64Array, FloatArray, UInt8Array
from gradus.engines import second_order
from gradus.engines.base import Batches, EpochLog, RunStatus, TrainState, Validation
from gradus.engines.kept_arrays import KeptArrays
from gradus.engines.native_damped import NormalEquations, RowEquations, damped_run
from gradus.engines.reference import mean_loss, mean_measure, without_idle_rows
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.levels import check_levels
from gradus.networks.losses import Loss, loss_of
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.problem import DampedSystem

# Looked up here in a tenth of the time that RunStatus(...) takes.
_STATUSES = tuple(RunStatus)

_Judging: TypeAlias = tuple[Array, Array, Array, Array, Array, Array]
_NOTHING_JUDGES: _Judging = (None, None, None, None, None, None)


def all_finite(array: FloatArray, n_threads: int) -> bool:
    """Say whether a C-contiguous array holds finite numbers only; it is read once."""
    found: bool = _core.all_finite(array.reshape(-1), n_threads)
    return found


class Predictor:
    """Answers of one network without a second look at arrays that already fit.

    Parameters
    ----------
    spec
        The network.
    dtype
        "float64" or "float32", of the parameters and the rows.
    """

    def __init__(self, spec: NetworkSpec, dtype: str) -> None:
        self.spec, self._dtype = spec, np.dtype(dtype)
        self._network, self._link = _network(spec), loss_of(spec.loss).link
        self._n_inputs, self._n_outputs = spec.n_inputs, spec.n_outputs
        self._n_threads = default_n_threads()

    def __call__(self, params: FloatArray, X: object) -> FloatArray | None:
        """Answer for the rows of X; None unless X is an array as the core takes it.

        That is: C-contiguous, of shape (n, n_inputs) and of the network's dtype, with finite
        numbers.
        """
        if type(X) is not np.ndarray or X.dtype != self._dtype or X.ndim != 2:
            return None
        if X.shape[1] != self._n_inputs or not X.flags.c_contiguous:
            return None
        outputs: Array = np.empty((X.shape[0], self._n_outputs), self._dtype)
        if not _core.outputs(self._network, params, X, outputs, self._n_threads):
            return None
        predictions: FloatArray = self._link(outputs)
        return predictions


class NativeEngine:
    """The core in C++ behind the interface of `engines.base.Engine`.

    Parameters
    ----------
    n_threads
        Threads it may use, the caller's among them; None for what the system grants. No number
        it computes depends on it.
    """

    name = "native"

    def __init__(self, n_threads: int | None = None) -> None:
        self.n_threads = default_n_threads() if n_threads is None else n_threads
        self.instruction_set = _core.instruction_set()
        self._kept = KeptArrays()

    def outputs(self, spec: NetworkSpec, params: FloatArray, X: FloatArray) -> FloatArray:
        """Compute the activations of the last layer; see `engines.base.Engine`."""
        out: FloatArray = np.empty((len(X), spec.n_outputs), dtype=params.dtype)
        _core.outputs(_network(spec), _fit(params), _fit(X), out, self.n_threads)
        return out

    def evaluate(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, float]:
        """Average loss and row measure; see `engines.base.Engine`."""
        if loss_of(spec.loss).name == "functions":
            outputs = self.outputs(spec, params, X)
            with np.errstate(over="ignore", invalid="ignore"):
                loss = mean_loss(spec, outputs, y, weights)
                return float(loss), float(mean_measure(spec, outputs, y, weights))
        batch = _fit(params), _fit(X), _fit(y), _fit_or_none(weights)
        means: tuple[float, float] = _core.evaluate(_network(spec), *batch, self.n_threads)
        return means

    def gradient(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, FloatArray]:
        """Compute loss and gradient; see `engines.base.Engine`."""
        check_levels("X", X, spec)  # the core sees zeros where a row is idle
        X = without_idle_rows(X, weights)
        batch = _fit(params), _fit(X), _fit(y), _fit_or_none(weights)
        grads: Array = np.empty_like(params, order="C")
        loss: float = _core.gradient(_network(spec), *batch, grads, self.n_threads)
        return loss, grads

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
        return self._product(_core.hvp, second_order.hvp, spec, params, X, y, weights, v)

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
        return self._product(_core.ggn_vp, second_order.ggn_vp, spec, params, X, y, weights, v)

    def _product(
        self,
        multiply: Callable[..., None],
        formula: Callable[..., FloatArray],
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        v: FloatArray,
    ) -> FloatArray:
        """Call one of the core's second-order products, or the formulas for a loss of functions."""
        check_levels("X", X, spec)  # the core sees zeros where a row is idle
        if loss_of(spec.loss).name == "functions":
            return formula(spec, params, X, y, weights, v)
        X = without_idle_rows(X, weights)
        batch = _fit(params), _fit(X), _fit(y), _fit_or_none(weights)
        out: FloatArray = np.empty_like(params, order="C")
        multiply(_network(spec), *batch, _fit(v), out, self.n_threads)
        return out

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
        if loss_of(spec.loss).name == "functions":
            return loss, grads, ReferenceEngine().gauss_newton(spec, params, X, y, weights)[2]
        X = without_idle_rows(X, weights)
        matrix: Array = np.empty((params.size, params.size), dtype=params.dtype)
        batch = _fit(params), _fit(X), _fit(y), _fit_or_none(weights)
        _core.gauss_newton(_network(spec), *batch, matrix, None, self.n_threads)
        return loss, grads, matrix

    def damped_system(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        *,
        by_rows: bool,
        cancel: UInt8Array | None = None,
    ) -> DampedSystem:
        """Prepare damped Gauss-Newton steps; see `engines.base.Engine`."""
        if loss_of(spec.loss).name == "functions":
            formulas = ReferenceEngine().damped_system
            return formulas(spec, params, X, y, weights, by_rows=by_rows, cancel=cancel)
        used = _fit(without_idle_rows(X, weights))
        batch = _network(spec), _fit(params), used, _fit(y), _fit_or_none(weights)
        lent = cancel, self.n_threads, self._kept
        if by_rows:
            return RowEquations(spec, *batch, *lent)
        _, grads = self.gradient(spec, params, X, y, weights)
        return NormalEquations(*batch, grads, *lent)

    def damped_run(
        self,
        spec: NetworkSpec,
        rule: LevenbergMarquardt,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        state: TrainState,
        n_steps: int,
        log: EpochLog,
        *,
        by_rows: bool,
        cancel: UInt8Array,
        max_seconds: float,
        seconds_left: float,
    ) -> RunStatus | None:
        """Make whole iterations; see `engines.base.Engine`."""
        if rule.bayesian or loss_of(spec.loss).name == "functions":
            return None
        check_levels("X", X, spec)  # the core sees zeros where a row is idle
        rows = _fit(without_idle_rows(X, weights)), _fit(y), _fit_or_none(weights)
        return damped_run(
            *(spec, _network(spec), rule.damping, *rows, state, n_steps, log),
            by_rows=by_rows,
            cancel=cancel,
            max_seconds=max_seconds,
            seconds_left=seconds_left,
            n_threads=self.n_threads,
            kept=self._kept,
        )

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
        """Make updates; see `engines.base.Engine`."""
        n_epochs = (int(state.cursor[1]) + len(rates)) // batches.steps_per_epoch
        log.begin(len(spec.dense), n_epochs, is_judged=validation is not None)
        first_epoch = int(state.cursor[0])
        params: Array = state.params
        slots: Array = state.slots
        try:
            # In the order in which the core takes them: names would cost a microsecond a call.
            status = _core.run(
                _network(spec),
                _rule(rule),
                _fit(batches.X),
                _fit(batches.y),
                _fit_or_none(batches.weights),
                batches.rows,
                batches.batch_size,
                batches.shuffle_key,
                batches.dropout_key,
                params,
                slots,
                state.cursor,
                state.totals,
                state.grad_norm,
                rates,
                np.inf if max_grad_norm is None else max_grad_norm,
                log.rows,
                log.measured,
                log.update_ratio,
                log.seconds,
                cancel,
                np.inf if max_seconds is None else max_seconds,
                matmul_precision == "bfloat16",
                self.n_threads,
                *_judging(validation, log),
            )
        finally:
            log.end(int(state.cursor[0]) - first_epoch)
        return _STATUSES[status]


def _judging(validation: Validation | None, log: EpochLog) -> _Judging:
    """List what judges each epoch, and where that is written; None for each where nothing does."""
    if validation is None:
        return _NOTHING_JUDGES
    rows = _fit(validation.X), _fit(validation.y), _fit_or_none(validation.weights)
    return *rows, validation.best_loss, validation.best_params, log.judged


def _fit(array: FloatArray) -> Array:
    """Copy an array only where its rows are not contiguous."""
    return np.ascontiguousarray(array)


def _fit_or_none(array: FloatArray | None) -> Array:
    return None if array is None else _fit(array)


@lru_cache(maxsize=64)
def _network(spec: NetworkSpec) -> _core.Network:
    """Describe a network to the core step by step."""
    network = _core.Network(
        n_inputs=spec.n_inputs,
        loss=_loss(loss_of(spec.loss)),
        l1=spec.l1,
        l2=spec.l2,
        embeddings=[(embedding.n_levels, embedding.width) for embedding in spec.embeddings],
    )
    for step in steps(spec):
        match step.layer:
            case Dense() as layer:
                network.add_dense(
                    width=layer.width,
                    activation=ACTIVATION_NAMES.index(layer.activation),
                    has_bias=layer.bias,
                    max_norm=np.inf if layer.max_norm is None else layer.max_norm,
                )
            case Dropout(rate):
                network.add_dropout(rate)
            case LayerNorm(epsilon):
                network.add_norm(epsilon)
            case Residual():
                network.add_sum(step.source - 1)  # the core counts what feeds the network as -1
    return network


def _loss(loss: Loss) -> _core.Loss:
    """Describe a loss to the core by its code, numbers and program, or lend it the functions."""
    return _core.make_loss(
        loss=LOSS_CODES.index(loss.name),
        numbers=list(loss.numbers),
        program=[(OPERATION_NAMES.index(name), number) for name, number in loss.program],
        function=_called_back(loss) if loss.name == "functions" else None,
    )


def _called_back(loss: Loss) -> Callable[[Array, Array, Array], None]:
    """Make what the core calls for a block of rows; the three arrays are lent by it."""

    def rows(outputs: Array, y: Array, losses: Array) -> None:
        losses[:] = loss.row_losses(outputs, y)
        outputs[:] = loss.output_gradient(outputs, y)

    return rows


@lru_cache(maxsize=64)
def _rule(rule: Rule) -> _core.Rule:
    """Describe an update rule to the core by its code and numbers; 0 where it has none."""
    numbers = (
        "momentum",
        "beta_1",
        "beta_2",
        "decay",
        "epsilon",
        "initial_accumulator",
        "weight_decay",
    )
    return _core.make_rule(
        rule=RULE_NAMES.index(rule.name),
        nesterov=getattr(rule, "nesterov", False),
        **{number: getattr(rule, number, 0.0) for number in numbers},
    )
