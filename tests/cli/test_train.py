"""`gradus train` keeps a model beside the table, and never over something else."""

import json
from pathlib import Path

import pytest

from gradus.cli.main import run
from tests.cli.helpers import Fake


@pytest.fixture(autouse=True)
def trained(monkeypatch, tmp_path):
    """Let `train` be done at once; return the tables it was asked to learn from."""
    tables = []

    def at_once(table, target, *, callback, notify, **options):
        tables.append(table)
        notify("verdict", "It is worth it: yes.")
        return Fake(target=target)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gradus.workflow.train.train", at_once)
    Path("t.csv").write_text("a,y\n1,2\n")
    return tables


def test_a_model_is_kept_beside_the_table(capsys):
    assert run(["train", "t.csv", "--target", "y"]) == 0
    assert Path("t.gradus").read_bytes() == b"model"
    assert capsys.readouterr() == (
        "",
        "Reading t.csv.\nIt is worth it: yes.\nWrote t.gradus: a model of 'y'.\n",
    )


def test_json(capsys):
    assert run(["train", "t.csv", "--target", "y", "-o", "m.gradus", "--json", "-q"]) == 0
    out, told = capsys.readouterr()
    assert json.loads(out) == {"output": "m.gradus", "model": {"target": "y"}}
    assert told == ""
    assert Path("m.gradus").is_file()


def test_no_model_is_overwritten(trained, capsys):
    Path("t.gradus").write_text("mine")
    assert run(["train", "t.csv", "--target", "y", "-q"]) == 2
    assert capsys.readouterr().err == "t.gradus already exists. Use --force to replace it.\n"
    assert Path("t.gradus").read_text() == "mine"
    assert trained == []
    assert run(["train", "t.csv", "--target", "y", "-q", "--force"]) == 0
    assert Path("t.gradus").read_bytes() == b"model"


def test_standard_input_with_a_place_for_the_model(trained):
    assert run(["train", "-", "--target", "y", "-q", "-o", "m.gradus"]) == 0
    assert trained == ["-"]
