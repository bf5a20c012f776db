"""`gradus doctor` and `gradus preflight` say what the functions say."""

import json

import numpy as np
import pytest

from gradus.cli.main import run


@pytest.fixture
def path(tmp_path, rng):
    X = rng.normal(size=(120, 2))
    y = np.sin(X[:, 0]) + X[:, 1] ** 2
    rows = np.column_stack([X, y]).tolist()
    lines = ["a,b,y", *(",".join(f"{v:.5f}" for v in row) for row in rows)]
    place = tmp_path / "t.csv"
    place.write_text("\n".join(lines) + "\n")
    return str(place)


def train(path, tmp_path, *options):
    place = str(tmp_path / "m.gradus")
    tiny = ["--hidden", "16", "--epochs", "30", "--folds", "3"]
    return run(["train", path, "--target", "y", "-o", place, "--force", *tiny, *options])


def test_doctor(path, tmp_path, capsys):
    assert train(path, tmp_path, "--rule", "adam", "--learning-rate", "1e-6") == 0
    assert "In training, rate too low" in capsys.readouterr().err
    assert run(["doctor", "last"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Rate too low: ")
    assert "Trying the remedy" in err
    assert run(["doctor", str(tmp_path / "m.gradus"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["finding"]["problem"] == "rate too low"


def test_no_such_run(capsys):
    assert run(["doctor", "zzzz"]) == 2
    assert "zzzz" in capsys.readouterr().err


def test_preflight(path, capsys):
    assert run(["preflight", path, "--target", "y"]) == 0
    out, _ = capsys.readouterr()
    assert [line[:3] for line in out.splitlines()] == ["ok "] * 6
    assert run(["preflight", path, "--target", "y", "--json"]) == 0
    assert all(check["passes"] for check in json.loads(capsys.readouterr().out)["checks"])


@pytest.mark.parametrize("option", [["--from", "last"], ["--no-record"], ["--keep-rows"]])
def test_preflight_keeps_nothing(path, capsys, option):
    assert run(["preflight", path, "--target", "y", *option]) == 2
    assert f"No such option: {option[0]}" in capsys.readouterr().err
