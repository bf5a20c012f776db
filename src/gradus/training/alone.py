"""One job on the calling thread: Ctrl-C asks it to stop and never falls into the middle of it.

To start a thread for it takes longer than many a training. What the job does is not known here.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

import numpy as np

from gradus._typing import UInt8Array
from gradus.training.workers import LISTEN_SECONDS

_T = TypeVar("_T")


class Alone:
    """What a job on the calling thread is interrupted by.

    Ctrl-C, or a KeyboardInterrupt raised by `listen`, sets ``cancel[0]``; the job then ends soon by
    itself, and its result comes back as if nothing had happened. A second Ctrl-C leaves at once.
    Any other error of `listen`, or of the program's own handler of Ctrl-C, also cancels and is
    raised after the job.

    Parameters
    ----------
    cancel : uint8 array of shape (1,)
        The job must look at ``cancel[0]`` and return early, with a result, where it is not 0.
    listen
        Called every 100 ms if the job looks up so often, and once after it.
    """

    def __init__(self, cancel: UInt8Array, listen: Callable[[], None]) -> None:
        self.cancel, self.listen = cancel, listen
        self._listened_at, self._is_listening = time.monotonic(), False
        self._is_given_up = False
        self._error: BaseException | None = None
        self._before = signal.getsignal(signal.SIGINT)

    def run(self, job: Callable[[], _T]) -> _T:
        """Run the job; see `Alone`."""
        # Python tells its main thread alone of signals, and no other one may say what they do.
        is_main = threading.current_thread() is threading.main_thread()
        is_heard = is_main and callable(self._before)
        if is_heard:
            signal.signal(signal.SIGINT, self._hear)
        try:
            # How the caller wants to hear of numbers that overflow is said of the caller's own.
            with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
                result = job()
        finally:
            if is_heard:
                signal.signal(signal.SIGINT, self._before)
        self.listen_now()
        if self._error is not None:
            raise self._error
        return result

    def look_up(self) -> None:
        """Let `listen` be called if it is time; for the job, between two of its parts."""
        if time.monotonic() - self._listened_at >= LISTEN_SECONDS:
            self.listen_now()

    def listen_now(self) -> None:
        """Call `listen`, but not once the job was asked to stop."""
        if self._is_given_up:
            return
        self._is_listening = True
        try:
            self.listen()
        except BaseException as error:  # noqa: BLE001 it is raised after the job
            self._give_up(error)
        self._is_listening, self._listened_at = False, time.monotonic()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        """Do what Ctrl-C did before the job, and note what it raises."""
        assert callable(self._before), "else Ctrl-C does what it did before"
        if self._is_listening:
            self._before(number, frame)
            return
        try:
            self._before(number, frame)
        except BaseException as error:  # noqa: BLE001
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        if self._is_given_up:
            raise error
        self._is_given_up, self.cancel[0] = True, 1
        self._error = None if isinstance(error, KeyboardInterrupt) else error
