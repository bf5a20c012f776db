"""How often the doctor names a planted fault, how often its remedy helps, and its false alarms.

``GRADUS_DATA=FOLDER python -m benchmarks.doctor.study [--faults N] [--healthy N] [--seed S]
[--out FILE]`` plants each fault N times over tables of the folder and of scikit-learn, of 133 to
3,000 rows, and lets the doctor look at each training and at healthy ones. A fault that costs next
to nothing beside the same training without it is drawn again. Prints the confusion matrix.
"""

import argparse
import json
import os
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.automatic import encoded
from benchmarks.doctor.plants import (
    LEAST_HARM,
    OF_THE_ROWS,
    PLANTS,
    Table,
    case_of,
    harm,
    healthy,
    is_possible,
    planted,
)
from sklearn import datasets

from gradus.diagnosis.doctor import diagnose
from gradus.diagnosis.trial import try_remedy

NAMES = (
    "concrete",
    "energy",
    "yacht",
    "student_mat_hard",
    "student_por_hard",
    "california",
    "bikes",
    "titanic",
    "covertype",
    "mnist",
)
BUNDLED = ("diabetes", "digits", "breast_cancer", "wine")
WELL = "nothing"
HEALTHY = "healthy"
_MOST_DRAWS = 1000


def tables(folder: Path | None) -> list[Table]:
    """Read all tables, rows that are copies left out; without a folder those of scikit-learn."""
    found = [Table(name, *encoded(name, folder)) for name in NAMES] if folder else []
    for name in BUNDLED:
        data = getattr(datasets, f"load_{name}")()
        is_number = name == "diabetes"
        y = np.asarray(data.target, dtype=np.float64)
        y = (y - y.mean()) / y.std() if is_number else y
        spread = np.where(data.data.std(axis=0) > 0, data.data.std(axis=0), 1.0)
        X = (data.data - data.data.mean(axis=0)) / spread
        task = ("squared_error", 1) if is_number else ("cross_entropy", int(y.max()) + 1)
        found.append(Table(name, X, y, *task))
    return [_without_copies(table) for table in found]


def _without_copies(table: Table) -> Table:
    kept = np.sort(np.unique(table.X, axis=0, return_index=True)[1])
    return Table(table.name, table.X[kept], table.y[kept], table.loss, table.n_outputs)


def examined(fault: str, k: int, seed: int, given: list[Table]) -> dict[str, Any]:
    """Plant one fault, or none, and tell what the doctor says."""
    random = np.random.default_rng([seed, zlib.crc32(fault.encode()), k])
    for _ in range(_MOST_DRAWS):
        table = given[random.integers(len(given))]
        if fault == HEALTHY:
            setup = healthy(table, random)
        elif is_possible(fault, table):
            setup, twin = planted(fault, table, random)
        else:
            continue
        begin = time.perf_counter()
        case = case_of(setup)
        trained = time.perf_counter() - begin
        if fault in (HEALTHY, *OF_THE_ROWS):
            break
        sides = (False,) if fault == "overfitting" else (False, True)
        if min(harm(case, case_of(twin), is_seen=side) for side in sides) > LEAST_HARM:
            break
    else:
        raise RuntimeError(f"{fault} could not be planted so that it costs anything.")
    begin = time.perf_counter()
    finding = diagnose(case)
    looked = time.perf_counter() - begin
    trial = None if finding is None else try_remedy(case, finding)
    return {
        "fault": fault,
        "found": WELL if finding is None else finding.problem,
        "sentence": "" if finding is None else finding.sentence,
        "table": table.name,
        "n": case.n,
        "helps": None if trial is None else trial.helps,
        "trial": "" if trial is None else trial.sentence,
        "seconds of training": trained,
        "seconds of looking": looked,
    }


def matrix(rows: list[dict[str, Any]]) -> str:
    """Lay out the confusion matrix as a table of Markdown."""
    problems = [*PLANTS, WELL]
    short = {problem: str(k + 1) for k, problem in enumerate(PLANTS)} | {WELL: "none"}
    head = ["planted", *(short[one] for one in problems), "named", "remedy helps"]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for fault in (*PLANTS, HEALTHY):
        own = [row for row in rows if row["fault"] == fault]
        if not own:
            continue
        counts = Counter(row["found"] for row in own)
        right = WELL if fault == HEALTHY else fault
        named = [row for row in own if row["found"] == right]
        tried = [row["helps"] for row in named if row["helps"] is not None]
        helped = f"{sum(tried)} of {len(tried)}" if tried else ""
        name = fault if fault == HEALTHY else f"{short[fault]} {fault}"
        cells = [str(counts[one] or "") for one in problems]
        share = f"{100 * len(named) / len(own):.0f} %"
        lines.append(f"| {' | '.join([name, *cells, share, helped])} |")
    return "\n".join(lines)


def main() -> None:
    """Run the study and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--healthy", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    folder = os.environ.get("GRADUS_DATA")
    given = tables(Path(folder) if folder else None)
    jobs = [(HEALTHY, k) for k in range(chosen.healthy)]
    jobs += [(fault, k) for fault in PLANTS for k in range(chosen.faults)]
    rows = [examined(fault, k, chosen.seed, given) for fault, k in jobs]
    if chosen.out:
        chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(matrix(rows))
    long = [row for row in rows if row["seconds of training"] > 0.5]
    shares = [row["seconds of looking"] / row["seconds of training"] for row in long]
    if shares:
        print(f"\n{len(long)} trainings of over 0.5 s: looking took at most {max(shares):.1%}")


if __name__ == "__main__":
    main()
