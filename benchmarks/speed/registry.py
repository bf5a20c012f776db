"""Which workload stands in which file."""

import importlib

from benchmarks.speed.workload import Workload

#: Not peers at one size but peers along many: see `w12`.
CURVES = "W12"
FILES = {
    "W1a": "w1",
    "W1b": "w1",
    "W2a": "w2",
    "W2b": "w2",
    "W3a": "w3",
    "W3b": "w3",
    "W4": "w4",
    "W5": "w5",
    "W6": "w6",
    "W7a": "w7",
    "W7b": "w7",
    "W8": "w8",
    "W9a": "w9",
    "W9b": "w9",
    "W9c": "w9",
    "W10a": "w10",
    "W10b": "w10",
    "W11": "w11",
    CURVES: "w12",
    "W13a": "w13",
    "W13b": "w13",
}


def workload(name: str) -> Workload:
    """Load a workload by its name."""
    module = importlib.import_module(f"benchmarks.speed.{FILES[name]}")
    workloads: tuple[Workload, ...] = module.WORKLOADS
    return next(one for one in workloads if one.name == name)


def asked(names: list[str]) -> list[str]:
    """Expand what was typed: "all", "W3" for W3a and W3b, or a name.

    Raises
    ------
    SystemExit
        If nothing has such a name.
    """
    found: list[str] = []
    for typed in names:
        own = [name for name in FILES if typed == "all" or name.rstrip("abc") == typed]
        own = [typed] if typed in FILES else own
        if not own:
            raise SystemExit(f"There is no workload {typed!r}; there are {', '.join(FILES)}.")
        found += own
    return list(dict.fromkeys(found))
