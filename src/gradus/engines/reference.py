"""The page of formulas: a network computed in short functions, slowly and readably.

This is what *correct* means; every other engine is compared with it. The functions work on the
array namespace and in the floating type of their input (float64 unless the caller says so), and
they know no threads, no tricks and no files.

For layers l = 1..L, with ``a_0 = X`` (its level numbers replaced by what is learnt about them):
``z_l = a_(l-1) @ weight_l + bias_l`` and ``a_l = f_l(z_l)``. Dropout, norms and residuals are steps
between those of the layers, see `networks.steps`.
The loss is the weighted mean over rows of ``l(a_L, y)``; the objective adds the penalty.
"""

import math
from collections.abc import Sequence
from dataclasses import field
from functools import lru_cache

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Array, Float64Array
from gradus.engines.bfloat16 import factors
from gradus.engines.embedding import embed, embeddings_backward
from gradus.engines.norm import norm_backward, normalize
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.losses import loss_of, row_shares, weighted_mean
from gradus.networks.params import layout, n_params, views, weight_mask
from gradus.networks.penalties import l1_gradient, l1_penalty, l2_gradient, l2_penalty
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps


@dataclass(frozen=True)
class Trace:
    """Everything a forward pass computes, kept for the way back.

    Attributes
    ----------
    z : list of arrays of shape (n_batch, width)
        Pre-activations; ``z[l - 1]`` belongs to layer l.
    a : list of arrays of shape (n_batch, width)
        What each step gave: ``a[0]`` is what feeds the network (X itself without embeddings), and
        ``a[s + 1]`` belongs to step s; in a network of dense layers only ``a[l]`` to layer l.
    levels : list of int64 arrays of shape (n_batch,)
        The level numbers of each embedding.
    """

    z: list[Array]
    a: list[Array]
    levels: list[Array] = field(default_factory=list)


def affine(
    a_in: Array, weight: Array, bias: Array | None, matmul_precision: str | None = None
) -> Array:
    """``z = a_in @ weight + bias``: each neuron's weighted sum of its inputs.

    Parameters
    ----------
    a_in : array of shape (n_batch, fan_in)
    weight : array of shape (fan_in, fan_out)
    bias : array of shape (fan_out,) or None
    matmul_precision
        What becomes of the factors, see `engines.bfloat16`.
    """
    a_in, weight = factors(matmul_precision, weight, a_in, weight)
    z = a_in @ weight
    return z if bias is None else z + bias


def forward(
    spec: NetworkSpec,
    params: Array,
    X: Array,
    masks: Sequence[Array] | None = None,
    matmul_precision: str | None = None,
) -> Trace:
    """Carry rows through all steps; for a layer ``a_l = f_l(z_l)``.

    Parameters
    ----------
    spec, params, X
        As in `gradient`.
    masks
        As `engines.dropout.dropout_masks` gives them; without them nothing is left out.
    matmul_precision
        As in `affine`.
    """
    named = views(spec, params)
    a_0, levels = embed(spec, params, X)
    trace = Trace(z=[], a=[a_0], levels=levels)
    for step in steps(spec):
        layer, number, a_in = step.layer, step.number, trace.a[-1]
        match layer:
            case Dense():
                weight, bias = named[f"layer {number} weight"], named.get(f"layer {number} bias")
                trace.z.append(affine(a_in, weight, bias, matmul_precision))
                a_out = ACTIVATIONS[layer.activation].value(trace.z[-1])
            case Dropout():
                a_out = a_in if masks is None else a_in * masks[number - 1]
            case LayerNorm():
                normal, _ = normalize(a_in, layer.epsilon)
                a_out = normal * named[f"norm {number} scale"] + named[f"norm {number} shift"]
            case Residual():
                a_out = a_in + trace.a[step.source]
        trace.a.append(a_out)
    return trace


def output_gradient(spec: NetworkSpec, trace: Trace, y: Array, weights: Array | None) -> Array:
    """``w_i / sum(w) * dl/da_L`` of each row: where the way back begins.

    The division by the sum of weights happens here and nowhere after.
    """
    outputs = trace.a[-1]
    return row_scaled(loss_of(spec.loss).output_gradient(outputs, y), weights)


def row_scaled(row_values: Array, weights: Array | None) -> Array:
    """Multiply each row by its part of the mean, ``w_i / sum(w)``; 0 where a row weighs nothing."""
    xp = row_values.__array_namespace__()
    shares = row_shares(xp.ones_like(row_values[:, 0]) if weights is None else weights)[:, None]
    return xp.where(shares > 0, shares * row_values, xp.zeros_like(row_values))


def output_delta(spec: NetworkSpec, trace: Trace, y: Array, weights: Array | None) -> Array:
    """``delta_L = w_i / sum(w) * dl/da_L * f_L'(z_L)``: the gradient by z_L."""
    slope = ACTIVATIONS[spec.dense[-1].activation].slope(trace.z[-1])
    return output_gradient(spec, trace, y, weights) * slope


