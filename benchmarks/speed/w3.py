"""W3a and W3b: 8-64-64-1 ReLU, squared error, Adam at 0.001, float32.

20,640 rows in batches of 32 are 645 updates an epoch, 20,480 rows in batches of 256 are 80. A run
is ten epochs from the same first weights, each in an order of its own, and the time of one is told.
"""

from functools import partial

from benchmarks.speed.problem import Problem, by_adam, first_layers, needed_flops, regression_rows
from benchmarks.speed.training import training_workload
from benchmarks.speed.workload import Size

WIDTHS = (8, 64, 64, 1)
EPOCHS = 10


def problem(batch: int, size: Size) -> Problem:
    """Make the rows and first weights of one batch size."""
    n = 4 * batch if size == "tiny" else {32: 20_640, 256: 20_480}[batch]
    epochs = 2 if size == "tiny" else EPOCHS
    rows = regression_rows(n, 8)
    layers = first_layers(WIDTHS)
    return by_adam(*rows, layers, batch, epochs)


WORKLOADS = tuple(
    training_workload(
        name,
        f"8-64-64-1 ReLU, Adam, batch {batch}, one epoch of {n:,} rows ({n // batch} updates)",
        "one epoch",
        partial(problem, batch),
        flops=needed_flops(WIDTHS, n),
        has_epoch_a_call=True,
    )
    for name, batch, n in (("W3a", 32, 20_640), ("W3b", 256, 20_480))
)
