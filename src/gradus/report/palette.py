"""The colors of all figures and of the page, each in a light and a dark version.

Figures are drawn in the light ones; what draws with them must not be known here.
"""

import numpy as np

#: By name, the light and the dark version.
COLORS = {
    "paper": ("#f6f4ef", "#14171b"),
    "panel": ("#ffffff", "#1c2026"),
    "sunk": ("#efece5", "#252a31"),
    "line": ("#ddd8ce", "#353b44"),
    "ink": ("#1c2126", "#ecedee"),
    "ink2": ("#4a525b", "#b9c0c8"),
    "ink3": ("#5f666f", "#929ba5"),
    "select": ("#6a25b8", "#ddbeff"),
    "validation": ("#08766a", "#3cc7b2"),
    "ok": ("#17714f", "#58c795"),
    "warn": ("#8a5a00", "#e7b354"),
    "bad": ("#ae2419", "#ff8a7d"),
}
# Negative to positive; lightness falls evenly on both sides of 0, in the dark version it rises.
_DIVERGING = (
    ("#8a3500", "#ffae70"),
    ("#c65a05", "#e8802c"),
    ("#f0b27c", "#744420"),
    ("#ece9e3", "#2b3038"),
    ("#92bee2", "#23496a"),
    ("#2a78b5", "#3f97dc"),
    ("#0a4a80", "#86c8fa"),
)


def _halfway(first: str, second: str) -> str:
    """Mix two colors evenly."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{(a + b) // 2:02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    """Return red, green and blue from 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _steps() -> list[tuple[str, str]]:
    """Return the diverging colors with one more between each two."""
    found = [_DIVERGING[0]]
    for pair in _DIVERGING[1:]:
        last = found[-1]
        found += [(_halfway(last[0], pair[0]), _halfway(last[1], pair[1])), pair]
    return found


COLORS |= {f"step{place}": pair for place, pair in enumerate(_steps())}
_N_STEPS = 2 * len(_DIVERGING) - 1

INK, INK2, INK3, LINE = (COLORS[name][0] for name in ("ink", "ink2", "ink3", "line"))
SELECT, VALIDATION = COLORS["select"][0], COLORS["validation"][0]
#: The middle negative and positive colors, readable on the light and the dark panel.
NEGATIVE, POSITIVE = _DIVERGING[1][0], _DIVERGING[5][0]
#: For several lines of one figure, told apart by their dashes as well.
LINES = (POSITIVE, NEGATIVE, VALIDATION, SELECT, INK)
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), (0, (3, 1)))


def diverging(value: float, limit: float) -> str:
    """Return the color of a number on the scale from -limit to limit."""
    place = 0.0 if limit == 0 else float(np.clip(value / limit, -1, 1))
    return COLORS[f"step{round((place + 1) / 2 * (_N_STEPS - 1))}"][0]


def rgb(color: str) -> tuple[float, float, float]:
    """Return red, green and blue from 0 to 1."""
    red, green, blue = _channels(color)
    return red / 255, green / 255, blue / 255
