"""`gradus check` says whether a gradient is right, and ends with 2 where it is not."""

import json

import pytest

from gradus.cli.main import run
from gradus.models.model_file import save
from tests.models.cases import model_of, table

FORMULA = ["check", "--formula", "(1 - y)**2", "--by", "y", "--derivative"]


@pytest.fixture
def given(tmp_path):
    save(model_of("two classes"), tmp_path / "m.gradus")
    table().to_csv(tmp_path / "t.csv", index=False)
    return ["check", str(tmp_path / "m.gradus"), str(tmp_path / "t.csv")]


def test_a_model_on_a_table(given, capsys):
    assert run([*given, "--most", "10"]) == 0
    assert "parameters looked at: the gradient is right.\nWorst is" in capsys.readouterr().out
    assert run([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_right"] is True


def test_a_formula(capsys):
    assert run([*FORMULA, "-2 * (1 - y)", "--at", "y=0.524"]) == 0
    out, told = capsys.readouterr()
    assert out == (
        "Right at y = 0.524: typed -0.952, by the chain rule -0.952, by central difference "
        "-0.952.\n"
    )
    assert told == ""


def test_a_wrong_formula(capsys):
    assert run([*FORMULA, "-2 * (1 - y)**2"]) == 2
    out = capsys.readouterr().out
    assert out.startswith("Not the derivative of (1 - y)**2 by y: at y = ")
    assert run([*FORMULA, "-2 * (1 - y)**2", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["is_right"] is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check"], "gradus check must be given MODEL and TABLE, or --formula"),
        (["check", "m.gradus"], "gradus check must be given MODEL and TABLE, or --formula"),
        (["check", "--formula", "y"], "--formula must come with --derivative and --by"),
        (
            [*FORMULA, "1", "--network", "1"],
            "--network must come with MODEL and TABLE, not --formula.",
        ),
        ([*FORMULA, "1", "--most", "9"], "--most must come with MODEL and TABLE, not --formula."),
        ([*FORMULA, "1", "--at", "y"], "--at must be written as NAME=VALUE, such as y=0.5; got"),
    ],
)
def test_refusals(capsys, arguments, sentence):
    assert run(arguments) == 2
    assert sentence in capsys.readouterr().err
