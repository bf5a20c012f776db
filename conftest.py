"""Which tests run where: `data`, `oracle` and `slow` tests are left out until they are asked for.

Leaving out is said: the last lines of a run name how many were left out and the command that runs
them. This file must never hold fixtures; those belong to tests/.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

WHY_LEFT_OUT = {
    "data": "run them with: GRADUS_DATA=FOLDER python -m pytest -m data",
    "oracle": "run them with: python -m pytest -m oracle (needs pip install '.[oracle]')",
    "slow": "run them with: python -m pytest -m slow",
}
_left_out = pytest.StashKey[Counter[str]]()


def _is_wanted(config: pytest.Config, marker: str) -> bool:
    if marker == "data":
        return bool(os.environ.get("GRADUS_DATA"))
    return marker in config.option.markexpr


def pytest_configure() -> None:
    """Hear Ctrl-C even where the run was started in the background, which ignores it.

    What is ignored is inherited, so the tests that press Ctrl-C would wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests with a marker nobody asked for, and count them by the first such marker."""
    unwanted = [marker for marker in WHY_LEFT_OUT if not _is_wanted(config, marker)]
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    counts: Counter[str] = Counter()
    for item in items:
        marker = next((name for name in unwanted if item.get_closest_marker(name)), None)
        if marker is None:
            kept.append(item)
        else:
            counts[marker] += 1
            dropped.append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    config.stash[_left_out] = counts
    items[:] = kept


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many tests were left out and why."""
    counts = config.stash.get(_left_out, Counter())
    for marker, count in counts.items():
        terminalreporter.write_line(f"left out: {count} marked {marker}; {WHY_LEFT_OUT[marker]}")
