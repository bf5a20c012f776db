"""The page of formulas: a network computed in short functions, slowly and readably.

This is what *correct* means; every other engine is compared with it. The functions work on the
array namespace and in the floating type of their input (float64 unless the caller says so), and
they know no threads, no tricks and no files.

For layers l = 1..L, with ``a_0 = X`` (its level numbers replaced by what is learnt about them):
``z_l = a_(l-1) @ weight_l + bias_l`` and ``a_l = f_l(z_l)``.
The loss is the weighted mean over rows of ``l(a_L, y)``; the objective adds the penalty.
"""

import time
from dataclasses import dataclass, field

import numpy as np

from gradus import _random
from gradus._typing import Array, Float64Array, FloatArray, Int64Array, UInt8Array
from gradus.engines.base import Batches, EpochLog, RunStatus, TrainState
from gradus.engines.embedding import embed, embedding_backward
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.levels import check_levels
from gradus.networks.losses import loss_of, row_shares, weighted_mean
from gradus.networks.params import layout, views, weight_mask
from gradus.networks.penalties import l2_gradient, l2_penalty
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.clipping import clip, gradient_norm
from gradus.optimizers.rules import Rule


@dataclass(frozen=True)
class Trace:
    """Everything a forward pass computes, kept for the way back.

    Attributes
    ----------
    z : list of arrays of shape (n_batch, width)
        Pre-activations; ``z[l - 1]`` belongs to layer l.
    a : list of arrays of shape (n_batch, width)
        Activations; ``a[0]`` is what feeds layer 1 (X itself without embeddings), and ``a[l]``
        belongs to layer l.
    levels : list of int64 arrays of shape (n_batch,)
        The level numbers of each embedding.
    """

    z: list[Array]
    a: list[Array]
    levels: list[Array] = field(default_factory=list)


def affine(a_in: Array, weight: Array, bias: Array | None) -> Array:
    """``z = a_in @ weight + bias``: each neuron's weighted sum of its inputs.

    Parameters
    ----------
    a_in : array of shape (n_batch, fan_in)
    weight : array of shape (fan_in, fan_out)
    bias : array of shape (fan_out,) or None
    """
    z = a_in @ weight
    return z if bias is None else z + bias


def forward(spec: NetworkSpec, params: Array, X: Array) -> Trace:
    """Carry rows through all layers: ``a_l = f_l(z_l)``."""
    named = views(spec, params)
    a_0, levels = embed(spec, params, X)
    trace = Trace(z=[], a=[a_0], levels=levels)
    for number, layer in enumerate(spec.layers, 1):
        weight, bias = named[f"layer {number} weight"], named.get(f"layer {number} bias")
        trace.z.append(affine(trace.a[-1], weight, bias))
        trace.a.append(ACTIVATIONS[layer.activation].value(trace.z[-1]))
    return trace


def output_delta(spec: NetworkSpec, trace: Trace, y: Array, weights: Array | None) -> Array:
    """``delta_L = w_i / sum(w) * dl/da_L * f_L'(z_L)``: where the way back begins.

    The division by the sum of weights happens here and nowhere after.
    """
    xp = y.__array_namespace__()
    outputs = trace.a[-1]
    shares = row_shares(xp.ones_like(outputs[:, 0]) if weights is None else weights)
    d_outputs = loss_of(spec.loss).output_gradient(outputs, y)
    slope = ACTIVATIONS[spec.layers[-1].activation].slope(trace.z[-1])
    delta = shares[:, None] * d_outputs * slope
    return xp.where(shares[:, None] > 0, delta, xp.zeros_like(delta))


def without_idle_rows(X: Array, weights: Array | None) -> Array:
    """Put zeros in place of the rows of weight 0.

    Their numbers may be anything, and 0 times infinity would still enter the sums.
    """
    if weights is None:
        return X
    xp = X.__array_namespace__()
    return xp.where(weights[:, None] > 0, X, xp.zeros_like(X))


