"""`gradus runs` lists what is kept, and train and fill keep it."""

import json

import pytest

from gradus.cli.main import run
from gradus.records.find import find_run, runs


def test_there_are_none(place, capsys):
    assert run(["runs"]) == 0
    out, said = capsys.readouterr()
    assert out == ""
    assert said == "No run is kept yet; gradus train and gradus fill keep them.\n"
    assert run(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": [], "kept": 0}


def test_newest_first(made, capsys):
    made()
    made(target="way")
    assert run(["runs"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    names = ["id", "when", "by", "table", "target", "rows", "answered by", "measure", "seconds"]
    assert [name for name in names if name in head] == names
    newest, oldest = runs()
    assert first.split()[:6] == [newest.id, *newest.cells()[1].split(), "train", "t.csv", "way"]
    assert newest.measure in first
    assert newest.measure.startswith("accuracy ")
    assert oldest.measure in second
    assert oldest.measure.startswith("typical error ")


def test_no_more_than_asked_for(made, capsys):
    for _ in range(3):
        made(epochs=1)
    assert run(["runs", "--most", "2"]) == 0
    out, said = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert said == "1 older run is kept; --most shows more.\n"


def test_json(made, capsys):
    made()
    assert run(["runs", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    assert told == runs()[0].describe()


def test_one_is_removed(made, capsys):
    made()
    gone = runs()[0].id
    for option in (["--json"], ["--most", "20"]):
        assert run(["runs", "--remove", gone, *option]) == 2
        assert capsys.readouterr().err == (
            "--remove must come without --most and --json; it lists nothing.\n"
        )
    assert run(["runs", "--remove", gone[:4]]) == 0
    assert capsys.readouterr().err == f"Removed run {gone}.\n"
    assert runs() == ()
    assert run(["runs", "--remove", gone]) == 2
    assert "gradus runs lists what is kept." in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--no-record"]], ids=str)
def test_train_and_fill_keep_theirs(place, table, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    table.write_text(table.read_text() + "1,2,,up\n")
    quick = ["--hidden", "4", "--epochs", "4", "-q", *options]
    assert run(["train", "t.csv", "--target", "y", *quick]) == 0
    assert run(["fill", "t.csv", "--model", "filled.gradus", *quick]) == 0
    if options:
        assert runs() == ()
        assert not place.exists()
        return
    assert [one.command for one in runs()] == ["fill", "train"]
    assert find_run("t.gradus").id == runs()[1].id
    assert find_run("filled.gradus").id == runs()[0].id


def test_a_run_goes_on_from_another(made, table, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made()
    train = ["train", "t.csv", "--target", "y", "--force"]
    assert run([*train, "--from", "last@2", "--learning-rate", "0.001"]) == 0
    ours, theirs = (find_run(name) for name in ("last", "previous"))
    assert ours.summary.parent == f"{theirs.id}@2"
    capsys.readouterr()
    assert run([*train, "--from", "last@2", "--seed", "3"]) == 2
    assert capsys.readouterr().err.endswith(
        "--seed must be left out where a run goes on from the weights of another.\n"
    )
    table.write_text(table.read_text() + "1,2,,up\n")
    assert run(["fill", "t.csv", "--from", theirs.id]) == 0
    assert find_run("last").summary.parent == theirs.id
    assert run([*train, "--from", "last@two"]) == 2
    assert capsys.readouterr().err.endswith(
        "--from must be RUN or RUN@EPOCH, such as last@20; got 'last@two'.\n"
    )
