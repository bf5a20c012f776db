"""How far training is, drawn on a terminal while it lasts; nothing at all where there is none.

It is fed with `Progress` and asks nothing back. What is being trained must not be known here.
"""

import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gradus.cli.terminal import is_styled, width

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from gradus.training.control import Progress

#: A terminal of so many columns shows a bar and the time left as well.
_WIDE = 60
_BESIDE_WORDS = len("------------ , 0:00:00 left")


class LiveProgress(AbstractContextManager["LiveProgress"]):
    """One line per network on standard error: epoch, losses, rows per second, time left.

    A line appears when its network is first heard of, and all are taken away when the block
    ends. Early stopping may end a network before its last epoch, so the time left is the most
    that it can take. Where standard error is no terminal, or one without control characters,
    nothing is drawn. A narrow terminal gets fewer words.

    Parameters
    ----------
    is_quiet
        Draw nothing anywhere.
    """

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_shown = is_styled(sys.stderr) and not is_quiet
        self._bars: Bars | None = None
        self._tasks: dict[int, TaskID] = {}
        self._room = 0

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
        self.end()

    def end(self) -> None:
        """Take the lines away; the next progress draws new ones."""
        if self._bars is not None:
            self._bars.stop()
        self._bars = None
        self._tasks = {}

    def before(self, say: Callable[[str, str], None]) -> Callable[[str, str], None]:
        """Return a function that takes the lines away before it says a sentence of some kind."""

        def said(kind: str, sentence: str) -> None:
            self.end()
            say(kind, sentence)

        return said

    def __call__(self, progress: "Progress") -> None:
        """Show where one network stands."""
        if not self._is_shown:
            return
        if self._bars is None:
            columns = width(sys.stderr)
            self._bars = _bars(columns)
            self._room = columns - (_BESIDE_WORDS if columns >= _WIDE else 0)
            self._bars.start()
        if progress.network not in self._tasks:
            self._tasks[progress.network] = self._bars.add_task("", total=progress.epochs)
        task = self._tasks[progress.network]
        self._bars.update(task, completed=progress.epoch, description=words(progress, self._room))


def words(progress: "Progress", room: int = 200) -> str:
    """Say which network, epoch, losses and speed; leave out what is not known or has no room."""
    said = [f"network {progress.network + 1}, epoch {progress.epoch}/{progress.epochs}"]
    if math.isfinite(progress.loss):
        said.append(f"loss {progress.loss:.4f}")
    if math.isfinite(progress.validation_loss):
        said.append(f"validation loss {progress.validation_loss:.4f}")
    said.append(f"{progress.rows_per_second:,.0f} rows/s")
    while len(said) > 1 and len(", ".join(said)) > room:
        said.pop()
    return ", ".join(said)


def _bars(columns: int) -> "Bars":
    """Make an empty display for a terminal so many columns wide."""
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    shown: list[ProgressColumn] = [TextColumn("{task.description}", markup=False)]
    if columns >= _WIDE:
        shown = [
            BarColumn(bar_width=12),
            TextColumn("{task.description},", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
        ]
    console = Console(stderr=True, width=columns)
    return Bars(*shown, console=console, transient=True)