def dense_backward(delta: Array, a_in: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Carry a loss gradient back through one affine layer.

    With ``z = a_in @ weight + bias`` and ``delta = dL/dz`` the chain rule gives
    ``d_weight = a_in.T @ delta``, ``d_bias = sum of delta over rows`` and
    ``d_a_in = delta @ weight.T``.

    Parameters
    ----------
    delta : array of shape (n_batch, fan_out)
        Already divided by the sum of weights.
    a_in : array of shape (n_batch, fan_in)
    weight : array of shape (fan_in, fan_out)

    Returns
    -------
    d_weight, d_bias, d_a_in : new arrays shaped like what they differentiate by

    Examples
    --------
    >>> dense_backward(np.array([[2.0]]), np.array([[3.0, 5.0]]), np.ones((2, 1)))[0].ravel()
    array([ 6., 10.])
    """
    xp = delta.__array_namespace__()
    return a_in.T @ delta, xp.sum(delta, axis=0), delta @ weight.T


def backward(spec: NetworkSpec, params: Array, trace: Trace, delta: Array) -> Array:
    """Carry ``delta_L`` back to the embeddings and collect the gradient of the loss.

    ``delta_(l-1) = (delta_l @ weight_l.T) * f_(l-1)'(z_(l-1))``.

    Returns
    -------
    New array of shape (n_params,), in the order of `params`.
    """
    named = views(spec, params)
    parts: list[Array] = []
    for number in range(len(spec.layers), 0, -1):
        weight = named[f"layer {number} weight"]
        d_weight, d_bias, d_a_in = dense_backward(delta, trace.a[number - 1], weight)
        if spec.layers[number - 1].bias:
            parts.append(d_bias)
        parts.append(d_weight.reshape(-1))
        if number > 1:
            slope = ACTIVATIONS[spec.layers[number - 2].activation].slope
            delta = d_a_in * slope(trace.z[number - 2])
    end = spec.widths[0]
    for embedding, levels in zip(spec.embeddings[::-1], trace.levels[::-1], strict=True):
        d_rows = d_a_in[:, end - embedding.width : end]
        parts.append(embedding_backward(d_rows, levels, embedding.n_levels).reshape(-1))
        end -= embedding.width
    return delta.__array_namespace__().concat(parts[::-1])


def mean_loss(spec: NetworkSpec, outputs: Array, y: Array, weights: Array | None = None) -> Array:
    """``sum(w_i * l_i) / sum(w_i)``, without penalty."""
    return weighted_mean(loss_of(spec.loss).row_losses(outputs, y), weights)


def mean_measure(
    spec: NetworkSpec, outputs: Array, y: Array, weights: Array | None = None
) -> Array:
    """Weighted mean of the row measure; for "rmse" the root is still to be taken."""
    return weighted_mean(loss_of(spec.loss).row_measure(outputs, y), weights)


def objective(
    spec: NetworkSpec, params: Array, X: Array, y: Array, weights: Array | None = None
) -> Array:
    """``loss + l2 / 2 * sum(weight**2)``: what `gradient` is the derivative of."""
    outputs = forward(spec, params, X).a[-1]
    penalty = l2_penalty(params, weight_mask(spec), spec.l2)
    return mean_loss(spec, outputs, y, weights) + penalty


def gradient(
    spec: NetworkSpec, params: Array, X: Array, y: Array, weights: Array | None = None
) -> tuple[Trace, Array]:
    """Differentiate the objective by every parameter: forward, then backward.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
    X : array of shape (n_batch, n_inputs)
    y : array of shape (n_batch, n_targets)
    weights : array of shape (n_batch,), optional

    Returns
    -------
    trace
        The forward pass it was computed from.
    grads : new array of shape (n_params,)
    """
    trace = forward(spec, params, without_idle_rows(X, weights))
    grads = backward(spec, params, trace, output_delta(spec, trace, y, weights))
    return trace, grads + l2_gradient(params, weight_mask(spec), spec.l2)


def update_ratios(spec: NetworkSpec, before: Array, after: Array) -> Float64Array:
    """``||change|| / ||before||`` of each layer, weight and bias together."""
    ratios = np.zeros(len(spec.layers))
    for number in range(1, len(spec.layers) + 1):
        own = [view for view in layout(spec) if view.layer == number]
        part = slice(own[0].start, own[-1].stop)
        change = float(gradient_norm(after[part] - before[part]))
        size = float(gradient_norm(before[part]))
        ratios[number - 1] = change / size if size > 0 else (np.inf if change > 0 else 0.0)
    return ratios


class ReferenceEngine:
    """The formulas of this module behind the interface of `engines.base.Engine`.

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
    ) -> RunStatus:
        """Make ``len(rates)`` updates; see `engines.base.Engine`."""
        started = time.monotonic()
        check_levels("X", batches.X, spec)
        run = _Run(spec, rule, batches, state, log, max_grad_norm, len(rates))
        for made, rate in enumerate(rates):
            is_last = made + 1 == len(rates)
            if cancel[0]:
                return RunStatus.CANCELLED
            if made and max_seconds is not None and time.monotonic() - started >= max_seconds:
                return RunStatus.CUT
            with np.errstate(over="ignore", invalid="ignore"):
                if not run.step(float(rate), is_last=is_last):
                    return RunStatus.DIVERGED
        return RunStatus.DONE


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
    ) -> None:
        self.spec, self.rule, self.batches = spec, rule, batches
        self.state, self.log, self.max_grad_norm = state, log, max_grad_norm
        self.order_epoch, self.order = -1, np.zeros(0, dtype=np.int64)
        self.first_epoch = int(state.cursor[0])
        n_epochs = (int(state.cursor[1]) + n_steps) // batches.steps_per_epoch
        self.log_rows = np.zeros((n_epochs, 3))
        log.rows, log.update_ratio = self.log_rows[:0], np.zeros(len(spec.layers))

    def step(self, rate: float, *, is_last: bool) -> bool:
        """Make one update and move the cursor; False, and no change, where it diverges."""
        spec, state = self.spec, self.state
        after = TrainState(
            state.params,
            state.slots,
            state.cursor.copy(),
            state.totals.copy(),
            state.grad_norm.copy(),
        )
        ratio = self.log.update_ratio
        X, y, weights = self._batch()
        total = float(len(X)) if weights is None else float(np.sum(weights, dtype=np.float64))
        if total > 0:
            trace, grads = gradient(spec, state.params, X, y, weights)
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
            if is_last:
                ratio = update_ratios(spec, state.params, after.params)
        row = self._move_cursor(after)
        try:
            self._commit(after, row, ratio)
        except KeyboardInterrupt:
            # Copying again what was copied changes nothing, so the step becomes a whole one.
            self._commit(after, row, ratio)
            raise
        return True

    def _batch(self) -> tuple[Array, Array, Array | None]:
        """Pick the rows of the step under the cursor."""
        epoch, step = int(self.state.cursor[0]), int(self.state.cursor[1])
        start = step * self.batches.batch_size
        picked = self._epoch_order(epoch)[start : start + self.batches.batch_size]
        weights = None if self.batches.weights is None else self.batches.weights[picked]
        return self.batches.X[picked], self.batches.y[picked], weights

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

    def _commit(
        self, after: TrainState, row: tuple[float, float, float] | None, ratio: Float64Array
    ) -> None:
        """Copy a finished step into the caller's arrays; doing it twice is doing it once."""
        state = self.state
        state.params[:] = after.params
        state.slots[:] = after.slots
        state.cursor[:] = after.cursor
        state.totals[:] = after.totals
        state.grad_norm[:] = after.grad_norm
        self.log.update_ratio = ratio
        if row is not None:
            n_done = int(after.cursor[0]) - self.first_epoch
            self.log_rows[n_done - 1] = row
            self.log.rows = self.log_rows[:n_done]
