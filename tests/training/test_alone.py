"""One job on the calling thread: interruptions ask it to stop, and it ends by itself."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from gradus.training.alone import Alone


@pytest.fixture
def cancel():
    return np.zeros(1, dtype=np.uint8)


@pytest.fixture
def handler():
    """Set what Ctrl-C does, for one test."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGINT, before)


def press():
    os.kill(os.getpid(), signal.SIGINT)


def silent():
    """Hear nothing."""


def until_cancelled(cancel, alone=None):
    """A job that runs until it is cancelled."""
    deadline = time.monotonic() + 20
    while not cancel[0]:
        assert time.monotonic() < deadline
        time.sleep(0.001)
        if alone is not None:
            alone.look_up()
    return "stopped"


def test_the_job_runs_on_the_calling_thread(cancel):
    assert Alone(cancel, silent).run(threading.get_ident) == threading.get_ident()
    assert not cancel[0]


def test_an_error_of_the_job_comes_out(cancel):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        Alone(cancel, silent).run(lambda: 1 // 0)
    assert signal.getsignal(signal.SIGINT) is before


def test_control_c_gives_the_result(cancel):
    before = signal.getsignal(signal.SIGINT)
    presser = threading.Timer(0.05, press)
    presser.start()
    assert Alone(cancel, silent).run(lambda: until_cancelled(cancel)) == "stopped"
    presser.join()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_control_c_leaves_at_once(cancel):
    def job():
        press()
        assert cancel[0]
        press()
        raise AssertionError("must not be reached")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Alone(cancel, silent).run(job)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_that_goes_on_cancels_nothing(cancel, handler):
    heard = []
    handler(lambda number, _frame: heard.append(number))
    Alone(cancel, silent).run(press)
    assert heard == [signal.SIGINT]
    assert not cancel[0]


def test_an_error_of_the_handler_is_raised_after_the_job(cancel, handler):
    ended = []

    def refuse(_number, _frame):
        raise LookupError("of the handler")

    def job():
        press()
        ended.append(until_cancelled(cancel))

    handler(refuse)
    with pytest.raises(LookupError, match="of the handler"):
        Alone(cancel, silent).run(job)
    assert ended == ["stopped"]


def test_where_control_c_is_ignored_it_stays_so(cancel, handler):
    handler(signal.SIG_IGN)
    Alone(cancel, silent).run(press)
    assert not cancel[0]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_hears_no_signals_and_runs_its_job(cancel):
    found = []
    thread = threading.Thread(target=lambda: found.append(Alone(cancel, silent).run(lambda: 7)))
    thread.start()
    thread.join()
    assert found == [7]


def test_the_listener_is_heard_where_the_job_looks_up(cancel):
    heard = []
    begin = time.monotonic()
    alone = Alone(cancel, lambda: heard.append(threading.get_ident()))

    def job():
        while len(heard) < 3:
            alone.look_up()
        return time.monotonic() - begin

    assert alone.run(job) >= 0.3
    assert heard == [threading.get_ident()] * 4


def test_an_interruption_by_the_listener_gives_the_result(cancel):
    heard = []

    def listen():
        heard.append(1)
        raise KeyboardInterrupt

    alone = Alone(cancel, listen)
    assert alone.run(lambda: until_cancelled(cancel, alone)) == "stopped"
    assert heard == [1]


def test_an_error_of_the_listener_cancels_and_is_raised(cancel):
    ended = []

    def listen():
        raise LookupError("in the callback")

    alone = Alone(cancel, listen)
    with pytest.raises(LookupError, match="in the callback"):
        alone.run(lambda: ended.append(until_cancelled(cancel, alone)))
    assert ended == ["stopped"]


def test_control_c_breaks_the_listener_off(cancel):
    reached = []

    def listen():
        press()
        reached.append(1)

    alone = Alone(cancel, listen)
    assert alone.run(lambda: until_cancelled(cancel, alone)) == "stopped"
    assert not reached


def test_control_c_ends_the_job_within_the_listener_alone(cancel):
    inner = np.zeros(1, dtype=np.uint8)
    found = []

    def within():
        press()
        return until_cancelled(inner)

    alone = Alone(cancel, lambda: found.append(Alone(inner, silent).run(within)))
    alone.run(alone.listen_now)
    assert found == ["stopped", "stopped"]
    assert not cancel[0]


def test_what_the_caller_does_about_overflow_is_not_the_jobs(cancel):
    with np.errstate(all="raise"):
        told = Alone(cancel, silent).run(np.geterr)
    assert told == {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
