"""W1: a linear neuron of 3 weights and no bias on 5 rows, 2,000 full-batch steps, float32.

W1a is one call of 2,000 steps, as it is asked for; W1b is the same rate in a call of 200,000 steps,
where what a call costs once no longer shows. The limit is the chain by which the goals were set, 31
cycles: product and sum over three weights (12), the error, the sum over five rows (12), the step.
It is no floor: with each weight in all lanes and the fifth row by itself, gradus waits for 26.
"""

from functools import partial

import numpy as np
from benchmarks.speed.problem import Layers, Problem
from benchmarks.speed.training import engine_peers, fann_peers, training_workload
from benchmarks.speed.workload import Job, Peer, Size

STEPS = 2_000
CYCLES = 31
FIRST = (0.2, -0.4, 0.1)
TRUE = (1.0, 2.0, -3.0)


def problem(calls: int, size: Size) -> Problem:
    """Make five rows that three weights nearly fit: a loss of 0 would compare rounding errors."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (5, 3)).astype(np.float32)
    y = X @ np.array(TRUE, np.float32)[:, None] + 0.5 * rng.standard_normal((5, 1), np.float32)
    first: Layers = [(np.array(FIRST, np.float32)[:, None], None)]
    steps = 20 if size == "tiny" else STEPS * calls
    return Problem(
        X,
        y,
        first,
        "identity",
        "squared_error",
        "descent",
        rate=0.1,
        batch=5,
        epochs=steps,
        is_order_drawn=False,
        check_epochs=steps,
        units=calls,
    )


def plain(size: Size) -> Job:
    """Write it out in Python."""
    task = problem(1, size)
    rows = [(*x, *y) for x, y in zip(task.X.tolist(), task.y.tolist(), strict=True)]
    reached = [FIRST]

    def run() -> None:
        a, b, c = FIRST
        scale = 2 * task.rate / task.n
        for _ in range(task.epochs):
            d_a = d_b = d_c = 0.0
            for p, q, r, target in rows:
                error = a * p + b * q + c * r - target
                d_a += error * p
                d_b += error * q
                d_c += error * r
            a, b, c = a - scale * d_a, b - scale * d_b, c - scale * d_c
        reached[0] = (a, b, c)

    def check() -> float:
        run()
        return task.value([(np.array(reached[0])[:, None], None)])

    return Job(run, check)


def written_out() -> tuple[Peer, ...]:
    """List those that write the steps out."""
    note = "has a bias, so a fourth weight"
    return (Peer("plain Python", plain, threads=1), *fann_peers(partial(problem, 1), note))


WORKLOADS = tuple(
    training_workload(
        name,
        "3 weights, no bias, 5 rows, full batch, 2,000 updates" + more,
        "2,000 updates",
        partial(problem, calls),
        chain_cycles=CYCLES * STEPS,
        has_sklearn=False,
        has_slow=calls == 1,
        is_in_quick=calls == 1,
        more=(
            *engine_peers(partial(problem, calls)),
            *(written_out() if calls == 1 else ()),
        ),
    )
    for name, calls, more in (("W1a", 1, ""), ("W1b", 100, ", as a part of 200,000 in one call"))
)
