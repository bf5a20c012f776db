"""How many threads a run may use: what the system grants, or what `GRADUS_NUM_THREADS` says.

A number is found and nothing more: this file starts no thread, and it does not know who will.
"""

import math
import os
from functools import lru_cache
from pathlib import Path

from gradus.errors import InvalidParameter

#: More threads than this are refused where they are asked for.
MOST_THREADS = 1024
_VARIABLE = "GRADUS_NUM_THREADS"


def default_n_threads(root: Path = Path("/")) -> int:
    """Count the threads to use where the caller names no number.

    `GRADUS_NUM_THREADS` decides if it is set. Otherwise the smallest of three numbers: the
    processors this process may run on, the processor time its control group may use (version 2 and
    1; one and a half processors are rounded up to two), and `OMP_NUM_THREADS`, by which joblib
    shares the processors among its processes and people limit all their libraries at once.

    Parameters
    ----------
    root
        Folder under which `proc` and `sys` are looked for.

    Returns
    -------
    From 1 to 1024.

    Raises
    ------
    InvalidParameter
        If `GRADUS_NUM_THREADS` is set to something that is no whole number from 1 to 1024.
    """
    asked = os.environ.get(_VARIABLE, "").strip()
    if asked:
        # Python reads no number of thousands of digits.
        is_whole = asked.isascii() and asked.isdigit() and len(asked) < 100
        if not (is_whole and 1 <= int(asked) <= MOST_THREADS):
            raise InvalidParameter(
                f"{_VARIABLE} must be a whole number from 1 to {MOST_THREADS}; got {asked!r}."
            )
        return int(asked)
    granted = min(_processors(), _group_quota(root), MOST_THREADS)
    return max(1, int(min(granted, _of_all_libraries())))


def _of_all_libraries() -> float:
    """Read `OMP_NUM_THREADS`, the first of its numbers; what is no number is not ours to judge."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() and len(first) < 10 else math.inf


def _processors() -> int:
    """Count the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache
def _group_quota(root: Path) -> int:
    """Return the smallest quota of this process's control groups in whole processors, rounded up.

    A group is held by the quotas of all groups above it as well. Inside a container the path in
    `/proc/self/cgroup` may be missing below the mounted tree; the walk up then ends at its root.
    The files are read once: that takes longer than to answer a row.
    """
    quotas = [math.inf]
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            top, read = root / "sys/fs/cgroup", _quota_2
        elif "cpu" in controllers.split(","):
            top, read = root / "sys/fs/cgroup/cpu", _quota_1
        else:
            continue
        folder = top / group.strip("/")
        quotas += [read(place) for place in (folder, *folder.parents) if place.is_relative_to(top)]
    smallest = min(quotas)
    return 2**31 if math.isinf(smallest) else math.ceil(smallest)


def _quota_2(folder: Path) -> float:
    """Read `cpu.max` of version 2: microseconds granted per period, or the word max."""
    return _ratio(*(*_text(folder / "cpu.max").split(), "", "")[:2])


def _quota_1(folder: Path) -> float:
    """Read the two files of version 1; a quota of -1 means none."""
    return _ratio(
        _text(folder / "cpu.cfs_quota_us").strip(), _text(folder / "cpu.cfs_period_us").strip()
    )


def _ratio(quota: str, period: str) -> float:
    """Divide two texts; infinity where they state no quota."""
    if quota.isdigit() and period.isdigit() and int(quota) > 0 and int(period) > 0:
        return int(quota) / int(period)
    return math.inf


def _text(path: Path) -> str:
    """Read a small file; empty where it is missing or closed to us."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
