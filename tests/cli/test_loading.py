"""A command gets a model of a table, or a sentence on what the file holds instead."""

import os
from pathlib import Path

import pytest

import gradus
from gradus.cli.loading import load_model
from gradus.errors import ModelFileError
from gradus.records.find import find_run, runs


def test_a_file_that_is_not_there():
    with pytest.raises(ModelFileError) as caught:
        load_model("none.gradus")
    assert str(caught.value) == "none.gradus is no file."


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n3,4\n", b"PK\x03\x04" + bytes(99)])
def test_a_file_of_another_kind(tmp_path, data):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        load_model(str(path))
    assert str(caught.value) == (
        f"{path} must be a model, as gradus train writes it; it is another kind of file. The model "
        "comes before the table."
    )


def test_a_model_that_is_cut_off_keeps_its_sentence(tmp_path):
    path = tmp_path / "m.gradus"
    gradus.save(gradus.Network(2, [gradus.Dense(1)]), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelFileError, match=r"is cut off"):
        load_model(str(path))


def test_a_run_stands_for_its_model(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = made()
    run = runs()[0].id
    assert load_model(run[:5]).verdict == load_model("last").verdict == model.verdict
    # A file comes before a run of the same name.
    made(epochs=1).save("last")
    model.save(run)
    assert load_model("last").history[0].epoch.tolist() == [1]
    (find_run(run).model_path).unlink()
    with pytest.raises(ModelFileError, match=r"\.gradus is no file\.$"):
        load_model(run[:5])


def test_a_network_is_no_model_of_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gradus.save(gradus.Network(2, [gradus.Dense(1)]), "n.gradus")
    with pytest.raises(ModelFileError) as caught:
        load_model("n.gradus")
    assert str(caught.value) == (
        "n.gradus must hold a model of a table, as gradus train writes it; it holds a network "
        "without columns."
    )


def test_the_model_of_a_table_whose_name_is_no_text_can_be_read(tmp_path):
    table = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    Path(table).write_text("a,y\n" + "".join(f"{i},{i % 5}.5\n" for i in range(20)))
    gradus.train(table, "y", epochs=2).save(tmp_path / "m.gradus")
    assert (
        load_model(str(tmp_path / "m.gradus"))
        .summary()
        .startswith("Answers 'y' (numbers), learned from 20 rows of \\udcff.csv.")
    )
