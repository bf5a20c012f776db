"""How far the answers of `gradus fill` are off on real tables whose answers were held back.

``GRADUS_DATA=FOLDER python benchmarks/fill_splits.py`` takes each of the 20 train/test splits of
three tables (columns: concrete, energy, yacht), blanks the target of the test rows, fills the
table with the defaults, and compares. Prints means over the splits; must never tune anything.
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from gradus.workflow.fill import fill

N_SPLITS = 20


def one_split(lines: list[str], is_held: np.ndarray, folder: Path) -> tuple[float, ...]:
    """Return RMSE, coverage, the verdict's three typical errors and whether the network answers."""
    truth = np.array([float(line.rpartition(",")[2]) for line in lines[1:]])[is_held]
    blanked = [
        line.rpartition(",")[0] + "," if row and is_held[row - 1] else line
        for row, line in enumerate(lines)
    ]
    table = folder / "table.csv"
    table.write_text("\n".join(blanked))
    result = fill(table, force=True)
    off = result.answers - truth
    is_inside = (result.low <= truth) & (truth <= result.high)
    errors = [result.typical_errors[name] for name in ("network", "linear", "mean")]
    is_network = result.answered_by == "network"
    return float(np.sqrt(np.mean(off**2))), float(is_inside.mean()), *errors, float(is_network)


def main() -> None:
    """Print one line per table."""
    data = Path(os.environ["GRADUS_DATA"])
    print("table     RMSE ± s.e.      coverage  typical: network linear mean   network answers")
    for name in ("concrete", "energy", "yacht"):
        lines = (data / "tables" / f"uci_{name}.csv").read_text().splitlines()
        splits = np.loadtxt(
            data / "splits" / f"uci_{name}_splits.csv", delimiter=",", skiprows=1, dtype=np.int64
        )
        with tempfile.TemporaryDirectory() as folder:
            found = np.array(
                [one_split(lines, splits[:, 1 + k] == 1, Path(folder)) for k in range(N_SPLITS)]
            )
        rmse, coverage, network, linear, mean, is_network = found.mean(axis=0)
        error = found[:, 0].std(ddof=1) / np.sqrt(N_SPLITS)
        print(
            f"{name:9s} {rmse:6.3f} ± {error:.3f}   {coverage:.3f}     "
            f"{network:.3f} {linear:.2f} {mean:.2f}   {is_network:.0%}"
        )


if __name__ == "__main__":
    main()
