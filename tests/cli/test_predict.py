"""`gradus predict` answers every row of a table with a model from a file."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from gradus.cli.main import run
from tests.cli.helpers import Fake, numbers


@pytest.fixture(autouse=True)
def asked(monkeypatch, tmp_path):
    """Let `predict_table` be done at once; return what it was asked."""
    kept = {}

    def at_once(model, table, output, *, force, n_threads, notify):
        kept.update(table=table, output=output, force=force, n_threads=n_threads)
        notify("note", "A note.")
        return SimpleNamespace(
            output=None if output == "-" else Path("new.predicted.csv"),
            data=b"a;y\r\n" if output == "-" else None,
            column="y_predicted",
            predictions=numbers(2.5, 7, flags=["", "far"]),
        )

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gradus.workflow.predict.predict_table", at_once)
    monkeypatch.setattr("gradus.cli.loading.load_model", lambda _place: Fake(target="y"))
    Path("m.gradus").write_text("model")
    Path("new.csv").write_text("a\n1\n2\n")
    return kept


def test_sentences(asked, capsys):
    assert run(["predict", "m.gradus", "new.csv", "--threads", "2", "--force"]) == 0
    assert capsys.readouterr() == (
        "",
        (
            "Reading m.gradus.\nReading new.csv.\nA note.\n"
            "Wrote new.predicted.csv: 'y' of 2 rows answered (2.50, 7.00).\n"
            "1 of them is unlike the rows learned from; column y_predicted_flag says why.\n"
        ),
    )
    assert asked == {"table": "new.csv", "output": None, "force": True, "n_threads": 2}


def test_standard_output_gets_the_bytes_alone(capfdbinary):
    assert run(["predict", "m.gradus", "new.csv", "-o", "-", "--quiet"]) == 0
    assert capfdbinary.readouterr() == (b"a;y\r\n", b"")


def test_json(capsys):
    assert run(["predict", "m.gradus", "new.csv", "--json", "--quiet"]) == 0
    out, told = capsys.readouterr()
    assert told == ""
    assert json.loads(out) == {
        "output": "new.predicted.csv",
        "target": "y",
        "answers": [
            {"row": 0, "answer": 2.5, "low": 1.5, "high": 3.5, "flag": None},
            {"row": 1, "answer": 7.0, "low": 6.0, "high": 8.0, "flag": "far"},
        ],
        "notes": ["A note."],
    }


def test_json_and_the_table_are_not_mixed(asked, capsys):
    assert run(["predict", "m.gradus", "-", "--json", "--quiet"]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "--json and the table must not share standard output. Give --output FILE, or leave "
            "--json out.\n"
        ),
    )
    assert asked == {}
