"""The pictures of the page: small files without a background, readable on white and on black."""

import statistics
from pathlib import Path
from typing import Any

import matplotlib as mpl
from benchmarks.speed.summary import best_of_ours, lines
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

# Of a lightness in the middle, and apart for eyes that mix up red and green.
_COLORS = {"gradus": "#d95f0e", "gradus 1t": "#d9a00e", "gradus 2t": "#d95f0e"}
_OTHERS = "#3b8bc9"
_INK = "#808080"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gradus",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _INK,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


def seconds(point: dict[str, Any]) -> float:
    """Take the median over the samples of a point."""
    return float(statistics.median(sample["value"] for sample in point["samples"]))


def limits(workloads: list[dict[str, Any]], path: Path) -> None:
    """Draw, for each workload with a limit, gradus and the best peer over it."""
    shown = [result for result in workloads if result["limit"]]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7, 1.2 + 0.3 * len(shown)))
        axes = figure.subplots()
        for place, result in enumerate(reversed(shown)):
            made = lines(result)
            ours = best_of_ours(made)
            rival = next((one for one in made if one.to_best_peer == 1), None)
            for line, color in ((rival, _OTHERS), (ours, _COLORS["gradus"])):
                if line is not None:
                    axes.plot([line.to_limit], [place], "o", color=color, markersize=6)
        axes.axvline(1, color=_INK, linewidth=0.8)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(-0.6, len(shown) - 0.4)
        axes.set_yticks(range(len(shown)), [result["name"] for result in reversed(shown)])
        axes.set_xlabel("times the limit of the machine")
        axes.grid(axis="x")
        axes.plot([], [], "o", color=_COLORS["gradus"], label="gradus")
        axes.plot([], [], "o", color=_OTHERS, label="best peer")
        axes.legend(loc="best")
        _save(figure, path)


def growth(curves: list[dict[str, Any]], path: Path) -> None:
    """Draw time over rows and parameters against size, one panel for each axis."""
    with mpl.rc_context(_STYLE):
        shape = (-(-len(curves) // 2), 2)
        figure = Figure(figsize=(7.5, 2.6 * shape[0]))
        panels = figure.subplots(*shape, squeeze=False, sharey=True)
        for panel in panels.flat[len(curves) :]:
            panel.set_axis_off()
        for panel, axis in zip(panels.flat, curves, strict=False):
            for row in axis["rows"]:
                sizes = [point["size"] for point in row["points"]]
                times = [1e9 * seconds(one) / one["row_parameters"] for one in row["points"]]
                color = _COLORS.get(row["peer"], _OTHERS)
                panel.plot(sizes, times, "o-", color=color, markersize=3, label=row["peer"])
            panel.set(xscale="log", yscale="log", xlabel=axis["title"])
            for each in (panel.xaxis, panel.yaxis):
                each.set_minor_locator(NullLocator())
            panel.grid()
        panels.flat[0].set_ylabel("ns a row and parameter")
        panels.flat[0].legend()
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasSVG(figure)
    figure.tight_layout()
    # Without the date the file is the same for the same numbers.
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
