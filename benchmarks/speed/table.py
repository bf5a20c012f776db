"""The table a run prints, and how numbers are spelled in it and on the page."""

import math
from typing import Any

from benchmarks.speed.summary import Line, lines


def spelled(value: float, unit: str) -> str:
    """Spell a sample: seconds in the unit that leaves one to three digits before the point."""
    if math.isnan(value):
        return "–"
    if unit == "MB":
        return f"{value:.0f} MB"
    if unit == "ratio":
        return f"{value:.2f}"
    for scale, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= scale:
            return f"{value / scale:.3g} {name}"
    return f"{value / 1e-9:.3g} ns"


def ratio(value: float) -> str:
    """Spell a ratio."""
    return "–" if math.isnan(value) else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def checked(line: Line) -> str:
    """Spell the check, and mark one that does not agree."""
    if math.isnan(line.check):
        return "–"
    return f"{line.check:.6g}" + ("" if line.is_same else " DIFFERS")


def heading(result: dict[str, Any]) -> str:
    """Say what is measured and against which limit."""
    limit = "no limit"
    if result["limit"] is not None:
        limit = f"limit {spelled(result['limit'], 's')}: {result['limit_says']}"
    return f"{result['name']}: {result['title']}\n  {result['unit']}; {limit}"


def printed(result: dict[str, Any]) -> str:
    """Lay out the table of one workload."""
    unit = result["measured_in"]
    columns = ("peer", "median", "min .. max", "/ best peer", "/ limit", "check", "")
    body = [columns]
    for line in lines(result):
        spread = f"{spelled(line.low, unit)} .. {spelled(line.high, unit)}"
        remarks = [
            line.error,
            f"compiled in {line.compile_seconds:.2f} s" if line.compile_seconds else "",
            "others were busy" if line.is_disturbed else "",
            line.note,
        ]
        body.append(
            (
                line.peer,
                spelled(line.median, unit),
                spread if line.n else "–",
                ratio(line.to_best_peer),
                ratio(line.to_limit),
                checked(line),
                "; ".join(remark for remark in remarks if remark),
            )
        )
    widths = [max(len(row[k]) for row in body) for k in range(len(columns))]
    told = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in body
    ]
    return "\n".join([heading(result), *(f"  {line}" for line in told)])
