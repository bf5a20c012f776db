"""Each option does what it promises, and every way to the answers gives the same bits."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gradus.cli.main import run
from gradus.errors import DataError, InvalidParameter
from gradus.models.model_file import dump, load
from gradus.tables.read import read_table
from gradus.workflow.fill import fill
from gradus.workflow.train import train
from tests.models.cases import table
from tests.workflow.arrays import INPUTS, QUICK


def learned(target="number", n=60, frame=None, **options):
    frame = table(n)[[*INPUTS, target]] if frame is None else frame
    return train(frame, target, **{**QUICK, **options})


def weights(model):
    return model.answerer.by_fold.tobytes()


def timeless(model):
    """The bytes of a model's file without the seconds it took, which no training repeats."""
    histories = tuple(replace(one, seconds=np.zeros(len(one))) for one in model.history)
    return dump(replace(model, origin=replace(model.origin, histories=histories)), "m")


# Options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["number", "pair"])
def test_threads_change_no_bit_of_the_file_and_the_seed_does(target):
    one, two, other = (learned(target, seed=s, n_threads=n) for s, n in ((1, 1), (1, 2), (2, 1)))
    assert timeless(one) == timeless(two)
    assert weights(one) != weights(other)


@pytest.mark.parametrize("target", ["number", "pair"])
def test_a_file_keeps_which_rule_was_chosen(tmp_path, target):
    told = []
    frame = table(60)[[*INPUTS, target]]
    options = {**QUICK, "rule": "automatic"}
    model = train(frame, target, notify=lambda *sentence: told.append(sentence), **options)
    ((_, sentence),) = [one for one in told if one[0] == "stop"]
    assert " Trained by " in sentence
    model.save(tmp_path / "m.gradus")
    kept = load(tmp_path / "m.gradus").origin
    assert kept.choices["plan"]["rule"]["kind"] == "Automatic"
    assert all(" It was trained by " in stop for stop in kept.stops)


@pytest.mark.parametrize("target", ["number", "pair"])
def test_levenberg_marquardt_trains_what_the_person_asks_for(target):
    model = learned(target, rule="levenberg_marquardt")
    assert model.origin.choices["plan"]["rule"]["kind"] == "LevenbergMarquardt"
    assert model.answerer.by_fold.dtype == np.float64


def test_there_are_as_many_networks_as_folds():
    assert len(learned(folds=3).answerer.by_fold) == 3
    assert len(learned().answerer.by_fold) == 5
    assert len(learned(n=20).answerer.by_fold) == 20
    assert len(learned(n=20, folds=2).answerer.by_fold) == 2


def test_the_shape_of_the_network():
    layers = learned(hidden=[5, 3], activation="tanh").answerer.spec.layers
    assert [(layer.width, layer.activation) for layer in layers] == [
        (5, "tanh"),
        (3, "tanh"),
        (1, "identity"),
    ]


@pytest.mark.parametrize(
    "option",
    [
        {"rule": "adam"},
        {"rule": "rmsprop"},
        {"rule": "adagrad"},
        {"rule": "gradient_descent"},
        {"learning_rate": 0.02},
        {"batch_size": 7},
        {"activation": "relu"},
        {"activation": "selu"},
        {"class_weight": {"more": 3}},
    ],
)
def test_what_the_networks_are_trained_with_changes_them(option):
    plain, changed = learned("pair"), learned("pair", **option)
    assert weights(plain) != weights(changed)
    # What is compared with them is not trained that way.
    if "class_weight" not in option:
        measures = [model.verdict.measures for model in (plain, changed)]
        assert measures[0]["linear"] == measures[1]["linear"]
        assert measures[0]["network"] != measures[1]["network"]


def test_epochs_and_the_time_limit_end_the_training():
    assert {len(one) for one in learned(epochs=2).history} <= {1, 2}
    model = learned(epochs=10**6, time_limit=1e-3)
    assert all(": the time limit was reached." in said for said in model.origin.stops)
    assert np.isfinite(model.predict(table()).values).all()


def test_both_engines_learn_the_same_up_to_rounding():
    one, two = (learned(engine=engine).predict(table()) for engine in ("native", "reference"))
    assert one.values == pytest.approx(two.values, rel=1e-3, abs=1e-3)


def test_a_row_of_weight_0_is_left_out_and_the_others_count_by_their_weight():
    frame = table()[[*INPUTS, "number"]].assign(count=np.arange(60) % 3)
    zero = learned(frame=frame, weight_column="count")
    left_out = learned(frame=frame[frame["count"] > 0], weight_column="count")
    assert weights(zero) == weights(left_out)
    for part in ("values", "low", "high"):
        found = [getattr(model.predict(table()), part).tobytes() for model in (zero, left_out)]
        assert found[0] == found[1]
    doubled = learned(frame=frame.assign(count=2.0 * frame["count"]), weight_column="count")
    assert weights(doubled) == weights(zero)
    plain = learned(frame=frame[frame["count"] > 0], ignore=["count"])
    assert weights(plain) != weights(zero)
    assert zero.verdict.measures["mean"] != plain.verdict.measures["mean"]


