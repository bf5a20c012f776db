"""Arrays come from the rows learned from alone, and copies of a row stay together."""

import numpy as np
import pandas as pd
import pytest

from gradus.errors import InvalidParameter
from gradus.tables.read import read_table
from gradus.tables.target import Classes
from gradus.workflow.options import Options
from gradus.workflow.prepare import class_factors, prepare
from gradus.workflow.stops import held_out_rows
from tests.models.cases import table
from tests.workflow.arrays import settings_for

INPUTS = ["a", "b", "town", "garden", "day"]


def prepared(frame, target="number", *, needs_blank=False, notify=None, **options):
    return prepare(read_table(frame), target, Options(**options), notify, needs_blank=needs_blank)


def bits(one):
    """All arrays that anything is learned from."""
    arrays = (one.X, one.y, one.known, one.split.folds, one.weights, one.split.groups)
    return [None if array is None else array.tobytes() for array in arrays]


def test_rows_that_ask_teach_nothing():
    frame = table(80)[[*INPUTS, "number"]]
    frame.loc[60:, "number"] = None
    other = frame.copy()
    other.loc[60:, "a"] = np.linspace(1e6, 2e6, 20)
    other.loc[60:, "b"] = None
    other.loc[60:, "town"] = "elsewhere"
    other.loc[60:, "garden"] = "no"
    other.loc[60:, "day"] = pd.Timestamp("2150-01-01")
    one, two = (prepared(each, needs_blank=True) for each in (frame, other))
    assert bits(one) == bits(two)
    assert (one.encoder, one.labels) == (two.encoder, two.labels)
    assert one.question.asked.tolist() == list(range(60, 80))
    # They are answered by what they hold all the same.
    X = [each.encoder.transform(each.inputs(each.question.asked)) for each in (one, two)]
    assert (X[0] != X[1]).any(axis=1).all()


def test_arrays_hold_the_complete_rows_in_the_order_of_the_table():
    frame = table()[[*INPUTS, "number"]]
    frame.loc[::7, "number"] = None
    found = prepared(frame)
    complete = np.flatnonzero(frame["number"].notna())
    assert found.question.complete.tolist() == complete.tolist()
    assert found.known.tolist() == frame["number"].dropna().tolist()
    assert found.labels.restore(found.y) == pytest.approx(found.known)
    assert (found.y.mean(), found.y.std()) == pytest.approx((0, 1))
    assert [column.name for column in found.inputs(complete)] == INPUTS
    assert found.encoder.transform(found.inputs(complete)).tobytes() == found.X.tobytes()


def test_rows_of_weight_0_are_as_if_they_were_not_there():
    frame = table()[[*INPUTS, "number"]].assign(count=np.arange(60) % 4)
    with_them = prepared(frame, weight_column="count")
    without = prepared(frame[frame["count"] > 0], weight_column="count")
    assert bits(with_them) == bits(without)
    assert (with_them.encoder, with_them.labels) == (without.encoder, without.labels)
    assert "15 rows of weight 0 are not learned from." in with_them.notes


def test_weights_are_1_on_average_and_no_input():
    frame = table()[[*INPUTS, "number"]].assign(count=np.linspace(1, 5, 60))
    found = prepared(frame, weight_column="count")
    assert found.weights == pytest.approx(frame["count"] / 3)
    assert "count" not in found.encoder.names
    many = prepared(frame.assign(count=frame["count"] * 2.0**400), weight_column="count")
    assert bits(many) == bits(found)
    # They count in the middle and the spread of the target.
    assert found.labels.mean == pytest.approx(np.average(frame["number"], weights=frame["count"]))


def test_nothing_is_learned_from_the_column_that_groups_are_split_by():
    frame = table()[[*INPUTS, "number"]]
    found = prepared(frame, split="group:town")
    assert "town" not in found.encoder.names
    of_group = pd.DataFrame({"town": frame["town"].fillna("-"), "fold": found.split.folds})
    assert (of_group.groupby("town")["fold"].nunique() == 1).all()
    assert found.split.folds.min() == 0
    # A time tells more than which rows are later.
    assert "day" in prepared(frame, split="time:day").encoder.names


def test_later_rows_judge_where_the_split_is_by_time():
    frame = table()[[*INPUTS, "number"]].sample(frac=1, random_state=3)
    found = prepared(frame, split="time:day")
    is_judge = found.split.folds == 0
    days = frame["day"].to_numpy()
    assert is_judge.sum() == 12
    assert days[is_judge].min() > days[~is_judge].max()


