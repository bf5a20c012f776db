"""What a network in training is told from outside, and what it tells.

Who runs whom in which thread stands in `workers`.
"""

import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import UInt8Array


@dataclass(frozen=True)
class Progress:
    """Where the training of one network stands.

    Attributes
    ----------
    network
        Which of several networks, counted from 0.
    epoch
        Epochs finished.
    epochs
        Epochs planned.
    loss
        Mean training loss over the last finished epoch, without penalty; nan before the first.
    validation_loss
        Mean loss over the validation rows after that epoch; nan without validation rows.
    rows_per_second
        Training rows per second since the call began.
    """

    network: int
    epoch: int
    epochs: int
    loss: float
    validation_loss: float
    rows_per_second: float


@dataclass
class Control:
    """The line between one network in training and the thread that waits for it.

    Attributes
    ----------
    cancel : uint8 array of shape (1,)
        Training stops soon after it becomes nonzero. May be shared by several networks.
    time_limit
        Seconds from the start of this network's training, or None.
    network
        Goes into each `Progress`.
    report
        Called with a `Progress` after every slice of work; must be quick. None: nobody listens.
    warn
        Called with a sentence that the caller should see, while training goes on.
    snapshot_bytes
        Room for weights at the ends of epochs, which the outcome then has; see `Snapshots`.
    """

    cancel: UInt8Array = field(default_factory=lambda: np.zeros(1, dtype=np.uint8))
    time_limit: float | None = None
    network: int = 0
    report: Callable[[Progress], None] | None = None
    warn: Callable[[str], None] = lambda _message: None
    snapshot_bytes: int = 0


class Mailbox:
    """Where training threads leave news for the thread that waits for them.

    Parameters
    ----------
    callback
        Gets the news; None where there are only warnings.
    """

    def __init__(self, callback: Callable[[Progress], None] | None) -> None:
        self.callback = callback
        self.newest: dict[int, Progress] = {}
        self.sentences: deque[str] = deque()

    def put(self, progress: Progress) -> None:
        """Leave where one network stands, in place of its earlier news."""
        self.newest[progress.network] = progress

    def warn(self, message: str) -> None:
        """Leave a warning."""
        self.sentences.append(message)

    def empty(self) -> None:
        """Hand over what is there, on the calling thread: warnings first, then each network."""
        while self.sentences:
            warnings.warn(self.sentences.popleft(), RuntimeWarning, stacklevel=2)
        for network in sorted(self.newest.copy()):
            progress = self.newest.pop(network)
            if self.callback:
                self.callback(progress)
