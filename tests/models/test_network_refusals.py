"""What does not fit a network is answered with one sentence."""

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter, ShapeMismatch
from gradus.models.network import Network
from gradus.networks.spec import Dense
from gradus.optimizers.rules import Adam


def made(loss="squared_error"):
    return Network(3, [Dense(5, "tanh"), Dense(4 if loss == "cross_entropy" else 1)], loss=loss)


X, Y = np.ones((4, 3)), np.ones(4)
HINT = "Write X.reshape(1, -1) for one row, or X.reshape(-1, 1) for one column."
WRONG = {
    f"X must have shape (n_samples, 3); got (3,). {HINT}": (
        lambda net: net.predict(np.ones(3)),
        ShapeMismatch,
    ),
    "X must have shape (n_samples, 3); got (4, 2).": (
        lambda net: net.predict(np.ones((4, 2))),
        ShapeMismatch,
    ),
    "y must have one row for each of X, 4; got 5.": (
        lambda net: net.loss(X, np.ones(5)),
        ShapeMismatch,
    ),
    "sample_weight must hold numbers of at least 0; got -1 in row 3.": (
        lambda net: net.gradient(X, Y, [1, 1, 1, -1]),
        DataError,
    ),
    "sample_weight must have shape (n_samples,) = (4,); got (2,).": (
        lambda net: net.train(X, Y, Adam(), sample_weight=[1, 1]),
        ShapeMismatch,
    ),
    "X_val and y_val must be given together; got only one of them.": (
        lambda net: net.train(X, Y, Adam(), X_val=X),
        InvalidParameter,
    ),
    "X_val must hold at least one row to judge by; got none.": (
        lambda net: net.train(X, Y, Adam(), X_val=X[:0], y_val=Y[:0]),
        DataError,
    ),
    "y_val must hold finite float64 numbers; got nan in row 3, column 0.": (
        lambda net: net.train(X, Y, Adam(), X_val=X, y_val=[1, 2, 3, np.nan]),
        DataError,
    ),
    "rule must be an update rule, a full-batch method or Automatic; got 'adam'.": (
        lambda net: net.train(X, Y, "adam"),
        InvalidParameter,
    ),
    "checkpoint_interval must be a finite number at least 0; got -1.": (
        lambda net: net.train(X, Y, Adam(), checkpoint="c", checkpoint_interval=-1),
        InvalidParameter,
    ),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_does_not_fit_is_answered_with_a_sentence(sentence):
    call, error = WRONG[sentence]
    with pytest.raises(error) as caught:
        call(made())
    assert str(caught.value) == sentence


def test_classes_must_be_whole_numbers():
    with pytest.raises(DataError) as caught:
        made("cross_entropy").train(X, [0, 1, 2, 4], Adam())
    assert str(caught.value) == (
        "y must hold class ids from 0 to 3 with loss='cross_entropy'; got 4 in row 3."
    )
