"""What every command does alike: exit codes, one sentence per error, a quick help."""

import json
import subprocess
import sys

import pytest

import gradus.cli.main as module
from gradus.cli.main import main, run


def test_help_is_given(capsys):
    assert run(["--help"]) == 0
    said = capsys.readouterr()
    assert "fill" in said.out
    assert said.err == ""
    assert run(["fill", "-h"]) == 0
    told = capsys.readouterr().out
    options = ("--target", "-o,", "--force", "--epochs", "--hidden", "--seed", "--threads", "TABLE")
    assert [option for option in options if option not in told] == []


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
        (["fill", "none.csv"], "none.csv does not exist.\n"),
        (
            ["fill", "none.csv", "--hidden", "6;4"],
            "--hidden must be whole numbers with commas between them, such as 64,64; got '6;4'.\n",
        ),
    ],
)
def test_what_a_person_can_change_is_one_sentence_and_exit_code_2(
    capsys, tmp_path, monkeypatch, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
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


def test_a_fault_of_our_own_is_not_hidden(monkeypatch):
    import gradus.workflow.fill as workflow

    def broken(*_arguments, **_options):
        raise RuntimeError("ours")

    monkeypatch.setattr(workflow, "fill", broken)
    with pytest.raises(RuntimeError, match=r"^ours$"):
        run(["fill", "t.csv"])


def test_main_leaves_with_the_code(capsys):
    with pytest.raises(SystemExit) as left:
        main(["fill"])
    assert left.value.code == 2
    assert capsys.readouterr().err == "Missing argument 'TABLE'.\n"


def test_main_reads_the_arguments_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(module.sys, "argv", ["gradus", "fil"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "No such command 'fil'. Did you mean 'fill'?\n"


def test_help_loads_nothing_that_it_does_not_need():
    code = (
        "import json, sys; from gradus.cli.main import run; run(['fill', '--help']); "
        "print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert loaded & {"duckdb", "scipy", "safetensors"} == set()
    # What the command calls is imported when it runs, not when it is described.
    assert "gradus.workflow" not in json.loads(done.stdout.splitlines()[-1])
