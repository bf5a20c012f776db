"""A fixed part of the study of planted faults; all of it is in benchmarks/doctor."""

import csv
from pathlib import Path

import numpy as np
import pytest
from benchmarks.doctor.plants import OF_THE_ROWS, PLANTS, Table
from benchmarks.doctor.study import HEALTHY, WELL, examined, matrix, tables

EXAMPLES = Path(__file__).parents[2] / "examples"
EACH = 2


@pytest.fixture(scope="module")
def given():
    """Concrete from the repository, three tables that scikit-learn brings."""
    with (EXAMPLES / "concrete.csv").open(encoding="utf-8") as file:
        rows = np.array([line for line in list(csv.reader(file))[1:] if all(line)], dtype=float)
    rows = rows[np.sort(np.unique(rows[:, :-1], axis=0, return_index=True)[1])]
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    concrete = Table("concrete", rows[:, :-1], rows[:, -1], "squared_error", 1)
    return [concrete, *(one for one in tables(None) if one.name != "wine")]


@pytest.mark.slow
def test_planted_faults_are_named_and_cured(given):
    rows = [examined(fault, k, 5, given) for fault in PLANTS for k in range(EACH)]
    rows += [examined(HEALTHY, k, 5, given) for k in range(20)]
    told = matrix(rows)
    faulty = [row for row in rows if row["fault"] != HEALTHY]
    right = [row for row in faulty if row["found"] == row["fault"]]
    assert len(right) >= 0.9 * len(faulty), told
    tried = [row for row in right if row["helps"] is not None]
    assert sum(row["helps"] for row in tried) >= 0.8 * len(tried), told
    alarms = [row for row in rows if row["fault"] == HEALTHY and row["found"] != WELL]
    assert len(alarms) <= 1, told


@pytest.mark.parametrize("fault", OF_THE_ROWS)
def test_faults_of_the_rows(fault, given):
    assert examined(fault, 0, 5, given)["found"] == fault
