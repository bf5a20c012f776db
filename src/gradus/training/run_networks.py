"""One job for each network, on as many threads as the plan says; progress and Ctrl-C on the way.

What a job does with its engine is not known here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np

from gradus._threads import default_n_threads
from gradus._typing import FloatArray, UInt8Array
from gradus.engines.base import Engine
from gradus.engines.registry import engine as make_engine
from gradus.training.alone import Alone
from gradus.training.control import Control, Mailbox, Progress
from gradus.training.outcome import Outcome
from gradus.training.plan import Plan
from gradus.training.workers import run_jobs

#: What one job brings: how training ended, and the answers for the rows it never saw.
Trained: TypeAlias = tuple[Outcome, FloatArray | None]


def run_networks(
    jobs: Sequence[Callable[[Control, Engine], Trained]],
    plan: Plan,
    callback: Callable[[Progress], None] | None,
    snapshot_bytes: int = 0,
    beside: Callable[[Outcome | None], object] | None = None,
) -> list[Trained]:
    """Run one job per network on the plan's threads; one network alone gets all threads.

    Parameters
    ----------
    jobs
        Each is handed its `Control` and an engine of its own.
    plan
        Names the engine, the number of threads and the time limit.
    callback, snapshot_bytes, beside
        See `train.train`.

    Returns
    -------
    What the jobs return, in their order. After Ctrl-C every outcome says "interrupted", that of a
    network which was done as well: whoever asks one of them learns that the whole was stopped.
    """
    n_threads = default_n_threads() if plan.n_threads is None else plan.n_threads
    mailbox, cancel = Mailbox(callback), np.zeros(1, dtype=np.uint8)
    if len(jobs) == 1:
        trained = [_run_alone(jobs[0], plan, n_threads, mailbox, cancel, snapshot_bytes)]
    else:
        trained = _run_several(jobs, plan, n_threads, mailbox, cancel, snapshot_bytes, beside)
    if cancel[0] and not any(outcome.failure for outcome, _ in trained):
        trained = [(replace(one, stopped_because="interrupted"), own) for one, own in trained]
    return trained


def _run_alone(
    job: Callable[[Control, Engine], Trained],
    plan: Plan,
    n_threads: int,
    mailbox: Mailbox,
    cancel: UInt8Array,
    room: int,
) -> Trained:
    """Train one network, which hands its news over between two slices of work."""
    alone = Alone(cancel, mailbox.empty)

    def report(progress: Progress) -> None:
        mailbox.put(progress)
        alone.look_up()

    def warn(message: str) -> None:
        mailbox.warn(message)
        alone.listen_now()

    heard = None if mailbox.callback is None else report
    control = Control(cancel, plan.time_limit, 0, heard, warn, room)
    engine = make_engine(plan.engine, n_threads)
    return alone.run(partial(job, control, engine))


def _run_several(
    jobs: Sequence[Callable[[Control, Engine], Trained]],
    plan: Plan,
    n_threads: int,
    mailbox: Mailbox,
    cancel: UInt8Array,
    snapshot_bytes: int,
    beside: Callable[[Outcome | None], object] | None,
) -> list[Trained]:
    """Train several networks, each on a thread that leaves its news for the calling one."""
    n_rounds = -(-len(jobs) // n_threads)
    limit = None if plan.time_limit is None else plan.time_limit / n_rounds
    report = None if mailbox.callback is None else mailbox.put
    done: dict[int, Trained] = {}

    def prepare(network: int, job: Callable[[Control, Engine], Trained]) -> Callable[[], None]:
        room = snapshot_bytes // len(jobs)
        control = Control(cancel, limit, network, report, mailbox.warn, room)
        own_engine = make_engine(plan.engine, 1)

        def work() -> None:
            done[network] = job(control, own_engine)

        return work

    def work_beside() -> None:
        if beside is not None and not cancel[0]:
            beside(done[0][0] if 0 in done else None)

    prepared = [prepare(network, job) for network, job in enumerate(jobs)]
    behind = [] if beside is None else [work_beside]
    run_jobs([*prepared, *behind], n_threads, cancel, mailbox.empty)
    return [done[network] for network in range(len(jobs))]
