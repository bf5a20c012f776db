"""The live lines say what training told, and are silent where nobody watches."""

import io
import math

import pytest

from gradus.cli.progress import LiveProgress, words
from gradus.training.control import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (
            Progress(2, 34, 200, 0.08123, 0.0931, 123_456.7),
            "network 3, epoch 34/200, loss 0.0812, validation loss 0.0931, 123,457 rows/s",
        ),
        (
            Progress(0, 3, 5, 1.0, math.nan, 10.0),
            "network 1, epoch 3/5, loss 1.0000, 10 rows/s",
        ),
        (Progress(0, 0, 5, math.nan, math.nan, 0.0), "network 1, epoch 0/5, 0 rows/s"),
    ],
)
def test_words(progress, text):
    assert words(progress) == text


def test_lines_on_a_terminal(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    with LiveProgress() as live:
        live(Progress(0, 1, 9, 0.5, 0.6, 10.0))
        live(Progress(1, 2, 9, 0.5, 0.6, 10.0))
        live(Progress(0, 3, 9, 0.4, 0.5, 10.0))
        tasks = live._bars.tasks
        assert [(task.completed, task.total) for task in tasks] == [(3, 9), (2, 9)]
        live._bars.refresh()
    assert "network 1, epoch 3/9, loss 0.4000" in screen.getvalue()
    assert "network 2, epoch 2/9" in screen.getvalue()


@pytest.mark.parametrize("screen", [io.StringIO(), None])
def test_nothing_where_there_is_no_terminal(monkeypatch, screen):
    monkeypatch.setattr("sys.stderr", screen)
    with LiveProgress() as live:
        live(Progress(0, 1, 9, 0.5, 0.6, 10.0))
    assert screen is None or screen.getvalue() == ""


def test_a_terminal_that_nothing_was_told_stays_as_it_is(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with LiveProgress():
        pass
    assert screen.getvalue() == ""


def test_the_lines_are_taken_away_when_something_goes_wrong(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    live = LiveProgress()

    def broken():
        with live:
            live(Progress(0, 1, 9, 0.5, 0.6, 10.0))
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match=r"^ours$"):
        broken()
    assert live._bars.live.is_started is False
