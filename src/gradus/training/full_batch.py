"""The calls of `Engine.run` for methods that look at all rows at once: one iteration, one epoch.

What a method does within an iteration is not known here.
"""

import math
import time
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np

from gradus._typing import Float64Array, FloatArray, UInt8Array
from gradus.engines.base import Batches, Engine, EpochLog, RunStatus, TrainState
from gradus.engines.reference import update_ratios
from gradus.errors import InvalidParameter
from gradus.networks.layers import Dense, Dropout
from gradus.networks.params import n_params, weight_mask
from gradus.networks.penalties import l1_penalty, l2_penalty
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps
from gradus.optimizers.second_order.damped_products import DampedProducts
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.problem import (
    DampedStep,
    DampedSystem,
    Exhausted,
    FullBatchRule,
    Step,
)

# Their matrix and its factor, of doubles, take 256 MiB.
_MOST_EQUATIONS = 4096
# What an iteration adds to a cursor: an epoch of one update.
_ONE_EPOCH = np.array([1, 0, 1])


class Stopped(Exception):
    """Training was told to stop in the middle of an iteration."""


class RowsProblem:
    """The objective of a network on its training rows; see `optimizers.second_order.problem`.

    Parameters
    ----------
    engine, spec
        What computes, and of which network.
    batches
        The rows; they are copied once where only some take part.
    is_stopped
        Asked before each question; `Stopped` is raised where it says so.
    cancel : uint8 array of shape (1,)
        Ends a long question soon after it becomes nonzero.
    """

    def __init__(
        self,
        engine: Engine,
        spec: NetworkSpec,
        batches: Batches,
        is_stopped: Callable[[], bool],
        cancel: UInt8Array,
    ) -> None:
        self.engine, self.spec = engine, spec
        self.is_stopped, self.cancel = is_stopped, cancel
        rows = slice(None) if batches.rows is None else batches.rows
        weights = None if batches.weights is None else batches.weights[rows]
        self.rows = (batches.X[rows], batches.y[rows], weights)
        self.is_weight, self.l2 = weight_mask(spec), spec.l2
        self.n_errors = _count_errors(spec, self.rows[0], weights)
        self._by_rows = is_by_rows(spec, len(self.rows[0]))
        self._measured: tuple[bytes, tuple[float, float]] | None = None

    def measures(self, params: FloatArray) -> tuple[float, float]:
        """Average loss, without penalty, and row measure.

        The last answer is kept, since an iteration begins where the one before ended.
        """
        self._look_up()
        where = params.tobytes()
        if self._measured is None or self._measured[0] != where:
            self._measured = where, self.engine.evaluate(self.spec, params, *self.rows)
        return self._measured[1]

    def loss(self, params: FloatArray) -> float:
        """Compute the mean loss, without penalty."""
        return self.measures(params)[0]

    def objective(self, params: FloatArray) -> float:
        """Compute mean loss plus penalty."""
        return self.loss(params) + penalty(self.spec, params)

    def gradient(self, params: FloatArray) -> tuple[float, FloatArray]:
        """Compute the objective and its gradient."""
        self._look_up()
        loss, grads = self.engine.gradient(self.spec, params, *self.rows)
        return loss + penalty(self.spec, params), grads

    def hvp(self, params: FloatArray, v: FloatArray) -> FloatArray:
        """Multiply the objective's Hessian by v."""
        self._look_up()
        return self.engine.hvp(self.spec, params, *self.rows, v)

    def ggn_vp(self, params: FloatArray, v: FloatArray) -> FloatArray:
        """Multiply the objective's Gauss-Newton matrix by v."""
        self._look_up()
        return self.engine.ggn_vp(self.spec, params, *self.rows, v)

    def damped(self, params: FloatArray, *, to_invert: bool = False) -> DampedSystem:
        """Form the Gauss-Newton model around params."""
        self._look_up()
        by_rows = self._by_rows and not to_invert
        if not self._is_large(by_rows=by_rows):
            system: DampedSystem = self.engine.damped_system(
                self.spec, params, *self.rows, by_rows=by_rows, cancel=self.cancel
            )
            return _Watched(system, self._look_up)
        if to_invert:
            raise InvalidParameter(
                f"a network must have at most {_MOST_EQUATIONS} parameters where the inverse of "
                f"their matrix is asked for, as by bayesian=True; got {params.size}."
            )
        return DampedProducts(partial(self.ggn_vp, params), self.gradient(params)[1])

    def run(
        self,
        rule: FullBatchRule,
        state: TrainState,
        n_steps: int,
        log: EpochLog,
        *,
        max_seconds: float,
        seconds_left: float,
    ) -> RunStatus | None:
        """Let the engine make whole iterations; None where it makes none of this rule itself."""
        if type(rule) is not LevenbergMarquardt or self._is_large(by_rows=self._by_rows):
            return None
        return self.engine.damped_run(
            *(self.spec, rule, *self.rows, state, n_steps, log),
            by_rows=self._by_rows,
            cancel=self.cancel,
            max_seconds=max_seconds,
            seconds_left=seconds_left,
        )

    def with_l2(self, l2: float) -> "RowsProblem":
        """Give the same problem with another penalty."""
        other = copy(self)
        other.spec, other.l2 = replace(self.spec, l2=l2), l2
        return other

    def _is_large(self, *, by_rows: bool) -> bool:
        """Say whether there are too many equations for a matrix of them."""
        n_of_rows, n_of_params = len(self.rows[0]) * self.spec.n_outputs, n_params(self.spec)
        return (n_of_rows if by_rows else n_of_params) > _MOST_EQUATIONS

    def _look_up(self) -> None:
        if self.is_stopped():
            raise Stopped


