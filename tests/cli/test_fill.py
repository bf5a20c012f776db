"""`gradus fill` as a person meets it: the file, the sentences, a terminal, and Ctrl-C."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gradus.cli.main import run
from gradus.cli.output import ListenerLeft
from gradus.workflow.fill import fill
from tests.cli.helpers import Fake, numbers

COMMAND = [sys.executable, "-c", "from gradus.cli.start import main; main()", "fill"]
pseudo_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo terminals of this kind"
)


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def filled(monkeypatch):
    """Let `fill` answer two cells at once; return what it was asked."""
    asked = {}

    def at_once(table, target, output, *, force, callback, notify, **options):
        asked.update(table=table, target=target, output=output, force=force)
        to_standard = output == "-" or (output is None and table == "-")
        notify("reading", f"Reading {'standard input' if table == '-' else table}.")
        notify("note", "A note.")
        notify("warning", "'a' repeats 'b'.")
        notify("verdict", "It is worth it: yes.")
        return SimpleNamespace(
            output=None if to_standard else Path(output or "t.filled.csv"),
            data=b"a;y\r\n1;\xff\r\n" if to_standard else None,
            target="y",
            rows=np.array([3, 8]),
            predictions=numbers(2.5, 7, flags=["", "far"]),
            model=Fake(target="y"),
        )

    monkeypatch.setattr("gradus.workflow.fill.fill", at_once)
    Path("t.csv").write_text("a,y\n1,2\n")
    return asked


def bent(rng, n=80):
    rows = [f"{a:.3f},{b:.3f},{a * b:.3f}" for a, b in rng.normal(size=(n, 2))]
    rows[5::10] = [row.rpartition(",")[0] + "," for row in rows[5::10]]
    return "\n".join(["a,b,y", *rows, ""])


def test_sentences_come_in_their_order(filled, capsys):
    assert run(["fill", "t.csv"]) == 0
    assert capsys.readouterr() == (
        "",
        (
            "Reading t.csv.\nA note.\nWarning: 'a' repeats 'b'.\nIt is worth it: yes.\n"
            "Wrote t.filled.csv: 2 cells of 'y' answered (2.50, 7.00).\n"
            "1 of them is unlike the rows learned from; column y_flag says why.\n"
        ),
    )
    assert filled == {"table": "t.csv", "target": None, "output": None, "force": False}


@pytest.mark.parametrize("arguments", [["t.csv", "--quiet"], ["-q", "t.csv"]])
def test_quiet(filled, capsys, arguments):
    assert run(["fill", *arguments]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [["-"], ["t.csv", "-o", "-"], ["-", "--output", "-"]])
def test_standard_output_gets_the_bytes_alone(filled, capfdbinary, arguments):
    assert run(["fill", *arguments]) == 0
    out, told = capfdbinary.readouterr()
    assert out == b"a;y\r\n1;\xff\r\n"
    assert b"Wrote the table to standard output: 2 cells of 'y' answered (2.50, 7.00).\n" in told


def test_json_is_one_object_beside_the_sentences(filled, capsys):
    assert run(["fill", "t.csv", "--json"]) == 0
    out, told = capsys.readouterr()
    assert json.loads(out) == {
        "output": "t.filled.csv",
        "target": "y",
        "answers": [
            {"row": 3, "answer": 2.5, "low": 1.5, "high": 3.5, "flag": None},
            {"row": 8, "answer": 7.0, "low": 6.0, "high": 8.0, "flag": "far"},
        ],
        "model": {"target": "y"},
    }
    assert told.startswith("Reading t.csv.\n")


def test_json_and_the_table_are_not_mixed(filled, capsys):
    assert run(["fill", "-", "--json", "--quiet"]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "--json and the table must not share standard output. Give --output FILE, or leave "
            "--json out.\n"
        ),
    )
    assert filled == {}


def test_the_model_is_kept_where_asked(filled, capsys):
    assert run(["fill", "t.csv", "--model", "m.gradus"]) == 0
    assert Path("m.gradus").read_bytes() == b"model"
    assert capsys.readouterr().err.splitlines()[-1] == (
        "Wrote m.gradus: the model, for gradus predict and gradus show."
    )


def test_the_model_does_not_take_the_place_of_the_answers(filled, capsys):
    assert run(["fill", "t.csv", "--model", "t.filled.csv", "--force", "-q"]) == 2
    assert capsys.readouterr().err == (
        "--model must be a file of its own; t.filled.csv is written, too.\n"
    )
    assert filled == {}


def test_the_model_is_kept_though_the_reader_of_the_table_has_left(filled, monkeypatch):
    def left(_data):
        raise ListenerLeft

    monkeypatch.setattr("gradus.cli.fill.put_bytes", left)
    assert run(["fill", "-", "--model", "m.gradus", "-q"]) == 141
    assert Path("m.gradus").read_bytes() == b"model"


def test_no_model_is_overwritten(filled, capsys):
    Path("m.gradus").write_text("mine")
    assert run(["fill", "t.csv", "--model", "m.gradus"]) == 2
    assert capsys.readouterr().err == (
        "Reading t.csv.\nm.gradus already exists. Use --force to replace it.\n"
    )
    assert Path("m.gradus").read_text() == "mine"
    assert filled == {}
    assert run(["fill", "t.csv", "--model", "m.gradus", "--force", "-q"]) == 0
    assert Path("m.gradus").read_bytes() == b"model"


def test_the_command_is_the_same_call(rng, capsys):
    Path("t.csv").write_text(bent(rng))
    Path("cli.csv").write_text("mine")
    arguments = ["t.csv", "--target", "y", "-o", "cli.csv", "--force", "--epochs", "7"]
    arguments += ["--hidden", "6, 5", "--seed", "3", "--threads", "2"]
    assert run(["fill", *arguments]) == 0
    told = []
    fill(
        "t.csv",
        "y",
        "python.csv",
        epochs=7,
        hidden=(6, 5),
        seed=3,
        n_threads=1,
        notify=lambda kind, said: told.append("Warning: " * (kind == "warning") + said),
    )
    assert Path("cli.csv").read_bytes() == Path("python.csv").read_bytes()
    said = capsys.readouterr().err.splitlines()
    assert said[: len(told) + 1] == ["Reading t.csv.", *told]
    assert said[len(told) + 1] == "Wrote cli.csv: 8 cells of 'y' answered."


def test_an_error_is_one_sentence_and_writes_nothing(capsys):
    Path("t.csv").write_text("a,y\n1,2\n3\n")
    assert run(["fill", "t.csv"]) == 2
    out, told = capsys.readouterr()
    assert out == ""
    assert told.count("\n") == 2
    assert told.startswith("Reading t.csv.\nt.csv ")
    assert [path.name for path in Path().iterdir()] == ["t.csv"]


def test_without_a_terminal_there_are_sentences_only(rng):
    Path("t.csv").write_text(bent(rng))
    done = subprocess.run([*COMMAND, "t.csv"], capture_output=True, check=True)
    assert done.stdout == b""
    assert done.stderr.startswith(b"Reading t.csv.\n")
    assert b"\x1b" not in done.stderr
    assert b"\r" not in done.stderr


def test_closed_standard_streams_do_not_matter(rng):
    Path("t.csv").write_text(bent(rng))
    code = "import os; os.close(1); os.close(2); import runpy, sys; "
    code += "sys.stdout = sys.stderr = None; from gradus.cli.start import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "fill", "t.csv"], check=False)
    assert done.returncode == 0
    assert Path("t.filled.csv").is_file()


def on_terminal(arguments, until, **variables):
    """Start the command on a pseudo terminal and read until it has shown something."""
    import pty

    ours, theirs = pty.openpty()
    usual = {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    environment = {**os.environ, **usual, **variables}
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
    assert any(line.endswith(b"Wrote t.filled.csv: 40 cells of 'y' answered.") for line in last)


@pseudo_terminal
@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_control_characters(rng, name, value):
    Path("t.csv").write_text(bent(rng, 400))
    process, ours, seen = on_terminal(["t.csv"], lambda _seen: False, **{name: value})
    seen += rest(ours)
    assert process.wait(60) == 0
    assert seen.startswith(b"Reading t.csv.\r\n")
    assert b"\x1b" not in seen
    assert seen.count(b"\r") == seen.count(b"\n")


def test_a_reader_who_leaves_is_no_error(rng):
    Path("t.csv").write_text(bent(rng))
    process = subprocess.Popen(
        [*COMMAND, "t.csv", "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert b"Wrote" not in told
    assert b"Error" not in told


def test_a_reader_of_the_sentences_who_leaves_does_not_stop_the_work(rng):
    Path("t.csv").write_text(bent(rng))
    process = subprocess.Popen([*COMMAND, "t.csv"], stderr=subprocess.PIPE)
    process.stderr.close()
    assert process.wait(60) == 0
    assert Path("t.filled.csv").is_file()


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