def test_copies_of_a_row_are_on_one_side_of_every_split():
    frame = table(40)[[*INPUTS, "number"]]
    frame = pd.concat([frame, frame[:10], frame[5:10]], ignore_index=True)
    found = prepared(frame)
    groups, folds = found.split.groups, found.split.folds
    for row in range(40, 50):
        assert folds[row] == folds[row - 40]
        assert groups[row] == groups[row - 40]
    assert folds[50:].tolist() == folds[5:10].tolist()
    plan = settings_for(found).plan
    held_out = held_out_rows(folds, plan, groups, None, None)
    for k, held in enumerate(held_out):
        is_held = np.isin(np.arange(55), held)
        trains = ~is_held & (folds != k)
        assert is_held.any()
        assert not np.isin(groups[is_held], groups[trains]).any()


def test_the_number_of_folds():
    frame = table()[[*INPUTS, "number"]]
    for options, n_folds in (({}, 5), ({"folds": 3}, 3), ({"folds": 60}, 60)):
        folds = prepared(frame, **options).split.folds
        assert np.unique(folds).tolist() == list(range(n_folds))
        sizes = np.bincount(folds)
        assert sizes.max() - sizes.min() <= 1
    assert len(np.unique(prepared(frame[:29]).split.folds)) == 29
    with pytest.raises(InvalidParameter, match=r"^folds must be at most "):
        prepared(frame, folds=61)


def test_the_seed_decides_who_judges_whom():
    frame = table()[[*INPUTS, "number"]]
    first, again, other = (prepared(frame, seed=seed).split.folds for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_what_the_person_says_about_columns():
    frame = table()[[*INPUTS, "number"]].assign(code=np.arange(60) % 4)
    found = prepared(frame, kinds={"code": "category"}, ignore=["garden", "a"])
    assert found.encoder.names == ("b", "town", "day", "code")
    assert "code=0" in found.encoder.features
    assert "'a', 'garden' are left out: not to be learned from." in found.notes


def test_sentences_are_told_as_they_are_kept():
    told = []
    frame = table()[[*INPUTS, "price"]].assign(same=7, copy=table()["price"])
    found = prepared(frame, "price", notify=lambda *sentence: told.append(sentence))
    assert tuple(said for kind, said in told if kind == "note") == found.notes
    assert tuple(said for kind, said in told if kind == "warning") == found.warnings
    assert "'same' is left out: one value in every row learned from." in found.notes
    assert any(said.startswith("'price' is learned as it is, not in log") for said in found.notes)
    assert found.warnings[0].startswith("'copy' ")


def test_a_price_in_logarithms_stays_below_the_largest_unless_time_goes_on():
    frame = table()[[*INPUTS, "price"]]
    found = prepared(frame, "price")
    assert found.labels.highest == frame["price"].max()
    assert found.notes[-1].startswith("No answer is above ")
    later = prepared(frame, "price", split="time:day")
    assert later.labels.is_log
    assert later.labels.highest is None


# Factors of classes -------------------------------------------------------------------------------

CODES = np.array([0, 0, 0, 1])


def factors(names, class_weight):
    return class_factors(Classes(names), CODES, Options(class_weight=class_weight))


def test_factors_of_classes():
    assert factors(("no", "yes"), None) is None
    # n / (n_classes * n_c): each class counts 2 of 4.
    assert factors(("no", "yes"), "balanced").tolist() == [2 / 3, 2 / 3, 2 / 3, 2]
    assert factors(("no", "yes"), {"yes": 9}).tolist() == [1, 1, 1, 9]
    assert factors(("no", "yes"), {"yes": 0}).tolist() == [1, 1, 1, 0]
    for name in (2, 2.0, np.int64(2), "2"):
        assert factors((1.0, 2.0), {name: 9}).tolist() == [1, 1, 1, 9]


@pytest.mark.parametrize(
    ("class_weight", "sentence"),
    [
        ({"maybe": 2}, "class_weight must name classes of the target, 'no', 'yes'; got 'maybe'."),
        ({True: 2}, "class_weight must name classes of the target, 'no', 'yes'; got 'True'."),
        ({"no": 0, "yes": 0}, "class_weight must be above 0 for some class; all are 0."),
    ],
)
def test_factors_of_no_class_or_none(class_weight, sentence):
    with pytest.raises(InvalidParameter) as caught:
        factors(("no", "yes"), class_weight)
    assert str(caught.value) == sentence


def test_the_target_splits_nothing():
    with pytest.raises(InvalidParameter) as caught:
        prepared(table()[[*INPUTS, "pair"]], "pair", split="group:pair")
    assert str(caught.value) == "split must name another column than the target, 'pair'."
