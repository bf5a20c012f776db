"""W9: 506 rows of 13 columns, 13-50-1 tanh, from the same first weights to a training error.

W9a to a mean squared error of 0.05, W9b to 0.001, W9c to 1e-9; float32 but where a label says more.
Timed are exactly the iterations a method needs. The limit is that of Levenberg-Marquardt by rows on
one thread: of an iteration the 58 million operations of J J' and the 43 million of its factor.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.speed.least_squares import HIDDEN, INPUTS, N, until
from benchmarks.speed.workload import Job, Peer, Size, Workload

#: Goal and how many iterations Levenberg-Marquardt takes to it.
GOALS = {"W9a": (0.05, 3), "W9b": (1e-3, 6), "W9c": (1e-9, 11)}
FLOPS = N * N * (INPUTS + 2 * HIDDEN) + N**3 / 3
MOST = {"levenberg_marquardt": 100, "lbfgs": 1000}


def gradus(rule: str, dtype: str, threads: int, goal: float, size: Size) -> Job:
    """Train a `Network`."""
    from benchmarks.speed.least_squares_peers import by_gradus

    return until(by_gradus(rule, dtype, threads), goal, 2 if size == "tiny" else MOST[rule])


def jax_(size: Size, *, is_structured: bool, goal: float) -> Job:
    """Run the compiled loop."""
    from benchmarks.speed.least_squares_jax import method

    made, seconds = method(is_structured=is_structured)
    return replace(until(made, goal, 2 if size == "tiny" else 100), compile_seconds=seconds)


def by_scipy(goal: float, size: Size) -> Job:
    """Call SciPy."""
    from benchmarks.speed.least_squares_peers import by_scipy

    return until(by_scipy(), goal, 2 if size == "tiny" else 60)


def by_sklearn(goal: float, size: Size) -> Job:
    """Call scikit-learn."""
    from benchmarks.speed.least_squares_peers import by_sklearn

    return until(by_sklearn(), goal, 2 if size == "tiny" else 1000)


def peers(goal: float) -> tuple[Peer, ...]:
    """List the methods for one goal."""
    ours: list[tuple[str, Callable[[Size], Job], int]] = [
        (
            f"gradus {name} {dtype} {t}t",
            partial(gradus, rule, dtype, t, goal),
            t,
        )
        for name, rule in (("LM", "levenberg_marquardt"), ("L-BFGS", "lbfgs"))
        for dtype in ("float32", "float64")
        for t in (1, 2)
    ]
    return (
        *(
            Peer(
                name,
                job,
                threads=t,
                is_in_quick="LM float32 2t" in name,
            )
            for name, job, t in ours
        ),
        *(
            Peer(
                f"jax LM {form}{where}",
                partial(jax_, is_structured=form == "structured", goal=goal),
                threads=t,
                cores=cores,
                is_in_quick=form == "structured" and cores is None,
            )
            for form in ("structured", "dual")
            for where, t, cores in (("", 2, None), (", 1 core", 1, 1))
        ),
        *(
            Peer(
                f"scikit-learn L-BFGS {t}t",
                partial(by_sklearn, goal),
                threads=t,
                is_in_quick=t == 1 and goal == GOALS["W9a"][0],
            )
            for t in (1, 2)
        ),
        Peer("scipy least_squares, float64", partial(by_scipy, goal), threads=1),
    )


def limit(iterations: int, limits: Mapping[str, Any]) -> float:
    """Divide the arithmetic by the best product on one thread."""
    return float(iterations * FLOPS / limits["product_1"])


WORKLOADS = tuple(
    Workload(
        name,
        f"506 x 13, 13-50-1 tanh, to a training error of {goal:g}",
        "from the first weights to the goal",
        peers(goal),
        tolerance=1e-6,
        limit=partial(limit, iterations),
        limit_says=f"{iterations} iterations of J J' and its factor, at the best product on one "
        "thread",
        repetitions=5,
        is_in_quick=name != "W9b",
    )
    for name, (goal, iterations) in GOALS.items()
)
