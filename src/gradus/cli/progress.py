"""How far training is, drawn on a terminal while it lasts; nothing at all where there is none.

It is fed with `Progress` and asks nothing back. What is being trained must not be known here.
"""

import math
import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from gradus.training.control import Progress


class LiveProgress(AbstractContextManager["LiveProgress"]):
    """One line per network on standard error: epoch, losses, rows per second, time left.

    A line appears when its network is first heard of, and all are taken away when the block
    ends. Early stopping may end a network before its last epoch, so the time left is the most
    that it can take. Where standard error is no terminal, nothing is drawn.
    """

    def __init__(self) -> None:
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._bars: Bars | None = None
        self._tasks: dict[int, TaskID] = {}

    def __enter__(self) -> Self:
        """Draw nothing yet: the first progress shows that there is something to wait for."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the lines away."""
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, progress: "Progress") -> None:
        """Show where one network stands."""
        if not self._is_shown:
            return
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if progress.network not in self._tasks:
            self._tasks[progress.network] = self._bars.add_task("", total=progress.epochs)
        task = self._tasks[progress.network]
        self._bars.update(task, completed=progress.epoch, description=words(progress))


def words(progress: "Progress") -> str:
    """Say which network, epoch, losses and speed, leaving out what is not known yet."""
    said = [f"network {progress.network + 1}, epoch {progress.epoch}/{progress.epochs}"]
    if math.isfinite(progress.loss):
        said.append(f"loss {progress.loss:.4f}")
    if math.isfinite(progress.validation_loss):
        said.append(f"validation loss {progress.validation_loss:.4f}")
    said.append(f"{progress.rows_per_second:,.0f} rows/s")
    return ", ".join(said)


def _bars() -> "Bars":
    """Make an empty display."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        BarColumn(bar_width=12),
        TextColumn("{task.description},", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
