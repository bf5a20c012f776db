"""Each sentence once and at once; quiet means errors only; a listener who leaves costs nothing."""

import io
from pathlib import Path

import pytest

from gradus.cli.voice import Voice
from tests.cli.helpers import Broken, Terminal


@pytest.fixture(autouse=True)
def a_usual_terminal(monkeypatch, tmp_path):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)


def test_sentences_of_every_kind(capsys):
    voice = Voice()
    for kind in ("note", "warning", "verdict", "detail", "stop", "written"):
        voice(kind, f"A {kind}.")
    assert capsys.readouterr() == (
        "",
        "A note.\nWarning: A warning.\nA verdict.\nA detail.\nA stop.\nA written.\n",
    )


def test_what_is_read_is_said_once(capsys):
    Path("t.csv").write_text("a")
    voice = Voice()
    voice.reading("t.csv")
    voice("reading", "Reading t.csv.")
    voice.reading("-")
    voice.reading("none.csv")
    voice.reading("\0")
    assert capsys.readouterr().err == "Reading t.csv.\nReading standard input.\n"


def test_quiet_says_errors_only(capsys):
    voice = Voice()
    voice.is_quiet = True
    voice.reading("-")
    voice("warning", "Nobody hears it.")
    voice("written", "Nor this.")
    voice.error("This must change.")
    assert capsys.readouterr().err == "This must change.\n"
    assert voice.has_written


def test_it_knows_whether_a_file_was_written():
    voice = Voice()
    voice("verdict", "Good.")
    assert not voice.has_written
    voice("written", "Wrote t.csv.")
    assert voice.has_written


def test_a_terminal_sets_the_first_clause_of_a_verdict_apart(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    voice = Voice()
    voice("verdict", "The network is worth it: its typical error is 1.5, and that is less.")
    voice("verdict", "Right in 93.5 % of 20 rows.")
    voice("warning", "'a' repeats 'b'.")
    voice("note", "A note.")
    assert screen.getvalue() == (
        "\x1b[1mThe network is worth it\x1b[0m: its typical error is 1.5, and that\nis less.\n"
        "\x1b[1mRight in 93.5 % of 20 rows\x1b[0m.\n"
        "\x1b[33mWarning:\x1b[0m 'a' repeats 'b'.\n"
        "A note.\n"
    )


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_plain_where_styles_are_unwelcome(monkeypatch, name, value):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv(name, value)
    voice = Voice()
    voice("verdict", "It is worth it: yes.")
    voice("warning", "Look.")
    assert screen.getvalue() == "It is worth it: yes.\nWarning: Look.\n"


def test_a_listener_who_left_does_not_stop_the_work(monkeypatch):
    monkeypatch.setattr("sys.stderr", Broken())
    voice = Voice()
    voice("note", "Nobody hears it.")
    voice("written", "Nor this.")
    assert voice.has_written


def test_no_standard_error_at_all(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr("sys.stderr", stream)
        Voice()("note", "Nobody hears it.")
