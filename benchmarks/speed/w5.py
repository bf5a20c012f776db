"""W5: 784-6x1000-10 sigmoid and softmax, momentum 0.9 at 0.01, batch 256, one update, float32.

A run is an epoch of 40 updates in one call, and the time of one is told. The same with products of
bfloat16 stands beside as a measure: it is other work.
"""

from benchmarks.speed.problem import Problem, digit_rows, first_layers, needed_flops
from benchmarks.speed.training import training_workload
from benchmarks.speed.workload import Job, Peer, Size

WIDTHS = (784, *[1000] * 6, 10)
BATCH, STEPS = 256, 40


def problem(size: Size) -> Problem:
    """Make the rows and first weights."""
    widths, batch, steps = ((784, 20, 20, 10), 8, 2) if size == "tiny" else (WIDTHS, BATCH, STEPS)
    X, y = digit_rows(batch * steps)
    # The sigmoid's slope at 0 is a quarter, so weights four times as large carry a signal on.
    layers = first_layers(widths, gain=96)
    rule = ("sigmoid", "cross_entropy", "momentum")
    return Problem(X, y, layers, *rule, 1e-2, batch, units=steps)


def by_bfloat16(size: Size) -> Job:
    """Train with products of numbers rounded to bfloat16."""
    from benchmarks.speed import peer_gradus

    return peer_gradus.train(problem(size), 2, matmul_precision="bfloat16")


WORKLOADS = (
    training_workload(
        "W5",
        "784-6x1000-10 sigmoid softmax, momentum, batch 256, one update",
        "one update",
        problem,
        flops=needed_flops(WIDTHS, BATCH),
        seconds=0.5,
        repetitions=5,
        more=(
            Peer(
                "with bfloat16: gradus 2t",
                by_bfloat16,
                tolerance=0.05,
                note="matmul_precision='bfloat16'",
                is_in_quick=True,
                is_rival=False,
            ),
        ),
    ),
)
