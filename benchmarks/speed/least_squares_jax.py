"""Levenberg-Marquardt in JAX, the whole loop compiled: with the Jacobian, and with its structure.

Both solve in the space of the rows, which are fewer than the parameters, for the step
``-J' (J J' + mu)^-1 e``, damped as by `gradus.LevenbergMarquardt`. The first forms J row by row.
The second never forms it: ``J J' = (X X' + 1) o (G G') + H H' + 1``, with H the hidden activations
and G their slopes times the outgoing weights.
"""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarks.speed.least_squares import HIDDEN, INPUTS, Method, first_theta, layers_of, problem
from jax import lax

_DAMPING = 1e-3
_CUTS = np.cumsum([INPUTS * HIDDEN, HIDDEN, HIDDEN]).tolist()


def method(*, is_structured: bool) -> tuple[Method, float]:
    """Compile the loop; also give the seconds that took."""
    task = problem()
    X, y = jnp.asarray(task.X, jnp.float32), jnp.asarray(task.y[:, 0], jnp.float32)
    system = _structured(X) if is_structured else _row_by_row(X)
    first = jnp.asarray(first_theta(np.float32))

    @jax.jit
    def loop(theta: Any, y: Any, count: Any) -> Any:
        def step(at: Any) -> Any:
            return _step(X, y, system, at)

        gram, _ = system(theta)
        mu = _DAMPING * jnp.trace(gram) / theta.size
        start = (theta, mu, jnp.float32(2), jnp.int32(0))
        return lax.while_loop(lambda at: at[3] < count, step, start)[0]

    begin = time.perf_counter()
    loop(first, y, 1).block_until_ready()
    seconds = time.perf_counter() - begin
    last = [first]

    def run(count: int) -> None:
        last[0] = loop(first, y, count).block_until_ready()

    return Method(run, lambda: task.value(layers_of(np.asarray(last[0])))), seconds


def _parts(theta: Any) -> tuple[Any, Any, Any, Any]:
    w, b, u, c = jnp.split(theta, _CUTS)
    return w.reshape(INPUTS, HIDDEN), b, u, c


def _outputs(theta: Any, X: Any) -> Any:
    w, b, u, c = _parts(theta)
    return jnp.tanh(X @ w + b) @ u + c[0]


def _row_by_row(X: Any) -> Any:
    """Give J J' and the product with J', from a Jacobian made by differentiating each row."""
    differentiate = jax.vmap(jax.grad(lambda theta, x: _outputs(theta, x[None])[0]), (None, 0))

    def system(theta: Any) -> Any:
        jacobian = differentiate(theta, X)
        return jacobian @ jacobian.T, lambda z: jacobian.T @ z

    return system


def _structured(X: Any) -> Any:
    """Give the same from the structure of two layers."""
    of_inputs = X @ X.T + 1

    def system(theta: Any) -> Any:
        w, b, u, _ = _parts(theta)
        h = jnp.tanh(X @ w + b)
        g = u * (1 - h * h)

        def transposed(z: Any) -> Any:
            zg = z[:, None] * g
            return jnp.concatenate([(X.T @ zg).ravel(), zg.sum(0), h.T @ z, z.sum()[None]])

        return of_inputs * (g @ g.T) + h @ h.T + 1, transposed

    return system


def _step(X: Any, y: Any, system: Any, at: Any) -> Any:
    """Make one step that lowers the error, trying larger damping until one does."""
    theta, mu, nu, count = at
    gram, transposed = system(theta)
    errors = _outputs(theta, X) - y
    before = errors @ errors
    slope = transposed(errors)

    def attempt(tried: Any) -> Any:
        _, mu, nu, *_ = tried
        factor = jax.scipy.linalg.cho_factor(gram + mu * jnp.eye(len(gram)))
        change = -transposed(jax.scipy.linalg.cho_solve(factor, errors))
        promised = mu * (change @ change) - change @ slope
        after = _outputs(theta + change, X) - y
        gain = (before - after @ after) / promised
        softer = mu * jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)
        is_lower = gain > 0
        return (
            jnp.where(is_lower, theta + change, theta),
            jnp.where(is_lower, softer, mu * nu),
            jnp.where(is_lower, 2.0, 2 * nu),
            is_lower,
            tried[4] + 1,
        )

    tried = (theta, mu, nu, jnp.bool_(False), jnp.int32(0))  # noqa: FBT003 JAX's own flag
    done = lax.while_loop(lambda tried: ~tried[3] & (tried[4] < 30), attempt, tried)
    return done[0], done[1], done[2], count + 1
