"""What every command does alike: exit codes, one sentence per error, a quick help."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import gradus
from gradus.cli.main import run
from gradus.cli.output import ListenerLeft
from gradus.errors import InvalidParameter


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_help_tells_the_commands_and_exit_codes(capsys):
    assert run(["--help"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.endswith(
        """
Commands:
  fill       Fill the blank cells of one column.
  train      Learn one column from the others.
  predict    Answer every row of a table by a model.
  show       Show how good a model is.
  report     Write a page about a model.
  explain    Open a derivative: of the loss by one weight.
  curvature  Open the second derivatives of a loss.
  surface    Compute the loss around a network.
  check      Check a gradient by differences.
  preflight  Check table and network before training.
  doctor     Say what went wrong in a training.
  runs       List the runs of train and fill.
  compare    Compare two runs: what was chosen otherwise.
  worksheet  Write an exercise to be worked by hand.

  Exit codes:
    0    done
    1    a fault of gradus itself
    2    something for you to change; the sentence says what
    130  stopped with Ctrl-C (129, 143: by the system)
    141  whoever read standard output closed it
"""
    )


@pytest.mark.parametrize("command", ["fill", "train", "predict", "show"])
def test_every_command_has_help(command, capsys):
    assert run([command, "-h"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Usage: gradus {command} ")
    assert "--json" in said.out
    assert said.err == ""


def test_version(capsys):
    from importlib.metadata import version

    assert run(["--version"]) == 0
    assert capsys.readouterr() == (f"gradus {version('gradus')}\n", "")
    assert gradus.__version__ == version("gradus")


def test_no_command_shows_the_help_as_an_error(capsys):
    assert run([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "fill" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fil"], "No such command 'fil'. Did you mean 'fill'?\n"),
        (["fill"], "Missing argument 'TABLE'.\n"),
        (["predict", "m.gradus"], "Missing argument 'TABLE'.\n"),
        (["train", "t.csv"], "Missing option '--target'.\n"),
        (["show", "m.gradus"], "m.gradus is no file.\n"),
        (["fill", "none.csv"], "none.csv does not exist.\n"),
        (
            ["fill", "none.csv", "--hidden", "6;4"],
            "--hidden must be whole numbers with commas between them, such as 64,64; got '6;4'.\n",
        ),
    ],
)
def test_what_a_person_can_change_is_one_sentence_and_exit_code_2(capsys, arguments, sentence):
    assert run(arguments) == 2
    assert capsys.readouterr() == ("", sentence)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["fill", "t.csv", "--taget", "y"], "--target"),
        (["fill", "t.csv", "--epochs", "0"], "--epochs"),
        (["fill", "t.csv", "--epochs", "many"], "--epochs"),
        (["fill", "t.csv", "--threads", "-1"], "--threads"),
        (["fill", "t.csv", "--threads", "1025"], "--threads"),
        (["fill", "t.csv", "--seed", "-1"], "--seed"),
        (["fill", "t.csv", "u.csv"], "u.csv"),
    ],
)
def test_wrong_options_are_named_in_one_line(capsys, arguments, named):
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert named in said.err


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError])
def test_a_stop_says_that_nothing_was_written(capsys, monkeypatch, stop):
    import gradus.workflow.fill as workflow

    def stopped(*_arguments, **_options):
        raise stop

    monkeypatch.setattr(workflow, "fill", stopped)
    assert run(["fill", "t.csv"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped; nothing was written."


def test_a_stop_after_writing_does_not_deny_it(capsys, monkeypatch):
    def stopped(*_arguments, notify, **_options):
        notify("written", "Wrote t.filled.csv.")
        raise KeyboardInterrupt

    monkeypatch.setattr("gradus.workflow.fill.fill", stopped)
    assert run(["fill", "t.csv"]) == 130
    assert capsys.readouterr().err == "Wrote t.filled.csv.\nStopped.\n"


def test_python_names_of_options_become_those_of_the_command_line(capsys, monkeypatch):
    def refused(*_arguments, **_options):
        raise InvalidParameter("time_limit must be greater than 0; got -1.0.")

    monkeypatch.setattr("gradus.workflow.fill.fill", refused)
    assert run(["fill", "t.csv", "--time-limit", "-1"]) == 2
    assert capsys.readouterr().err == "--time-limit must be greater than 0; got -1.0.\n"


def test_memory_that_is_used_up_is_one_sentence(capsys, monkeypatch):
    def too_large(*_arguments, **_options):
        raise MemoryError

    monkeypatch.setattr("gradus.workflow.fill.fill", too_large)
    assert run(["fill", "t.csv"]) == 2
    assert capsys.readouterr().err == (
        "There must be memory for the table and the work on it; it was used up.\n"
    )


def test_a_reader_who_left_is_answered_with_a_code_only(capsys, monkeypatch):
    def left(*_arguments, **_options):
        raise ListenerLeft

    monkeypatch.setattr("gradus.workflow.fill.fill", left)
    assert run(["fill", "t.csv"]) == 141
    assert capsys.readouterr() == ("", "")


def test_the_first_line_comes_before_anything_heavy_is_loaded():
    code = (
        "import os, sys; from gradus.cli import main, voice\n"
        "def leave(said):\n"
        "    print(said, *sys.modules, sep='|', flush=True)\n"
        "    os._exit(0)\n"
        "voice._put = leave\n"
        "main.run(['fill', 'here.csv'])"
    )
    Path("here.csv").write_text("a")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    said, *loaded = done.stdout.strip().split("|")
    assert said == "Reading here.csv."
    assert (
        set(loaded) & {"numpy", "duckdb", "scipy", "pydantic", "rich", "gradus.workflow.fill"}
        == set()
    )


def test_a_fault_of_our_own_is_not_hidden(monkeypatch):
    import gradus.workflow.fill as workflow

    def broken(*_arguments, **_options):
        raise RuntimeError("ours")

    monkeypatch.setattr(workflow, "fill", broken)
    with pytest.raises(RuntimeError, match=r"^ours$"):
        run(["fill", "t.csv"])


def test_help_loads_nothing_that_it_does_not_need():
    code = (
        "import json, sys; from gradus.cli.main import run; run(['fill', '--help']); "
        "print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert loaded & {"numpy", "duckdb", "scipy", "safetensors"} == set()
    # What the command calls is imported when it runs, not when it is described.
    assert "gradus.workflow.fill" not in json.loads(done.stdout.splitlines()[-1])
