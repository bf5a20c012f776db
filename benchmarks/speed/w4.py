"""W4: 784-128-10 ReLU and softmax, Adam at 0.001, batch 128, one epoch of 59,904 rows, float32.

468 updates. The rows are made up, in the shape and range of handwritten digits; they are 188 MB.
"""

from benchmarks.speed.problem import Problem, digit_rows, first_layers, needed_flops
from benchmarks.speed.training import training_workload
from benchmarks.speed.workload import Size

WIDTHS = (784, 128, 10)
N, BATCH = 59_904, 128


def problem(size: Size) -> Problem:
    """Make the rows and first weights."""
    X, y = digit_rows(4 * BATCH if size == "tiny" else N)
    return Problem(X, y, first_layers(WIDTHS), "relu", "cross_entropy", "adam", 1e-3, BATCH)


WORKLOADS = (
    training_workload(
        "W4",
        "784-128-10 ReLU softmax, Adam, batch 128, one epoch of 59,904 rows (468 updates)",
        "one epoch",
        problem,
        flops=needed_flops(WIDTHS, N),
        seconds=0.5,
        repetitions=5,
    ),
)
