"""The seam lets groups, an order and classes decide which rows early stopping judges by."""

import numpy as np
import pytest

from gradus.errors import DataError, ShapeMismatch
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam
from gradus.training import train as seam
from gradus.training.folds import holdout
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train
from tests.training.helpers import SPEC


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_groups_order_and_classes_decide_who_is_held_out(problem, monkeypatch, loss):
    judging = []
    original = seam.train_network

    def listening(spec, params, batches, validation, *args, **options):
        judging.append(np.sort(validation.X[:, 0]))
        return original(spec, params, batches, validation, *args, **options)

    monkeypatch.setattr(seam, "train_network", listening)
    X = problem[0]
    is_class = loss == "cross_entropy"
    y = (X[:, 0] > 1).astype(float) if is_class else problem[1][:, 0]
    spec = NetworkSpec(3, (Dense(1 + is_class),), loss)
    groups, order = np.arange(len(X)) // 4, X[:, 0]
    folds = np.where(np.arange(len(X)) % 8 < 4, 0, -1)
    plan = Plan(Adam(0.02), epochs=1, batch_size=16, early_stopping=EarlyStopping(0.2, 5))
    rows = np.flatnonzero(folds != 0)
    for given in ({}, {"groups": groups}, {"order": order}, {"groups": groups, "order": order}):
        train(spec, X, y, None, folds, plan, **given)
        expected = holdout(rows, 0.2, 0, **given, classes=y if is_class else None)[1]
        assert np.array_equal(judging.pop(), np.sort(X[expected, 0]))


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        (
            {"groups": np.zeros(3, dtype=int)},
            ShapeMismatch,
            "groups must have shape (n_samples,) = (6,); got (3,).",
        ),
        ({"groups": np.zeros(6)}, DataError, "groups must be whole numbers; got float64."),
        (
            {"order": np.zeros((6, 1))},
            ShapeMismatch,
            "order must have shape (n_samples,) = (6,); got (6, 1).",
        ),
        ({"order": np.array(list("abcdef"))}, DataError, "order must be numbers; got <U1."),
        (
            {"order": np.array([0, 1, np.nan, 3, 4, 5])},
            DataError,
            "order must hold finite numbers; got nan in row 2.",
        ),
    ],
    ids=["short", "floats", "deep", "words", "nan"],
)
def test_groups_and_orders_that_make_no_sense_are_refused(given, error, sentence):
    with pytest.raises(error) as caught:
        train(
            SPEC,
            np.ones((6, 3)),
            np.ones(6),
            None,
            None,
            Plan(Adam(), epochs=1, engine="reference"),
            **given,
        )
    assert str(caught.value) == sentence
