"""W10: the gradient of W4's network on 128 rows, and the product of its Hessian with a vector.

784-128-10 ReLU softmax, float32. W10a is the time of a gradient, W10b that of a Hessian-vector
product in gradients of the same library, settings and minute: each sample times both in turn.
gradus is asked through its engine, because `Network.gradient` computes in float64 and `Network` has
no product.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from benchmarks.speed.problem import Array, Problem, digit_rows, first_layers
from benchmarks.speed.workload import Job, Peer, Size, Workload

BATCH, CALLS = 128, 20


@dataclass(frozen=True)
class Calls:
    """The two calls of a library, each giving a flat vector of NumPy's."""

    gradient: Callable[[], Any]
    product: Callable[[], Any]


def problem() -> tuple[Problem, Array]:
    """Draw rows, weights, and the vector."""
    X, y = digit_rows(BATCH)
    task = Problem(
        X, y, first_layers((784, 128, 10)), "relu", "cross_entropy", "descent", 0.1, BATCH
    )
    n = sum(w.size + b.size for w, b in task.layers if b is not None)
    return task, np.random.default_rng(2).standard_normal(n, np.float32)


def by_gradus(threads: int) -> Calls:
    """Ask the native engine."""
    from benchmarks.speed.peer_gradus import network

    from gradus.engines.registry import engine

    task, v = problem()
    made, native = network(task), engine("native", threads)
    y = task.y.astype(np.float32)[:, None]
    batch = (made.spec, made.params, task.X, y, None)
    return Calls(lambda: native.gradient(*batch)[1], lambda: native.hvp(*batch, v))


def by_jax() -> Calls:
    """Compile the gradient, and its derivative along the vector."""
    import jax
    from benchmarks.speed.peer_jax import loss
    from jax.flatten_util import ravel_pytree

    task, v = problem()
    flat, unflatten = ravel_pytree(jax.tree.map(jax.numpy.asarray, task.copied_layers()))
    X, y = jax.numpy.asarray(task.X), jax.numpy.asarray(task.y)
    differentiate = jax.grad(lambda params, X, y: loss(task, unflatten(params), X, y))
    gradient = jax.jit(differentiate)

    @jax.jit
    def product(params: Any, v: Any, X: Any, y: Any) -> Any:
        return jax.jvp(lambda params: differentiate(params, X, y), (params,), (v,))[1]

    along = jax.numpy.asarray(v)
    return Calls(
        lambda: gradient(flat, X, y).block_until_ready(),
        lambda: product(flat, along, X, y).block_until_ready(),
    )


def by_torch(threads: int) -> Calls:
    """Differentiate once, and twice."""
    import torch

    torch.set_num_threads(threads)
    task, v = problem()
    parts = [part for layer in task.layers for part in layer if part is not None]
    params = [torch.from_numpy(part.copy()).requires_grad_() for part in parts]
    pieces = np.split(v, np.cumsum([part.size for part in parts])[:-1])
    along = [torch.from_numpy(one).view(own.shape) for one, own in zip(pieces, params, strict=True)]
    X, y = torch.from_numpy(task.X), torch.from_numpy(task.y)

    def loss() -> torch.Tensor:
        hidden = torch.relu(torch.addmm(params[1], X, params[0]))
        return torch.nn.functional.cross_entropy(torch.addmm(params[3], hidden, params[2]), y)

    def flat(found: Any) -> torch.Tensor:
        return torch.cat([one.reshape(-1) for one in found])

    def product() -> torch.Tensor:
        grads = torch.autograd.grad(loss(), params, create_graph=True)
        return flat(torch.autograd.grad(grads, params, along))

    return Calls(lambda: flat(torch.autograd.grad(loss(), params)), product)


def gradient_job(calls: Callable[[], Calls], _size: Size) -> Job:
    """Time the gradient."""
    own = calls()

    def run() -> None:
        for _ in range(CALLS):
            own.gradient()

    return Job(run, lambda: _norm(own.gradient()), units=CALLS)


def product_job(calls: Callable[[], Calls], _size: Size) -> Job:
    """Time both in turn, and give the ratio of their medians."""
    own = calls()

    def ratio() -> float:
        pairs = [(_seconds(own.gradient), _seconds(own.product)) for _ in range(CALLS)]
        gradients, products = zip(*pairs, strict=True)
        return statistics.median(products) / statistics.median(gradients)

    return Job(ratio, lambda: _norm(own.product()), measure=ratio)


def _seconds(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _norm(vector: Any) -> float:
    """Take the length of a vector of any library."""
    return float(np.linalg.norm(np.asarray(vector).astype(float)))


def _peers(job: Callable[[Callable[[], Calls], Size], Job]) -> tuple[Peer, ...]:
    kinds: list[tuple[str, Callable[[], Calls], int, int | None]] = [
        *((f"gradus {t}t", partial(by_gradus, t), t, None) for t in (1, 2)),
        ("jax", by_jax, 2, None),
        ("jax, 1 core", by_jax, 1, 1),
        *((f"torch {t}t", partial(by_torch, t), t, None) for t in (1, 2)),
    ]
    return tuple(
        Peer(
            label,
            partial(job, calls),
            threads=t,
            cores=cores,
            is_in_quick=label in {"gradus 1t", "gradus 2t", "jax, 1 core"},
        )
        for label, calls, t, cores in kinds
    )


WORKLOADS = (
    Workload(
        "W10a",
        "784-128-10 ReLU softmax, 128 rows: the gradient",
        "one gradient",
        _peers(gradient_job),
        tolerance=1e-5,
    ),
    Workload(
        "W10b",
        "the same: a Hessian-vector product in gradients",
        "gradients of the same library",
        _peers(product_job),
        tolerance=1e-5,
        measured_in="ratio",
    ),
)
