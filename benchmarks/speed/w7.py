"""W7: answers of 10-64-64-1 ReLU, float32: W7a one row at a time from Python, W7b 1,000,000 rows.

W7a is the usual call of each library on an array of shape (1, 10), a thousand times. In W7b the
answers of all rows lie in one array in the end; a peer is asked for 2,000 rows at a time where it
is faster so.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from benchmarks.speed import answers
from benchmarks.speed.answers import Answer
from benchmarks.speed.problem import Array, Problem, by_adam, first_layers, regression_rows
from benchmarks.speed.training import tuned_numpy
from benchmarks.speed.workload import Job, Peer, Size, Workload

WIDTHS = (10, 64, 64, 1)
MANY, PIECE, CALLS = 1_000_000, 2_000, 1_000
FLOPS = 2 * MANY * (10 * 64 + 64 * 64 + 64)


def single(make: Callable[[Problem], Answer], size: Size) -> Job:
    """Ask for one row, again and again."""
    task = problem(1)
    answer, calls, row = make(task), 10 if size == "tiny" else CALLS, task.X

    def run() -> None:
        for _ in range(calls):
            answer(row)

    return Job(run, lambda: float(answer(row)[0, 0]), units=calls)


def many(make: Callable[[Problem], Answer], size: Size, *, is_whole: bool = False) -> Job:
    """Ask for all rows."""
    task = problem(4 * PIECE if size == "tiny" else MANY)
    one = make(task)
    answer = one if is_whole else partial(in_pieces, one)
    return Job(lambda: answer(task.X), lambda: float(np.abs(answer(task.X)).mean(dtype=float)))


def in_pieces(answer: Answer, X: Array) -> Array:
    """Ask for 2,000 rows at a time, and gather the answers in one array."""
    out = np.empty((len(X), 1), np.float32)
    for start in range(0, len(X), PIECE):
        out[start : start + PIECE] = answer(X[start : start + PIECE])
    return out


def problem(n: int) -> Problem:
    """Draw rows and weights."""
    X, y = regression_rows(n, WIDTHS[0])
    return by_adam(X, y, first_layers(WIDTHS), n)


def limit(limits: Mapping[str, Any]) -> float:
    """Divide the arithmetic by the best product."""
    return float(FLOPS / limits["product_2"])


def _peers() -> list[tuple[str, Callable[[Problem], Answer], dict[str, Any]]]:
    """List the libraries with their settings."""
    listed: list[tuple[str, Callable[[Problem], Answer], dict[str, Any]]] = []
    for t in (1, 2):
        onnx = partial(answers.by_onnxruntime, threads=t)
        listed.append((f"onnxruntime {t}t", onnx, {"threads": t, "is_in_quick": t == 2}))
        listed.append((f"torch {t}t", partial(answers.by_torch, threads=t), {"threads": t}))
    listed.append(("jax", answers.by_jax, {}))
    listed.append(("numpy tuned", answers.by_numpy, {"env": tuned_numpy()}))
    return listed


WORKLOADS = (
    Workload(
        "W7a",
        "10-64-64-1 ReLU: one row through the usual call from Python",
        "one row",
        (
            Peer("gradus", partial(single, answers.gradus), is_in_quick=True),
            *(Peer(name, partial(single, make), **more) for name, make, more in _peers()),
            Peer("scikit-learn", partial(single, answers.by_sklearn)),
        ),
        tolerance=1e-5,
        seconds=0.1,
    ),
    Workload(
        "W7b",
        "10-64-64-1 ReLU: 1,000,000 rows",
        "all rows",
        (
            *(
                Peer(
                    f"gradus {t}t",
                    partial(many, answers.gradus, is_whole=True),
                    threads=t,
                    # `Network.predict` is not told a number.
                    env={"GRADUS_NUM_THREADS": "1"} if t == 1 else {},
                    is_in_quick=True,
                )
                for t in (1, 2)
            ),
            *(Peer(name, partial(many, make), **more) for name, make, more in _peers()),
            Peer("scikit-learn", partial(many, answers.by_sklearn, is_whole=True)),
        ),
        tolerance=1e-5,
        limit=limit,
        limit_says=f"{FLOPS / 1e9:.3g} GFLOP needed, at the best product on two threads",
        repetitions=5,
    ),
)
