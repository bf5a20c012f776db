"""What comes through the door, and the sentences for what does not."""

import numpy as np
import pytest

from gradus.errors import DataError, ShapeMismatch
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.training.arrays import check_total, read_inputs, read_targets, read_weights

REGRESSION = NetworkSpec(2, (Dense(1),))
TWO_TARGETS = NetworkSpec(2, (Dense(2),))
BINARY = NetworkSpec(2, (Dense(1),), "binary_cross_entropy")
CLASSES = NetworkSpec(2, (Dense(3),), "cross_entropy")


def sentence(error, call, *args):
    with pytest.raises(error) as caught:
        call(*args)
    return str(caught.value)


def test_a_fitting_array_is_not_copied():
    X = np.arange(6.0).reshape(3, 2)
    assert read_inputs("X", X, REGRESSION, "float64") is X


@pytest.mark.parametrize(
    "given",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], dtype=np.int32),
        np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[1.0, 9.0, 2.0, 9.0], [3.0, 9.0, 4.0, 9.0]])[:, ::2],
        np.array([[True, 2], [3, 4]], dtype=object),
    ],
    ids=["list", "int", "Fortran", "strided", "object"],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everything_that_is_numbers_fits(given, dtype):
    X = read_inputs("X", given, REGRESSION, dtype)
    assert X.tolist() == [[1, 2], [3, 4]]
    assert X.dtype == dtype
    assert X.flags.c_contiguous


def test_read_only_arrays_are_accepted():
    X = np.ones((2, 2))
    X.flags.writeable = False
    assert read_inputs("X", X, REGRESSION, "float64") is X


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_levels_are_looked_at(dtype):
    spec = NetworkSpec(2, (Dense(1),), embeddings=(Embedding(3, 2),))
    assert read_inputs("X", [[0.5, 2], [1, 0]], spec, dtype).dtype == dtype
    assert sentence(DataError, read_inputs, "X", [[0.5, 2], [1, 3]], spec, dtype) == (
        "X must hold whole numbers from 0 to 2 in column 1, the levels of embedding 1; "
        "got 3 in row 1."
    )


def test_one_dimension_is_refused_with_a_hint():
    assert sentence(ShapeMismatch, read_inputs, "X", [1.0, 2.0], REGRESSION, "float64") == (
        "X must have shape (n_samples, 2); got (2,). Write X.reshape(1, -1) for one row, or "
        "X.reshape(-1, 1) for one column."
    )


def test_another_width_is_refused():
    assert sentence(ShapeMismatch, read_inputs, "X", np.ones((4, 3)), REGRESSION, "float64") == (
        "X must have shape (n_samples, 2); got (4, 3)."
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_first_number_that_is_not_finite_is_named(value, dtype):
    X = np.ones((4, 2))
    X[2, 1] = X[3, 0] = value
    assert sentence(DataError, read_inputs, "X_val", X, REGRESSION, dtype) == (
        f"X_val must hold finite {dtype} numbers; got {value:g} in row 2, column 1."
    )


def test_numbers_beyond_float32_are_named():
    X = np.ones((4, 2))
    X[1, 1] = -1e39
    assert sentence(DataError, read_inputs, "X", X, REGRESSION, "float32") == (
        "X must hold numbers of at most 3.4e+38 in absolute value with dtype='float32'; got -1e+39 "
        "in row 1, column 1. Use dtype='float64'."
    )
    assert read_inputs("X", X, REGRESSION, "float64") is X
    y = X[:, 1]
    assert sentence(DataError, read_targets, "y", y, REGRESSION, 4, "float32").startswith("y must")


def test_the_largest_float32_passes():
    largest = float(np.finfo(np.float32).max)
    assert read_inputs("X", [[largest, -largest]], REGRESSION, "float32").dtype == np.float32


def test_words_are_refused():
    refused = sentence(DataError, read_inputs, "X", [["a", "b"]], REGRESSION, "float32")
    assert refused.startswith("X must be an array of numbers; got list: ")


def test_targets_of_one_dimension_are_one_column():
    y = np.arange(3.0)
    assert read_targets("y", y, REGRESSION, 3, "float64").shape == (3, 1)
    assert read_targets("y", y.tolist(), REGRESSION, 3, "float64").shape == (3, 1)
    assert sentence(ShapeMismatch, read_targets, "y", y, TWO_TARGETS, 3, "float64") == (
        "y must have shape (n_samples, 2); got (3,)."
    )


def test_targets_and_rows_must_agree():
    assert sentence(ShapeMismatch, read_targets, "y_val", np.ones(4), BINARY, 3, "float64") == (
        "y_val must have one row for each of X, 3; got 4."
    )


@pytest.mark.parametrize("wrong", [-1.0, 3.0, 1.5])
def test_classes_are_whole_numbers_below_their_count(wrong):
    y = [0, 2, wrong, 1]
    assert sentence(DataError, read_targets, "y", y, CLASSES, 4, "float64") == (
        f"y must hold class ids from 0 to 2 with loss='cross_entropy'; got {wrong:g} in row 2."
    )
    assert read_targets("y", [0, 2, 1, 0], CLASSES, 4, "float32").shape == (4, 1)


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_binary_targets_lie_between_0_and_1(wrong):
    assert sentence(DataError, read_targets, "y", [0.5, wrong], BINARY, 2, "float64") == (
        f"y must hold numbers from 0 to 1 with loss='binary_cross_entropy'; got {wrong:g} in row 1."
    )


def test_weights():
    assert read_weights("w", None, 3, "float64") is None
    assert read_weights("w", [0, 1, 2], 3, "float32").dtype == np.float32
    assert sentence(DataError, read_weights, "sample_weight", [1, -1], 2, "float64") == (
        "sample_weight must hold numbers of at least 0; got -1 in row 1."
    )
    assert sentence(ShapeMismatch, read_weights, "sample_weight", [1.0], 2, "float64") == (
        "sample_weight must have shape (n_samples,) = (2,); got (1,)."
    )


def test_weights_that_are_all_0_leave_nothing():
    check_total(None, "training")
    check_total(np.array([0.0, 1e-300]), "training")
    assert sentence(DataError, check_total, np.zeros(3), "held-out") == (
        "At least one held-out row must have a weight greater than 0; none has."
    )


@pytest.mark.parametrize("n_threads", [1, 2, None])
def test_large_arrays_get_the_sentence_of_small_ones(n_threads):
    X = np.zeros((300_000, 2), np.float32)
    assert read_inputs("X", X, REGRESSION, "float32", n_threads) is X
    X[299_999, 1] = np.nan
    found = sentence(DataError, read_inputs, "X", X, REGRESSION, "float32", n_threads)
    assert found == "X must hold finite float32 numbers; got nan in row 299999, column 1."
    y = np.zeros(300_000)
    y[270_000] = -np.inf
    given = ("y", y, REGRESSION, len(y), "float64", n_threads)
    found = sentence(DataError, read_targets, *given)
    assert found == "y must hold finite float64 numbers; got -inf in row 270000, column 0."