def penalty(spec: NetworkSpec, params: FloatArray) -> float:
    """Compute what an objective has beside the mean loss, in float64."""
    if spec.l1 == spec.l2 == 0:
        return 0.0
    exact, is_weight = params.astype(np.float64), weight_mask(spec)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = l2_penalty(exact, is_weight, spec.l2)
        return float(squares + l1_penalty(exact, is_weight, spec.l1))


def is_by_rows(spec: NetworkSpec, n_rows: int) -> bool:
    """Say whether damped steps are solved for row by row, and not by the parameters' equations.

    That takes fewer rows times outputs than parameters, and a network of `Dense` layers alone.
    """
    is_plain = not spec.embeddings and all(isinstance(layer, Dense) for layer in spec.layers)
    return is_plain and n_rows * spec.n_outputs < n_params(spec)


def _count_errors(spec: NetworkSpec, X: FloatArray, weights: FloatArray | None) -> float | None:
    if spec.loss != "squared_error":
        return None
    total = len(X) if weights is None else float(np.sum(weights, dtype=np.float64))
    return total * spec.n_outputs


def check_layers(spec: NetworkSpec, rule: FullBatchRule) -> None:
    """Refuse layers that are something else while they learn.

    Raises
    ------
    InvalidParameter
        If the network has a `Dropout` or a `max_norm`, which such a method would pass over.
    """
    has_dropout = any(isinstance(step.layer, Dropout) for step in steps(spec))
    has_limit = any(layer.max_norm is not None for layer in spec.dense)
    for name, is_there in (("Dropout", has_dropout), ("max_norm", has_limit)):
        if is_there:
            raise InvalidParameter(
                f"layers must have no {name} with rule={rule.name!r}, which takes the network as "
                "it is; got one. Use Adam or another update rule."
            )


class _Watched:
    """A damped system whose answers are dropped where training was told to stop meanwhile."""

    def __init__(self, system: DampedSystem, look_up: Callable[[], None]) -> None:
        look_up()
        self.system, self.look_up = system, look_up
        self.grads, self.mean_curvature = system.grads, system.mean_curvature

    def step(self, damping: float) -> DampedStep | None:
        step = self.system.step(damping)
        self.look_up()
        return step

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        diagonal = self.system.inverse_diagonal(damping)
        self.look_up()
        return diagonal


def run_full_batch(
    rule: FullBatchRule,
    problem: RowsProblem,
    state: TrainState,
    n_steps: int,
    log: EpochLog,
    *,
    max_seconds: float,
    seconds_left: float = math.inf,
) -> RunStatus:
    """Make up to `n_steps` iterations from where `state` stands; see `Engine.run`.

    One still under way when `seconds_left` have passed is dropped whole, which else the problem's
    own `is_stopped` sees to.

    Returns
    -------
    CONVERGED where no step lowers the objective any more, EXHAUSTED where the method has asked as
    often as it may; otherwise what `Engine.run` returns.
    """
    limits = {"max_seconds": max_seconds, "seconds_left": seconds_left}
    status = problem.run(rule, state, n_steps, log, **limits)
    if status is not None:
        return status
    started = time.monotonic()
    rows = np.empty((n_steps, 3))
    log.begin(len(problem.spec.dense))
    places = {number: place for place, number in enumerate(log.measured.tolist())}
    for made in range(n_steps):
        if made and time.monotonic() - started >= max_seconds:
            return RunStatus.CUT
        try:
            loss, measure = problem.measures(state.params)
            if not math.isfinite(loss):
                return RunStatus.DIVERGED
            # A step too far gives numbers that are not finite, which each method knows to judge.
            with np.errstate(all="ignore"):
                step = rule.step(problem, state.params, state.slots, state.scalars)
            if step is None:
                _, grads = problem.gradient(state.params)
                is_finite = bool(np.isfinite(grads).all())
                return RunStatus.CONVERGED if is_finite else RunStatus.DIVERGED
        except (Stopped, Exhausted) as end:
            return RunStatus.CANCELLED if isinstance(end, Stopped) else RunStatus.EXHAUSTED
        rows[made] = loss, measure, step.grad_norm
        after = rows[: made + 1]
        if made in places:
            ratios = update_ratios(problem.spec, state.params, step.params)
            log.update_ratio[places[made]] = ratios
        cursor = state.cursor + _ONE_EPOCH
        grad_norm = np.array([step.grad_norm, state.grad_norm[0]])
        try:
            _commit(state, step, cursor, grad_norm, log, after)
        except KeyboardInterrupt:
            # Copying again what was copied changes nothing, so the step becomes a whole one.
            _commit(state, step, cursor, grad_norm, log, after)
            raise
        if made in places:
            log.seconds[places[made]] = time.monotonic() - started
    return RunStatus.DONE


def _commit(
    state: TrainState,
    step: Step,
    cursor: np.ndarray,
    grad_norm: Float64Array,
    log: EpochLog,
    rows: Float64Array,
) -> None:
    """Copy a finished step into the caller's arrays; doing it twice is doing it once."""
    state.params[:] = step.params
    step.write(state.slots)
    state.scalars[:] = step.scalars
    state.cursor[:] = cursor
    state.grad_norm[:] = grad_norm
    log.rows = rows
