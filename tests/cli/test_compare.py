"""`gradus compare` says what `gradus.compare` finds."""

import json

import pytest

from gradus.cli.main import run
from gradus.records.compare import compare
from gradus.records.find import runs


@pytest.fixture
def two(made):
    """Two runs that differ in the rate alone; their ids."""
    made()
    made(learning_rate=0.05)
    return [one.id for one in reversed(runs())]


def test_text(two, capsys):
    assert run(["compare", *two]) == 0
    out, said = capsys.readouterr()
    assert said == ""
    assert out == compare(*two).text() + "\n"
    lines = out.splitlines()
    assert lines[1].startswith(two[0])
    assert lines[2].startswith(two[1])
    assert ["learning_rate", "-", "0.05"] in [line.split() for line in lines]
    assert "Network 1: the weights first differ after epoch 1, by " in out
    assert "Over 45 rows the answers are " in lines[-1]


def test_json(two, capsys):
    assert run(["compare", "previous", "last", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in told["runs"]] == two
    assert told["settings"]["plan.rule.learning_rate.rate"] == [0.01, 0.05]
    assert told["partings"][0]["weights_epoch"] == 1
    assert told["answers"]["n_rows"] == 45
    assert told["why_no_answers"] is None


def test_what_is_no_run(two, capsys):
    assert run(["compare", two[0], "nothing"]) == 2
    assert capsys.readouterr().err.startswith("run must be the id of a run, last, previous or")
