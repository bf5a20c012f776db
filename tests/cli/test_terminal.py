"""Sentences are wrapped where somebody watches, harmless everywhere, styled only where welcome."""

import io
import os

import pytest

from gradus.cli.terminal import is_styled, is_terminal, shown, width
from tests.cli.helpers import Terminal


@pytest.fixture(autouse=True)
def a_usual_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_who_watches():
    closed = Terminal()
    closed.close()
    assert is_terminal(Terminal())
    assert [is_terminal(stream) for stream in (None, io.StringIO(), closed)] == [False] * 3


def test_styles_are_for_terminals_that_want_them(monkeypatch):
    assert is_styled(Terminal())
    assert not is_styled(io.StringIO())
    assert not is_styled(None)


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("NO_COLOR", "1"), ("TERM", None)])
def test_styles_are_left_out_where_they_are_unwelcome(monkeypatch, name, value):
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    assert not is_styled(Terminal())


def test_an_empty_no_color_says_nothing(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    assert is_styled(Terminal())


def test_width(monkeypatch):
    assert width(Terminal()) == 30
    for value in ("", "0", "wide", "-5"):
        monkeypatch.setenv("COLUMNS", value)
        assert width(Terminal()) == 80  # a stream without a file behind it


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_the_width_is_that_of_the_terminal_behind_the_stream(monkeypatch):
    import fcntl
    import struct
    import termios

    monkeypatch.delenv("COLUMNS")
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 47, 0, 0))
    with os.fdopen(theirs, "w") as stream:
        assert width(stream) == 47
    os.close(ours)


def test_a_terminal_wraps_words_and_cuts_none():
    path = "a/path/that/is/longer/than/thirty/columns.csv"
    assert shown(f"Wrote {path}: 20 cells of 'price' answered.", Terminal()) == (
        f"Wrote\n{path}:\n20 cells of 'price' answered."
    )
    assert shown("  an indented line that must go on", Terminal()) == (
        "  an indented line that must\n  go on"
    )
    assert shown("well-known words-with-hyphens stay", Terminal()) == (
        "well-known words-with-hyphens\nstay"
    )
    assert shown("", Terminal()) == ""


def test_the_narrowest_terminal_gets_ten_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "1")
    assert shown("a b c d e f g", Terminal()) == "a b c d e\nf g"


def test_lines_for_programs_are_not_wrapped():
    line = "A sentence that is longer than thirty columns, but nobody watches."
    assert shown(line, io.StringIO()) == line


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_control_characters_of_a_table_do_not_reach_the_terminal(stream):
    assert shown("a\x1b[31m\r\x07\x9b\udce9 é 表", stream) == r"a\x1b[31m\r\x07\x9b\udce9 é 表"