def test_a_weight_that_is_none():
    for bad, words in ((-1.0, "got -1 in row 3"), (np.nan, "got a blank in row 3")):
        frame = table()[[*INPUTS, "number"]].assign(count=1.0)
        frame.loc[2, "count"] = bad
        with pytest.raises(DataError, match=words):
            learned(frame=frame, weight_column="count")
    with pytest.raises(InvalidParameter, match=r"^weight_column must be a column of the table"):
        learned(weight_column="none")


def test_kinds_and_ignored_columns():
    model = learned("pass", kinds={"pass": "number"}, ignore=["day", "town"])
    assert (model.task, model.encoder.names) == ("regression", ("a", "b", "garden"))
    assert learned("pass").task == "classes"
    with pytest.raises(InvalidParameter, match="of the table; got 'none'"):
        learned(ignore=["none"])


def test_what_a_person_says_of_a_column_of_a_file_is_how_its_cells_are_read(tmp_path):
    codes = [f"{i % 4}.0" if i % 2 else f"{i % 4}" for i in range(60)]
    table()[["b", "number"]].assign(code=codes).to_csv(tmp_path / "t.csv", index=False)
    model = train(tmp_path / "t.csv", "number", **QUICK, kinds={"code": "category"})
    assert {"code=1.0", "code=3.0", "code=0", "code=2"} <= set(model.encoder.features)
    # A table is taken as it is.
    again = train(read_table(tmp_path / "t.csv", words=["code"]), "number", **QUICK)
    assert again.predict(tmp_path / "t.csv").values.tolist() == (
        model.predict(tmp_path / "t.csv").values.tolist()
    )


def test_rows_without_an_answer_are_not_learned_from():
    frame = table()[[*INPUTS, "number"]]
    frame.loc[50:, "number"] = None
    with_blanks, without = learned(frame=frame), learned(frame=frame[:50])
    assert weights(with_blanks) == weights(without)
    assert with_blanks.origin.n_complete == 50


def test_the_target_must_be_there():
    with pytest.raises(InvalidParameter, match=r"^target must be a column of the table; got 'z'"):
        train(table(), "z")


# The same answers everywhere ----------------------------------------------------------------------


@pytest.fixture
def asking(request, tmp_path, monkeypatch):
    """A file some of whose answers are blank, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    frame = table(80)[[*INPUTS, request.param]].astype({request.param: object})
    frame.loc[70:, request.param] = None
    frame.to_csv("t.csv", index=False, date_format="%Y-%m-%d")
    return request.param


def answers_of(path, column):
    """The cells of a column, as they are spelled."""
    return pd.read_csv(path, dtype=str)[column].tolist()


@pytest.mark.parametrize("asking", ["number", "price", "visits", "pair"], indirect=True)
def test_fill_train_predict_and_the_commands_agree_to_the_bit(asking):
    filled = fill("t.csv", asking, seed=4, **QUICK)
    rows = filled.rows
    model = train("t.csv", asking, seed=4, **QUICK)
    options = ["--target", asking, "--hidden", "4", "--epochs", "3", "--seed", "4", "-q"]
    assert run(["train", "t.csv", *options, "-o", "m.gradus"]) == 0
    assert run(["fill", "t.csv", *options, "-o", "filled.csv"]) == 0
    assert run(["predict", "m.gradus", "t.csv", "-q", "-o", "predicted.csv"]) == 0

    for found in (model.predict("t.csv"), load("m.gradus").predict("t.csv")):
        for part in ("values", "low", "high", "probabilities", "flags"):
            own, whole = getattr(filled.predictions, part), getattr(found, part)
            if own is None:
                assert whole is None
            else:
                np.testing.assert_array_equal(whole[rows], own)
    assert answers_of("filled.csv", asking) == answers_of("t.filled.csv", asking)
    cells = answers_of("predicted.csv", f"{asking}_predicted")
    assert cells[70:] == answers_of("filled.csv", asking)[70:]


@pytest.mark.parametrize("asking", ["number"], indirect=True)
def test_the_verdict_is_the_same_everywhere(asking):
    models = [fill("t.csv", asking, **QUICK).model, train("t.csv", asking, **QUICK)]
    assert run(["train", "t.csv", "--target", asking, "--hidden", "4", "--epochs", "3", "-q"]) == 0
    models.append(load("t.gradus"))
    assert models[0].summary() == models[1].summary() == models[2].summary()
    assert timeless(models[0]) == timeless(models[1]) == timeless(models[2])
