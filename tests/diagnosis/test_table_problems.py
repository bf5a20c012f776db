"""Copies, contradictions and giveaways, with their numbers worked by hand."""

import numpy as np
import pytest

from gradus import Adam, Dense, Network, examine
from gradus.diagnosis.table_problems import bad_data
from tests.diagnosis.cases import case_of


def test_good_rows():
    assert bad_data(case_of()) is None


def test_copies_among_unseen_rows():
    case = case_of()
    unseen = np.vstack([case.X[:5], case.X[:15] + 1]), np.vstack([case.y[:5], case.y[:15]])
    found = bad_data(case_of(unseen=unseen))
    assert found.problem == "bad data"
    assert found.evidence["share of copies"] == 0.25


def test_contradictions(rng):
    """Pairs of equal inputs with answers 0 and 1: all of the variance."""
    X = np.repeat(rng.normal(size=(50, 3)), 2, axis=0)
    found = bad_data(case_of(X=X, y=np.tile([0.0, 1.0], 50)))
    assert found.evidence["share of the error"] == pytest.approx(1.0)


def test_contradicting_classes(rng):
    """One of three rows of each kind is of the other class: its share of the variance is known."""
    X = np.repeat(rng.normal(size=(40, 3)), 3, axis=0)
    y = np.tile([0.0, 0.0, 1.0], 40)
    network = Network(3, [Dense(4, "tanh"), Dense(2)], "cross_entropy")
    found = bad_data(case_of(network, X, y))
    assert found.evidence["share of the error"] == pytest.approx(1.0)


def test_an_input_that_repeats_the_answer(rng):
    X = rng.normal(size=(200, 3))
    found = bad_data(case_of(X=X, y=3 - 2 * X[:, 1]))
    assert found.evidence["column"] == 1


def test_an_input_that_tells_classes_apart(rng):
    X = rng.normal(size=(200, 3))
    network = Network(3, [Dense(4, "tanh"), Dense(3)], "cross_entropy")
    found = bad_data(case_of(network, X, np.digitize(X[:, 2], [-0.5, 0.5]).astype(float)))
    assert found.evidence["column"] == 2


def test_constant_columns_repeat_nothing():
    X = np.random.default_rng(1).normal(size=(200, 3))
    X[:, 1] = 0.1
    assert bad_data(case_of(X=X, y=X[:, 0] + X[:, 2])) is None


def test_a_giveaway_among_many_inputs(rng):
    """Tied numbers and rare classes are no reason to pass one over."""
    X = np.round(rng.normal(size=(300, 40)))
    y = (np.abs(X[:, 31]) > 1.5).astype(float) + (X[:, 31] > 1.5)
    network = Network(40, [Dense(4, "tanh"), Dense(3)], "cross_entropy")
    assert bad_data(case_of(network, X, y)).evidence["column"] == 31


def test_unseen_rows_help_to_find_that_there_is_something_to_learn(rng):
    """Thirty rows of noise in a network that knows them by heart: overfitting, not nothing."""
    X, unseen = rng.normal(size=(30, 8)), rng.normal(size=(600, 8))
    y, other = (0.4 * rows[:, 0] + rng.normal(size=len(rows)) for rows in (X, unseen))
    found = examine(
        Network(8, [Dense(64, "relu"), Dense(1)]),
        *(X, y, Adam(0.01)),
        epochs=500,
        batch_size=10,
        X_unseen=unseen,
        y_unseen=other,
    ).finding
    assert found.problem == "overfitting"
