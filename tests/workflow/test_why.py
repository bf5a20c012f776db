"""Which columns made an answer: known cases, other ways of integrating, and sums that hold."""

import json

import numpy as np
import pandas as pd
import pytest

from gradus import train
from gradus.errors import InvalidParameter
from gradus.workflow.answer import AnswerFunction, function_of
from gradus.workflow.answer_slopes import row_of
from gradus.workflow.baseline import usual_row
from gradus.workflow.why import why, why_rows
from tests.models.cases import model_of, table

KINDS = [
    "a number",
    "logarithms",
    "counts",
    "two classes",
    "five classes",
    "an embedded category",
    "embedded categories and classes",
    "a linear model",
    "a linear model of classes",
    "the mean",
    "dates alone",
    "too few rows to judge",
]


def rows_for(kind):
    return table(160, 40) if "embedded" in kind else table()


def by_midpoints(function, start, end, j, n=4000):
    """The part of a column: the answer's change when only its numbers move a little, summed up."""
    t = (np.arange(n) + 0.5)[:, None] / n
    is_own = function.column_of_fed == j
    total = np.zeros(n)
    points = [here + t * (there - here) for here, there in zip(start, end, strict=True)]
    step = 1e-5
    sides = []
    for sign in (1, -1):
        moved = [
            point + sign * step * is_own * (there - here)
            for point, here, there in zip(points, start, end, strict=True)
        ]
        sides.append(function.value(moved))
    total = (sides[0] - sides[1]) / (2 * step)
    return total.mean()


@pytest.mark.parametrize("kind", KINDS)
def test_parts_sum_to_the_difference_and_are_integrals(kind):
    model, rows = model_of(kind), rows_for(kind)
    for row in (1, 6, 12):
        found = why(model, rows, row)
        scale = max(abs(found.answer - found.baseline_answer), spread_of(model))
        assert found.parts.sum() == pytest.approx(
            found.answer - found.baseline_answer, abs=1e-6 * scale
        )
        assert found.gap <= 1e-6 * scale
        columns = row_of(model, rows, row).columns
        function = function_of(model, columns)
        start, end = function.feed(usual_row(model)), function.feed(columns)
        names = model.encoder.names
        for name, part in zip(found.columns, found.parts, strict=True):
            slow = by_midpoints(function, start, end, names.index(name))
            assert part == pytest.approx(slow, abs=1e-4 * scale)
        json.dumps(found.describe(), allow_nan=False)


def spread_of(model):
    return AnswerFunction(model, 0 if model.task == "classes" else None).spread


@pytest.mark.parametrize("kind", ["a number", "five classes", "embedded categories and classes"])
def test_the_answer_is_that_of_predict(kind):
    model, rows = model_of(kind), rows_for(kind)
    found, predicted = why(model, rows, 3), model.predict(rows)
    if model.task == "classes":
        assert found.label == predicted.values[2]
        assert found.answer == pytest.approx(predicted.probabilities[2].max(), rel=1e-4)
    else:
        assert found.answer == pytest.approx(predicted.values[2], rel=1e-4)


def test_relu_is_split_at_its_kinks():
    frame = table()[["a", "b", "number"]].dropna()
    model = train(frame, "number", hidden=(16, 16), activation="relu", epochs=30, seed=1)
    parts, ends = why_rows(model, frame)
    gaps = parts.sum(axis=1) - (ends[:, 1] - ends[:, 0])
    assert np.abs(gaps).max() <= 1e-12 * np.abs(ends).max()
    one = why(model, frame, 5)
    columns = row_of(model, frame, 5).columns
    function = function_of(model, columns)
    start, end = function.feed(usual_row(model)), function.feed(columns)
    for j, part in enumerate(parts[4]):
        slow = by_midpoints(function, start, end, j, n=20_000)
        assert part == pytest.approx(slow, abs=1e-3 * function.spread)
    place = [one.columns.index(name) for name in model.encoder.names]
    assert parts[4] == pytest.approx(one.parts[place], abs=1e-12)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_straight_pieces_give_what_the_general_rule_gives(activation, monkeypatch):
    frame = table(160, 40)[["a", "b", "town", "garden", "number"]]
    model = train(frame, "number", hidden=(12, 8), activation=activation, epochs=15, seed=3)
    assert model.answerer.spec.embeddings
    rows = frame.iloc[:60]
    parts, ends = why_rows(model, rows)
    monkeypatch.setattr("gradus.workflow.why._BLOCK_PIECES", 1)  # one row at a time
    assert why_rows(model, rows)[0] == pytest.approx(parts, abs=1e-13)
    monkeypatch.setattr("gradus.workflow.why.is_straight", lambda _spec: False)
    slow, slow_ends = why_rows(model, rows)
    assert parts == pytest.approx(slow, abs=1e-12 * np.abs(slow).max())
    assert ends == pytest.approx(slow_ends, abs=1e-12)


