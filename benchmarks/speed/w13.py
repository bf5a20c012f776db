"""W13: `gradus fill` on a mixed table of 20 columns, from process start to the file written.

1,000 rows (W13a) and 100,000 rows (W13b), every fiftieth without an answer. The peer is a script of
pandas and scikit-learn, see `pipeline`; it fits one network, where gradus trains five for up to
50,000 rows, compares them with a linear model, and tells how far each answer may be off. The check
is the mean square of the answers, which agrees only roughly, as the models differ.
"""

import csv
import os
import sys
from functools import partial
from pathlib import Path

from benchmarks.measure import mixed_table
from benchmarks.speed import process
from benchmarks.speed.workload import Job, Peer, Size, Workload

ROWS = {"W13a": 1_000, "W13b": 100_000}


def job(n: int, size: Size, *, is_gradus: bool) -> Job:
    """Write the table, then time the program."""
    folder = process.folder()
    os.environ["GRADUS_HOME"] = str(folder / "home")
    table, filled = folder / "table.csv", folder / "table.filled.csv"
    mixed_table(table, 300 if size == "tiny" else n)
    command: list[str | Path] = [Path(sys.executable).with_name("gradus"), "fill", table, "--force"]
    if not is_gradus:
        command = [sys.executable, "-m", "benchmarks.speed.pipeline", table, filled]

    def run() -> process.Ended:
        return process.program(command)

    def check() -> float:
        run()
        return _mean_square(filled)

    return Job(run, check)


def _mean_square(path: Path) -> float:
    """Average the squares of the answers in the rows that had none."""
    with path.open(newline="", encoding="utf-8") as file:
        answers = [float(row["y"]) for k, row in enumerate(csv.DictReader(file)) if k % 50 == 7]
    return sum(answer * answer for answer in answers) / len(answers)


WORKLOADS = tuple(
    Workload(
        name,
        f"gradus fill on {n:,} rows of 20 mixed columns, process start to file written",
        "start to end",
        (
            Peer(
                "gradus fill",
                partial(job, n, is_gradus=True),
                is_in_quick=True,
            ),
            Peer(
                "pandas + scikit-learn",
                partial(job, n, is_gradus=False),
                is_in_quick=True,
                note="one network, no verdict, no bounds",
            ),
        ),
        tolerance=0.3,
        repetitions=3,
        seconds=0.0,
        is_in_quick=name == "W13a",
    )
    for name, n in ROWS.items()
)
