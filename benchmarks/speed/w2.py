"""W2: 2-2-1 sigmoid with squared error, one row of four at a time, 4,000 steps, float32.

W2a is one call of 4,000 steps, W2b the same rate in a call of 400,000. The chain of a step is about
115 cycles: two exponentials and two divisions one after the other, and the sums between them. A
sigmoid from a table, without either, makes it shorter; the limit does not count on one.
"""

import math
from functools import partial

import numpy as np
from benchmarks.speed.problem import Layers, Problem, first_layers
from benchmarks.speed.training import engine_peers, fann_peers, training_workload
from benchmarks.speed.workload import Job, Peer, Size

STEPS = 4_000
CYCLES = 115


def problem(calls: int, size: Size) -> Problem:
    """Make the four rows of an exclusive or."""
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    steps = 40 if size == "tiny" else STEPS * calls
    return Problem(
        X,
        y,
        first_layers((2, 2, 1), gain=12),
        "sigmoid",
        "squared_error",
        "descent",
        rate=0.25,
        batch=1,
        epochs=steps // 4,
        output="sigmoid",
        is_order_drawn=False,
        check_epochs=steps // 4,
        units=calls,
    )


def plain(size: Size) -> Job:
    """Write it out in Python."""
    task = problem(1, size)
    rows = [(*x, *y) for x, y in zip(task.X.tolist(), task.y.tolist(), strict=True)]
    order = np.concatenate(task.given_orders(task.epochs)).tolist()
    (w, _), (u, _) = task.layers
    (a, b), (c, d) = w.tolist()
    (e,), (f,) = u.tolist()
    first = (a, b, c, d, 0.0, 0.0, e, f, 0.0)
    reached = [first]

    def run() -> None:
        reached[0] = _descend(rows, order, first, 2 * task.rate)

    def check() -> float:
        run()
        a, b, c, d, p, q, e, f, r = reached[0]
        layers: Layers = [
            (np.array([[a, b], [c, d]]), np.array([p, q])),
            (np.array([[e], [f]]), np.array([r])),
        ]
        return task.value(layers)

    return Job(run, check)


def _descend(
    rows: list[tuple[float, ...]], order: list[int], first: tuple[float, ...], rate: float
) -> tuple[float, ...]:
    """Step through the rows in their order; `rate` holds the 2 of the squared error."""
    a, b, c, d, p, q, e, f, r = first
    exp = math.exp
    for row in order:
        x, z, target = rows[row]
        g = 1 / (1 + exp(-(x * a + z * c + p)))
        h = 1 / (1 + exp(-(x * b + z * d + q)))
        o = 1 / (1 + exp(-(g * e + h * f + r)))
        delta = rate * (o - target) * o * (1 - o)
        d_g, d_h = delta * e * g * (1 - g), delta * f * h * (1 - h)
        e, f, r = e - delta * g, f - delta * h, r - delta
        a, c, p = a - d_g * x, c - d_g * z, p - d_g
        b, d, q = b - d_h * x, d - d_h * z, q - d_h
    return a, b, c, d, p, q, e, f, r


def written_out() -> tuple[Peer, ...]:
    """List those that write the steps out."""
    note = "slopes as if no output were beyond 0.01 and 0.99"
    return (Peer("plain Python", plain, threads=1), *fann_peers(partial(problem, 1), note, 0.05))


WORKLOADS = tuple(
    training_workload(
        name,
        "2-2-1 sigmoid, one row at a time, 4,000 updates" + more,
        "4,000 updates",
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
    for name, calls, more in (("W2a", 1, ""), ("W2b", 100, ", as a part of 400,000 in one call"))
)
