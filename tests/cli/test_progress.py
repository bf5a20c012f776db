"""The live lines say what training told, and are silent where nobody watches."""

import io
import math

import pytest

from gradus.cli.progress import LiveProgress, words
from gradus.training.control import Progress
from tests.cli.helpers import Terminal


@pytest.fixture(autouse=True)
def colors_are_welcome(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)


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


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (200, "network 1, epoch 3/9, loss 0.5000, validation loss 0.6000, 10 rows/s"),
        (67, "network 1, epoch 3/9, loss 0.5000, validation loss 0.6000"),
        (50, "network 1, epoch 3/9, loss 0.5000"),
        (25, "network 1, epoch 3/9"),
        (3, "network 1, epoch 3/9"),
    ],
)
def test_fewer_words_where_there_is_less_room(room, text):
    assert words(Progress(0, 3, 9, 0.5, 0.6, 10.0), room) == text


@pytest.mark.parametrize(("columns", "n_lines"), [(120, 5), (59, 5), (24, 5)])
def test_each_network_keeps_to_one_line(monkeypatch, columns, n_lines):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    with LiveProgress() as live:
        for network in range(5):
            live(Progress(network, 1, 9, 0.5, 0.6, 10.0))
        console = live._bars.console
        lines = console.render_lines(live._bars.get_renderable(), pad=False)
    texts = ["".join(part.text for part in line) for line in lines]
    assert len(texts) == n_lines
    assert all(len(text) <= columns for text in texts)
    assert ["network 3, epoch 1/9" in text for text in texts] == [False, False, True, False, False]


def test_quiet_draws_nothing(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    with LiveProgress(is_quiet=True) as live:
        live(Progress(0, 1, 9, 0.5, 0.6, 10.0))
    assert screen.getvalue() == ""


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
    monkeypatch.setenv("TERM", "xterm-256color")
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
    assert "\x1b[?25h" in screen.getvalue()  # the cursor is back
