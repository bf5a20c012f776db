"""Damped Gauss-Newton steps of the compiled engine: the arrays that its calls share.

What is computed stands in the core; `engines.gauss_newton` has the formulas.
"""

import numpy as np

from gradus import _core
from gradus._typing import Array, Float64Array, FloatArray, UInt8Array
from gradus.networks.params import weight_mask
from gradus.networks.spec import NetworkSpec


class NormalEquations:
    """Steps from the Gauss-Newton matrix; see `optimizers.second_order.problem.DampedSystem`.

    Parameters
    ----------
    matrix : array of shape (n_params, n_params)
        G.
    grads : array of shape (n_params,)
    cancel
        See `engines.base.Engine.damped_system`.
    n_threads
        Threads the core may use.
    """

    def __init__(
        self, matrix: Array, grads: Array, cancel: UInt8Array | None, n_threads: int
    ) -> None:
        self.matrix, self.grads = matrix, grads
        self.factor = np.empty_like(matrix)
        self.cancel, self.n_threads = cancel, n_threads
        self.mean_curvature = float(np.trace(matrix, dtype=np.float64)) / len(grads)

    def step(self, damping: float) -> FloatArray | None:
        """Solve for one damping: one factorization."""
        step: Array = np.empty_like(self.grads)
        options = (damping, self.factor, step, self.cancel, self.n_threads)
        is_definite = _core.damped_step(self.matrix, self.grads, *options)
        return step if is_definite else None

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        """Invert for one damping: the work of two factorizations."""
        if self.step(damping) is None:
            return None
        diagonal = np.empty(len(self.grads))
        _core.inverse_diagonal(self.factor, diagonal, self.cancel, self.n_threads)
        return diagonal


class RowEquations:
    """Steps from the inner products of the Jacobian's rows; see `NormalEquations`.

    Parameters
    ----------
    spec, network
        The network, and as the core knows it.
    params : array of shape (n_params,)
    X : array of shape (n, n_inputs)
    y : array of shape (n, n_targets)
    weights : array of shape (n,) or None
    grads : array of shape (n_params,)
        Of the objective at `params`.
    cancel, n_threads
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
        grads: Array,
        cancel: UInt8Array | None,
        n_threads: int,
    ) -> None:
        self.network, self.grads = network, grads
        self.cancel, self.n_threads = cancel, n_threads
        m = len(X) * spec.n_outputs
        biased = m if spec.l2 else 0  # with no penalty weights and biases are damped alike
        shapes = (m * sum(spec.widths[:-1]), m * sum(spec.widths[1:]), (m, m), (biased, biased))
        products = (np.empty(shape, dtype=params.dtype) for shape in shapes)
        fed, delta, of_weights, of_biases = products
        self.products: tuple[Array, Array, Array, Array] = (fed, delta, of_weights, of_biases)
        self.factor: Array = np.empty((m, m), dtype=params.dtype)
        _core.row_products(network, params, X, y, weights, *self.products, cancel, n_threads)
        # J' J and J J' have one trace.
        trace = sum(float(np.trace(one, dtype=np.float64)) for one in self.products[2:])
        trace += spec.l2 * int(weight_mask(spec).sum())
        self.mean_curvature = trace / len(grads)

    def step(self, damping: float) -> FloatArray | None:
        """Solve for one damping: one factorization."""
        step: Array = np.empty_like(self.grads)
        given = (self.network, *self.products, self.grads, damping, self.factor, step)
        is_definite = _core.row_step(*given, self.cancel, self.n_threads)
        return step if is_definite else None

    def inverse_diagonal(self, damping: float) -> Float64Array | None:
        """Not offered."""
        raise NotImplementedError
