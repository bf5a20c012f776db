"""Writes `docs/speed.md` and its pictures: ``python -m benchmarks.speed.page RESULTS.json``.

Every number comes from the file; a workload the file does not hold is not on the page.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.speed import goals, plots
from benchmarks.speed.remarks import REMARKS
from benchmarks.speed.summary import Line, best_of_ours, lines
from benchmarks.speed.table import checked, ratio, spelled

_DOCS = Path(__file__).parents[2] / "docs"

_INTRODUCTION = """\
# Speed

Each peer gets the same network, rows, first weights, rule, constants, float32 and number of
updates, in a process of its own. The peers of a workload run in turn, round after round. A sample
is the median of the calls within a third of a second or so; it is taken again where other processes
kept more than 0.06 of a processor busy meanwhile, and marked if that did not end. Told are medians
over all samples, and the smallest and the largest. Compile times stand beside and are in no time.
The check is the loss, or another number that all must agree on, after the same order of rows; who
does not agree is marked, and beats nobody. The limit is what this machine allows for the arithmetic
that is needed, by fused multiply-adds: products that gradus makes of three bfloat16s in AMX's tiles
(decisions/0031) may go below it. `python -m benchmarks.speed all` measures all of this, `python -m
benchmarks.speed W3 --quick` a part of it; `benchmarks/speed/` holds one file for each workload and
one for each peer, and says what is computed."""
_VECTORS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def written(results: dict[str, Any], docs: Path) -> None:
    """Write page and pictures into a folder."""
    parts = [_INTRODUCTION, *_machine(results), *_summary(results["workloads"])]
    if any(result["limit"] for result in results["workloads"]):
        plots.limits(results["workloads"], docs / "speed-limits.svg")
        parts.append("![Times over the limit, gradus and the best peer](speed-limits.svg)")
    for result in results["workloads"]:
        parts += _workload(result)
    if results["curves"]:
        plots.growth(results["curves"], docs / "speed-growth.svg")
        parts += _growth(results["curves"])
    (docs / "speed.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _machine(results: dict[str, Any]) -> Iterator[str]:
    machine, allowed = results["machine"], results["limits"]
    vectors = [flag for flag in _VECTORS if flag in machine["flags"]]
    yield "## The machine"
    yield (
        f"{machine['processor']}, {machine['processors']} processors, "
        f"{', '.join(vectors) or 'no vector extensions told'}, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; {results['date']}. "
        f"{_versions(results['workloads'])}."
    )
    if not allowed:
        return
    rows = ["| | one thread | two threads |", "|---|---:|---:|"]
    for name, key, unit in (
        ("peak of fused multiply-adds", "peak", "GFLOP/s"),
        ("best matrix product", "product", "GFLOP/s"),
        ("memory, triad", "bandwidth", "GB/s"),
    ):
        pair = (f"{allowed[f'{key}_{t}'] / 1e9:.0f} {unit}" for t in (1, 2))
        rows.append(f"| {name} | {' | '.join(pair)} |")
    yield "\n".join(rows)
    yield f"The clock, by a chain of multiplications: {allowed['clock'] / 1e9:.2f} GHz."


def _versions(workloads: list[dict[str, Any]]) -> str:
    found: dict[str, str] = {}
    for result in workloads:
        for row in result["rows"]:
            for one in row["rounds"]:
                found |= one["versions"]
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))


def _summary(workloads: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Goals"
    rows = ["| | gradus | best peer | goal | reached | |", "|---|---:|---:|---|---:|---|"]
    for result in workloads:
        made = lines(result)
        ours, unit = best_of_ours(made), result["measured_in"]
        rival = next((line for line in made if line.to_best_peer == 1 and not line.is_gradus), None)
        own = f"{spelled(ours.median, unit)} ({ours.peer})" if ours else "–"
        other = f"{spelled(rival.median, unit)} ({rival.peer})" if rival else "–"
        start = f"| [{result['name']}](#{_anchor(result)}) | {own} | {other} "
        for goal in goals.judged(result["name"], made):
            says = goal.says.replace("x ", "× ", 1)
            reached = spelled(goal.reached, unit) if says.startswith("at most") else ""
            reached = reached or f"{ratio(goal.reached)}×"
            rows.append(f"{start}| {says} | {reached} | {'met' if goal.is_met else 'not met'} |")
            start = "| | | "
    yield "\n".join(rows)


def _anchor(result: dict[str, Any]) -> str:
    """Name a heading as web pages of Markdown do."""
    kept = (c for c in _heading(result).lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _heading(result: dict[str, Any]) -> str:
    return f"{result['name']}: {result['title']}"


def _workload(result: dict[str, Any]) -> Iterator[str]:
    yield f"## {_heading(result)}"
    unit = result["measured_in"]
    limit = ""
    if result["limit"] is not None:
        limit = f" Limit: {spelled(result['limit'], 's')} ({result['limit_says']})."
    yield f"Told is {result['unit']}.{limit}"
    rows = [
        "| | median | smallest, largest | over the best peer | over the limit | check | |",
        "|---|---:|---:|---:|---:|---:|---|",
        *(_row(line, unit) for line in lines(result)),
    ]
    yield "\n".join(rows)
    if result["name"] in REMARKS:
        yield REMARKS[result["name"]]
    ran = [row["peer"] for row in result["rows"] if row["rounds"]]
    elsewhere = goals.ELSEWHERE.get(result["name"], ())
    absent = [one for one in elsewhere if not one.startswith(tuple(ran))]
    if absent:
        told = "; ".join(absent)
        yield f"Not run here; elsewhere on two such cores: {told}."


def _row(line: Line, unit: str) -> str:
    spread = f"{spelled(line.low, unit)}, {spelled(line.high, unit)}"
    remarks = [
        f"did not run: {line.error}" if line.error else "",
        f"compiled in {line.compile_seconds:.2f} s" if line.compile_seconds else "",
        "others were busy" if line.is_disturbed else "",
        line.note,
    ]
    name = f"**{line.peer}**" if line.is_gradus else line.peer
    cells = (
        name,
        spelled(line.median, unit),
        spread,
        ratio(line.to_best_peer),
        ratio(line.to_limit),
        checked(line),
        "; ".join(remark for remark in remarks if remark),
    )
    return f"| {' | '.join(cells)} |"


def _growth(curves: list[dict[str, Any]]) -> Iterator[str]:
    yield "## W12: how the cost grows"
    yield (
        "From 8-64-64-1 with Adam in batches of 256, one thing is changed at a time. Time of an "
        "epoch over rows and parameters: a flat line is a cost that grows as the arithmetic does."
    )
    yield "![Time of a row and parameter against size](speed-growth.svg)"
    for axis in curves:
        sizes = [point["size"] for point in axis["rows"][0]["points"]] if axis["rows"] else []
        rows = [
            f"| {axis['title']} | {' | '.join(f'{size:,}' for size in sizes)} |",
            f"|---|{'---:|' * len(sizes)}",
        ]
        for row in axis["rows"]:
            times = {point["size"]: spelled(plots.seconds(point), "s") for point in row["points"]}
            rows.append(f"| {row['peer']} | {' | '.join(times.get(s, '–') for s in sizes)} |")
        yield "\n".join(rows)
        if axis["name"] in REMARKS:
            yield REMARKS[axis["name"]]


def main() -> None:
    """Write the page of one file of results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--docs", type=Path, default=_DOCS)
    asked = parser.parse_args()
    written(json.loads(asked.results.read_text(encoding="utf-8")), asked.docs)


if __name__ == "__main__":
    main()
