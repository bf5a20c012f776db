"""The doctor on runs of tables: what it is shown, what it says, and when it refuses."""

import numpy as np
import pandas as pd
import pytest

import gradus
from gradus.models.model_file import save
from gradus.records.find import remove_run
from gradus.tables.raw import named_path
from gradus.workflow.preflight import preflight_table

TINY = {"hidden": (16,), "epochs": 100, "folds": 3}


@pytest.fixture
def path(tmp_path, rng):
    """A table of 200 rows with something to learn."""
    X = rng.normal(size=(200, 3))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=200)
    lines = ["a,b,c,y", *(",".join(f"{v:.6f}" for v in row) for row in np.column_stack([X, y]))]
    place = tmp_path / "t.csv"
    place.write_text("\n".join(lines) + "\n")
    return place


def told(kinds):
    said = []

    def notify(kind, sentence):
        if kind in kinds:
            said.append(sentence)

    return said, notify


def test_silence_where_all_is_well(path):
    said, notify = told({"doctor"})
    gradus.train(path, "y", notify=notify)
    assert said == []
    assert "Nothing wrong was found" in gradus.doctor("last").text


def test_one_sentence_at_the_end_and_the_cure_by_run(path):
    said, notify = told({"doctor"})
    gradus.train(path, "y", notify=notify, rule="adam", learning_rate=1e-6, **TINY)
    assert len(said) == 1
    assert said[0].startswith("In training, rate too low: ")
    found = gradus.doctor("last")
    assert found.finding.problem == "rate too low"
    assert found.trial.helps
    assert found.text.splitlines()[0].startswith("Rate too low: ")
    assert found.describe()["trial"]["helps"] is True


def test_a_run_that_diverged(path):
    with pytest.raises(gradus.Diverged):
        gradus.train(path, "y", rule="gradient_descent", learning_rate=300.0, **TINY)
    found = gradus.doctor("last")
    assert found.finding.problem == "rate too high"
    assert found.trial.helps


def test_a_model_and_its_table_tell_the_same(path, tmp_path):
    """Without the record: weights before training are drawn again from the seed."""
    options = {"rule": "adam", "learning_rate": 1e-6, **TINY}
    gradus.train(path, "y", **options)
    by_run = gradus.doctor("last").finding
    model = gradus.train(path, "y", record=False, seed=0, keep_rows=True, **options)
    save(model, tmp_path / "m.gradus")
    by_model = gradus.doctor(str(tmp_path / "m.gradus"), str(path)).finding
    assert by_model == by_run


def test_a_model_is_examined_with_the_weights_of_its_classes(path, tmp_path):
    """The names of classes are numbers, as a table read by Python has them."""
    frame = pd.read_csv(path)
    frame["y"] = (frame["y"] > 1).astype(float)
    frame.to_csv(path, index=False)
    options = {"rule": "adam", "learning_rate": 1e-6, "class_weight": {1.0: 5}, **TINY}
    model = gradus.train(path, "y", **options)
    by_run = gradus.doctor("last").finding
    remove_run("last")
    save(model, tmp_path / "m.gradus")
    by_model = gradus.doctor(str(tmp_path / "m.gradus"), str(path)).finding
    assert by_model == by_run is not None


def test_a_table_that_has_changed(path):
    gradus.train(path, "y", **TINY)
    path.with_name("other.csv").write_text("p,q\n1,2\n3,4\n")
    with path.open("a") as file:
        file.write("1,2,3,4\n")
    for table in (None, str(path.with_name("other.csv"))):
        with pytest.raises(gradus.DataError, match=r"must be the table that run .* learned from"):
            gradus.doctor("last", table)


def test_a_table_that_is_gone(path, tmp_path):
    gradus.train(path, "y", **TINY)
    moved = path.rename(tmp_path / "elsewhere.csv")
    with pytest.raises(gradus.DataError, match=r"must be there; .* is not a file"):
        gradus.doctor("last")
    assert gradus.doctor("last", str(moved)).finding is None


def test_few_rows(path):
    few = path.with_name("few.csv")
    few.write_text("\n".join(path.read_text().splitlines()[:25]) + "\n")
    gradus.train(few, "y", hidden=(4,), epochs=3)
    with pytest.raises(gradus.DataError, match="at least 30 rows"):
        gradus.doctor("last")
    with pytest.raises(gradus.DataError, match="at least 30 rows"):
        preflight_table(few, "y")


def test_a_model_of_another_table(path, tmp_path):
    model = gradus.train(path, "y", record=False, **TINY)
    save(model, tmp_path / "m.gradus")
    lines = path.read_text().splitlines()
    other = named_path(str(tmp_path / "other.csv"))
    for changed in (
        ["p,q", "1,2", "3,4"],
        lines[:100],
        [*lines[:-1], lines[-1].rpartition(",")[0] + ",9"],
    ):
        other.write_text("\n".join(changed) + "\n")
        with pytest.raises(gradus.DataError, match="must be the table that"):
            gradus.doctor(str(tmp_path / "m.gradus"), str(other))
    with pytest.raises(gradus.InvalidParameter, match="a run that is kept, or come with its table"):
        gradus.doctor(str(tmp_path / "m.gradus"))


def test_checks_before_training(path):
    found = preflight_table(path, "y")
    assert [check.name for check in found.checks if not check.passes] == []
    assert found.text.count("\n") == 5
    assert len(found.describe()["checks"]) == 6


def test_a_report_has_the_finding(path):
    from gradus.report.page import report_html

    model = gradus.train(path, "y", rule="adam", learning_rate=1e-6, **TINY)
    assert "rate too low" in report_html(model, path).lower()
    healthy = gradus.train(path, "y", hidden=(32,), folds=3)
    assert "Nothing wrong was found" in report_html(healthy, path)
