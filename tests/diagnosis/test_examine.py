"""`gradus.examine`: trains as `Network.train` does, names the problem, tries the cure."""

import numpy as np
import pytest

from gradus import (
    Adam,
    Cosine,
    Dense,
    EarlyStopping,
    GradientDescent,
    InvalidParameter,
    LevenbergMarquardt,
    Network,
)
from gradus.diagnosis import problems
from gradus.diagnosis.examine import examine
from gradus.diagnosis.measures import Measures


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(400, 4))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=400)


def network(width=16, activation="tanh", **options):
    return Network(4, [Dense(width, activation), Dense(1)], **options)


def test_it_trains_to_the_same_bits(rows):
    one, other = network(), network()
    other.train(*rows, Adam(0.01), epochs=20, batch_size=32)
    found = examine(one, *rows, Adam(0.01), epochs=20, batch_size=32)
    np.testing.assert_array_equal(one.params, other.params)
    assert found.run.history.loss[-1] > 0


@pytest.mark.parametrize("rule", [Adam(0.01), LevenbergMarquardt()], ids=["adam", "lm"])
def test_it_is_silent_where_all_is_well(rows, rule):
    options = {} if isinstance(rule, LevenbergMarquardt) else {"batch_size": 32}
    X, y = rows
    unseen = {"X_unseen": X[300:], "y_unseen": y[300:]}
    found = examine(network(), X[:300], y[:300], rule, epochs=60, **options, **unseen)
    assert found.finding is None
    assert found.try_remedy() is None


def test_a_divergence_is_a_finding(rows):
    found = examine(network(), *rows, GradientDescent(50.0), epochs=20, batch_size=32)
    assert found.run is None
    assert "Lower learning_rate (now 50)" in found.case.failure
    assert found.finding.problem == "rate too high"
    trial = found.try_remedy()
    assert trial.helps
    assert trial.loss_after < trial.loss_before
    assert "learning rate" in trial.sentence


def test_float32_networks(rows):
    found = examine(network(dtype="float32"), *rows, Adam(1e-6), epochs=20, batch_size=32)
    assert found.finding.problem == "rate too low"
    assert found.try_remedy().helps


@pytest.mark.parametrize(("width", "is_outdone"), [(1, True), (16, False)])
def test_a_wider_network_does_better_on_unseen_rows(rows, width, is_outdone):
    X, y = rows
    unseen = {"X_unseen": X[300:], "y_unseen": y[300:]}
    options = {"epochs": 100, "batch_size": 32, "early_stopping": EarlyStopping(0.1)}
    found = examine(network(width), X[:300], y[:300], Adam(Cosine(0.02)), **options, **unseen)
    outdone = problems.outdone(Measures(found.case))
    assert (outdone is not None) == is_outdone
    if outdone:
        assert outdone.evidence["of a wider network"] < outdone.evidence["loss on unseen rows"]
        assert found.finding.problem == outdone.problem == "underfitting"


def test_weighted_rows(rows, rng):
    weights = rng.uniform(0.5, 2, size=400)
    given = {"sample_weight": weights, "epochs": 20, "batch_size": 32}
    found = examine(network(), *rows, Adam(1e-6), **given)
    assert found.finding.problem == "rate too low"


def test_unseen_rows_come_in_pairs(rows):
    with pytest.raises(InvalidParameter, match="X_unseen and y_unseen must be given together"):
        examine(network(), *rows, Adam(), X_unseen=rows[0])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_rows_are_no_reason_to_fail(rows, n):
    X, y = rows
    examine(network(), X[:n], y[:n], Adam(0.01), epochs=3)


def test_one_class(rng):
    net = Network(2, [Dense(4, "tanh"), Dense(2)], "cross_entropy")
    examine(net, rng.normal(size=(50, 2)), np.zeros(50), Adam(0.01), epochs=3)


def test_huge_values(rng):
    X = rng.normal(size=(100, 2)) * 1e150
    found = examine(Network(2, [Dense(4, "relu"), Dense(1)]), X, X[:, 0], Adam(0.01), epochs=3)
    assert found.finding.problem in {"unscaled inputs", "bad data"}
