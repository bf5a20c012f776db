"""Counts as a sentence says them."""


def counted(n: int, thing: str) -> str:
    """Count things whose plural ends with an s: 1 row, 1,200 rows."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"
