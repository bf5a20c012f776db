"""The target is learned in units a network likes, and its answers come back in its own."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus.tables.target import Classes, NumberTarget
from tests.tables.columns import number, word
from tests.tables.shared import shared_table

NAN = float("nan")


def test_numbers_are_standardized_and_come_back():
    target = NumberTarget.fit("y", np.array([100.0, 300.0]))
    assert (target.mean, target.scale, target.is_log, target.notes) == (200.0, 100.0, False, ())
    assert target.learn(np.array([100.0, 250.0])).tolist() == [-1.0, 0.5]
    assert target.restore(np.array([-1.0, 0.5, NAN])) == pytest.approx([100, 250, NAN], nan_ok=True)


def test_a_row_of_weight_2_counts_twice():
    once = NumberTarget.fit("y", np.array([1.0, 5.0, 5.0, 9.5]))
    twice = NumberTarget.fit("y", np.array([1.0, 5.0, 9.5, 7.0]), np.array([1.0, 2.0, 1.0, 0.0]))
    assert (twice.mean, twice.scale) == pytest.approx((once.mean, once.scale), rel=1e-14)


def test_prices_are_learned_in_logarithms(rng):
    y = np.exp(rng.normal(size=500))
    target = NumberTarget.fit("price", y)
    assert target.is_log
    (note,) = target.notes
    assert note.startswith("'price' is learned in logarithms: skewness ")
    assert target.learn(y).std() == pytest.approx(1)
    assert target.restore(target.learn(y)) == pytest.approx(y, rel=1e-12)


SHAPES = {
    "a bell": lambda z: 50 + 10 * z,
    "leans a little": lambda z: np.exp(0.1 * z),
    "not all above 0": lambda z: np.exp(z) - 0.01,
    "evenly over powers of ten": lambda z: np.exp(-5 * np.abs(z) % 9),
    "below 0": lambda z: -np.exp(z),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_other_numbers_stay_as_they_are(rng, shape):
    assert not NumberTarget.fit("y", shape(np.append(rng.normal(size=500), -9))).is_log


def test_few_rows_stay_as_they_are():
    y = 2.0 ** np.arange(19)
    assert not NumberTarget.fit("y", y).is_log


def test_counts_are_never_below_0():
    target = NumberTarget.fit("n", np.arange(12.0))
    assert target.notes == ("'n' holds whole numbers from 0: no answer is below 0.",)
    z = np.array([-100.0, 0.0, NAN])
    for found in (target.restore(z), target.restore_bound(z)):
        assert found == pytest.approx([0, 5.5, NAN], nan_ok=True)
    assert not NumberTarget.fit("n", np.arange(10.0)).is_count  # few different values
    assert not NumberTarget.fit("n", np.arange(12.0) - 1).is_count
    assert not NumberTarget.fit("n", np.arange(12.0) / 2).is_count
    assert not NumberTarget.fit("n", np.arange(12.0) * 1e140).is_count  # all floats there are whole


def test_the_mean_is_corrected_for_the_bend(rng):
    # y = exp(noise): the mean of y is exp(s**2 / 2), not exp(0).
    noise = 0.8 * rng.normal(size=20_000)
    target = NumberTarget.fit("y", np.exp(noise))
    z = target.learn(np.exp(noise))
    mean = np.full(len(z), z.mean())
    fitted = target.with_smearing(z, mean)
    # Residuals are held within 4 standard deviations, which takes off little; the mean of 20,000
    # such values is known to about 1 %.
    assert fitted.restore(mean)[0] == pytest.approx(np.exp(0.32), rel=0.03)
    assert fitted.restore_bound(mean).tolist() == target.restore_bound(mean).tolist()


def test_one_wild_residual_does_not_decide_the_smearing():
    target = NumberTarget(mean=0.0, scale=1.0, is_log=True)
    z = np.linspace(-0.2, 0.2, 100)
    calm = target.with_smearing(z, np.zeros(100)).smearing
    assert calm == pytest.approx(np.exp(z).mean())
    wild = target.with_smearing(np.append(z, 300.0), np.zeros(101)).smearing
    assert wild == pytest.approx(calm, rel=0.02)


def test_smearing_leaves_out_rows_without_an_answer_and_counts_weights():
    target = NumberTarget(mean=0.0, scale=1.0, is_log=True)
    z = np.log([2.0, 4.0, 8.0, 3.0])
    plain = target.with_smearing(z, np.array([0.0, 0.0, 0.0, NAN]))
    assert plain.smearing == pytest.approx((2 + 4 + 8) / 3)
    weighted = target.with_smearing(z[:3], np.zeros(3), np.array([2.0, 1.0, 1.0]))
    assert weighted.smearing == pytest.approx(16 / 4)
    assert target.with_smearing(z, np.full(4, NAN)) == target
    straight = NumberTarget(mean=0.0, scale=1.0)
    assert straight.with_smearing(z, np.zeros(4)) == straight


def test_logarithms_do_not_overflow():
    target = NumberTarget(mean=0.0, scale=1.0, is_log=True, smearing=100.0)
    assert np.isfinite(target.restore(np.array([1e9, -1e9]))).all()


def test_logarithms_carry_no_answer_above_the_largest_known():
    target = NumberTarget(mean=0.0, scale=1.0, is_log=True, smearing=2.0).held_to(7.0)
    assert target.notes == ("No answer is above 7, the largest value known.",)
    assert target.restore(np.log([3.0, 4.0, 1e9])).tolist() == pytest.approx([6.0, 7.0, 7.0])
    # A bound tells how far the true value may be, also beyond what is known.
    assert target.restore_bound(np.log([9.0])).tolist() == pytest.approx([9.0])
    straight = NumberTarget(mean=0.0, scale=1.0)
    assert straight.held_to(7.0) == straight


@given(
    st.builds(
        NumberTarget,
        mean=st.floats(-1e150, 1e150),
        scale=st.floats(1e-300, 1e150),
        is_log=st.booleans(),
        is_count=st.booleans(),
        smearing=st.floats(0.01, 100),
        highest=st.none() | st.floats(1e-300, 1e150),
        notes=st.tuples(st.text()),
    )
)
def test_number_targets_come_back_exactly_through_json(target):
    assert NumberTarget.from_description(json.loads(json.dumps(target.describe()))) == target


# Classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (word("y", "b", None, "a", "b"), ("a", "b")),
        (number("y", 10, 9, None, 10), (9.0, 10.0)),
        (word("y", "10", "9", "10"), ("9", "10")),
        (word("y", "10", "9", "x"), ("10", "9", "x")),
        (word("y", "nan", "b"), ("b", "nan")),
    ],
)
def test_classes_are_sorted_and_numbered(column, names):
    classes = Classes.fit(column)
    assert classes.names == names
    codes = classes.codes(column)
    assert (codes >= 0).tolist() == (~column.is_missing).tolist()
    again = classes.labels("y", codes)
    assert again.type == column.type
    assert again.is_missing.tolist() == column.is_missing.tolist()
    known = ~column.is_missing
    assert again.values[known].tolist() == column.values[known].tolist()
    assert Classes.from_description(json.loads(json.dumps(classes.describe()))) == classes


def test_cells_of_no_class_and_of_the_other_type():
    classes = Classes.fit(number("y", 0, 1))
    assert classes.labels_as_words == ("0", "1")
    assert classes.codes(number("y", 1, 2, None)).tolist() == [1, -1, -1]
    assert classes.codes(word("y", "1", "x", None, "0")).tolist() == [1, -1, -1, 0]


@pytest.mark.parametrize(
    "description",
    [
        None, {}, {"kind": "Classes"}, {"kind": "Classes", "names": ["a"]},
        {"kind": "Classes", "names": ["a", "a"]}, {"kind": "Classes", "names": ["a", 1.0]},
        {"kind": "Classes", "names": "ab"}, {"kind": "Classes", "names": [1.0, NAN]},
        {"kind": "Classes", "names": [str(j) for j in range(1001)]},
    ],
)  # fmt: skip
def test_other_descriptions_of_classes_are_refused(description):
    with pytest.raises(ValueError, match=r"."):
        Classes.from_description(description)


@pytest.mark.parametrize(("name", "value"), [("scale", 0.0), ("smearing", -1.0), ("is_log", 1)])
def test_other_descriptions_of_numbers_are_refused(name, value):
    description = {**NumberTarget(0.0, 1.0).describe(), name: value}
    with pytest.raises(ValueError, match=r"."):
        NumberTarget.from_description(description)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "target", "is_log"),
    [
        ("ames_housing.csv", "price", True),
        ("california_housing.csv", "median_house_value", False),
        ("uci_concrete.csv", "strength", False),
        ("uci_energy.csv", "heating_load", False),
        ("uci_yacht.csv", "residuary_resistance", False),
        ("bike_sharing_hour.csv", "cnt", False),
    ],
)
def test_logarithms_of_real_targets(name, target, is_log):
    table = shared_table(name)
    y = table.columns[table.names.index(target)].values
    assert NumberTarget.fit(target, y).is_log == is_log
