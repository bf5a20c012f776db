import re

import numpy as np
import pytest

from gradus import _validate
from gradus._validate import (
    check_choice,
    check_flag,
    check_matrix,
    check_number,
    check_row_weights,
    check_whole,
)
from gradus.errors import DataError, InvalidParameter, ShapeMismatch


def refusal(kind, function, *args, **options):
    """The sentence with which a checker refuses."""
    with pytest.raises(kind) as caught:
        function(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("value", [0.5, 1, np.float32(2), np.int64(3)])
def test_numbers_come_back_as_floats(value):
    number = check_number("learning_rate", value, above=0)
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize(
    ("value", "bounds", "sentence"),
    [
        (-0.01, {"above": 0}, "rate must be a finite number greater than 0; got -0.01."),
        (0, {"above": 0}, "rate must be a finite number greater than 0; got 0."),
        (
            1.0,
            {"at_least": 0, "below": 1},
            "rate must be a finite number at least 0 and less than 1; got 1.0.",
        ),
        (2, {"at_most": 1}, "rate must be a finite number at most 1; got 2."),
        (float("nan"), {}, "rate must be a finite number; got nan."),
        (float("inf"), {"above": 0}, "rate must be a finite number greater than 0; got inf."),
        ("0.1", {}, "rate must be a finite number; got '0.1'."),
        (True, {}, "rate must be a finite number; got True."),
        (None, {}, "rate must be a finite number; got None."),
        (10**400, {}, f"rate must be a finite number; got {10**400}."),
    ],
)
def test_numbers_outside_are_refused(value, bounds, sentence):
    assert refusal(InvalidParameter, check_number, "rate", value, **bounds) == sentence


@pytest.mark.parametrize(
    ("value", "bounds", "sentence"),
    [
        (0, {"at_least": 1}, "epochs must be a whole number, 1 or greater; got 0."),
        (3.0, {"at_least": 1}, "epochs must be a whole number, 1 or greater; got 3.0."),
        (True, {}, "epochs must be a whole number; got True."),
        (9, {"at_least": 1, "at_most": 8}, "epochs must be a whole number from 1 to 8; got 9."),
        (9, {"at_most": 8}, "epochs must be a whole number, 8 or less; got 9."),
    ],
)
def test_whole_numbers(value, bounds, sentence):
    assert check_whole("epochs", np.int32(5), at_least=1) == 5
    assert refusal(InvalidParameter, check_whole, "epochs", value, **bounds) == sentence


def test_choices_name_the_nearest():
    assert check_choice("loss", "b", ("a", "b")) == "b"
    sentence = refusal(InvalidParameter, check_choice, "engine", "nativ", ("native", "reference"))
    assert sentence == "engine must be 'native' or 'reference'; got 'nativ'. Did you mean 'native'?"
    sentence = refusal(InvalidParameter, check_choice, "x", 3, ("a", "b", "c"))
    assert sentence == "x must be 'a', 'b' or 'c'; got 3."
    assert refusal(InvalidParameter, check_choice, "x", 3, ("a",)) == "x must be 'a'; got 3."


def test_flags_are_true_or_false():
    assert check_flag("bias", np.bool_(1)) is True
    assert refusal(InvalidParameter, check_flag, "bias", 1) == "bias must be True or False; got 1."


def test_a_fitting_matrix_comes_back_itself():
    X = np.zeros((3, 2))
    assert check_matrix("X", X) is X
    strided = np.zeros((6, 4))[::2, ::2]
    strided.flags.writeable = False
    fitted = check_matrix("X", strided, "float32", 2)
    assert fitted.dtype == np.float32
    assert fitted.flags.c_contiguous


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        ([1.0, 2.0], ShapeMismatch, "X must have shape (n_samples, 2); got (2,)."),
        (np.zeros((4, 3)), ShapeMismatch, "X must have shape (n_samples, 2); got (4, 3)."),
        (
            [[0.0, 1.0], [2.0, np.inf]],
            DataError,
            "X must hold finite float32 numbers; got inf in row 1, column 1.",
        ),
        (
            [[0.0, 1e300]],
            DataError,
            "X must hold finite float32 numbers; got inf in row 0, column 1.",
        ),
        (
            [["a", "b"]],
            DataError,
            "X must be an array of numbers; got list: could not convert string to float: 'a'.",
        ),
    ],
)
def test_matrices_that_do_not_fit(value, kind, sentence):
    assert refusal(kind, check_matrix, "X", value, "float32", 2) == sentence


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        ([1.0], ShapeMismatch, "sample_weight must have shape (n_samples,) = (2,); got (1,)."),
        (
            [1.0, -2.0],
            DataError,
            "sample_weight must hold numbers of at least 0; got -2 in row 1.",
        ),
        (
            [np.nan, 1.0],
            DataError,
            "sample_weight must hold finite float64 numbers; got nan in row 0.",
        ),
    ],
)
def test_row_weights(value, kind, sentence):
    assert check_row_weights("sample_weight", [0, 2], 2).tolist() == [0.0, 2.0]
    assert check_row_weights("sample_weight", [], 0).shape == (0,)
    with pytest.raises(kind, match=re.escape(sentence)):
        check_row_weights("sample_weight", value, 2)


def test_who_looks_through_large_arrays_is_believed_when_they_are_finite(monkeypatch):
    monkeypatch.setattr(_validate, "_SCANNED", 6)
    seen = []

    def all_finite(array):
        seen.append(array)
        return bool(np.isfinite(array).all())

    small, large = np.ones((5, 1)), np.ones((3, 2))
    assert check_matrix("X", small, all_finite=all_finite) is small
    assert seen == []
    assert check_matrix("X", large, all_finite=all_finite) is large
    assert seen[0] is large
    large[1, 1] = np.nan
    with pytest.raises(DataError, match=r"^X must hold finite float64 numbers; got nan in row 1, "):
        check_matrix("X", large, all_finite=all_finite)
    # Without one who knows, the numbers are looked through here.
    assert check_matrix("X", np.ones((3, 2)), all_finite=lambda _: False).shape == (3, 2)


@pytest.mark.parametrize("scanned", [1, 4, 7, 10**6])
def test_an_infinite_number_is_found_in_any_part(monkeypatch, scanned):
    monkeypatch.setattr(_validate, "_SCANNED", scanned)
    for row in range(9):
        X = np.ones((9, 3))
        check_matrix("X", X, "float64")
        X[row, 1], X[8, 2] = np.inf, np.nan
        with pytest.raises(DataError, match=rf"got inf in row {row}, column 1\.$"):
            check_matrix("X", X, "float64")
