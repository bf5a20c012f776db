"""`gradus report`, and `--report` of fill and train: the same page, written after all else."""

import pytest

from gradus.cli.main import run
from gradus.models.model_file import save
from tests.models.cases import model_of
from tests.report.pages import frame_of, page_of

SMALL = ["--epochs", "2", "--hidden", "3"]


@pytest.fixture
def given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(model_of("too few rows to judge"), tmp_path / "m.gradus")
    frame_of("too few rows to judge").to_csv("t.csv", index=False)
    return tmp_path


def test_a_page_beside_the_model(given, capsys):
    assert run(["report", "m.gradus", "t.csv"]) == 0
    ours, theirs = (given / "m.report.html").read_text(), page_of("too few rows to judge")
    # What follows tells how each of the two was read.
    assert ours.partition('<section id="table"')[0] == theirs.partition('<section id="table"')[0]
    assert "Wrote m.report.html: the report, to be opened in a browser." in capsys.readouterr().err
    assert run(["report", "m.gradus", "t.csv"]) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("-", "A report must go to a file, not to standard output; got '-'."),
        ("m.gradus", "--output must not be the model itself"),
        ("t.csv", "The output must not be the table itself"),
        ("nowhere/r.html", "nowhere"),
    ],
)
def test_places_that_are_refused(given, capsys, output, sentence):
    assert run(["report", "m.gradus", "t.csv", "-o", output, "--force"]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_training_with_a_report(given):
    frame_of("a number").to_csv("n.csv", index=False)
    assert run(["train", "n.csv", "--target", "number", *SMALL, "--report", "r.html", "-q"]) == 0
    first = (given / "r.html").read_text()
    assert "60 rows, each answered by a model that had not seen it." in first
    assert run(["report", "n.gradus", "n.csv", "-o", "again.html", "-q"]) == 0
    assert (given / "again.html").read_text() == first


def test_filling_standard_input_with_a_report(given, monkeypatch, capsysbinary):
    frame = frame_of("two classes")
    frame.loc[50:, "pair"] = None
    frame.to_csv("n.csv", index=False)
    with open("n.csv") as stream:  # noqa: PTH123
        monkeypatch.setattr("sys.stdin", stream)
        assert run(["fill", "-", "--target", "pair", *SMALL, "--report", "r.html", "-q"]) == 0
    assert capsysbinary.readouterr().out.count(b"\n") == 61
    assert "50 rows, each answered by" in (given / "r.html").read_text()


def test_nothing_is_trained_where_the_report_has_no_place(given, capsys):
    options = ["--target", "number", "--report", "n.gradus"]
    assert run(["train", "t.csv", *options, "-o", "n.gradus"]) == 2
    assert "--report must be a file of its own" in capsys.readouterr().err
    assert not (given / "n.gradus").exists()
