"""Texts after options: the right value, or a sentence that shows the right form."""

import pytest

from gradus.cli.parse import cells_of_columns, kinds_of_columns, weights_of_classes, widths
from gradus.errors import InvalidParameter


@pytest.mark.parametrize("text", ["", "64;64", "0", "-3", "6.5", "64,,64", "sixty", "٣"])
def test_widths_that_are_none(text):
    with pytest.raises(InvalidParameter) as caught:
        widths(text)
    assert str(caught.value) == (
        f"--hidden must be whole numbers with commas between them, such as 64,64; got {text!r}."
    )


def test_widths():
    assert widths("64, 32,1") == (64, 32, 1)


def test_cells_of_columns():
    assert cells_of_columns(["a=1", "b=c=x y", "d=", "a=1"]) == {"a": "1", "b=c": "x y", "d": ""}
    with pytest.raises(InvalidParameter, match=r"^--what-if must be COLUMN=CELL, such as"):
        cells_of_columns(["=3"])
    with pytest.raises(InvalidParameter, match=r"^--what-if must name each column once; 'a' is"):
        cells_of_columns(["a=1", "a=2"])


def test_kinds_of_columns():
    assert kinds_of_columns([]) == {}
    assert kinds_of_columns(["zip=category", "a=b=date", "zip=category"]) == {
        "zip": "category",
        "a=b": "date",
    }


@pytest.mark.parametrize("text", ["zip", "zip=", "=category", ""])
def test_kinds_without_a_column_or_a_kind(text):
    with pytest.raises(InvalidParameter) as caught:
        kinds_of_columns([text])
    assert str(caught.value) == (
        f"--as must be COLUMN=KIND, such as --as zip=category; got {text!r}."
    )


def test_a_column_of_two_kinds():
    with pytest.raises(InvalidParameter) as caught:
        kinds_of_columns(["zip=category", "zip=id"])
    assert str(caught.value) == (
        "--as must name each column once; 'zip' is said to be category and id."
    )


@pytest.mark.parametrize(
    ("texts", "weights"),
    [
        ([], None),
        (["balanced"], "balanced"),
        (["yes=2"], {"yes": 2.0}),
        (["yes=2,no=0.5"], {"yes": 2.0, "no": 0.5}),
        (["yes=2", "no=1"], {"yes": 2.0, "no": 1.0}),
        # A comma may belong to a class.
        (["yes=2,rather,no=1"], {"yes": 2.0, "rather,no": 1.0}),
        (["a=b=3"], {"a=b": 3.0}),
        (["balanced=2"], {"balanced": 2.0}),
    ],
)
def test_weights_of_classes(texts, weights):
    assert weights_of_classes(texts) == weights


@pytest.mark.parametrize(
    "text", ["", "yes", "yes=", "=2", "yes=two", "yes=2,", "yes=2,no", "balancd"]
)
def test_weights_that_are_none(text):
    with pytest.raises(InvalidParameter) as caught:
        weights_of_classes([text])
    assert str(caught.value) == (
        f"--class-weight must be balanced or CLASS=WEIGHT, such as yes=2; got {text!r}."
    )


def test_balanced_stands_alone():
    with pytest.raises(InvalidParameter) as caught:
        weights_of_classes(["balanced", "yes=2"])
    assert str(caught.value) == (
        "--class-weight must be balanced or CLASS=WEIGHT, such as yes=2; got 'balanced'."
    )


def test_a_class_of_two_weights():
    with pytest.raises(InvalidParameter) as caught:
        weights_of_classes(["yes=2,yes=3"])
    assert str(caught.value) == (
        "--class-weight must name each class once; 'yes' has the weights 2 and 3."
    )


def test_a_weight_that_is_no_number_is_told_of_as_such():
    # Whether a weight is sensible is not decided here; nan differs from itself.
    assert str(weights_of_classes(["yes=nan"])) == "{'yes': nan}"
