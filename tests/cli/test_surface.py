"""`gradus surface` prints what Python tells."""

import json

import numpy as np
import pytest

from gradus import Network, loss_surface, train
from gradus.cli.main import run
from gradus.models.model_file import save
from gradus.workflow.known_rows import known_rows
from tests.models.cases import model_of, table

NAME = "layer 1 weight [0, 0]"


@pytest.fixture
def given(tmp_path):
    save(model_of("a number"), tmp_path / "m.gradus")
    table().to_csv(tmp_path / "t.csv", index=False)
    return ["surface", str(tmp_path / "m.gradus"), str(tmp_path / "t.csv")]


def expected(directions, network, **options):
    model = model_of("a number")
    rows = known_rows(model, table())
    own = Network.from_params(model.answerer.spec, model.answerer.answering[network - 1])
    return loss_surface(own, rows.X, rows.y, directions, **options)


def test_a_line(given, capfd):
    options = ["--along", NAME, "--network", "2", "--reach", "0.5", "--points", "5"]
    assert run([*given, *options, "--digits", "4"]) == 0
    lines = capfd.readouterr().out.splitlines()
    found = expected([NAME], 2, n=5, reach=0.5)
    assert lines[1] == f"Along {NAME}:"
    cells = [line.split() for line in lines[2:]]
    assert cells == [
        [f"{at:.4g}", f"{loss:.4g}"] for at, loss in zip(*found.axes, found.losses, strict=True)
    ]


def test_a_plane(given, capfd):
    assert run([*given, "--points", "41"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[1] == "Down gradient, across sharpest:"
    assert len(lines) == 2 + 1 + 11
    assert run([*given, "--points", "5", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    found = expected(["gradient", "sharpest"], 1, n=5)
    np.testing.assert_array_equal(told["losses"], found.losses)
    assert (told["network"], told["n_networks"]) == (1, 5)


def test_the_path_of_a_run(given, capfd, tmp_path):
    train(tmp_path / "t.csv", model_of("a number").target, hidden=(4,), epochs=20, folds=2)
    assert run(["surface", "last", given[2], "--path", "--points", "5"]) == 0
    assert "% of the movement of the training." in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--along", "nothing"], "nothing"),
        (["--points", "4"], "must be odd"),
        (
            ["--path", "--along", NAME],
            "--path must come without --along, in whose place it stands.",
        ),
        (["--network", "9"], "--network must be a whole number from 1 to 5; got 9."),
    ],
)
def test_refusals(given, capfd, options, sentence):
    assert run([*given, *options]) == 2
    assert sentence in capfd.readouterr().err