def test_a_linear_model_gives_each_column_its_own():
    model, rows = model_of("a linear model"), table()  # line = 3 b - 7
    found = why(model, rows, 9)
    parts = dict(zip(found.columns, found.parts, strict=True))
    mean = model.encoder.encodings[model.encoder.names.index("b")].line.mean
    assert parts["b"] == pytest.approx(3 * (rows["b"][8] - mean), abs=1e-3)
    assert max(abs(part) for name, part in parts.items() if name != "b") < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_shapley_values_share_the_same_difference(kind):
    model, rows = model_of(kind), rows_for(kind)
    found = why(model, rows, 7, method="shapley", baseline=2)
    assert found.baseline_row == 2
    difference = found.answer - found.baseline_answer
    assert found.parts.sum() == pytest.approx(difference, abs=1e-12 * (1 + abs(found.answer)))
    assert found.baseline_answer == pytest.approx(
        why(model, rows, 7, baseline=2).baseline_answer, rel=1e-12
    )


def test_shapley_of_two_columns_by_changing_cells():
    frame = table()[["a", "b", "number"]].dropna().reset_index(drop=True)
    model = train(frame, "number", hidden=(5,), epochs=20, seed=2)
    found = why(model, frame, 4, method="shapley", baseline=1)
    mixed = frame.loc[[0, 0, 3, 3]].reset_index(drop=True)
    mixed.loc[[1, 3], "b"] = frame["b"][3]
    mixed.loc[[0, 2], "b"] = frame["b"][0]
    none, only_b, only_a, both = model.predict(mixed).values
    parts = dict(zip(found.columns, found.parts, strict=True))
    assert parts["a"] == pytest.approx((only_a - none + both - only_b) / 2, abs=1e-4)
    assert parts["b"] == pytest.approx((only_b - none + both - only_a) / 2, abs=1e-4)


def test_more_than_twelve_columns(rng):
    frame = pd.DataFrame(rng.normal(size=(60, 14)), columns=[f"x{k}" for k in range(14)])
    frame["y"] = frame["x0"] + frame["x1"]
    model = train(frame, "y", hidden=(3,), epochs=2)
    with pytest.raises(InvalidParameter) as raised:
        why(model, frame, 1, method="shapley")
    assert str(raised.value) == (
        "Shapley values must be of no more than 12 columns that differ from the baseline; 14 do. "
        "Take integrated gradients, or a row more alike."
    )
    frame.loc[1] = frame.loc[0]
    frame.loc[1, ["x2", "x5"]] += 1
    alike = why(model, frame, 1, method="shapley", baseline=2)
    assert np.flatnonzero(alike.parts).size == 2


def test_the_usual_row():
    model, rows = model_of("a number"), table()
    usual = {one.name: one.values[0] for one in usual_row(model)}
    known = rows["a"].fillna(rows["a"].median())
    assert usual["a"] == pytest.approx(known.mean())
    assert usual["b"] == pytest.approx(rows["b"].mean())
    assert usual["town"] == rows["town"].value_counts().sort_index().idxmax()
    assert usual["garden"] == rows["garden"].value_counts().idxmax()
    days = (rows["day"] - pd.Timestamp("1970-01-01")) / pd.Timedelta(1, "D")
    assert usual["day"] == pytest.approx(days.mean())


def test_text_and_refusals():
    model, rows = model_of("five classes"), table()
    lines = why(model, rows, 5).text(3).splitlines()
    assert lines[0].startswith("five of row 5: class ")
    assert any(" a " in line and "blank instead of" in line for line in lines)
    assert "by integrated gradients along the straight line; off by" in lines[-1]
    for given, sentence in (
        ({"row": 61}, "row must be a whole number from 1 to 60; got 61."),
        ({"row": 1, "baseline": 0}, "baseline must be a whole number from 1 to 60; got 0."),
        ({"row": 1, "method": "guess"}, "method must be 'integrated_gradients' or 'shapley'; "),
    ):
        with pytest.raises(InvalidParameter) as raised:
            why(model, rows, **given)
        assert str(raised.value).startswith(sentence)
