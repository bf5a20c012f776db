"""The peers of a training workload: who is asked to train one `Problem`, and with what settings.

A peer's own library is imported in its process alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from benchmarks.speed.machine import has_flag
from benchmarks.speed.problem import Problem
from benchmarks.speed.workload import Job, Peer, Size, Workload

MakeProblem: TypeAlias = Callable[[Size], Problem]

# glibc gives freed temporaries back and has their pages zeroed again, unless told to keep them.
_KEEP_PAGES = {"MALLOC_TRIM_THRESHOLD_": "100000000", "MALLOC_MMAP_THRESHOLD_": "100000000"}


def tuned_numpy() -> dict[str, str]:
    """Return the environment NumPy is fastest in: pages kept, and OpenBLAS's AVX-512 kernels.

    OpenBLAS takes its AVX2 kernels on processors it does not know by name.
    """
    kernels = {"OPENBLAS_CORETYPE": "SkylakeX"} if has_flag("avx512dq") else {}
    return {**_KEEP_PAGES, **kernels}


def gradus_peers(problem: MakeProblem, *, has_epoch_a_call: bool = False) -> list[Peer]:
    """List gradus with one and two threads."""

    def make(threads: int, *, is_epoch_a_call: bool = False) -> Callable[[Size], Job]:
        def job(size: Size) -> Job:
            from benchmarks.speed import peer_gradus

            return peer_gradus.train(problem(size), threads, is_epoch_a_call=is_epoch_a_call)

        return job

    peers = [Peer(f"gradus {t}t", make(t), threads=t, is_in_quick=True) for t in (1, 2)]
    if has_epoch_a_call:
        note = "each epoch a call of train, with a fresh memory of the rule"
        one = make(1, is_epoch_a_call=True)
        peers.append(Peer("gradus 1t, a call an epoch", one, threads=1, note=note))
    return peers


def engine_peers(problem: MakeProblem) -> list[Peer]:
    """List one call of gradus's engine, as the compiled functions of others are called."""

    def job(size: Size) -> Job:
        from benchmarks.speed import peer_gradus

        return peer_gradus.engine(problem(size), 1)

    return [Peer("gradus, engine", job, threads=1, is_in_quick=True)]


def numpy_peers(problem: MakeProblem) -> list[Peer]:
    """List NumPy as it is installed, and with its best settings."""

    def job(size: Size) -> Job:
        from benchmarks.speed import peer_numpy

        return peer_numpy.train(problem(size))

    note = "pages kept, OpenBLAS told which kernels to take"
    return [
        Peer("numpy 2t", job),
        Peer("numpy tuned 1t", job, threads=1, env=tuned_numpy(), note=note),
        Peer("numpy tuned 2t", job, env=tuned_numpy(), note=note),
    ]


def jax_peers(problem: MakeProblem) -> list[Peer]:
    """List JAX on all processors and on one."""

    def job(size: Size) -> Job:
        from benchmarks.speed import peer_jax

        return peer_jax.train(problem(size))

    return [
        Peer("jax scan", job, is_in_quick=True),
        Peer("jax scan, 1 core", job, threads=1, cores=1),
    ]


def torch_peers(problem: MakeProblem) -> list[Peer]:
    """List PyTorch by autograd and by hand, with one and two threads."""

    def make(threads: int, *, is_by_hand: bool) -> Callable[[Size], Job]:
        def job(size: Size) -> Job:
            from benchmarks.speed import peer_torch

            return peer_torch.train(problem(size), threads, is_by_hand=is_by_hand)

        return job

    return [
        Peer(f"{label} {t}t", make(t, is_by_hand=is_by_hand), threads=t)
        for label, is_by_hand in (("torch", False), ("torch by hand", True))
        for t in (1, 2)
    ]


def sklearn_peers(problem: MakeProblem) -> list[Peer]:
    """List scikit-learn."""

    def job(size: Size) -> Job:
        from benchmarks.speed import peer_sklearn

        return peer_sklearn.train(problem(size))

    note = "its own order of rows, epsilon before the bias correction"
    return [Peer("scikit-learn", job, tolerance=0.2, note=note)]


def fann_peers(problem: MakeProblem, note: str, tolerance: float | None = None) -> list[Peer]:
    """List FANN, and say what it cannot do as the others do."""

    def job(size: Size) -> Job:
        from benchmarks.speed import peer_fann

        return peer_fann.train(problem(size))

    return [Peer("FANN", job, threads=1, note=note, tolerance=tolerance)]


def training_workload(
    name: str,
    title: str,
    unit: str,
    problem: MakeProblem,
    *,
    flops: float = 0.0,
    chain_cycles: float = 0.0,
    has_epoch_a_call: bool = False,
    has_sklearn: bool = True,
    has_slow: bool = True,
    more: tuple[Peer, ...] = (),
    **options: Any,
) -> Workload:
    """Put a workload together.

    Parameters
    ----------
    name, title, unit, options
        See `Workload`.
    problem
        Makes it, handed the size.
    flops
        What a unit needs; the limit is this over the best matrix product on two threads.
    chain_cycles
        Where the work is serial: cycles of a unit, each waiting for the one before.
    has_epoch_a_call
        Whether gradus is also run with one call for each epoch.
    has_sklearn
        Whether scikit-learn can do this at all.
    has_slow
        Whether those run that dispatch every operation of an update.
    more
        Peers of this workload alone.
    """

    def limit(limits: Mapping[str, Any]) -> float:
        if chain_cycles:
            return float(chain_cycles / limits["clock"])
        return float(flops / limits["product_2"])

    says = f"a chain of {chain_cycles:,.0f} cycles at the clock measured"
    if not chain_cycles:
        says = f"{flops / 1e9:.3g} GFLOP needed, at the best product on two threads"
    peers = [
        *gradus_peers(problem, has_epoch_a_call=has_epoch_a_call),
        *jax_peers(problem),
        *([*numpy_peers(problem), *torch_peers(problem)] if has_slow else []),
        *(sklearn_peers(problem) if has_sklearn else []),
        *more,
    ]
    return Workload(name, title, unit, tuple(peers), limit=limit, limit_says=says, **options)
