"""`gradus explain` prints the ledger, for people, for programs and for papers."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gradus.cli.main import run
from gradus.models.model_file import save
from gradus.workflow.answer_slopes import answer_slopes
from gradus.workflow.explain import _RULES
from gradus.workflow.rows_behind import rows_behind
from gradus.workflow.what_if import what_if
from gradus.workflow.why import why
from tests.models.cases import model_of, table

PARAMETER = ["-p", "layer 1 weight [0, 2]"]


@pytest.fixture
def given(tmp_path):
    save(model_of("a number"), tmp_path / "m.gradus")
    table().to_csv(tmp_path / "t.csv", index=False)
    return ["explain", str(tmp_path / "m.gradus"), str(tmp_path / "t.csv")]


def test_lines(given, capsys):
    options = ["--row", "28", "--terms", "3", "--digits", "4", "--learning-rate", "0.1"]
    assert run([*given, *PARAMETER, *options]) == 0
    out, _ = capsys.readouterr()
    lines = out.splitlines()
    assert "derivative by layer 1 weight [0, 2]" in out
    assert "= a * slope of layer 1 [2] * blame of layer 1 [2]" in out
    assert lines[-1] == "Network 1 of the 5 that answer together."
    assert " - 0.1 * " in lines[-2]


@pytest.mark.parametrize("rule", ["adam", "adamw", "rmsprop", "adagrad"])
def test_the_first_step_of_other_rules(given, capsys, rule):
    """The last line is the rule's own step, which the optimizer makes too."""
    options = ["--row", "28", "--learning-rate", "0.1", "--json"]
    assert run([*given, *PARAMETER, *options, "--rule", rule]) == 0
    told = json.loads(capsys.readouterr().out)
    made = _RULES[rule](0.1)
    params, grads = np.array([told["parameter_value"]]), np.array([told["derivative"]])
    slots = np.zeros((made.n_slots, 1))
    new, _ = made.update(params, grads, slots, 0.1, 1, np.ones(1))
    assert float(told["update"][-1].split(" = ")[-1]) == pytest.approx(new[0], abs=1e-4)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([*PARAMETER, "--rule", "adam"], "--rule must come with --learning-rate"),
        (
            ["--row", "1", "--answer", "--learning-rate", "1"],
            "--learning-rate must come with --parameter; nothing else is moved.",
        ),
        (
            ["--rows-behind", PARAMETER[1], "--depth", "1"],
            "--depth must come with --parameter; nothing else has layers of blame.",
        ),
        (
            ["--row", "1", "--what-if", "a=2", "--terms", "9"],
            "--terms must come with --parameter or --rows-behind; nothing else is shortened.",
        ),
        (
            ["--row", "1", "--why", "--network", "1"],
            "--network must come with --parameter or --rows-behind; all of them answer a row.",
        ),
    ],
)
def test_options_that_do_not_apply(given, capsys, options, sentence):
    assert run([*given, *options]) == 2
    assert sentence in capsys.readouterr().err


def test_json(given, capsys):
    assert run([*given, *PARAMETER, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parameter"] == "layer 1 weight [0, 2]"
    assert told["row"] is None
    assert told["check"]["digits"] >= 5


@pytest.mark.parametrize(("form", "first"), [("latex", "\\begin{aligned}"), ("mathml", "<math")])
def test_formulas(given, capsys, form, first):
    assert run([*given, *PARAMETER, "--row", "1", "--formula", form]) == 0
    assert capsys.readouterr().out.startswith(first)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--formula", "word"], "formula must be latex or mathml; got 'word'."),
        (
            ["--formula", "latex", "--json"],
            "--formula and --json must not be given together; choose one.",
        ),
        (["--row", "0"], "row must be a whole number from 1 to 60; got 0."),
        (
            ["--learning-rate", "-1"],
            "--learning-rate must be a finite number greater than 0; got -1.0.",
        ),
    ],
)
def test_refusals(given, capsys, options, sentence):
    assert run([*given, *PARAMETER, *options]) == 2
    assert sentence in capsys.readouterr().err


def test_the_slopes_of_an_answer(given, capfd):
    assert run([*given, "--answer", "--row", "28"]) == 0
    assert capfd.readouterr().out.startswith("number of row 28: ")
    assert run([*given, "--answer", "--row", "28", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["row"] == 27


QUESTIONS = {
    "why": (["--why"], lambda model, rows: why(model, rows, 28, digits=4)),
    "shapley": (
        ["--shapley", "--baseline", "3"],
        lambda model, rows: why(model, rows, 28, method="shapley", baseline=3, digits=4),
    ),
    "what if": (
        ["--what-if", "a=2", "--what-if", "town=town 1"],
        lambda model, rows: what_if(model, rows, 28, {"a": "2", "town": "town 1"}, digits=4),
    ),
    "answer": (["--answer"], lambda model, rows: answer_slopes(model, rows, 28)),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_about_an_answer(given, capfd, question):
    options, ask = QUESTIONS[question]
    expected = ask(model_of("a number"), table())
    assert run([*given, *options, "--row", "28", "--digits", "4"]) == 0
    assert capfd.readouterr().out == expected.text(4) + "\n"
    assert run([*given, *options, "--row", "28", "--digits", "4", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["row"] == 27
    assert told.keys() == expected.describe().keys()


def test_the_rows_behind_a_weight(given, capfd):
    options = ["--rows-behind", PARAMETER[1], "--network", "2", "--terms", "3"]
    expected = rows_behind(model_of("a number"), table(), PARAMETER[1], network=2, most_rows=3)
    assert run([*given, *options]) == 0
    assert capfd.readouterr().out == expected.text() + "\n"


ONE = "gradus explain must be given --parameter or --rows-behind, or one of --answer, --why and "


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], ONE),
        ([*PARAMETER, "--answer", "--row", "1"], ONE),
        (["--answer"], ONE),
        (["--why"], ONE),
        (["--why", "--answer", "--row", "1"], ONE),
        (["--rows-behind", PARAMETER[1], *PARAMETER], ONE),
        (
            ["--answer", "--row", "1", "--baseline", "2"],
            "--baseline must come with --why; nothing else is compared.",
        ),
        (
            ["--why", "--row", "1", "--formula", "latex"],
            "--formula must come with --parameter; nothing else has one.",
        ),
        (
            ["--rows-behind", PARAMETER[1], "--row", "1"],
            "--rows-behind must come without --row; it ranks all rows.",
        ),
        (
            ["--what-if", "a", "--row", "1"],
            "--what-if must be COLUMN=CELL, such as --what-if area=120; got 'a'.",
        ),
        (
            ["--why", "--baseline", "0", "--row", "1"],
            "--baseline must be a whole number from 1 to 60; got 0.",
        ),
        (
            ["--rows-behind", PARAMETER[1], "--terms", "0"],
            "--terms must be a whole number, 1 or greater; got 0.",
        ),
    ],
)
def test_one_thing_is_explained(given, capsys, options, sentence):
    assert run([*given, *options]) == 2
    assert sentence in capsys.readouterr().err


def test_libraries_have_no_complaint_at_the_end(given):
    start = "import sys; from gradus.cli.start import main; main()"
    command = [sys.executable, "-c", start, *given, "--answer", "--row", "28"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert "leaked" not in done.stderr
