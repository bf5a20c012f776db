"""A model answers, shows itself, and comes back from its file as what it was, to the bit."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from gradus.errors import DataError
from gradus.models.model import Model, predictions_of
from gradus.models.model_file import dump, load, parse
from gradus.models.predictions import Predictions
from gradus.networks.params import n_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.training.history import History
from gradus.workflow.train import train
from tests.models.cases import ANSWERED_BY, CASES, asked, model_of, table


@pytest.fixture(params=CASES)
def name(request):
    return request.param


def bits(value):
    """What two equal things share: the bytes of arrays, the parts of all else."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Predictions | History):
        return [(part.name, bits(getattr(value, part.name))) for part in fields(value)]
    if isinstance(value, tuple):
        return [bits(part) for part in value]
    return value


# Round trips --------------------------------------------------------------------------------------


def test_a_saved_model_answers_with_the_same_bits(name, tmp_path):
    model = model_of(name)
    model.save(tmp_path / "m.gradus")
    again = load(tmp_path / "m.gradus")
    for rows in (asked(), CASES[name].frame()):
        assert bits(again.predict(rows)) == bits(model.predict(rows))


def test_a_saved_model_tells_the_same(name):
    model = model_of(name)
    again = parse(dump(model, "m"), "m")
    assert again.summary() == model.summary()
    assert again.describe() == model.describe()
    assert again.verdict == model.verdict
    assert bits(again.history) == bits(model.history)
    assert bits(again.rows) == bits(model.rows)
    assert (again.task, again.notes, again.warnings, again.target, again.spelling) == (
        (model.task, model.notes, model.warnings, model.target, model.spelling)
    )
    assert (again.encoder, again.labels) == (model.encoder, model.labels)
    its, own = vars(again.origin), vars(model.origin)
    assert {**its, "histories": ()} == {**own, "histories": ()}


def test_the_file_of_a_read_model_has_the_same_bytes(name):
    data = dump(model_of(name), "m")
    assert dump(parse(data, "m"), "m") == data


def test_who_answers_is_who_was_meant_to(name):
    assert model_of(name).verdict.answered_by == ANSWERED_BY.get(name, "network")


# Answers ------------------------------------------------------------------------------------------


def test_answers_are_as_many_as_rows_and_within_their_bounds(name):
    model = model_of(name)
    found = model.predict(asked())
    assert len(found) == len(found.values) == len(found.flags) == 40
    if model.task == "classes":
        assert (found.low, found.high) == (None, None)
        assert found.classes == model.labels.labels_as_words
        assert found.probabilities.shape == (40, len(found.classes))
        assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(40))
        most = [model.labels.names[code] for code in found.probabilities.argmax(axis=1)]
        assert found.values.tolist() == most
        return
    assert (found.probabilities, found.classes) == (None, ())
    assert np.isfinite(found.values).all()
    if name == "too few rows to judge":
        assert np.isnan([found.low, found.high]).all()
    else:
        assert ((found.low <= found.values) & (found.values <= found.high)).all()


def test_logarithms_and_counts_are_never_answered_below_0():
    for name in ("logarithms", "counts"):
        found = model_of(name).predict(asked())
        assert found.low.min() >= 0
    assert model_of("logarithms").labels.smearing != 1


@pytest.mark.parametrize("smearing", [0.01, 100.0])
def test_no_correction_for_the_bend_carries_an_answer_over_its_bound(smearing):
    model = model_of("logarithms")
    found = replace(model, labels=replace(model.labels, smearing=smearing)).predict(asked())
    assert ((found.low <= found.values) & (found.values <= found.high)).all()


def test_a_row_alone_gets_the_bits_it_gets_among_others(name):
    model, rows = model_of(name), asked()
    among = model.predict(rows)
    for row in (0, 2, 7, 39):
        alone = model.predict(rows[row : row + 1])
        for part in ("values", "low", "high", "probabilities", "flags"):
            whole = getattr(among, part)
            if whole is not None:
                assert bits(getattr(alone, part)) == bits(whole[row : row + 1])


def test_threads_change_no_bit(name):
    model = model_of(name)
    one, two = (bits(model.predict(asked(), n_threads=n)) for n in (1, 2))
    assert one == two


def test_no_rows_are_answered_with_none(name):
    model, none = model_of(name), np.zeros(0, dtype=np.int64)
    columns = [column.take(none) for column in model.encoder.match(model.read(asked()))[0]]
    found = model.answer(columns)
    assert (len(found), found.flags.tolist()) == (0, [])


def test_flags_say_which_column_is_strange():
    flags = model_of("a number").predict(asked()).flags
    assert flags[0].startswith("b 1000000000 is above all rows learned from (")
    assert flags[1] == "town 'nowhere' was not seen"
    # Blanks in a and in town were learned from.
    assert flags[2] == (
        "b is blank, which it never was; garden is blank, which it never was; "
        "day is blank, which it never was"
    )
    # It has seen these very rows.
    assert set(model_of("a number").predict(table()).flags) == {""}


