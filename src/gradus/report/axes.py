"""The axes that every figure is drawn into: one style, set without any state of matplotlib.

What is drawn into them must not be known here.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradus._typing import ArrayLike, Float64Array
from gradus.report.palette import INK2, INK3, LINE, rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A figure beside another on the page, and one alone, in units of a screen's pixel.
HALF, WHOLE = (380, 270), (800, 380)
FONT, SMALL_FONT = 11.0, 10.0
_UNITS_PER_INCH = 72
# Marked points of a figure; more are counted in cells.
MOST_POINTS = 2000
_N_CELLS = (56, 40)
# Numbers above 0 whose middle 98 % go through so many times are spread evenly by their logarithm.
_WIDE = 50.0
_LONGEST = 24
#: Letters of a word below an axis; with more in all, the words are turned.
LONGEST_TICK, _MOST_TICK_LETTERS = 12, 40
# All but tab and line end; those of direction would turn the rest of a sentence round.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def axes_of(ax: "Axes | None", size: tuple[int, int] = HALF) -> tuple["Figure", "Axes"]:
    """Return axes in our style and their figure: a new one where none are given.

    Parameters
    ----------
    ax
        Axes of matplotlib, or None.
    size
        Width and height of a new figure, in 1/72 of an inch.
    """
    if ax is None:
        from matplotlib.figure import Figure

        width, height = size
        figure = Figure((width / _UNITS_PER_INCH, height / _UNITS_PER_INCH), layout="constrained")
        ax = figure.add_subplot()
    found: Any = ax.figure
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(INK3)
    ax.tick_params(colors=INK3, labelcolor=INK2, labelsize=SMALL_FONT, length=3, which="both")
    ax.grid(visible=True, color=LINE, linewidth=0.6)
    ax.set_axisbelow(True)
    return found, ax


def name_axes(ax: "Axes", x: str, y: str) -> None:
    """Name both axes; a dollar sign begins no formula."""
    look: Any = {"color": INK2, "fontsize": FONT, "parse_math": False}
    ax.set_xlabel(short(x, 48), **look)
    ax.set_ylabel(short(y, 36), **look)


def name_ticks(
    ax: "Axes", places: ArrayLike, words: Sequence[str], size: float = SMALL_FONT
) -> None:
    """Put words below the axis, turned where they have no room side by side."""
    names = [short(word, LONGEST_TICK) for word in words]
    turn = 35 if sum(map(len, names)) > _MOST_TICK_LETTERS else 0
    look: Any = {"rotation": turn, "ha": "right" if turn else "center", "fontsize": size}
    ax.set_xticks(places, names, parse_math=False, rotation_mode="anchor", **look)


def legend(ax: "Axes", handles: Sequence[Any], names: Sequence[str]) -> None:
    """Say what is what, above the axes, where it hides nothing."""
    # matplotlib leaves out what begins with an underscore.
    shown = [f" {name}" if name.startswith("_") else name for name in map(short, names)]
    n_columns = 3 if max(map(len, shown)) <= 14 else 2
    box = ax.legend(
        handles, shown, loc="lower left", bbox_to_anchor=(0, 1), ncols=n_columns, frameon=False,
        fontsize=SMALL_FONT, labelcolor=INK2, borderaxespad=0.3, handlelength=1.8,
    )  # fmt: skip
    for text in box.get_texts():
        text.set_parse_math(False)


def short(text: str, most: int = _LONGEST) -> str:
    """Return a text on one line that a figure has room for."""
    clean = " ".join(printable(text).split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def printable(text: str) -> str:
    """Replace what no page can hold: control characters, also of direction, and half characters."""
    whole = text.encode("utf-8", "replace").decode()
    return _CONTROL.sub("\ufffd", whole)


def is_wide(values: Float64Array) -> bool:
    """Tell whether numbers are better shown by their logarithms."""
    if not len(values) or not values.min() > 0:
        return False
    low, high = np.quantile(values, [0.01, 0.99])
    return bool(high > _WIDE * low)


def draw_points(ax: "Axes", x: Float64Array, y: Float64Array, color: str) -> None:
    """Draw points; more than 2,000 as the number of points in each cell, darker where more."""
    if len(x) <= MOST_POINTS:
        size = 6.0 if len(x) < 100 else 4.5 if len(x) < 500 else 3.2
        ax.plot(x, y, "o", color=color, markersize=size, markeredgewidth=0, alpha=0.5)
        return
    scale = (ax.get_xscale(), ax.get_yscale())
    u, v = (np.log10(a) if one == "log" else a for a, one in zip((x, y), scale, strict=True))
    counts, u_edges, v_edges = np.histogram2d(u, v, bins=_N_CELLS)
    image = np.zeros((*counts.T.shape, 4))
    image[..., :3] = rgb(color)
    filled = counts.T > 0
    image[..., 3][filled] = 0.15 + 0.85 * np.log1p(counts.T[filled]) / np.log1p(counts.max())
    # Cells of equal width on the logarithmic scale, too: an image lies over transformed axes.
    over = ax.inset_axes((0, 0, 1, 1), zorder=1.5)
    over.imshow(
        image, origin="lower", aspect="auto", interpolation="none",
        extent=(u_edges[0], u_edges[-1], v_edges[0], v_edges[-1]),
    )  # fmt: skip
    over.axis("off")
    edges = [
        (10 ** e[0], 10 ** e[-1]) if one == "log" else (e[0], e[-1])
        for e, one in zip((u_edges, v_edges), scale, strict=True)
    ]
    ax.set_xlim(*edges[0])
    ax.set_ylim(*edges[1])
