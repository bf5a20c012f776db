"""The formulas of second-order products: Hessian and Gauss-Newton matrix, each times a vector.

Part of the page of formulas, `reference`; derived in `docs/derivations/second_order.md`. No matrix
of n_params x n_params is ever formed.

R x is the derivative of x along the direction v, ``d/dt x(params + t v)`` at t = 0 ([Pea94]). With
v cut like the parameters into ``V_l`` and ``c_l``, ``R a_0`` = 0 but for what embeddings fill:
``R z_l = R a_(l-1) @ weight_l + a_(l-1) @ V_l + c_l`` and ``R a_l = f_l'(z_l) R z_l``.
"""

from dataclasses import dataclass

from gradus._typing import Array
from gradus.engines.embedding import embed, embedding_backward
from gradus.engines.reference import (
    Trace,
    affine,
    backward,
    forward,
    output_gradient,
    row_scaled,
    without_idle_rows,
)
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.losses import loss_of
from gradus.networks.params import views, weight_mask
from gradus.networks.penalties import l2_gradient
from gradus.networks.spec import NetworkSpec


@dataclass(frozen=True)
class Tangent:
    """The derivative of a `Trace` along one direction; the lists are ordered as there.

    Attributes
    ----------
    z : list of arrays of shape (n_batch, width)
        ``R z_l``; ``z[l - 1]`` belongs to layer l.
    a : list of arrays of shape (n_batch, width)
        ``R a_l``; ``a[0]`` belongs to what feeds layer 1.
    """

    z: list[Array]
    a: list[Array]


def forward_tangent(spec: NetworkSpec, params: Array, X: Array, trace: Trace, v: Array) -> Tangent:
    """Carry a change of the parameters through all layers: ``J v``, layer by layer.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
    X : array of shape (n_batch, n_inputs)
    trace
        The forward pass of these rows.
    v : array of shape (n_params,)
        The direction; nothing divides by its length.
    """
    xp, named, named_v = v.__array_namespace__(), views(spec, params), views(spec, v)
    filled = embed(spec, v, X)[0]
    is_learnt = xp.arange(spec.widths[0]) >= spec.n_plain
    tangent = Tangent(z=[], a=[xp.where(is_learnt, filled, xp.zeros_like(filled))])
    for number, layer in enumerate(spec.dense, 1):
        V, c = named_v[f"layer {number} weight"], named_v.get(f"layer {number} bias")
        R_z = tangent.a[-1] @ named[f"layer {number} weight"] + affine(trace.a[number - 1], V, c)
        tangent.z.append(R_z)
        slope = ACTIVATIONS[layer.activation].slope(trace.z[number - 1])
        tangent.a.append(slope * R_z)
    return tangent


def output_curvature_product(
    spec: NetworkSpec, trace: Trace, y: Array, weights: Array | None, u: Array
) -> Array:
    """``w_i / sum(w) * H_i u_i`` for each row: the loss's second derivative by a_L times u.

    Parameters
    ----------
    spec
        The network.
    trace
        The forward pass, for its outputs a_L.
    y : array of shape (n_batch, n_targets)
    weights : array of shape (n_batch,) or None
    u : array of shape (n_batch, n_outputs)
    """
    loss = loss_of(spec.loss)
    return row_scaled(loss.curvature_product(trace.a[-1], y, u), weights)