def test_a_row_is_strange_by_what_its_columns_are_together():
    x = np.linspace(-1, 1, 60)
    frame = pd.DataFrame({"x": x, "twice": 2 * x + 1e-3 * np.cos(99 * x), "y": x})
    model = train(frame, "y", hidden=(4,), epochs=1)
    # Each number alone is one that was there.
    flag = model.predict(pd.DataFrame({"x": [1.0, 1.0], "twice": [2.0, -2.0]})).flags.tolist()
    assert flag[0] == ""
    assert flag[1].startswith("unlike all rows learned from, most in ")


def test_the_mean_of_the_networks_answers():
    model = model_of("a number")
    X = model.encoder.transform(model.encoder.match(model.read(asked()))[0])
    one = model.answerer
    outputs = predictions_of(one.spec, one.by_fold, X)
    assert outputs.shape == (5, 40, 1)
    expected = model.labels.restore(outputs.mean(axis=0)[:, 0])
    assert bits(model.predict(asked()).values) == bits(expected)


# What it says -------------------------------------------------------------------------------------


def test_there_is_a_history_for_each_network():
    n_histories = {"a number": 5, "a network for each row": 20, "a split by time": 2,
                   "a split by groups": 4, "too few rows to judge": 0}  # fmt: skip
    for name, n in n_histories.items():
        model = model_of(name)
        assert len(model.history) == len(model.origin.stops) == n
        for one in model.history:
            assert one.epoch.tolist() == list(range(1, len(one) + 1))
            assert 1 <= len(one) <= 3


def test_the_summary_has_the_verdict_the_inputs_the_stops_and_the_warnings():
    model = model_of("a network for each row")
    said = model.summary()
    assert said.startswith("Answers 'number' (numbers), learned from 20 rows of the table.\n\n")
    assert f"\n{model.verdict.sentence}\n" in said
    assert "\nInputs:\n  a       number\n  b       number\n  town    category\n" in said
    assert "\nWhat answers: 11 inputs, 4 gelu, 1 output.\n" in said
    assert "\n  Network 20 stopped after epoch 3 of 3: all 3 epochs were done.\n" in said
    assert said.endswith("\nWarnings:\n" + "\n".join(f"  {one}" for one in model.warnings))


def test_the_description_says_the_same_to_a_program():
    model = model_of("two classes")
    found = model.describe()
    assert (found["target"], found["task"], found["rows"]) == ("pair", "classes", 60)
    assert [one["name"] for one in found["inputs"]] == ["a", "b", "town", "garden", "day"]
    assert found["verdict"] == model.verdict.sentence
    assert found["measures"].keys() == {"network", "linear", "mean", "neighbors"}
    assert found["recall"].keys() == {"more", "less"}
    assert "always the largest class" in model.summary()


# Refusals -----------------------------------------------------------------------------------------


def refusal(model: Model, frame: pd.DataFrame) -> str:
    with pytest.raises(DataError) as caught:
        model.predict(frame)
    return str(caught.value)


def test_a_missing_or_renamed_column_is_named():
    model = model_of("a number")
    assert refusal(model, asked().drop(columns=["town", "b"])) == (
        "the table must have the 5 columns learned from; 'b', 'town' are missing."
    )
    assert refusal(model, asked().rename(columns={"town": "Town "})).endswith(
        "'town' is missing. Is 'Town ' the column 'town'?"
    )


def test_words_where_numbers_were_learned_from():
    frame = asked().assign(b="many")
    assert refusal(model_of("a number"), frame).startswith("Column 'b' must hold numbers")


def test_weights_that_no_training_made_are_told():
    model = model_of("one number alone")
    huge = replace(model.answerer, by_fold=np.full_like(model.answerer.by_fold, 1e38))
    assert refusal(replace(model, answerer=huge), asked()) == (
        "The outputs of a model must be finite numbers, between -1e100 and 1e100; those of this "
        "one are not. Its weights are too large for these rows: train it again."
    )


def test_many_rows_are_computed_in_pieces_of_the_same_bits(monkeypatch):
    spec = NetworkSpec(2, (Dense(3, "tanh"), Dense(2)), "cross_entropy")
    params = np.linspace(-1, 1, 2 * n_params(spec)).reshape(2, -1)
    X = np.linspace(-3, 3, 20).reshape(10, 2)
    whole = predictions_of(spec, params, X)
    monkeypatch.setattr("gradus.models.model._PIECE_ROWS", 3)
    assert bits(predictions_of(spec, params, X)) == bits(whole)
    assert whole.sum(axis=2) == pytest.approx(np.ones((2, 10)))
