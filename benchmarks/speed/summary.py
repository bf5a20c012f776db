"""From raw samples to what is told: medians, ratios, and whether all did the same work."""

import math
import statistics
from dataclasses import dataclass
from typing import Any

#: Others may disturb this share of a row's samples before the row is marked.
MOST_DISTURBED = 0.25


@dataclass(frozen=True)
class Line:
    """One peer at one workload.

    Attributes
    ----------
    peer, note, error
        Its name, what it does differently, and why it did not run.
    is_gradus
        Whether this is ours.
    median, low, high
        Over the samples of all rounds; nan where it did not run.
    n
        Number of samples.
    compile_seconds
        The longest.
    to_best_peer
        Its median over that of the best peer that is not gradus; nan without one.
    to_limit
        Its median over the limit; nan without one.
    check
        What must agree with gradus's.
    is_same
        Whether it does.
    is_disturbed
        Whether others kept the processors busy during more than a quarter of the samples.
    """

    peer: str
    note: str
    error: str
    is_gradus: bool
    median: float
    low: float
    high: float
    n: int
    compile_seconds: float
    to_best_peer: float
    to_limit: float
    check: float
    is_same: bool
    is_disturbed: bool


def lines(result: dict[str, Any]) -> list[Line]:
    """Summarize the rows of one workload, the fastest first."""
    rows = result["rows"]
    medians = {row["peer"]: _median(row) for row in rows}
    reference = next((_check(row) for row in rows if row["is_gradus"]), math.nan)
    if math.isnan(reference):
        reference = next((_check(row) for row in rows), math.nan)
    same = {row["peer"]: _is_same(row, reference, result["tolerance"]) for row in rows}
    # Who did other work is told, and beats nobody.
    rivals = [medians[row["peer"]] for row in rows if row["is_rival"] and same[row["peer"]]]
    best = min((value for value in rivals if not math.isnan(value)), default=math.nan)
    limit = math.nan if result["limit"] is None else result["limit"]
    made = [
        _line(row, medians[row["peer"]], best, limit, is_same=same[row["peer"]]) for row in rows
    ]
    return sorted(made, key=lambda line: (math.isnan(line.median), line.median))


def best_of_ours(made: list[Line]) -> Line | None:
    """Find gradus's fastest line that ran and did the same work."""
    ran = (line for line in made if line.is_gradus and not math.isnan(line.median))
    return next((line for line in ran if line.is_same), None)


def _line(row: dict[str, Any], median: float, best: float, limit: float, *, is_same: bool) -> Line:
    samples = _samples(row)
    values = [sample["value"] for sample in samples]
    disturbed = sum(sample["is_disturbed"] for sample in samples)
    return Line(
        peer=row["peer"],
        note="; ".join(note for note in (_first_note(row), row["note"]) if note),
        error=row["error"],
        is_gradus=row["is_gradus"],
        median=median,
        low=min(values, default=math.nan),
        high=max(values, default=math.nan),
        n=len(values),
        compile_seconds=max((one["compile_seconds"] for one in row["rounds"]), default=0.0),
        to_best_peer=median / best,
        to_limit=median / limit,
        check=_check(row),
        is_same=is_same,
        is_disturbed=disturbed > MOST_DISTURBED * len(samples),
    )


def _samples(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [sample for one in row["rounds"] for sample in one["samples"]]


def _median(row: dict[str, Any]) -> float:
    values = [sample["value"] for sample in _samples(row)]
    return statistics.median(values) if values else math.nan


def _check(row: dict[str, Any]) -> float:
    return row["rounds"][0]["check"] if row["rounds"] else math.nan


def _first_note(row: dict[str, Any]) -> str:
    return str(row["rounds"][0]["note"]) if row["rounds"] else ""


def _is_same(row: dict[str, Any], reference: float, tolerance: float) -> bool:
    own = _check(row)
    if math.isnan(reference):
        # Nothing to compare, as with memory.
        return True
    share = tolerance if row["tolerance"] is None else row["tolerance"]
    return bool(abs(own - reference) <= share * abs(reference))
