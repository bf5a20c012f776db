"""JAX with many networks: an epoch of all in one scan, or one epoch's scan for each in turn."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarks.speed.many import ManyProblem
from benchmarks.speed.peer_jax import compiled, epochs_scan, state
from benchmarks.speed.problem import Array
from benchmarks.speed.workload import Job
from jax import lax


def train(problem: ManyProblem, *, is_mapped: bool) -> Job:
    """Compile one function for all networks.

    Parameters
    ----------
    problem
        What to train.
    is_mapped
        Whether the networks are trained one after the other inside the function.
    """
    X, y = (jnp.asarray(rows) for rows in problem.rows)
    ones = [problem.one(j) for j in range(problem.k)]
    epoch = epochs_scan(ones[0], "step")
    at: list[Any] = [None]

    def reset() -> None:
        states = [state(one) for one in ones]
        at[0] = jax.block_until_ready(jax.tree.map(lambda *each: jnp.stack(each), *states))

    def all_epochs(states: Any, X: Any, y: Any, orders: Any) -> Any:
        if is_mapped:
            return lax.map(lambda fed: epoch(fed[0], X, y, fed[1]), (states, orders))
        return jax.vmap(lambda at, order: epoch(at, X, y, order))(states, orders)

    reset()
    example = np.zeros((problem.k, problem.n), np.int32)
    function, seconds = compiled(all_epochs, at[0], X, y, example, donated=(0,))

    def run(orders: Iterable[Array] | None = None) -> None:
        drawn = np.array(list(orders or problem.drawn_orders()), np.int32)
        at[0] = jax.block_until_ready(function(at[0], X, y, drawn))

    def check() -> float:
        reset()
        run(problem.given_orders())
        stacked = jax.tree.map(np.asarray, at[0][0])
        each = (jax.tree.map(lambda part, j=j: part[j], stacked) for j in range(problem.k))
        return problem.value(list(each))

    return Job(run, check, reset=reset, compile_seconds=seconds)
