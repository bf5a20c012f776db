"""Jobs on threads: results in order, errors carried home, interruptions answered."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from gradus.training.workers import run_jobs


@pytest.fixture
def cancel():
    return np.zeros(1, dtype=np.uint8)


def wait_for(cancel):
    """A job that runs until it is cancelled."""
    deadline = time.monotonic() + 20
    while not cancel[0]:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 9])
def test_results_come_in_the_order_of_the_jobs(cancel, n_threads):
    def job(place):
        time.sleep(0.002 * (5 - place))
        return place

    jobs = [lambda place=place: job(place) for place in range(5)]
    assert run_jobs(jobs, n_threads, cancel) == [0, 1, 2, 3, 4]
    assert not cancel[0]


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_no_more_threads_than_asked_for(cancel, n_threads):
    running, most, lock = 0, 0, threading.Lock()
    names = set()

    def job():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            names.add(threading.get_ident())
        time.sleep(0.01)
        with lock:
            running -= 1

    run_jobs([job] * 7, n_threads, cancel)
    assert most == n_threads
    assert len(names) == n_threads
    assert threading.get_ident() not in names


def test_two_jobs_really_run_at_once(cancel):
    meeting = threading.Barrier(2, timeout=20)
    run_jobs([meeting.wait, meeting.wait], 2, cancel)


def test_an_error_cancels_the_others_and_comes_home(cancel):
    def fail():
        raise ValueError("of the second job")

    with pytest.raises(ValueError, match="of the second job"):
        run_jobs([lambda: wait_for(cancel), fail, lambda: wait_for(cancel)], 2, cancel)
    assert cancel[0]


def test_of_several_errors_the_first_jobs_is_raised(cancel):
    meeting = threading.Barrier(3, timeout=20)

    def fail(place):
        meeting.wait()
        raise ValueError(f"of job {place}")

    with pytest.raises(ValueError, match="of job 0"):
        run_jobs([lambda place=place: fail(place) for place in range(3)], 3, cancel)


def test_an_interruption_by_the_listener_gives_results(cancel):
    def listen():
        if not cancel[0]:
            raise KeyboardInterrupt

    jobs = [lambda: wait_for(cancel) or "stopped"] * 3
    assert run_jobs(jobs, 2, cancel, listen) == ["stopped"] * 3


def test_control_c_gives_results(cancel):
    started = threading.Event()

    def job():
        started.set()
        wait_for(cancel)
        return "stopped"

    def press():
        started.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    assert run_jobs([job] * 3, 2, cancel) == ["stopped"] * 3
    presser.join()


def test_an_error_of_the_listener_cancels_and_is_raised(cancel):
    def listen():
        raise LookupError("in the callback")

    with pytest.raises(LookupError, match="in the callback"):
        run_jobs([lambda: wait_for(cancel)] * 2, 2, cancel, listen)
    assert cancel[0]


def test_the_listener_is_heard_in_the_calling_thread_and_at_the_end(cancel):
    heard = []
    run_jobs([lambda: None], 1, cancel, lambda: heard.append(threading.get_ident()))
    assert set(heard) == {threading.get_ident()}


def test_the_listener_is_heard_while_jobs_run(cancel):
    heard = threading.Event()
    run_jobs([lambda: heard.wait(20)], 1, cancel, heard.set)


def test_no_job_at_all(cancel):
    assert run_jobs([], 2, cancel) == []
