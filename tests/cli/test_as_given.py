"""Options that need no conversion are what typer would make of them, without its conversion."""

import subprocess
import sys

import pytest
import typer

from gradus.cli import as_given
from gradus.cli.main import app

WORDS = ["t.csv", "--target", "y", "--hidden", "8,8", "--force"]


def understood(command, arguments):
    one = typer.main.get_command(app()).commands[command]
    return one.make_context(command, list(arguments)).params


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("fill", ["t.csv"]),
        ("fill", WORDS),
        ("fill", [*WORDS, "--seed", "3", "--time-limit", "2.5", "--ignore", "a", "--as", "b=id"]),
        ("fill", [""]),
        ("train", ["t.csv", "--target", ""]),
        ("explain", ["m.gradus", "t.csv", "--row", "3", "--why"]),
        ("compare", ["a", "b"]),
        ("runs", []),
    ],
)
def test_commands_get_what_typer_makes_of_options(monkeypatch, command, arguments):
    ours = understood(command, arguments)
    monkeypatch.setattr(as_given, "_spare", lambda _parameter: None)
    theirs = understood(command, arguments)
    assert ours == theirs
    assert [type(value) for value in ours.values()] == [type(value) for value in theirs.values()]


@pytest.mark.parametrize(("more", "is_loaded"), [([], "False"), (["--seed", "3"], "True")])
def test_words_are_understood_without_loading_what_converts_numbers(tmp_path, more, is_loaded):
    code = (
        f"import sys; from gradus.cli.main import run; run(['fill', *{WORDS!r}, *{more!r}]); "
        "print('pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=tmp_path
    )
    assert (done.stderr, done.stdout.strip()) == ("t.csv does not exist.\n", is_loaded)
