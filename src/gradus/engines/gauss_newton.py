"""The formulas of the Gauss-Newton matrix and of damped steps: dense, by numbers of the textbook.

Part of the page of formulas, `reference`; derived in `docs/derivations/levenberg_marquardt.md`.
"""

import numpy as np

from gradus._typing import Array
from gradus.networks.losses import LOSSES, row_shares, softmax
from gradus.networks.params import n_params, weight_mask
from gradus.networks.spec import NetworkSpec


def curvature_roots(spec: NetworkSpec, outputs: Array, y: Array, weights: Array | None) -> Array:
    """Roots S of the second derivative of each row's part of the mean loss by its outputs.

    ``S_i @ S_i.T = w_i / sum(w) * H_i``. The cross-entropy has ``H = diag(p) - p p'`` and
    ``S = diag(sqrt p) - p sqrt(p)'``; losses whose outputs do not meet have a diagonal H, with
    ``S = sqrt(H)``. A row of weight 0 gets zeros.

    Returns
    -------
    New array of shape (n_batch, n_outputs, n_outputs).
    """
    if spec.loss == "cross_entropy":
        p = softmax(outputs)
        roots = (np.eye(spec.n_outputs) - p[:, :, None]) * np.sqrt(p)[:, None, :]
    else:
        diagonal = np.sqrt(LOSSES[spec.loss].output_curvature(outputs, y))
        roots = diagonal[:, :, None] * np.eye(spec.n_outputs)
    shares = row_shares(np.ones_like(outputs[:, 0]) if weights is None else weights)
    return np.where(shares[:, None, None] > 0, np.sqrt(shares)[:, None, None] * roots, 0)


def gauss_newton_matrix(spec: NetworkSpec, scaled_jacobian: Array) -> Array:
    """``G = J~' J~ + l2`` on the diagonal of the weights.

    Parameters
    ----------
    spec
        The network.
    scaled_jacobian : array of shape (m, n_params)
        ``J~ = S' J``, as many rows as rows and outputs together.
    """
    return scaled_jacobian.T @ scaled_jacobian + np.diag(spec.l2 * weight_mask(spec))


def damped_step(matrix: Array, grads: Array, damping: float) -> Array | None:
    """Solve ``(G + damping I) step = -grads``; None where the left side is not positive definite.

    The step makes ``grads @ s + s @ (G + damping I) @ s / 2`` smallest ([Lev44], [Mar63]).
    """
    try:
        factor = np.linalg.cholesky(matrix + damping * np.eye(len(grads), dtype=matrix.dtype))
    except np.linalg.LinAlgError:
        return None
    return np.linalg.solve(factor.T, np.linalg.solve(factor, -grads))


def damped_step_by_rows(
    spec: NetworkSpec, scaled_jacobian: Array, grads: Array, damping: float
) -> Array:
    """Make the same step through the rows, where there are fewer of them than parameters.

    With ``D = diag(damping + l2 on weights, damping on biases)`` the matrix to invert is
    ``J~' J~ + D``, and by the identity of Woodbury ([GVL13])
    ``step = -D^-1 (g - J~' (I + K)^-1 J~ D^-1 g)`` with ``K = J~ D^-1 J~'`` of shape (m, m).
    """
    scaled = 1 / (damping + spec.l2 * weight_mask(spec))
    inner = np.eye(len(scaled_jacobian)) + (scaled_jacobian * scaled) @ scaled_jacobian.T
    solved = np.linalg.solve(inner, scaled_jacobian @ (scaled * grads))
    return -scaled * (grads - scaled_jacobian.T @ solved)


