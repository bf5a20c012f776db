"""W12: how the cost of an epoch grows with rows, width, depth, batch size and networks at once.

From 8-64-64-1 ReLU with Adam in batches of 256, one thing is changed at a time. The time of an
epoch over rows times parameters is a straight line where the cost of a size is its arithmetic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from benchmarks.speed.many import ManyProblem
from benchmarks.speed.problem import Problem, by_adam, first_layers, regression_rows
from benchmarks.speed.workload import Job

INPUTS, WIDTH, DEPTH, BATCH, ROWS = 8, 64, 2, 256, 20_480
#: About as much arithmetic as this in a point, in operations, where rows can be chosen.
_FLOPS = 2e9

#: Makes the work of a library at a problem.
Maker: TypeAlias = Callable[[Problem | ManyProblem], Job]


@dataclass(frozen=True)
class Axis:
    """One thing that is changed.

    Attributes
    ----------
    name
        "rows", "width", "depth", "batch" or "networks".
    title
        What stands below the picture.
    sizes
        Of a full run.
    quick_sizes
        Of a quick one.
    problem
        Makes the work of a size.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    problem: Callable[[int], Problem | ManyProblem]


def row_parameters(problem: Problem | ManyProblem) -> float:
    """Count rows times parameters of an epoch, of all networks."""
    if isinstance(problem, ManyProblem):
        return problem.k * problem.n * _n_params(problem.widths)
    widths = (problem.X.shape[1], *(w.shape[1] for w, _ in problem.layers))
    return problem.n * _n_params(widths)


def _n_params(widths: tuple[int, ...]) -> float:
    return float(sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths)))


def _problem(
    rows: int = ROWS, width: int = WIDTH, depth: int = DEPTH, batch: int = BATCH
) -> Problem:
    """Make a problem of whole batches."""
    n = max(1, rows // batch) * batch
    widths = (INPUTS, *[width] * depth, 1)
    return by_adam(*regression_rows(n, INPUTS), first_layers(widths), batch)


def _of_width(width: int) -> Problem:
    """Take as many rows as keep the arithmetic about the same, and two batches at least."""
    rows = int(_FLOPS / (6 * _n_params((INPUTS, width, width, 1))))
    return _problem(rows=min(ROWS, max(2 * BATCH, rows)), width=width)


AXES = (
    Axis(
        "rows",
        "rows of the table",
        (10**3, 10**4, 10**5, 10**6, 10**7),
        (10**3, 10**5),
        lambda rows: _problem(rows=rows),
    ),
    Axis(
        "width",
        "neurons in each of two hidden layers",
        tuple(2**k for k in range(3, 13)),
        (8, 512),
        _of_width,
    ),
    Axis(
        "depth",
        "hidden layers of 64",
        tuple(range(1, 13)),
        (1, 12),
        lambda depth: _problem(depth=depth),
    ),
    Axis(
        "batch",
        "rows of an update",
        tuple(2**k for k in range(14)),
        (1, 1024),
        lambda batch: _problem(rows=16_384 if batch > 4 else 4_096, batch=batch),
    ),
    Axis(
        "networks",
        "networks at once",
        tuple(2**k for k in range(9)),
        (1, 64),
        lambda k: ManyProblem((INPUTS, WIDTH, WIDTH, 1), k, 2_048),
    ),
)


def axis(name: str) -> Axis:
    """Find an axis by its name."""
    return next(one for one in AXES if one.name == name)


def by_gradus(threads: int) -> Maker:
    """Train with so many threads."""

    def make(problem: Problem | ManyProblem) -> Job:
        from benchmarks.speed import many_gradus, peer_gradus

        if isinstance(problem, ManyProblem):
            return many_gradus.at_once(problem, threads)
        return peer_gradus.train(problem, threads)

    return make


def by_jax(problem: Problem | ManyProblem) -> Job:
    """Train with a scan, of many networks with its vmap."""
    from benchmarks.speed import many_jax, peer_jax

    if isinstance(problem, ManyProblem):
        return many_jax.train(problem, is_mapped=False)
    return peer_jax.train(problem)


#: Label, threads, maker.
PEERS: tuple[tuple[str, int, Maker], ...] = (
    ("gradus 1t", 1, by_gradus(1)),
    ("gradus 2t", 2, by_gradus(2)),
    ("jax scan", 2, by_jax),
)
