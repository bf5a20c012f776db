"""`gradus curvature` prints what Python tells."""

import json

import pytest

from gradus.cli.main import run
from gradus.models.model_file import save
from gradus.workflow.curvature import bending
from tests.models.cases import model_of, table

NAMES = ("layer 1 weight [0, 0]", "layer 1 bias [2]")


@pytest.fixture
def given(tmp_path):
    save(model_of("a number"), tmp_path / "m.gradus")
    table().to_csv(tmp_path / "t.csv", index=False)
    return ["curvature", str(tmp_path / "m.gradus"), str(tmp_path / "t.csv")]


def test_lines_and_json(given, capfd):
    options = ["-p", NAMES[0], "-p", NAMES[1], "--network", "3", "--learning-rate", "0.1"]
    expected = bending(
        model_of("a number"), table(), parameters=NAMES, network=3, learning_rate=0.1
    )
    assert run([*given, *options, "--digits", "4"]) == 0
    assert capfd.readouterr().out.splitlines() == expected.text(4).splitlines()
    assert run([*given, *options, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["largest_stable_rate"] == expected.largest_rate
    assert told["step"]["rate"] == 0.1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["-p", NAMES[0]],
            "--parameter must name two, whose second partials are wanted, or none; got 1.",
        ),
        (["--network", "9"], "--network must be a whole number from 1 to 5; got 9."),
    ],
)
def test_refusals(given, capfd, options, sentence):
    assert run([*given, *options]) == 2
    assert sentence in capfd.readouterr().err
