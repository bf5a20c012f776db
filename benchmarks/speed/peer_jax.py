"""JAX: whole epochs in `lax.scan`, compiled ahead."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarks.speed.problem import BETA_1, BETA_2, EPSILON, MOMENTUM, Array, Problem
from benchmarks.speed.workload import Job
from jax import lax

_ACTIVATIONS = {
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "identity": lambda z: z,
}


def loss(problem: Problem, layers: Any, X: Any, y: Any) -> Any:
    """Compute the mean loss of a batch."""
    a = X
    for k, (w, b) in enumerate(layers, 1):
        z = a @ w if b is None else a @ w + b
        a = _ACTIVATIONS[problem.output if k == len(layers) else problem.activation](z)
    if problem.loss == "squared_error":
        return jnp.mean((a - y) ** 2)
    picked = jnp.take_along_axis(a, y[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(a, axis=1) - picked)


def update(problem: Problem, state: Any, grads: Any) -> Any:
    """Apply the rule; the state is (layers, m, v, t)."""
    layers, m, v, t = state
    rate: Any = problem.rate
    tree = jax.tree.map
    if problem.rule == "descent":
        return tree(lambda p, g: p - rate * g, layers, grads), m, v, t
    if problem.rule == "momentum":
        m = tree(lambda m, g: MOMENTUM * m - rate * g, m, grads)
        return tree(jnp.add, layers, m), m, v, t
    t = t + 1
    m = tree(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, grads)
    v = tree(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, grads)
    # 1 - beta**t without the cancellation it has in float32.
    root = jnp.sqrt(-jnp.expm1(t * np.log(BETA_2)))
    rate = rate * root / -jnp.expm1(t * np.log(BETA_1))
    layers = tree(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON * root), layers, m, v)
    return layers, m, v, t


def state(problem: Problem) -> Any:
    """Put the first weights and an empty memory where JAX computes."""
    layers = jax.tree.map(jnp.asarray, problem.copied_layers())
    zeros = jax.tree.map(jnp.zeros_like, layers)
    return layers, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0)


def epochs_scan(problem: Problem, gather: str) -> Any:
    """Make the function of (state, X, y, order) that passes over the rows of an order.

    Parameters
    ----------
    problem
        What to train.
    gather
        "whole" orders all rows before the first step, "step" those of each step.
    """
    differentiate = jax.grad(lambda *args: loss(problem, *args))

    def train(at: Any, X: Any, y: Any, order: Any) -> Any:
        def step(at: Any, fed: Any) -> Any:
            if problem.is_full_batch:
                fed = X, y
            elif gather == "step":
                fed = X[fed], y[fed]
            return update(problem, at, differentiate(at[0], *fed)), None

        if problem.is_full_batch:
            return lax.scan(step, at, None, length=len(order) // problem.n)[0]
        rows = order.reshape(-1, problem.batch)
        return lax.scan(step, at, (X[rows], y[rows]) if gather == "whole" else rows)[0]

    return train


def compiled(function: Any, *examples: Any, donated: tuple[int, ...] = ()) -> tuple[Any, float]:
    """Compile a function for arguments of these shapes, and say how long that took."""
    begin = time.perf_counter()
    made = jax.jit(function, donate_argnums=donated).lower(*examples).compile()
    return made, time.perf_counter() - begin


def train(problem: Problem, gather: str = "whole") -> Job:
    """Train an epoch with each call, or all epochs with one where their orders are ready-made."""
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)
    at: list[Any] = [state(problem)]
    length = problem.n if problem.is_order_drawn else problem.n * problem.epochs
    example = np.zeros(length, np.int32)
    scan, seconds = compiled(epochs_scan(problem, gather), at[0], X, y, example, donated=(0,))
    ready: list[Array] = []
    if not problem.is_order_drawn:
        ready = [np.concatenate(problem.given_orders(problem.epochs)).astype(np.int32)]

    def reset() -> None:
        at[0] = jax.block_until_ready(state(problem))

    def run(orders: Any = None) -> None:
        for order in orders or ready or problem.drawn_orders():
            at[0] = scan(at[0], X, y, order.astype(np.int32))
        jax.block_until_ready(at[0])

    def check() -> float:
        reset()
        run(problem.given_orders(problem.check_epochs) if problem.is_order_drawn else ready)
        return reached()

    def reached() -> float:
        return problem.value(jax.tree.map(np.asarray, at[0][0]))

    return Job(
        run, check, units=problem.units, reset=reset, compile_seconds=seconds, reached=reached
    )
