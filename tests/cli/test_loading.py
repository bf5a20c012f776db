"""A command gets a model of a table, or a sentence on what the file holds instead."""

import pytest

import gradus
from gradus.cli.loading import load_model
from gradus.errors import ModelFileError


def test_a_file_that_is_not_there():
    with pytest.raises(ModelFileError) as caught:
        load_model("none.gradus")
    assert str(caught.value) == "none.gradus is no file."


def test_a_network_is_no_model_of_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gradus.save(gradus.Network(2, [gradus.Dense(1)]), "n.gradus")
    with pytest.raises(ModelFileError) as caught:
        load_model("n.gradus")
    assert str(caught.value) == (
        "n.gradus must hold a model of a table, as gradus train writes it; it holds a network "
        "without columns."
    )
