"""Several jobs on a few threads, while the calling thread waits, listens and can be interrupted.

The jobs run on threads of their own even if there is one, so that a KeyboardInterrupt never falls
into the middle of one: it reaches the calling thread, which asks the jobs to stop. What the jobs
do is not known here.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from gradus._typing import UInt8Array

_T = TypeVar("_T")
#: How long nobody listens at most.
LISTEN_SECONDS = 0.1


def run_jobs(
    jobs: Sequence[Callable[[], _T]],
    n_threads: int,
    cancel: UInt8Array,
    listen: Callable[[], None] = lambda: None,
) -> list[_T]:
    """Run all jobs, `n_threads` at a time, and wait for them.

    A KeyboardInterrupt (Ctrl-C, or raised by `listen`) sets ``cancel[0]`` and waits for the jobs,
    which then end soon by themselves; their results come back as if nothing had happened. A second
    one leaves at once. Any other error, of a job or of `listen`, also cancels and is then raised;
    of several jobs' errors the one of the first job.

    Parameters
    ----------
    jobs
        Each must look at ``cancel[0]`` and return early, with a result, where it is not 0.
    n_threads
        1 or greater.
    cancel : uint8 array of shape (1,)
        Shared by the jobs.
    listen
        Called by the calling thread every 100 ms, and once after the last job.

    Returns
    -------
    One result per job, in their order.
    """
    crew = _Crew(jobs, cancel)
    try:
        for _ in range(min(n_threads, len(jobs))):
            threading.Thread(target=crew.work, daemon=True).start()
        while not crew.all_done.wait(LISTEN_SECONDS):
            listen()
        listen()
    except KeyboardInterrupt:
        crew.give_up()
    except BaseException:
        crew.give_up()
        raise
    return crew.outcome()


class _Crew(Generic[_T]):
    """The jobs still to be done and the results of those that are."""

    def __init__(self, jobs: Sequence[Callable[[], _T]], cancel: UInt8Array) -> None:
        self.cancel = cancel
        self.waiting = deque(enumerate(jobs))
        self.n_jobs = len(jobs)
        self.results: dict[int, _T] = {}
        self.errors: dict[int, BaseException] = {}
        self.lock = threading.Lock()
        self.all_done = threading.Event()
        if not jobs:
            self.all_done.set()

    def work(self) -> None:
        """Take jobs until none is left; runs on any thread."""
        while True:
            try:
                place, job = self.waiting.popleft()
            except IndexError:
                return
            try:
                self.results[place] = job()
            except BaseException as error:  # noqa: BLE001 it is raised in the calling thread
                self.errors[place] = error
                self.cancel[0] = 1
            with self.lock:
                if len(self.results) + len(self.errors) == self.n_jobs:
                    self.all_done.set()

    def give_up(self) -> None:
        """Ask the running jobs to stop, run the waiting ones (they stop at once), and wait."""
        self.cancel[0] = 1
        self.work()
        self.all_done.wait()

    def outcome(self) -> list[_T]:
        """Give the results in order, or raise the first job's error."""
        if self.errors:
            raise self.errors[min(self.errors)]
        return [self.results[place] for place in range(self.n_jobs)]
