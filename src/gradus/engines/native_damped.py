"""Damped Gauss-Newton steps of the compiled engine: the arrays that its calls share.

What is computed stands in the core; `engines.gauss_newton` has the formulas.
"""

import numpy as np

from gradus import _core
from gradus._typing import Array, Float64Array, UInt8Array
from gradus.engines.base import EpochLog, RunStatus, TrainState
from gradus.engines.kept_arrays import KeptArrays, Loan
from gradus.networks.params import weight_mask
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.second_order.problem import DampedStep

# Above it, 32 MiB of doubles, A A' of layer 1 is not kept: it spares work and is not needed.
_MOST_KEPT_ROWS = 2048
_CACHE_LINE = 64  # bytes
# As in native/gradus/base/kept_blocks.hpp.
_MOST_KEPT_BYTES = 8 << 20


class NormalEquations:
    """Steps from the Gauss-Newton matrix; see `optimizers.second_order.problem.DampedSystem`.

    Parameters
    ----------
    network
        As the core knows it.
    params : array of shape (n_params,)
    X : array of shape (n, n_inputs)
    y : array of shape (n, n_targets)
    weights : array of shape (n,) or None
    grads : array of shape (n_params,)
        Of the objective at `params`.
    cancel
        See `engines.base.Engine.damped_system`.
    n_threads
        Threads the core may use.
    kept
        Where the matrices come from.
    """

    def __init__(
        self,
        network: _core.Network,
        params: Array,
        X: Array,
        y: Array,
        weights: Array,
        grads: Array,
        cancel: UInt8Array | None,
        n_threads: int,
        kept: KeptArrays,
    ) -> None:
        self.grads, self.cancel, self.n_threads = grads, cancel, n_threads
        self._loan = kept.lend(_squares, params.dtype, params.size, params.size)
        self.matrix, self.factor = self._loan.arrays
        _core.gauss_newton(network, params, X, y, weights, self.matrix, cancel, n_threads)
        self.mean_curvature = float(np.trace(self.matrix, dtype=np.float64)) / len(grads)

    def step(self, damping: float) -> DampedStep | None:
        """Solve for one damping: one factorization."""
        step: Array = np.empty_like(self.grads)
        options = (damping, self.factor, step, self.cancel, self.n_threads)
        fall = _core.damped_step(self.matrix, self.grads, *options)
        return None if fall is None else DampedStep(step, fall)

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        """Invert for one damping: the work of two factorizations."""
        if self.step(damping) is None:
            return None
        diagonal = np.empty(len(self.grads))
        _core.inverse_diagonal(self.factor, diagonal, self.cancel, self.n_threads)
        return diagonal


