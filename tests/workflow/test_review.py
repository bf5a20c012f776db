"""The rows of the table learned from are answered by who has not seen them; others are told."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.errors import DataError
from gradus.models.model_file import dump, parse
from gradus.verdict.class_measures import class_measures
from gradus.workflow.review import review
from tests.models.cases import CASES, model_of
from tests.report.pages import frame_of


@pytest.mark.parametrize("name", sorted(CASES))
def test_answers_of_who_has_not_seen_the_row_have_the_errors_of_the_verdict(name):
    model = parse(dump(model_of(name), "m"), "m")
    found = review(model, frame_of(name))
    rows, measures = found.rows, model.verdict.measures
    assert rows.is_out_of_fold
    assert len(rows.known) == (model.verdict.n_judged or 9)
    if not measures or name == "rows that are weighed":
        return
    own = measures[model.verdict.answered_by]
    # Training makes probabilities of outputs in float32, predictions in float64.
    digits = 1e-6 if model.task == "classes" else 1e-9
    if model.task == "classes":
        expected = class_measures(rows.codes, rows.answers, None)
    else:
        errors = rows.answers - rows.known
        expected = {"typical_error": np.sqrt(np.mean(errors**2))}
        if name != "a linear model":  # Whose errors are rounding alone.
            share = np.average(rows.held, weights=rows.weights)
            assert share == pytest.approx(model.intervals.measured_coverage)
    for measure, value in expected.items():
        if (model.verdict.answered_by, measure) != ("mean", "accuracy"):
            assert value == pytest.approx(own[measure], rel=digits, abs=1e-12)


def test_the_numbers_of_rows_are_those_of_the_table():
    frame = frame_of("a number")
    frame.loc[[4, 7], "number"] = None
    found = review(model_of("a number"), frame)
    assert not found.rows.is_out_of_fold
    assert set(range(1, 61)) - set(found.rows.numbers.tolist()) == {5, 8}
    assert found.rows.known.tolist() == frame["number"].dropna().tolist()


@pytest.mark.parametrize("change", ["a value", "a row", "a column", "another order"])
def test_a_changed_table_is_another(change):
    frame = frame_of("five classes")
    if change == "a value":
        frame.loc[0, "five"] = "class 4" if frame.loc[0, "five"] != "class 4" else "class 0"
    elif change == "a row":
        frame = frame.iloc[1:]
    elif change == "a column":
        frame["new"] = np.arange(60) % 7
    else:
        frame = frame.iloc[::-1].reset_index(drop=True)
    found = review(model_of("five classes"), frame)
    assert found.rows.is_out_of_fold is False
    assert "may have learned from some of them" in found.rows.sentence
    given = model_of("five classes").predict(frame)
    assert found.rows.answers.tobytes() == given.probabilities.tobytes()


@pytest.mark.parametrize("change", [{"seed": 5}, {"seed": 2**70}, {"split": "nonsense"}])
def test_a_file_that_tells_other_choices_gives_no_wrong_folds(change):
    model = model_of("a number")
    choices = {**model.origin.choices, **{k: v for k, v in change.items() if k == "seed"}}
    choices["asked"] = {**choices["asked"], **{k: v for k, v in change.items() if k != "seed"}}
    changed = replace(model, origin=replace(model.origin, choices=choices))
    assert not review(changed, frame_of("a number")).rows.is_out_of_fold


def test_how_each_column_was_read():
    found = review(model_of("rows that are weighed"), frame_of("rows that are weighed"))
    uses = {one.name: (one.kind, one.use, one.n_blank) for one in found.reading}
    assert uses["visits"] == ("number", "weight", 0)
    assert uses["number"] == ("number", "asked for", 0)
    assert uses["town"][:2] == ("category", "learned from")
    assert uses["a"][2] == frame_of("a number")["a"].isna().sum()


def test_a_table_without_a_column_is_refused():
    with pytest.raises(DataError, match="must have the 5 columns learned from"):
        review(model_of("a number"), frame_of("a number").drop(columns="b"))
