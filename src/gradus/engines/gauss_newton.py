"""The formulas of the Gauss-Newton matrix and of damped steps: dense, by numbers of the textbook.

Part of the page of formulas, `reference`; derived in `docs/derivations/levenberg_marquardt.md`.
"""

import numpy as np

from gradus._typing import Array, Float64Array, FloatArray
from gradus.engines.reference import Trace, backward, forward, without_idle_rows
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.class_losses import softmax
from gradus.networks.losses import loss_of, row_shares
from gradus.networks.params import weight_mask
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.second_order.problem import DampedStep


def curvature_roots(spec: NetworkSpec, outputs: Array, y: Array, weights: Array | None) -> Array:
    """Roots S of the second derivative of each row's part of the mean loss by its outputs.

    ``S_i @ S_i.T = w_i / sum(w) * H_i``. The cross-entropy has ``H = diag(p) - p p'`` and
    ``S = diag(sqrt p) - p sqrt(p)'``; losses whose outputs do not meet have a diagonal H, with
    ``S = sqrt(H)``. A row of weight 0 gets zeros.

    Returns
    -------
    New array of shape (n_batch, n_outputs, n_outputs).
    """
    loss = loss_of(spec.loss)
    if loss.name == "cross_entropy":
        p = softmax(outputs)
        roots = (np.eye(spec.n_outputs) - p[:, :, None]) * np.sqrt(p)[:, None, :]
    else:
        diagonal = np.sqrt(loss.gauss_newton_product(outputs, y, np.ones_like(outputs)))
        roots = diagonal[:, :, None] * np.eye(spec.n_outputs)
    shares = row_shares(np.ones_like(outputs[:, 0]) if weights is None else weights)
    return np.where(shares[:, None, None] > 0, np.sqrt(shares)[:, None, None] * roots, 0)


def scaled_jacobian(
    spec: NetworkSpec, params: Array, X: Array, y: Array, weights: Array | None
) -> Array:
    """``J~ = S' J``: for each output and row the derivative of ``(S_i' outputs_i)_o``.

    Returns
    -------
    New array of shape (n_outputs * n_batch, n_params); row ``o * n_batch + i`` is that of output o
    and row i.
    """
    trace = forward(spec, params, without_idle_rows(X, weights))
    roots = curvature_roots(spec, trace.a[-1], y, weights)
    slope = ACTIVATIONS[spec.dense[-1].activation].slope(trace.z[-1])
    singles = [_row(trace, i) for i in range(len(X))]
    return np.array(
        [
            backward(spec, params, single, (roots[i, :, o] * slope[i])[None])
            for o in range(spec.n_outputs)
            for i, single in enumerate(singles)
        ],
        dtype=params.dtype,
    ).reshape(-1, len(params))


def _row(trace: Trace, i: int) -> Trace:
    """Keep one row of a forward pass."""
    z, a, levels = ([part[i : i + 1] for part in of] for of in (trace.z, trace.a, trace.levels))
    return Trace(z, a, levels)


def gauss_newton_matrix(spec: NetworkSpec, jacobian: Array) -> Array:
    """``G = J~' J~ + l2`` on the diagonal of the weights.

    Parameters
    ----------
    spec
        The network.
    jacobian : array of shape (m, n_params)
        ``J~``, as `scaled_jacobian` gives it.
    """
    penalty = np.diag(spec.l2 * weight_mask(spec)).astype(jacobian.dtype)
    return jacobian.T @ jacobian + penalty


def damped_step(matrix: Array, grads: Array, damping: float) -> Array | None:
    """Solve ``(G + damping I) step = -grads``; None where the left side is not positive definite.

    The step makes ``grads @ s + s @ (G + damping I) @ s / 2`` smallest ([Lev44], [Mar63]).
    """
    try:
        factor = np.linalg.cholesky(matrix + damping * np.eye(len(grads), dtype=matrix.dtype))
    except np.linalg.LinAlgError:
        return None
    return np.linalg.solve(factor.T, np.linalg.solve(factor, -grads))


def damped_step_by_rows(spec: NetworkSpec, jacobian: Array, grads: Array, damping: float) -> Array:
    """Make the same step through the rows, where there are fewer of them than parameters.

    With ``D = diag(damping + l2 on weights, damping on biases)`` the matrix to invert is
    ``J~' J~ + D``, and by the identity of Woodbury ([GVL13])
    ``step = -D^-1 (g - J~' (I + K)^-1 J~ D^-1 g)`` with ``K = J~ D^-1 J~'`` of shape (m, m).
    """
    inverse = (1 / (damping + spec.l2 * weight_mask(spec))).astype(grads.dtype)
    inner = np.eye(len(jacobian), dtype=grads.dtype) + (jacobian * inverse) @ jacobian.T
    solved = np.linalg.solve(inner, jacobian @ (inverse * grads))
    return -inverse * (grads - jacobian.T @ solved)


class DenseSystem:
    """Damped steps by the formulas above; see `optimizers.second_order.problem.DampedSystem`."""

    def __init__(
        self, spec: NetworkSpec, jacobian: FloatArray, grads: FloatArray, *, by_rows: bool
    ) -> None:
        self.spec, self.jacobian, self.grads, self.by_rows = spec, jacobian, grads, by_rows
        self.matrix = gauss_newton_matrix(spec, jacobian)
        self.mean_curvature = float(np.trace(self.matrix)) / len(grads)

    def step(self, damping: float) -> DampedStep | None:
        """Solve for one damping."""
        if self.by_rows:
            step = damped_step_by_rows(self.spec, self.jacobian, self.grads, damping)
        else:
            step = damped_step(self.matrix, self.grads, damping)
        if step is None:
            return None
        return DampedStep(step, float(np.sum((damping * step - self.grads) * step)) / 2)

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        """Invert for one damping."""
        damped: Array = self.matrix + damping * np.eye(len(self.grads))
        try:
            inverse_factor = np.linalg.inv(np.linalg.cholesky(damped))
        except np.linalg.LinAlgError:
            return None
        diagonal: Float64Array = np.sum(np.square(inverse_factor, dtype=np.float64), axis=0)
        return diagonal
