"""A run's file gives back what was put in, and a changed one a sentence."""

import json

import numpy as np
import pytest

from gradus import _archive
from gradus.errors import ModelFileError
from gradus.records.find import find_run, runs
from gradus.records.run_file import read_run, read_summary


@pytest.fixture
def path(made, place):
    made()
    return next((place / "runs").glob("*.run"))


def test_what_is_read_is_what_was_kept(made, table):
    model = made(learning_rate=0.02, class_weight=None, kinds={"way": "category"})
    run = find_run("last")
    assert run.summary == runs()[0]
    assert run.table == str(table)
    assert run.summary.table == "t.csv"
    assert (run.summary.target, run.summary.n_rows, run.summary.command) == ("y", 45, "train")
    assert run.summary.answered_by == model.verdict.answered_by == "network"
    assert run.summary.typical_error == model.verdict.measures["network"]["typical_error"]
    assert run.verdict == model.verdict.sentence
    assert run.settings["learning_rate"] == 0.02
    assert run.settings["kinds"] == {"way": "category"}
    assert run.settings["hidden"] == [4]
    assert run.versions["instruction set"] == model.origin.instruction_set
    assert run.n_networks == 5
    for network in range(1, 6):
        ours, theirs = run.history(network), model.history[network - 1]
        assert ours.loss.tobytes() == theirs.loss.tobytes()
        assert (
            run.weights(None, network).tobytes()
            == run.model.answerer.by_fold[network - 1].tobytes()
        )
    assert run.model.verdict == model.verdict


@pytest.mark.parametrize("place_in_file", [0.0005, 0.3, 0.7])
def test_a_changed_byte_is_noticed(path, place_in_file):
    data = bytearray(path.read_bytes())
    data[int(place_in_file * len(data))] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelFileError):
        read_run(path)


def test_a_file_cut_off_is_noticed(path):
    data = path.read_bytes()
    for size in (0, 5, 200, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(ModelFileError):
            read_run(path)
    with pytest.raises(ModelFileError):
        read_summary(path.with_name("gone.run"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("plan", None, "must stand where None stands"),
        ("summary", {"kind": "RunSummary"}, "RunSummary must have the entries id, command"),
        ("best_epochs", 3, "not iterable"),
        ("best_epochs", [1] * 6, "lacks 'history 6'"),
        ("settings", "none", "describes no run"),
        ("epochs 1", np.arange(2), "do not fit its network"),
        ("weights 2", np.zeros((3, 2)), "do not fit its network"),
        ("history 3", np.zeros(0), r"a history must have shape \(k, 7 \+ n_layers\)"),
    ],
)
def test_a_file_with_right_checksums_and_wrong_parts_is_refused(path, name, value, sentence):
    description, arrays = _archive.unpack(path.read_bytes(), "it", "run")
    (arrays if name in arrays else description)[name] = value
    path.write_bytes(_archive.pack("run", description, arrays))
    with pytest.raises(ModelFileError, match=sentence):
        read_run(path)


def test_nothing_is_pickled(path):
    header = path.read_bytes()[8:]
    assert header.startswith(b"{")
    size = int.from_bytes(path.read_bytes()[:8], "little")
    names = set(json.loads(header[:size])) - {"__metadata__"}
    assert names == {
        f"{part} {k}" for k in range(1, 6) for part in ("history", "epochs", "weights")
    }
    assert all(np.isfinite(find_run("last").weights(0, k)).all() for k in range(1, 6))
