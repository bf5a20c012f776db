"""The estimators give the bits of the command line and of Python, and keep good manners."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from gradus.cli.main import run
from gradus.errors import DataError, InvalidParameter, ModelFileError
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor
from gradus.models.model_file import load
from gradus.workflow.train import train

QUICK = {"hidden_layer_sizes": (6,), "max_iter": 3}


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def mixed(rng, n=90):
    """Numbers, words, dates and yes/no, with gaps in each."""
    frame = pd.DataFrame(
        {
            "area": np.round(rng.normal(80, 20, n), 1),
            "town": rng.choice(["Leeds", "York", "Hull"], n),
            "built": pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 9999, n), "D"),
            "garden": rng.choice(["yes", "no"], n),
        }
    )
    for column in ("area", "town", "garden"):
        frame.loc[rng.choice(n, 5, replace=False), column] = None
    price = 1000 + 7.3 * frame["area"].fillna(50) + 90 * (frame["town"] == "York")
    return frame, price.round(2).rename("price")


def from_the_command_line(frame, target, place):
    """Train on a file and return the model that the command kept."""
    arguments = ["--target", target.name, "--hidden", "64,64", "--seed", "0", "--epochs", "5"]
    assert run(["train", place, *arguments, "-o", "m.gradus", "--force", "--quiet"]) == 0
    return load("m.gradus")


def test_numbers_are_equal_to_the_bit_everywhere(rng):
    frame, target = mixed(rng)
    table = frame.assign(price=target)
    table.to_csv("t.csv", index=False, date_format="%Y-%m-%d")
    pq.write_table(pl.from_pandas(table).to_arrow(), "t.parquet")

    est = MLPRegressor(hidden_layer_sizes=(64, 64), max_iter=5, random_state=0)
    answers, low, high = est.fit(frame, target).predict(frame, interval=0.9)
    np.testing.assert_array_equal(est.predict(frame), answers)
    models = [
        from_the_command_line(frame, target, "t.csv"),
        from_the_command_line(frame, target, "t.parquet"),
        train(table, "price", hidden=(64, 64), epochs=5, seed=0, n_threads=1),
        train(pl.from_pandas(table), "price", hidden=(64, 64), epochs=5, seed=0),
    ]
    for model in models:
        for place in (frame, pl.from_pandas(frame), "t.csv"):
            found = model.predict(place)
            np.testing.assert_array_equal(found.values, answers)
            np.testing.assert_array_equal(found.low, low)
            np.testing.assert_array_equal(found.high, high)


def test_classes_are_equal_to_the_bit_everywhere(rng):
    frame, price = mixed(rng)
    target = pd.Series(np.where(price > price.median(), "dear", "cheap"), name="kind")
    table = frame.assign(kind=target)
    table.to_csv("t.csv", index=False, date_format="%Y-%m-%d")

    est = MLPClassifier(hidden_layer_sizes=(64, 64), max_iter=5, random_state=0).fit(frame, target)
    for model in (
        from_the_command_line(frame, target, "t.csv"),
        train(table, "kind", hidden=(64, 64), epochs=5, seed=0),
    ):
        found = model.predict("t.csv")
        assert found.values.tolist() == est.predict(frame).tolist()
        order = [found.classes.index(name) for name in est.classes_]
        np.testing.assert_array_equal(found.probabilities[:, order], est.predict_proba(frame))


def test_an_array_and_a_frame_of_the_same_numbers(rng):
    X = rng.normal(size=(60, 3))
    y = X[:, 0] * X[:, 1]
    frame = pd.DataFrame(X, columns=["x0", "x1", "x2"])
    of_array, of_frame = (MLPRegressor(**QUICK).fit(one, y) for one in (X, frame))
    np.testing.assert_array_equal(of_array.predict(X), of_frame.predict(frame))
    # A fitted frame's columns are found by name; an array's by their place.
    np.testing.assert_array_equal(of_frame.predict(X), of_frame.predict(frame[["x2", "x0", "x1"]]))
    assert of_array.n_features_in_ == of_frame.n_features_in_ == 3
    assert of_frame.feature_names_in_.tolist() == ["x0", "x1", "x2"]
    assert not hasattr(of_array, "feature_names_in_")
    assert not hasattr(of_frame.fit(X, y), "feature_names_in_")


def test_an_array_of_objects_holds_words_and_gaps(rng):
    town = rng.choice(np.array(["Leeds", "York", None], dtype=object), 60)
    X = np.column_stack([town, rng.normal(size=60).astype(object)])
    est = MLPRegressor(**QUICK).fit(X, np.arange(60.0))
    kinds = {name: kind for name, kind, _ in est.model_.origin.columns}
    assert kinds == {"x0": "category", "x1": "number"}


@pytest.mark.parametrize(
    "labels",
    [
        np.array([10, 9, 200]),
        np.array([True, False]),
        np.array(["b", "a", "c"]),
        np.array([1.0, 0.0]),
        np.array([-1, 1]),
    ],
    ids=str,
)
def test_labels_keep_their_type(rng, labels):
    X = rng.normal(size=(60, 2))
    y = labels[np.arange(60) % len(labels)]
    est = MLPClassifier(**QUICK).fit(X, y)
    np.testing.assert_array_equal(est.classes_, np.unique(labels))
    answers, probabilities = est.predict(X), est.predict_proba(X)
    assert answers.dtype == est.classes_.dtype
    np.testing.assert_array_equal(answers, est.classes_[probabilities.argmax(axis=1)])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert est.score(X, y) == np.mean(answers == y)


def test_a_learnable_target_is_learned(rng):
    X = rng.normal(size=(200, 2))
    y = X[:, 0] * X[:, 1]
    assert MLPRegressor(max_iter=60).fit(X, y).score(X, y) > 0.9
    assert MLPClassifier(max_iter=60).fit(X, y > 0).score(X, y > 0) > 0.9


def test_rows_of_weight_0_do_not_count(rng):
    X = rng.normal(size=(60, 2))
    w = np.where(np.arange(60) < 50, 1.0, 0.0)
    y = X[:, 0].copy()
    spoiled = np.where(w > 0, y, 1e6)
    weighted = MLPRegressor((8,), max_iter=30).fit(X, spoiled, sample_weight=w)
    unweighted = MLPRegressor((8,), max_iter=30).fit(X, spoiled)
    assert np.abs(weighted.predict(X) - y).mean() < np.abs(unweighted.predict(X) - y).mean()


def test_class_weights_move_the_answers(rng):
    X = rng.normal(size=(120, 2))
    y = np.where(X[:, 0] + rng.normal(size=120) > 1.2, 1, 0)
    options = {"hidden_layer_sizes": (8,), "max_iter": 20}
    plain, heavy = (
        MLPClassifier(**options, class_weight=weight).fit(X, y).predict_proba(X)[:, 1].mean()
        for weight in (None, {1: 9.0})
    )
    assert heavy > plain
    with pytest.raises(InvalidParameter):
        MLPClassifier(**options, class_weight={7: 2.0}).fit(X, y)


def test_the_seed_decides(rng):
    X = rng.normal(size=(40, 2))
    y = X[:, 0]
    first, again, other, free = (
        MLPRegressor(**QUICK, random_state=seed).fit(X, y).predict(X) for seed in (1, 1, 2, None)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first != free).any()


@pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])
def test_manners_of_scikit_learn(rng, kind):
    X = rng.normal(size=(40, 2))
    y = X[:, 0] > 0
    est = kind(hidden_layer_sizes=5, max_iter=2)
    with pytest.raises(NotFittedError):
        est.predict(X)
    copy = clone(est)
    assert copy is not est
    assert copy.get_params() == est.get_params()
    assert est.set_params(max_iter=3).get_params()["max_iter"] == 3
    assert est.fit(X, y) is est
    assert len(est.predict(X[:1])) == 1
    assert kind(hidden_layer_sizes=5, max_iter=2).fit(X[:, :1], y).n_features_in_ == 1


@pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])
def test_pickles_hold_the_model_file(rng, kind):
    X = rng.normal(size=(40, 2))
    est = kind(**QUICK).fit(X, X[:, 0] > 0)
    again = pickle.loads(pickle.dumps(est))  # noqa: S301
    np.testing.assert_array_equal(again.predict(X), est.predict(X))
    est.model_.save("m.gradus")
    state = est.__getstate__()
    assert state["model_"] == Path("m.gradus").read_bytes()
    assert est.model_.predict(pd.DataFrame(X, columns=["x0", "x1"])) is not None
    state["model_"] = state["model_"][:-1]
    with pytest.raises(ModelFileError):
        kind().__setstate__(state)
    blank = pickle.loads(pickle.dumps(kind()))  # noqa: S301
    assert not hasattr(blank, "model_")


@pytest.mark.parametrize(
    ("X", "y", "sentence"),
    [
        (
            np.zeros(3),
            [1, 2, 3],
            (
                "X must have two dimensions, rows and columns; got an array of shape (3,). Reshape "
                "your data: a single column is X.reshape(-1, 1), a single row X.reshape(1, -1)."
            ),
        ),
        (np.zeros((0, 2)), [], "X must have at least one row and one column; got shape (0, 2)."),
        (np.zeros((3, 2)), [1, 2], "y must have one value for each of the 3 rows of X; got 2."),
        (
            np.zeros((3, 2)),
            np.zeros((3, 2)),
            "y must have one dimension, a value for each row; got shape (3, 2).",
        ),
        (
            np.zeros((3, 2)),
            [1, np.nan, 2],
            "y must hold a finite number in every row; row 1 holds nan.",
        ),
        (
            np.zeros((2, 2)),
            ["a", "b"],
            "y must hold numbers; could not convert string to float: np.str_('a').",
        ),
        (
            np.array([[1.0, np.inf], [1, 2]]),
            [1, 2],
            (
                "Column 'x1' of X must hold numbers that are finite, between -1e150 and 1e150; row "
                "1 holds inf."
            ),
        ),
    ],
)
def test_what_cannot_be_learned_from(X, y, sentence):
    with pytest.raises(DataError) as caught:
        MLPRegressor().fit(X, y)
    assert str(caught.value) == sentence


def test_what_cannot_be_labels():
    for y in ([1, None, 2], ["a", np.nan, "b"]):
        with pytest.raises(DataError) as caught:
            MLPClassifier().fit(np.zeros((3, 1)), np.array(y, dtype=object))
        assert str(caught.value) == "y must hold a label in every row; row 1 holds none."
    with pytest.raises(DataError) as caught:
        MLPClassifier().fit(np.zeros((3, 1)), ["a", "a ", "b"])
    assert str(caught.value) == ("y must hold labels that are spelled differently and not empty.")


def test_rows_unlike_those_of_fit(rng):
    X = rng.normal(size=(40, 2))
    frame = pd.DataFrame(X, columns=["a", "b"])
    of_array = MLPRegressor(**QUICK).fit(X, X[:, 0])
    of_frame = MLPRegressor(**QUICK).fit(frame, X[:, 0])
    with pytest.raises(DataError) as caught:
        of_array.predict(X[:, :1])
    assert str(caught.value) == (
        "X has 1 features, but MLPRegressor is expecting 2 features as input."
    )
    with pytest.raises(DataError) as caught:
        of_array.predict(frame)
    assert str(caught.value) == (
        "X must be an array of 2 columns, as it was in fit(); got a data frame."
    )
    with pytest.raises(DataError, match="'b'"):
        of_frame.predict(frame[["a"]])


def test_only_the_bounds_that_were_made(rng):
    X = rng.normal(size=(40, 2))
    with pytest.raises(InvalidParameter) as caught:
        MLPRegressor(**QUICK).fit(X, X[:, 0]).predict(X, interval=0.5)
    assert str(caught.value) == (
        "interval must be 0.9, the share of true values that the bounds are made to hold; got 0.5."
    )


def test_the_target_may_be_called_like_a_column(rng):
    X = pd.DataFrame({"y": rng.normal(size=40), "sample_weight": rng.normal(size=40)})
    est = MLPRegressor(**QUICK).fit(X, X["y"], sample_weight=np.ones(40))
    assert est.model_.target == "y_"
    assert est.feature_names_in_.tolist() == ["y", "sample_weight"]


@pytest.mark.parametrize(
    ("X", "y", "told"),
    [
        (np.ones((3, 2)) + 1j, [1, 2, 3], "X must hold no complex numbers; it is of type complex"),
        (np.eye(3), np.arange(3) + 1j, "y must hold no complex numbers; it is of type complex128."),
        ([[1, 2], [3], [4, 5]], [1, 2, 3], "X must have rows of equal length; "),
        (np.eye(3), [[1], [2, 3], [4]], "y must have rows of equal length; "),
        (
            np.eye(2),
            pd.array([1, None], dtype="Int64"),
            "y must hold a finite number in every row; ",
        ),
    ],
)
def test_numbers_that_are_none(X, y, told):
    with pytest.raises(DataError) as caught:
        MLPRegressor().fit(X, y)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (np.array([1, "a", 2.5], dtype=object),
         "y must hold labels of one type, such as texts; they are 'float', 'int', 'str'."),
        (pd.array(["a", None, "b"], dtype="string"),
         "y must hold a label in every row; row 1 holds none."),
        ([1j, 2j, 3j], "y must hold no complex numbers; it is of type complex128."),
    ],
)  # fmt: skip
def test_labels_that_are_none(y, told):
    with pytest.raises(DataError) as caught:
        MLPClassifier().fit(np.eye(3), y)
    assert str(caught.value) == told
