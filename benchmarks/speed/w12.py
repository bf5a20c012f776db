"""W12 as a run: a process for each peer along each axis of `curves`, peers in turn."""

import json
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.speed import curves
from benchmarks.speed.limits import environment
from benchmarks.speed.process import ROOT
from benchmarks.speed.rounds import Effort
from benchmarks.speed.table import spelled


def run(effort: Effort, beginnings: str | None, *, is_quick: bool) -> list[dict[str, Any]]:
    """Measure every axis.

    Returns
    -------
    One entry for each axis: its name and title, and for each peer its points with all samples.
    """
    wanted = tuple(beginnings.split(",")) if beginnings else ("",)
    found = []
    for axis in curves.AXES:
        sizes = axis.quick_sizes if is_quick else axis.sizes
        rows = [
            {"peer": label, "threads": threads, **_points(axis.name, label, threads, sizes, effort)}
            for label, threads, _ in curves.PEERS
            if label.startswith(wanted) and not (is_quick and label == "gradus 1t")
        ]
        found.append({"name": axis.name, "title": axis.title, "rows": rows})
    return found


def _points(
    axis: str, label: str, threads: int, sizes: tuple[int, ...], effort: Effort
) -> dict[str, Any]:
    """Run one peer; the sizes done before it failed are kept."""
    print(f"W12 {axis}, {label}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "benchmarks.speed.curve_child", axis, label]
    command += [str(size) for size in sizes]
    command += ["--tries", str(effort.tries), "--repetitions", str(effort.repetitions or 3)]
    command += ["--seconds", str(effort.seconds or 0.2)]
    env = environment(threads)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    error = ""
    if done.returncode:
        error = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    return {"error": error, "points": [json.loads(line) for line in done.stdout.splitlines()]}


def printed(found: list[dict[str, Any]]) -> str:
    """Lay out times, and times over rows and parameters."""
    told = []
    for axis in found:
        told.append(f"W12: {axis['title']}: time of an epoch, and of a row and parameter in it")
        for row in axis["rows"]:
            cells = []
            for point in row["points"]:
                seconds = statistics.median(one["value"] for one in point["samples"])
                each = spelled(seconds / point["row_parameters"], "s")
                cells.append(f"{point['size']}: {spelled(seconds, 's')} ({each})")
            told.append(f"  {row['peer']:10} {'  '.join(cells)} {row['error']}".rstrip())
    return "\n".join(told)
