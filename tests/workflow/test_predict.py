"""A table to be answered: its columns are found by name, or refused in words."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gradus.errors import DataError
from gradus.workflow.predict import predict_table
from tests.models.cases import asked, model_of, table

INPUTS = ["a", "b", "town", "garden", "day"]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def answered(frame, **options):
    return predict_table(model_of("a number"), frame, **options)


def values(frame):
    return answered(frame).predictions.values.tolist()


def refusal(frame, **options):
    with pytest.raises(DataError) as caught:
        answered(frame, **options)
    assert sorted(path.name for path in Path().iterdir()) in ([], ["t.csv"])
    return str(caught.value)


# Columns ------------------------------------------------------------------------------------------


def test_columns_are_found_by_name_in_any_order_and_others_may_be_there():
    plain = values(asked()[INPUTS])
    assert values(asked()[INPUTS[::-1]]) == plain
    told = []
    extra = asked()[[*INPUTS, "noise", "five"]]
    result = answered(extra, notify=lambda *sentence: told.append(sentence))
    assert result.predictions.values.tolist() == plain
    assert told[0] == ("note", "Not learned from and not used: 'noise', 'five'.")
    assert [said for _, said in told] == list(result.predictions.notes)


def test_missing_and_renamed_columns_are_named():
    assert refusal(asked()[["a", "b", "town"]]) == (
        "the table must have the 5 columns learned from; 'garden', 'day' are missing."
    )
    renamed = asked()[INPUTS].rename(columns={"garden": "Gardens", "day": "DAY"})
    assert refusal(renamed) == (
        "the table must have the 5 columns learned from; 'garden', 'day' are missing. "
        "Is 'Gardens' the column 'garden'? Is 'DAY' the column 'day'?"
    )


def test_columns_of_another_type_are_turned_where_that_loses_nothing():
    frame = table()[INPUTS]
    plain = values(frame)
    assert values(frame.assign(b=frame["b"].map(repr))) == plain
    assert values(frame.assign(day=frame["day"].dt.strftime("%Y-%m-%d"))) == plain
    assert values(frame.assign(b=frame["b"].astype("float32").astype(float))) == pytest.approx(
        plain, rel=1e-4, abs=1e-4
    )
    assert values(pl.from_pandas(frame)) == plain
    frame.to_csv("t.csv", index=False)
    assert values("t.csv") == plain
    frame.to_csv("t.csv", index=False, sep=";", decimal=",")
    Path("t.predicted.csv").unlink()
    assert values("t.csv") == plain


def test_columns_of_another_type_are_refused_where_they_cannot_be_turned():
    frame = asked()[INPUTS]
    assert refusal(frame.assign(b=["many", *["1"] * 39])).startswith("Column 'b' must hold numbers")
    assert refusal(frame.assign(b=frame["day"])) == (
        "Column 'b' must hold numbers, as in training; it holds dates."
    )
    assert refusal(frame.assign(day="yesterday")).startswith("Column 'day' must hold dates")


def test_numbers_where_words_were_learned_from_are_words_never_seen():
    found = answered(asked()[INPUTS].assign(town=7)).predictions
    assert "'town' has a word not seen in training ('7') in 40 rows" in found.notes[0]
    assert all("town '7' was not seen" in flag for flag in found.flags)


def test_a_blank_column_is_blank():
    found = answered(asked()[INPUTS].assign(b=None, town=None)).predictions
    assert np.isfinite(found.values).all()
    assert all("b is blank, which it never was" in flag for flag in found.flags)


def test_one_row_and_one_column():
    assert values(asked()[INPUTS][:1]) == values(asked()[INPUTS])[:1]
    one = model_of("one number alone")
    table()[["b"]].to_csv("t.csv", index=False)
    assert predict_table(one, "t.csv", "-").predictions.values.tolist() == (
        one.predict(table()).values.tolist()
    )


# What is written ----------------------------------------------------------------------------------


def test_answers_stand_after_the_last_column():
    result = answered(asked()[INPUTS])
    assert (result.column, result.output, result.data) == ("number", None, None)
    beside = ["number", "number_low", "number_high", "number_flag"]
    assert result.frame.columns.tolist() == [*INPUTS, *beside]
    found = result.predictions
    assert result.frame["number"].tolist() == pytest.approx(found.values.tolist(), abs=0.005)
    assert result.frame["number_flag"].fillna("").tolist() == found.flags.tolist()


def test_a_column_of_the_target_is_kept_beside_the_answers():
    frame = asked()[[*INPUTS, "number"]]
    result = answered(frame)
    assert result.column == "number_predicted"
    assert result.frame["number"].tolist() == frame["number"].tolist()
    assert result.frame.columns.tolist()[-4:] == [
        "number_predicted",
        "number_predicted_low",
        "number_predicted_high",
        "number_predicted_flag",
    ]
    with pytest.raises(DataError, match="must have no column 'number_predicted'"):
        answered(frame.assign(number_predicted=1.0))


def test_classes_have_their_probabilities_beside_them():
    frame = predict_table(model_of("five classes"), asked()[INPUTS]).frame
    names = [f"five_p_class {code}" for code in range(5)]
    assert frame.columns.tolist() == [*INPUTS, "five", *names, "five_flag"]
    assert frame[names].sum(axis=1).to_numpy() == pytest.approx(np.ones(40), abs=3e-4)
    most = frame[names].to_numpy().argmax(axis=1)
    assert frame["five"].tolist() == [f"class {code}" for code in most]


def test_a_file_is_written_beside_the_table_and_every_other_byte_kept():
    asked()[INPUTS].to_csv("t.csv", index=False)
    before = Path("t.csv").read_text()
    result = answered("t.csv")
    assert result.output == Path("t.predicted.csv")
    assert Path("t.csv").read_text() == before
    lines = Path("t.predicted.csv").read_text().splitlines()
    for line, old in zip(lines, before.splitlines(), strict=True):
        assert line.startswith(old + ",")
    assert answered("t.csv", output="-").data == Path("t.predicted.csv").read_bytes()


def test_nothing_is_overwritten_unless_told():
    asked()[INPUTS].to_csv("t.csv", index=False)
    Path("mine.csv").write_text("mine")
    with pytest.raises(DataError, match=r"^mine\.csv already exists"):
        answered("t.csv", output="mine.csv")
    assert Path("mine.csv").read_text() == "mine"
    answered("t.csv", output="mine.csv", force=True)
    assert len(pd.read_csv("mine.csv")) == 40
    with pytest.raises(DataError, match="must not be the table itself"):
        answered("t.csv", output="t.csv", force=True)


def test_threads_change_no_byte():
    asked()[INPUTS].to_csv("t.csv", index=False)
    one, two = (answered("t.csv", output="-", n_threads=n).data for n in (1, 2))
    assert one == two
