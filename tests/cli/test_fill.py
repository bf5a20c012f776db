"""`gradus fill` as a person meets it: the file, the sentences, a terminal, and Ctrl-C."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradus.cli.fill import widths
from gradus.cli.main import run
from gradus.errors import InvalidParameter
from gradus.workflow.fill import fill

FIVE = b"x1,x2,x3,y\n3,4,7,13.5\n6,2,9,15.6\n8,10,12,27.4\n9,7,4,15.6\n7,6,3,\n"
COMMAND = [sys.executable, "-c", "from gradus.cli.main import main; main()", "fill"]
pseudo_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo terminals of this kind"
)


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bent(rng, n=80):
    rows = [f"{a:.3f},{b:.3f},{a * b:.3f}" for a, b in rng.normal(size=(n, 2))]
    rows[5::10] = [row.rpartition(",")[0] + "," for row in rows[5::10]]
    return "\n".join(["a,b,y", *rows, ""])


def test_the_five_rows(capsys):
    Path("five.csv").write_bytes(FIVE)
    assert run(["fill", "five.csv"]) == 0
    assert Path("five.filled.csv").read_bytes().endswith(b"\n7,6,3,12.5,,\n")
    out, told = capsys.readouterr()
    assert out == ""
    assert told == (
        "4 complete rows are too few to judge by (10 are needed): a linear model answers, and its "
        "bounds stay empty.\nWrote five.filled.csv: 1 cell of 'y' answered (12.5).\n"
    )


def test_every_option_reaches_the_same_call(rng, capsys):
    Path("t.csv").write_text(bent(rng))
    Path("cli.csv").write_text("mine")
    arguments = ["t.csv", "--target", "y", "-o", "cli.csv", "--force", "--epochs", "7"]
    arguments += ["--hidden", "6, 5", "--seed", "3", "--threads", "2"]
    assert run(["fill", *arguments]) == 0
    result = fill("t.csv", "y", "python.csv", epochs=7, hidden=(6, 5), seed=3, n_threads=1)
    assert Path("cli.csv").read_bytes() == Path("python.csv").read_bytes()
    said = capsys.readouterr().err.splitlines()
    assert said == [result.verdict, "Wrote cli.csv: 8 cells of 'y' answered."]


def test_notes_come_first(capsys):
    Path("t.csv").write_text("a,one,y\n1,5,2\n2,5,4\n3,5,\n4,5,8\n")
    assert run(["fill", "t.csv"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "'one' is left out: one value in every row learned from."
    assert said[-1] == "Wrote t.filled.csv: 1 cell of 'y' answered (6.00)."


def test_an_error_is_one_sentence_and_writes_nothing(capsys):
    Path("t.csv").write_text("a,y\n1,2\n3\n")
    assert run(["fill", "t.csv"]) == 2
    assert capsys.readouterr() == (
        "",
        "t.csv must have 2 cells on every line, as its header has; line 3 has 1.\n",
    )
    assert [path.name for path in Path().iterdir()] == ["t.csv"]


@pytest.mark.parametrize("text", ["", "64;64", "0", "-3", "6.5", "64,,64", "sixty", "٣"])
def test_widths_that_are_none(text):
    with pytest.raises(InvalidParameter) as caught:
        widths(text)
    assert str(caught.value) == (
        f"--hidden must be whole numbers with commas between them, such as 64,64; got {text!r}."
    )


def test_widths():
    assert widths("64, 32,1") == (64, 32, 1)


def test_without_a_terminal_there_are_sentences_only(rng):
    Path("t.csv").write_text(bent(rng))
    done = subprocess.run([*COMMAND, "t.csv"], capture_output=True, check=True)
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 2
    assert b"\x1b" not in done.stderr
    assert b"\r" not in done.stderr


def test_closed_standard_streams_do_not_matter(rng):
    Path("t.csv").write_text(bent(rng))
    code = "import os; os.close(1); os.close(2); import runpy, sys; "
    code += "sys.stdout = sys.stderr = None; from gradus.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "fill", "t.csv"], check=False)
    assert done.returncode == 0
    assert Path("t.filled.csv").is_file()


def on_terminal(arguments, until):
    """Start the command on a pseudo terminal and read until it has shown something."""
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    seen, deadline = b"", time.monotonic() + 60
    while not until(seen) and time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
    return process, ours, seen


def rest(ours):
    seen = b""
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
    except OSError:
        pass
    os.close(ours)
    return seen


@pseudo_terminal
def test_a_terminal_shows_how_far_it_is(rng):
    Path("t.csv").write_text(bent(rng, 400))
    process, ours, seen = on_terminal(
        ["t.csv", "--epochs", "3000", "--hidden", "32"], lambda seen: seen.count(b"rows/s") > 5
    )
    seen += rest(ours)
    assert process.wait(60) == 0
    assert re.search(
        rb"network \d, epoch \d+/3000, loss \d\.\d{4}, validation loss \d\.\d{4}, "
        rb"[\d,]+ rows/s,",
        seen,
    )
    last = seen.replace(b"\r", b"").split(b"\n")
    assert b"Wrote t.filled.csv: 40 cells of 'y' answered." in last


@pseudo_terminal
def test_ctrl_c_stops_soon_and_writes_nothing(rng):
    Path("t.csv").write_text(bent(rng, 2000))
    process, ours, _ = on_terminal(
        ["t.csv", "--epochs", "1000000", "--hidden", "256,256"], lambda seen: b"epoch" in seen
    )
    try:
        process.send_signal(signal.SIGINT)
        seen = rest(ours)
        assert process.wait(60) == 130
    finally:
        process.kill()
    assert b"Stopped; nothing was written." in seen
    assert b"Traceback" not in seen
    assert [path.name for path in Path().iterdir()] == ["t.csv"]
