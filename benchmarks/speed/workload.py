"""What a workload is: peers that do the same work, a limit of the machine, and goals.

Knows no library; each workload stands in a file of its own.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

#: As it is told of, or as small as milliseconds allow.
Size: TypeAlias = Literal["full", "tiny"]


@dataclass(frozen=True)
class Job:
    """Work made ready: compiled, its data in memory.

    Attributes
    ----------
    run
        What is timed; it does the work of `units` and gives nothing back.
    check
        Does the work again from the start, untimed, and gives the number all peers must agree on.
    units
        How many of what the workload counts one run does; times are divided by it.
    reset
        Called before each run, untimed.
    compile_seconds
        Told beside the times and never part of them.
    reached
        Of a training: the loss of what the last run came to.
    note
        What is only known once it is ready, such as a number of iterations.
    measure
        Gives a sample itself, in the workload's unit, where that is not the time of `run`.
    """

    run: Callable[[], object]
    check: Callable[[], float]
    units: float = 1.0
    reset: Callable[[], object] = lambda: None
    compile_seconds: float = 0.0
    reached: Callable[[], float] = lambda: math.nan
    note: str = ""
    measure: Callable[[], float] | None = None


@dataclass(frozen=True)
class Peer:
    """A library with its settings, in a process of its own.

    Attributes
    ----------
    label
        Its name in tables, such as "torch 2t".
    make
        Makes the work ready; handed the size.
    threads
        How many threads its libraries are told to use.
    cores
        How many processors the process may run on; None for all.
    env
        Environment variables beside.
    tolerance
        How far its check may be from gradus's, as a share; None for the workload's.
    note
        What it does differently, if anything.
    is_in_quick
        Whether ``--quick`` runs it, where it runs the workload.
    is_rival
        Whether it may be the best peer; not where it stands there for a measure.
    """

    label: str
    make: Callable[[Size], Job]
    threads: int = 2
    cores: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    tolerance: float | None = None
    note: str = ""
    is_in_quick: bool = False
    is_rival: bool = True

    @property
    def is_gradus(self) -> bool:
        """Whether this is ours."""
        return self.label.startswith("gradus")


@dataclass(frozen=True)
class Workload:
    """One row of the table of goals.

    Attributes
    ----------
    name
        Such as "W3a".
    title
        What is computed, in a line.
    unit
        What a sample counts, such as "one epoch".
    peers
        gradus first.
    tolerance
        How far checks may be apart, as a share.
    limit
        Computes what the machine allows from the measured limits, in seconds; None for none.
    limit_says
        Its formula in words.
    measured_in
        "s", "MB" or "ratio".
    repetitions
        Samples of one process in a full run.
    seconds
        How long one repetition lasts at least.
    is_in_quick
        Whether ``--quick`` runs it.
    """

    name: str
    title: str
    unit: str
    peers: tuple[Peer, ...]
    tolerance: float = 1e-3
    limit: Callable[[Mapping[str, Any]], float] | None = None
    limit_says: str = ""
    measured_in: str = "s"
    repetitions: int = 7
    seconds: float = 0.3
    is_in_quick: bool = True
