"""The formulas of second-order products: Hessian and Gauss-Newton matrix, each times a vector.

Part of the page of formulas, `reference`; derived in `docs/derivations/second_order.md`. No matrix
of n_params x n_params is ever formed, and nothing is left out by dropout.

R x is the derivative of x along the direction v, ``d/dt x(params + t v)`` at t = 0 ([Pea94]). With
v cut like the parameters into ``V_l`` and ``c_l``, and ``R a`` = 0 for the numbers that come in:
``R z_l = R a_in @ weight_l + a_in @ V_l + c_l`` and ``R a_l = f_l'(z_l) R z_l``.
"""

from gradus._dataclasses import dataclass
from gradus._typing import Array
from gradus.engines.embedding import embed, embeddings_backward
from gradus.engines.norm import norm_backward_tangent, normalize, normalize_tangent
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
from gradus.networks.layers import Dense, LayerNorm, Residual
from gradus.networks.losses import loss_of
from gradus.networks.params import layout, views, weight_mask
from gradus.networks.penalties import l2_gradient
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps


@dataclass(frozen=True)
class Tangent:
    """The derivative of a `Trace` along one direction; the lists are ordered as there.

    Attributes
    ----------
    z : list of arrays of shape (n_batch, width)
        ``R z_l``; ``z[l - 1]`` belongs to layer l.
    a : list of arrays of shape (n_batch, width)
        R of what each step gave; ``a[0]`` belongs to what feeds the network.
    """

    z: list[Array]
    a: list[Array]


def forward_tangent(spec: NetworkSpec, params: Array, X: Array, trace: Trace, v: Array) -> Tangent:
    """Carry a change of the parameters through all steps: ``J v``, step by step.

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
    for s, step in enumerate(steps(spec)):
        layer, number, R_a = step.layer, step.number, tangent.a[-1]
        match layer:
            case Dense():
                name = f"layer {number}"
                by_v = affine(trace.a[s], named_v[f"{name} weight"], named_v.get(f"{name} bias"))
                tangent.z.append(R_a @ named[f"{name} weight"] + by_v)
                slope = ACTIVATIONS[layer.activation].slope(trace.z[number - 1])
                R_a = slope * tangent.z[-1]
            case LayerNorm():
                name, kept = f"norm {number}", normalize(trace.a[s], layer.epsilon)
                R_normal, _ = normalize_tangent(R_a, *kept)
                by_v = kept[0] * named_v[f"{name} scale"] + named_v[f"{name} shift"]
                R_a = R_normal * named[f"{name} scale"] + by_v
            case Residual():
                R_a = R_a + tangent.a[step.source]
        tangent.a.append(R_a)
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
    found: dict[str, Array] = {}
    added: dict[int, tuple[Array, Array]] = {}
    d_a = delta, R_delta  # with R d_a; of the last step, which is dense, already by its z
    for s, step in reversed(list(enumerate(steps(spec)))):
        layer, number = step.layer, step.number
        match layer:
            case Dense():
                if number < len(spec.dense):
                    z = trace.z[number - 1], tangent.z[number - 1]
                    d_a = activation_backward_tangent(layer.activation, *z, *d_a)
                name = f"layer {number} weight"
                a_in, weight = (trace.a[s], tangent.a[s]), (named[name], named_v[name])
                found[name] = a_in[1].T @ d_a[0] + a_in[0].T @ d_a[1]
                found[f"layer {number} bias"] = xp.sum(d_a[1], axis=0)
                d_a = d_a[0] @ weight[0].T, d_a[1] @ weight[0].T + d_a[0] @ weight[1].T
            case LayerNorm():
                name, kept = f"norm {number}", normalize(trace.a[s], layer.epsilon)
                moved = normalize_tangent(tangent.a[s], *kept)
                scale = named[f"{name} scale"], named_v[f"{name} scale"]
                normal, inverse = zip(kept, moved, strict=True)
                parts = norm_backward_tangent(d_a, normal, inverse, scale)
                found[f"{name} scale"], found[f"{name} shift"], d_a = parts
            case Residual():
                added[step.source] = d_a
        if s in added:
            d_a = d_a[0] + added[s][0], d_a[1] + added[s][1]
    found |= embeddings_backward(spec, trace.levels, d_a[1])
    return xp.concat([found[view.name].reshape(-1) for view in layout(spec)])


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
    activation is part of J. The penalty's part is on the weights only. ``v' G v >= 0``: most losses
    are convex in a_L; in the diagonal H_L of the others what is below 0 counts as 0. Where the
    network is linear in its parameters and the loss convex, G is the Hessian.

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
    H_u = loss_of(spec.loss).gauss_newton_product(trace.a[-1], y, R_a)
    delta = row_scaled(H_u, weights) * slope
    product = backward(spec, params, trace, delta)
    return product + l2_gradient(v, weight_mask(spec), spec.l2)
