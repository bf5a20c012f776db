"""Counts as a sentence says them, and rows of cells as lines."""

from collections.abc import Collection, Sequence


def counted(n: int, thing: str) -> str:
    """Count things whose plural ends with an s: 1 row, 1,200 rows."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def aligned(rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> str:
    """Line up rows of cells, the first of which is the head; `right` names columns of numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(row, widths, rows[0], strict=True)
        ).rstrip()
        for row in rows
    )
