"""What an engine is handed, what it changes, and what it must be able to do.

Engines know networks and update rules; they never know folds, stopping, files or progress bars.
The arrays belong to the caller and are lent for one call.
"""

from dataclasses import field
from enum import IntEnum
from typing import Protocol

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray, Int64Array, UInt8Array
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.problem import DampedSystem

# What a log begins with: nothing, so that all logs may share it.
_NONE_MEASURED: Int64Array = np.zeros(0, dtype=np.int64)
_NO_ROWS: Float64Array = np.zeros((0, 3))
_NO_RATIOS: Float64Array = np.zeros((0, 0))
_NO_SECONDS: Float64Array = np.zeros(0)
_NONE_JUDGED: Float64Array = np.zeros((0, 2))


class RunStatus(IntEnum):
    """Why `Engine.run` came back."""

    DONE = 0
    CUT = 1
    CANCELLED = 2
    DIVERGED = 3
    #: Only of full-batch methods: no step lowers the objective any more.
    CONVERGED = 4
    #: Only of full-batch methods: all evaluations of the objective that may be made are made.
    EXHAUSTED = 5


@dataclass
class Batches:
    """What one network trains on.

    Attributes
    ----------
    X : array of shape (n, n_inputs), C-contiguous
        With embeddings its last columns hold level numbers. May be shared by many networks;
        `rows` picks.
    y : array of shape (n, n_targets)
    weights : array of shape (n,) or None
        Row weights of at least 0; None weighs every row 1.
    rows : int64 array of shape (m,) or None
        Rows that take part, None for all.
    batch_size
        Rows per update; the last batch of an epoch may be shorter.
    shuffle_key
        ``stream_key(seed, Purpose.SHUFFLE)``. Where batch_size < m, position p of epoch e is
        row ``rows[permutation(shuffle_key, e, m)[p]]``; a full batch keeps the order of `rows`.
    dropout_key
        ``stream_key(seed, Purpose.DROPOUT)``. What is dropped is a function of this key, the epoch
        and the row's number in X; see `engines.dropout`. Not looked at in a network without
        `Dropout`.
    """

    X: FloatArray
    y: FloatArray
    weights: FloatArray | None
    rows: Int64Array | None
    batch_size: int
    shuffle_key: int
    dropout_key: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows that take part, m."""
        return len(self.X) if self.rows is None else len(self.rows)

    @property
    def steps_per_epoch(self) -> int:
        """``ceil(m / batch_size)``, at least 1."""
        return max(1, -(-self.n_rows // self.batch_size))


@dataclass
class TrainState:
    """What a run has reached; the engine changes the arrays in place, in whole steps only.

    Attributes
    ----------
    params : array of shape (n_params,)
        Of the type of X.
    slots : array of shape (n_slots, n_params)
        The memory of the update rule.
    cursor : int64 array of shape (3,)
        Epoch, step within the epoch, updates made so far; all from 0.
    totals : float64 array of shape (3,)
        Running sums of w * loss, w * row_measure and w over the epoch under way.
    grad_norm : float64 array of shape (2,)
        Of the last step taken and of the one before, before clipping; nan until there is one.
    scalars : float64 array of shape (n_scalars,)
        The rest of the memory, of a full-batch method; empty for update rules.
    """

    params: FloatArray
    slots: FloatArray
    cursor: Int64Array
    totals: Float64Array
    grad_norm: Float64Array
    scalars: Float64Array = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def start(cls, params: FloatArray, n_slots: int, n_scalars: int = 0) -> "TrainState":
        """Begin a run at the given parameters, which are copied."""
        return cls(
            params=params.copy(),
            slots=np.zeros((n_slots, params.size), dtype=params.dtype),
            cursor=np.zeros(3, dtype=np.int64),
            totals=np.zeros(3),
            grad_norm=np.full(2, np.nan),
            scalars=np.zeros(n_scalars),
        )


@dataclass
class EpochLog:
    """What one call of `Engine.run` has to tell; the engine replaces all but the first array.

    Attributes
    ----------
    measured : int64 array of shape (m,)
        Numbers of the updates to be measured, counted from 0 in the call, rising; one that is not
        reached is not measured.
    rows : float64 array of shape (k, 3)
        One per epoch finished in the call: mean loss and mean row_measure over the epoch's
        batches (each before its update, without penalty), gradient norm of its last step.
    update_ratio : float64 array of shape (m, n_layers)
        ``||change|| / ||params before||`` of each layer, weight and bias together, embeddings,
        norms and what `max_norm` does left out, in each measured update; 0 where it changed nothing
        or was not reached, inf where a layer of zeros changed.
    seconds : float64 array of shape (m,)
        From the start of the call to the end of each measured update; 0 where it was not reached.
    judged : float64 array of shape (k, 2)
        One per epoch finished in the call: mean loss and mean row measure on the rows of
        `Validation` after it; of shape (0, 2) without them.
    """

    measured: Int64Array = field(default_factory=lambda: _NONE_MEASURED)
    rows: Float64Array = field(default_factory=lambda: _NO_ROWS)
    update_ratio: Float64Array = field(default_factory=lambda: _NO_RATIOS)
    seconds: Float64Array = field(default_factory=lambda: _NO_SECONDS)
    judged: Float64Array = field(default_factory=lambda: _NONE_JUDGED)

    def begin(self, n_layers: int, n_epochs: int = 0, *, is_judged: bool = False) -> None:
        """Forget what an earlier call told, and make room for what this one may have to tell.

        `rows` and `judged` are not cleared, and `end` cuts them to the epochs that were finished.
        """
        self.rows = np.empty((n_epochs, 3))
        self.judged = np.empty((n_epochs, 2)) if is_judged else _NONE_JUDGED
        self.update_ratio = np.zeros((len(self.measured), n_layers))
        self.seconds = np.zeros(len(self.measured))

    def end(self, n_finished: int) -> None:
        """Keep what is told of the first `n_finished` epochs."""
        self.rows, self.judged = self.rows[:n_finished], self.judged[:n_finished]


@dataclass
class Validation:
    """Rows that judge the parameters after every epoch, and the best parameters so far.

    Attributes
    ----------
    X, y, weights
        As for `Engine.evaluate`; so few that nothing needs to be asked while they are looked at.
    best_loss : float64 array of shape (1,)
        The smallest mean loss so far, without penalty; infinite before there is one.
    best_params : array of shape (n_params,)
        Of the first epoch that had it.
    """

    X: FloatArray
    y: FloatArray
    weights: FloatArray | None
    best_loss: Float64Array
    best_params: FloatArray


class Engine(Protocol):
    """Loss, gradients and updates; nothing else.

    Arrays are float64 or float32, all of one type, C-contiguous where they are written. Engines
    are cheap to make, hold no state between calls and may be interrupted: where a
    KeyboardInterrupt comes out, `state` stands at a whole step. Level numbers pick memory, so every
    call looks at those of all rows and raises DataError as `networks.levels.check_levels` does.
    """

    name: str
    #: What decides the bits besides the numbers handed over, such as "avx2".
    instruction_set: str

    def outputs(self, spec: NetworkSpec, params: FloatArray, X: FloatArray) -> FloatArray:
        """Compute the activations of the last layer, shape (n, n_outputs).

        For the cross-entropies these are logits.
        """

    def evaluate(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, float]:
        """Average loss (without penalty) and row measure over all rows."""

    def gradient(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, FloatArray]:
        """Compute the mean loss (without penalty) and the gradient of loss + penalty."""

    def hvp(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        v: FloatArray,
    ) -> FloatArray:
        """Multiply the exact Hessian of loss + penalty by v, shape (n_params,) ([Pea94])."""

    def ggn_vp(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None,
        v: FloatArray,
    ) -> FloatArray:
        """Multiply the generalized Gauss-Newton matrix of loss + penalty by v ([Sch02]).

        ``J' H_L J v + l2 v`` with J the Jacobian of the outputs and H_L the second derivative of
        the mean loss by the outputs; the penalty's part is on the weights only.
        """

    def gauss_newton(
        self,
        spec: NetworkSpec,
        params: FloatArray,
        X: FloatArray,
        y: FloatArray,
        weights: FloatArray | None = None,
    ) -> tuple[float, FloatArray, FloatArray]:
        """Compute loss and gradient as `gradient`, and the Gauss-Newton matrix ([Sch02]).

        ``G = J' H J + l2`` on the diagonal of the weights, shape (n_params, n_params), with J the
        Jacobian of the outputs and H the second derivative of the mean loss by the outputs.
        """

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
        """Prepare damped Gauss-Newton steps from `params`.

        The steps are the same in both forms up to rounding. The normal equations hold the matrix
        and a factor of it, both of shape (n_params, n_params), and 256 rows of the Jacobian. By
        rows, which needs a network of dense layers alone, three matrices of shape (m, m) are held,
        with m = n * n_outputs, and what every layer is fed and gives back; `inverse_diagonal` is
        not offered. Once ``cancel[0]`` is not 0, answers come soon and mean nothing.
        """

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
        """Make iterations of `rule` in one call; None, and nothing done, if it makes none itself.

        Each is what ``rule.step`` makes of the steps of `damped_system`, without `bayesian`; state,
        log and where it comes back early are as in `run`. It ends as CONVERGED where ``rule.step``
        gives None, or as DIVERGED if the gradient is not finite there. An iteration still under
        way when `seconds_left` have passed is dropped whole, and the call ends as CANCELLED.
        """

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
        """Make ``len(rates)`` updates, one learning rate each, from where `state` stands.

        It comes back early, between two steps, as CANCELLED when ``cancel[0]`` is not 0, as CUT
        when `max_seconds` have passed (at least one step is made), and as DIVERGED before an
        update whose batch loss, gradient norm or new parameters are not finite; `state` is then as
        before that step. Where a run is cut changes no bit of what follows. A batch whose weights
        sum to 0 moves the cursor and changes nothing else.

        With ``matmul_precision="bfloat16"``, for float32 alone, the gradient's products are those
        of `engines.bfloat16`. An engine that cannot make them here raises InvalidParameter.

        With `validation`, which a loss of functions cannot have, every epoch that is finished is
        evaluated, and the best parameters are kept.
        """