def without_idle_rows(X: Array, weights: Array | None) -> Array:
    """Put zeros in place of the rows of weight 0.

    Their numbers may be anything, and 0 times infinity would still enter the sums.
    """
    if weights is None:
        return X
    xp = X.__array_namespace__()
    return xp.where(weights[:, None] > 0, X, xp.zeros_like(X))


def dense_backward(
    delta: Array, a_in: Array, weight: Array, matmul_precision: str | None = None
) -> tuple[Array, Array, Array]:
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
    matmul_precision
        As in `affine`; the sum over rows is of `delta` as it is.

    Returns
    -------
    d_weight, d_bias, d_a_in : new arrays shaped like what they differentiate by

    Examples
    --------
    >>> dense_backward(np.array([[2.0]]), np.array([[3.0, 5.0]]), np.ones((2, 1)))[0].ravel()
    array([ 6., 10.])
    """
    xp = delta.__array_namespace__()
    d_bias = xp.sum(delta, axis=0)
    delta, a_in, weight = factors(matmul_precision, weight, delta, a_in, weight)
    return a_in.T @ delta, d_bias, delta @ weight.T


def backward(
    spec: NetworkSpec,
    params: Array,
    trace: Trace,
    delta: Array,
    masks: Sequence[Array] | None = None,
    matmul_precision: str | None = None,
) -> Array:
    """Carry ``delta_L`` back to the embeddings and collect the gradient of the loss.

    Between layers ``delta_(l-1) = (delta_l @ weight_l.T) * f_(l-1)'(z_(l-1))``. What a residual
    added gets the gradient of the sum once more, beside that which came through its layers.

    Returns
    -------
    New array of shape (n_params,), in the order of `params`.
    """
    named, found = views(spec, params), {}
    added: dict[int, Array] = {}
    d_a = delta  # by a[s + 1]; of the last step, which is dense, already by its z
    for s, step in reversed(list(enumerate(steps(spec)))):
        layer, number = step.layer, step.number
        match layer:
            case Dense():
                if number < len(spec.dense):
                    d_a = d_a * ACTIVATIONS[layer.activation].slope(trace.z[number - 1])
                name = f"layer {number}"
                weight = named[f"{name} weight"]
                parts = dense_backward(d_a, trace.a[s], weight, matmul_precision)
                found[f"{name} weight"], found[f"{name} bias"], d_a = parts
            case Dropout():
                d_a = d_a if masks is None else d_a * masks[number - 1]
            case LayerNorm():
                name, kept = f"norm {number}", normalize(trace.a[s], layer.epsilon)
                parts = norm_backward(d_a, *kept, named[f"{name} scale"])
                found[f"{name} scale"], found[f"{name} shift"], d_a = parts
            case Residual():
                added[step.source] = d_a
        if s in added:
            d_a = d_a + added[s]
    found |= embeddings_backward(spec, trace.levels, d_a)
    flat = [found[view.name].reshape(-1) for view in layout(spec)]
    return delta.__array_namespace__().concat(flat)


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
    """``loss + l2 / 2 * sum(weight**2) + l1 * sum(abs(weight))``: `gradient` differentiates it."""
    outputs, mask = forward(spec, params, X).a[-1], weight_mask(spec)
    penalty = l2_penalty(params, mask, spec.l2) + l1_penalty(params, mask, spec.l1)
    return mean_loss(spec, outputs, y, weights) + penalty


def gradient(
    spec: NetworkSpec,
    params: Array,
    X: Array,
    y: Array,
    weights: Array | None = None,
    masks: Sequence[Array] | None = None,
    matmul_precision: str | None = None,
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
    masks
        What dropout leaves out, see `forward`.
    matmul_precision
        As in `affine`, in both directions.

    Returns
    -------
    trace
        The forward pass it was computed from.
    grads : new array of shape (n_params,)
    """
    trace = forward(spec, params, without_idle_rows(X, weights), masks, matmul_precision)
    delta = output_delta(spec, trace, y, weights)
    grads = backward(spec, params, trace, delta, masks, matmul_precision)
    grads = grads + l2_gradient(params, weight_mask(spec), spec.l2)
    if spec.l1:
        grads = grads + l1_gradient(params, weight_mask(spec), spec.l1)
    return trace, grads


def update_ratios(spec: NetworkSpec, before: Array, after: Array) -> Float64Array:
    """``||change|| / ||before||`` of each layer, weight and bias together."""
    both = np.array([after, before], dtype=np.float64)
    both[0] -= both[1]
    both *= both
    changes, sizes = np.add.reduceat(both, _layer_bounds(spec), axis=1)[:, ::2].tolist()
    ratios = [
        math.sqrt(change / size) if size > 0 else (np.inf if change > 0 else 0.0)
        for change, size in zip(changes, sizes, strict=True)
    ]
    return np.array(ratios)


@lru_cache(maxsize=64)
def _layer_bounds(spec: NetworkSpec) -> list[int]:
    """Where the parameters of each layer begin and end; the end of all is left out."""
    views = [
        [view for view in layout(spec) if view.layer == number]
        for number in range(1, len(spec.dense) + 1)
    ]
    bounds = [bound for own in views for bound in (own[0].start, own[-1].stop)]
    return bounds[:-1] if bounds[-1] == n_params(spec) else bounds
