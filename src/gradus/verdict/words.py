"""Numbers, lists and rows as a sentence says them."""

import math
from collections.abc import Sequence

from gradus._words import counted

#: Said where nearest neighbors are better than who answers, beyond luck.
NEIGHBORS_LEAD = (
    "Nearest neighbors, which only compare, are closer than the answers: many rows here are best "
    "answered from rows that look the same."
)


def number_text(number: float) -> str:
    """Spell a number with three significant digits for a sentence: 4.93, 16.7, 115,000."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    if not 1e-4 <= abs(number) < 1e15:
        return f"{number:.3g}"
    decimals = 2 - math.floor(math.log10(abs(number)))
    return f"{round(number, decimals):,.{max(0, decimals)}f}"


def percent_text(share: float) -> str:
    """Spell a share in percent with one decimal: 87.1 %."""
    return f"{100 * share:.1f} %"


def listed(texts: Sequence[str]) -> str:
    """Join texts with commas and a last "and"."""
    return " and ".join(text for text in (", ".join(texts[:-1]), texts[-1]) if text)


def rows_text(n_judged: int, judged_on: str, n_of_neighbors: int | None) -> str:
    """Say on how many rows the measures stand, and the neighbors' if they are fewer."""
    rows = f"{counted(n_judged, 'row')}, {judged_on}"
    if n_of_neighbors is not None and n_of_neighbors < n_judged:
        rows += f"; nearest neighbors on {n_of_neighbors:,} of them"
    return rows