def backward_tangent(
    spec: NetworkSpec,
    params: Array,
    trace: Trace,
    tangent: Tangent,
    v: Array,
    delta: Array,
    R_delta: Array,
) -> Array:
    """Differentiate the way back along v: R of everything that `reference.backward` computes.

    Every product of two things that depend on the parameters gives two terms, so
    ``R d_weight_l = R a_(l-1).T @ delta_l + a_(l-1).T @ R delta_l`` and
    ``R d_a = R delta_l @ weight_l.T + delta_l @ V_l.T``; through the activation
    ``R delta = R d_a f'(z) + d_a f''(z) R z``.

    Parameters
    ----------
    spec
        The network.
    params, v : array of shape (n_params,)
    trace, tangent
        The forward pass and its derivative.
    delta, R_delta : array of shape (n_batch, n_outputs)
        ``delta_L``, already divided by the sum of weights, and its derivative.

    Returns
    -------
    New array of shape (n_params,): the derivative of the gradient of the mean loss along v.
    """
    xp, named, named_v = v.__array_namespace__(), views(spec, params), views(spec, v)
    parts: list[Array] = []
    for number in range(len(spec.dense), 0, -1):
        weight, V = (part[f"layer {number} weight"] for part in (named, named_v))
        R_d_weight = tangent.a[number - 1].T @ delta + trace.a[number - 1].T @ R_delta
        if spec.dense[number - 1].bias:
            parts.append(xp.sum(R_delta, axis=0))
        parts.append(R_d_weight.reshape(-1))
        d_a_in = delta @ weight.T
        R_d_a_in = R_delta @ weight.T + delta @ V.T
        if number > 1:
            delta, R_delta = activation_backward_tangent(
                spec.dense[number - 2].activation,
                trace.z[number - 2],
                tangent.z[number - 2],
                d_a_in,
                R_d_a_in,
            )
    end = spec.widths[0]
    for embedding, levels in zip(spec.embeddings[::-1], trace.levels[::-1], strict=True):
        R_d_rows = R_d_a_in[:, end - embedding.width : end]
        parts.append(embedding_backward(R_d_rows, levels, embedding.n_levels).reshape(-1))
        end -= embedding.width
    return xp.concat(parts[::-1])


def activation_backward_tangent(
    name: str, z: Array, R_z: Array, d_a: Array, R_d_a: Array
) -> tuple[Array, Array]:
    """Carry ``dL/da`` and its derivative through an activation.

    ``delta = d_a f'(z)``, so ``R delta = R d_a f'(z) + d_a f''(z) R z``. All arrays have one shape.
    """
    slope, curvature = ACTIVATIONS[name].slope(z), ACTIVATIONS[name].curvature(z)
    return d_a * slope, R_d_a * slope + d_a * curvature * R_z


def hvp(
    spec: NetworkSpec, params: Array, X: Array, y: Array, weights: Array | None, v: Array
) -> Array:
    """Exact Hessian of the objective times v: the gradient's derivative along v ([Pea94]).

    At a kink (relu at 0) the missing second derivative counts as 0.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
    X : array of shape (n_batch, n_inputs)
    y : array of shape (n_batch, n_targets)
    weights : array of shape (n_batch,) or None
    v : array of shape (n_params,)

    Returns
    -------
    New array of shape (n_params,).
    """
    X = without_idle_rows(X, weights)
    trace = forward(spec, params, X)
    tangent = forward_tangent(spec, params, X, trace, v)
    delta, R_delta = activation_backward_tangent(
        spec.dense[-1].activation,
        trace.z[-1],
        tangent.z[-1],
        output_gradient(spec, trace, y, weights),
        output_curvature_product(spec, trace, y, weights, tangent.a[-1]),
    )
    product = backward_tangent(spec, params, trace, tangent, v, delta, R_delta)
    return product + l2_gradient(v, weight_mask(spec), spec.l2)


def ggn_vp(
    spec: NetworkSpec, params: Array, X: Array, y: Array, weights: Array | None, v: Array
) -> Array:
    """Generalized Gauss-Newton matrix of the objective times v: ``J' H_L J v + l2 v`` ([Sch02]).

    J is the Jacobian of the outputs, the activations a_L of the last layer (for the cross-entropies
    logits), and H_L the second derivative of the mean loss by them, row by row; the last layer's
    activation is part of J. The penalty's part is on the weights only. Since the losses are convex
    in a_L, ``v' G v >= 0``; where the network is linear in its parameters, G is the Hessian.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
    X : array of shape (n_batch, n_inputs)
    y : array of shape (n_batch, n_targets)
    weights : array of shape (n_batch,) or None
    v : array of shape (n_params,)

    Returns
    -------
    New array of shape (n_params,).
    """
    X = without_idle_rows(X, weights)
    trace = forward(spec, params, X)
    R_a = forward_tangent(spec, params, X, trace, v).a[-1]
    slope = ACTIVATIONS[spec.dense[-1].activation].slope(trace.z[-1])
    delta = output_curvature_product(spec, trace, y, weights, R_a) * slope
    product = backward(spec, params, trace, delta)
    return product + l2_gradient(v, weight_mask(spec), spec.l2)
