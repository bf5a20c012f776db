"""W6: 64 networks 8-32-32-1 ReLU, Adam at 0.001, batch 256, one epoch of 20,480 rows each, float32.

5,120 updates in all. What is told is the time of all 64.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.speed import many
from benchmarks.speed.problem import needed_flops
from benchmarks.speed.training import tuned_numpy
from benchmarks.speed.workload import Job, Peer, Size, Workload

FLOPS = many.W6.k * needed_flops(many.W6.widths, many.W6.n)


def limit(limits: Mapping[str, Any]) -> float:
    """Divide the arithmetic by the best product."""
    return float(FLOPS / limits["product_2"])


def gradus(threads: int, *, is_at_once: bool) -> Callable[[Size], Job]:
    """Train by the seam, or network by network."""

    def job(size: Size) -> Job:
        from benchmarks.speed import many_gradus

        kind = many_gradus.at_once if is_at_once else many_gradus.each
        return kind(many.many_problem(size), threads)

    return job


def jax_(size: Size, *, is_mapped: bool) -> Job:
    """Train with one compiled function."""
    from benchmarks.speed import many_jax

    return many_jax.train(many.many_problem(size), is_mapped=is_mapped)


def torch_(size: Size, threads: int) -> Job:
    """Train as one stacked network."""
    from benchmarks.speed import many_torch

    return many_torch.train(many.many_problem(size), threads)


def numpy_(size: Size) -> Job:
    """Train one after the other."""
    from benchmarks.speed.peer_numpy import Trainer

    problem = many.many_problem(size)
    trainers = [Trainer(problem.one(j)) for j in range(problem.k)]

    def reset() -> None:
        for trainer in trainers:
            trainer.start()

    def check() -> float:
        reset()
        for trainer, order in zip(trainers, problem.given_orders(), strict=True):
            trainer.train([order])
        return problem.value([trainer.layers() for trainer in trainers])

    def run() -> None:
        for trainer, order in zip(trainers, problem.drawn_orders(), strict=True):
            trainer.train([order])

    return Job(run, check, reset=reset)


def sklearn_(size: Size) -> Job:
    """Fit in two processes of joblib, which are started before."""
    from benchmarks.speed.many_sklearn import train

    return train(many.many_problem(size))


JAX = [
    Peer(
        f"jax {label}{where}",
        partial(jax_, is_mapped=is_mapped),
        threads=t,
        cores=cores,
        is_in_quick=not is_mapped and cores == 1,
    )
    for label, is_mapped in (("vmap of scan", False), ("map of scan", True))
    for where, t, cores in (("", 2, None), (", 1 core", 1, 1))
]

WORKLOADS = (
    Workload(
        "W6",
        "64 networks 8-32-32-1, Adam, batch 256, one epoch of 20,480 rows each (5,120 updates)",
        "all 64",
        (
            Peer("gradus 2t", gradus(2, is_at_once=True), is_in_quick=True),
            Peer("gradus 1t", gradus(1, is_at_once=True), threads=1),
            Peer("gradus, a Network each", gradus(2, is_at_once=False)),
            *JAX,
            *(Peer(f"torch bmm {t}t", partial(torch_, threads=t), threads=t) for t in (1, 2)),
            Peer("numpy one by one", numpy_, threads=1, env=tuned_numpy()),
            Peer("scikit-learn, joblib", sklearn_, threads=1, tolerance=0.2, note="own order"),
        ),
        limit=limit,
        limit_says=f"{FLOPS / 1e9:.3g} GFLOP needed, at the best product on two threads",
        seconds=0.5,
        repetitions=5,
    ),
)
