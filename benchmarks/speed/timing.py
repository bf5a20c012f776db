"""Repetitions of one job, each with how busy everybody else kept the processors meanwhile."""

import os
import resource
import statistics
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.speed.workload import Job

#: Processors that others may keep busy before a repetition is repeated.
MOST_OTHERS = 0.06
_TICKS = os.sysconf("SC_CLK_TCK")
# Idle and waiting time is nobody's; guests are counted as user time already.
_BUSY = (0, 1, 2, 5, 6, 7)


@dataclass(frozen=True)
class Sample:
    """One repetition.

    Attributes
    ----------
    value
        The median over its calls, in the workload's unit.
    calls
        How many there were.
    others
        Processors that other processes kept busy on average, and the host took away.
    tries
        How often it was measured until others left it alone; see `is_disturbed`.
    is_disturbed
        Whether even the last try was not left alone.
    """

    value: float
    calls: int
    others: float
    tries: int = 1
    is_disturbed: bool = False


def repeat(
    job: Job, repetitions: int, seconds: float, most_tries: int, *, is_warm: bool = False
) -> list[dict[str, Any]]:
    """Warm up if need be, then take samples of at least so many seconds each."""
    if not is_warm:
        job.reset()
        _value(job)
    return [asdict(_undisturbed(job, seconds, most_tries)) for _ in range(repetitions)]


def _undisturbed(job: Job, seconds: float, most_tries: int) -> Sample:
    """Try until others leave a sample alone; keep the last one, marked, if they never do."""
    sample = _sample(job, seconds)
    tries = 1
    while sample.is_disturbed and tries < most_tries:
        sample = _sample(job, seconds)
        tries += 1
    return replace(sample, tries=tries)


def _sample(job: Job, seconds: float) -> Sample:
    begin, busy, own = time.perf_counter(), _all_busy(), _own_busy()
    values: list[float] = []
    while not values or time.perf_counter() - begin < seconds:
        job.reset()
        values.append(_value(job))
    took = time.perf_counter() - begin
    others = max(0.0, (_all_busy() - busy - (_own_busy() - own)) / took)
    is_disturbed = others > MOST_OTHERS
    return Sample(statistics.median(values), len(values), others, is_disturbed=is_disturbed)


def _value(job: Job) -> float:
    if job.measure is not None:
        return job.measure()
    begin = time.perf_counter()
    job.run()
    return (time.perf_counter() - begin) / job.units


def _all_busy() -> float:
    """Seconds that all processors together were busy since the start; 0 where it is not told."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return 0.0
    counts = [int(word) for word in line.split()[1:]]
    return sum(counts[place] for place in _BUSY) / _TICKS


def _own_busy() -> float:
    """Seconds of this process, of those it started and waited for, and of those that still run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = sum(_ticks(child) for child in _children(os.getpid())) / _TICKS
    return time.process_time() + ended.ru_utime + ended.ru_stime + running


def _children(process: int) -> list[int]:
    """List the processes below one; empty where the system does not tell."""
    found: list[int] = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            own = [int(word) for word in path.read_text(encoding="ascii").split()]
        except OSError:
            continue
        found += own
        for child in own:
            found += _children(child)
    return found


def _ticks(process: int) -> int:
    """Read how long a process was busy."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    # The name before may hold spaces; user and system time are the 12th and 13th word after it.
    words = text.rpartition(")")[2].split()
    return int(words[11]) + int(words[12])