def _squares(dtype: np.dtype, *sides: int) -> list[Array]:
    """Make matrices whose rows begin with cache lines and lie an odd number of them apart.

    No two rows share a line then, and those below one another do not share a part of the cache.
    """
    line = _CACHE_LINE // dtype.itemsize
    strides = [line * (-(-side // line) | 1) for side in sides]
    shapes = list(zip(sides, strides, strict=True))
    room, squares = _room(sum(side * apart for side, apart in shapes), dtype), []
    for side, apart in shapes:
        squares.append(room[: side * apart].reshape(side, apart)[:, :side])
        room = room[side * apart :]
    return squares


def _room(size: int, dtype: np.dtype) -> Array:
    """Find memory that begins with a cache line.

    What is not large the core keeps for whoever asks next: to have as much fetched and cleared by
    the system takes as long as an iteration. NumPy asks for large pages, which is soon done.
    """
    n_bytes = size * dtype.itemsize
    if n_bytes <= _MOST_KEPT_BYTES:
        kept: Array = _core.kept_bytes(n_bytes).view(dtype)
        return kept
    room: Array = np.empty(n_bytes + _CACHE_LINE, np.uint8)
    first = -room.ctypes.data % _CACHE_LINE
    return room[first : first + n_bytes].view(dtype)


class _RowArrays:
    """What `RowEquations` work with, for m rows times outputs.

    Parameters
    ----------
    m, dtype
        Their number, and the type of all arrays.
    n_biased
        m; 0 without a penalty, where weights and biases are damped alike and share one matrix.
    widths
        Those of the network.
    """

    def __init__(self, m: int, dtype: np.dtype, n_biased: int, widths: tuple[int, ...]) -> None:
        # One neuron's A A' is never looked at.
        n_kept = m if m <= _MOST_KEPT_ROWS and widths[1] > 1 else 0
        fed, delta = (np.empty(m * sum(fans), dtype) for fans in (widths[:-1], widths[1:]))
        # The right-hand side is one more column of the factor.
        squares = _squares(dtype, m, m + 1, n_kept, n_biased)
        of_weights, factor, self.of_inputs, of_biases = squares
        self.factor = factor[:m]
        self.products: tuple[Array, Array, Array, Array] = (fed, delta, of_weights, of_biases)
        self.X: bytes | None = None  # that of_inputs was made from


def damped_run(
    spec: NetworkSpec,
    network: _core.Network,
    damping: float,
    X: Array,
    y: Array,
    weights: Array,
    state: TrainState,
    n_steps: int,
    log: EpochLog,
    *,
    by_rows: bool,
    cancel: UInt8Array,
    max_seconds: float,
    seconds_left: float,
    n_threads: int,
    kept: KeptArrays,
) -> RunStatus:
    """Make whole iterations; see `engines.base.Engine.damped_run` and `NormalEquations`."""
    log_rows, first_epoch = np.empty((n_steps, 3)), int(state.cursor[0])
    log.begin(len(spec.dense))
    params: Array = state.params
    told = state.cursor, state.grad_norm, state.scalars, log_rows
    asked = log.measured, log.update_ratio, log.seconds
    limits = cancel, max_seconds, seconds_left, n_threads
    given = (network, X, y, weights, damping, params, *told, *asked, *limits)
    try:
        if not by_rows:
            loan = kept.lend(_squares, params.dtype, params.size, params.size)
            return RunStatus(_core.damped_run(*given, *loan.arrays))
        loan_of_rows = _lend_rows(kept, spec, len(X), params.dtype)
        arrays, rows = loan_of_rows.arrays, X.tobytes()
        is_known, arrays.X = rows == arrays.X, None
        lent = (arrays.of_inputs, is_known, *arrays.products, arrays.factor)
        status = RunStatus(_core.damped_run_by_rows(*given, *lent))
        # The first iteration that is finished has filled what is kept.
        if is_known or state.cursor[0] > first_epoch:
            arrays.X = rows
        return status
    finally:
        log.rows = log_rows[: int(state.cursor[0]) - first_epoch]


def _lend_rows(
    kept: KeptArrays, spec: NetworkSpec, n_rows: int, dtype: np.dtype
) -> Loan[_RowArrays]:
    """Lend what so many rows of a network are worked with."""
    m = n_rows * spec.n_outputs
    return kept.lend(_RowArrays, m, dtype, m if spec.l2 else 0, spec.widths)


class RowEquations:
    """Steps from the inner products of the Jacobian's rows; see `NormalEquations`.

    Parameters
    ----------
    spec
        The network.
    network, params, X, y, weights, cancel, n_threads, kept
        See `NormalEquations`.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        network: _core.Network,
        params: Array,
        X: Array,
        y: Array,
        weights: Array,
        cancel: UInt8Array | None,
        n_threads: int,
        kept: KeptArrays,
    ) -> None:
        self.network, self.grads = network, np.empty_like(params)
        self.cancel, self.n_threads = cancel, n_threads
        self._loan = _lend_rows(kept, spec, len(X), params.dtype)
        self.arrays = arrays = self._loan.arrays
        rows = X.tobytes()
        is_known = rows == arrays.X
        lent = (arrays.of_inputs, is_known, *arrays.products, self.grads)
        arrays.X = None
        trace = _core.row_products(network, params, X, y, weights, *lent, cancel, n_threads)
        if trace is None:
            trace = np.nan
        else:
            arrays.X = rows
        if spec.l2:
            trace += spec.l2 * int(weight_mask(spec).sum())
        # J' J and J J' have one trace.
        self.mean_curvature = trace / params.size

    def step(self, damping: float) -> DampedStep | None:
        """Solve for one damping: one factorization."""
        step: Array = np.empty_like(self.grads)
        arrays = self.arrays
        given = (self.network, *arrays.products, self.grads, damping, arrays.factor, step)
        fall = _core.row_step(*given, self.cancel, self.n_threads)
        return None if fall is None else DampedStep(step, fall)

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        """Not offered."""
        raise NotImplementedError
