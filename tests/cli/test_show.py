"""`gradus show` prints what a model says of itself, for people or for programs."""

import json

import pytest

from gradus.cli.main import run
from tests.cli.helpers import Fake


@pytest.fixture(autouse=True)
def model(monkeypatch):
    monkeypatch.setattr("gradus.cli.show.load_model", lambda _place: Fake(target="y"))


def test_lines(capsys):
    assert run(["show", "m.gradus"]) == 0
    assert capsys.readouterr() == ("First line.\n\nSecond line.\n", "")


def test_json(capsys):
    assert run(["show", "m.gradus", "--json"]) == 0
    out, told = capsys.readouterr()
    assert json.loads(out) == {"target": "y"}
    assert told == ""
