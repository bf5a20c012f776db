"""The penalty estimated on the way: MacKay's equations, their end, and where they do not hold."""

import numpy as np
import pytest

from gradus.engines.registry import ENGINE_NAMES
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.models.network import Network
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.second_order.evidence import estimate_l2
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training import full_batch
from gradus.training.plan import Plan
from tests.training.helpers import bits, trained

LM, BAYES = LevenbergMarquardt(), LevenbergMarquardt(bayesian=True)
each_engine = pytest.mark.parametrize("engine", ENGINE_NAMES)


@pytest.fixture
def rows(rng):
    """Rows X (90, 3) and y (90, 1) of a smooth function with some noise."""
    X = rng.normal(size=(90, 3))
    return X, np.sin(X).sum(axis=1, keepdims=True) + 0.3 * rng.normal(size=(90, 1))


class Given:
    """A problem and a system of which everything is given: two weights and a bias."""

    is_weight, l2, n_errors = np.array([True, True, False]), 0.5, 10.0

    def loss(self, params):  # noqa: ARG002 one signature
        return 0.3

    def inverse_diagonal(self, damping):
        return None if damping < 1e-3 else np.array([1.0, 0.6, 7.0])


def test_one_estimate_by_hand():
    """gamma = 3 - 0.5 * 1.6 = 2.2; l2 = 2 * 1.2 * 0.3 / (5 * (10 - 2.2))."""
    l2, gamma = estimate_l2(Given(), Given(), np.array([1.0, 2, 100]), 1e-5)
    assert gamma == pytest.approx(2.2, rel=1e-15)
    assert l2 == pytest.approx(0.72 / 39, rel=1e-15)
    assert estimate_l2(Given(), Given(), np.array([0.0, 0, 100]), 1e-5)[0] == Given.l2


def evidence(A, n_weights, y, weights, l2):
    """Iterate [Mac92]'s equations for a linear model with M errors until they stand."""
    M = weights.sum()
    for _ in range(500):
        data = 2 / M * A.T @ (weights[:, None] * A)
        H = data + np.diag(np.r_[np.full(n_weights, l2), np.zeros(A.shape[1] - n_weights)])
        p = np.linalg.solve(H, 2 / M * A.T @ (weights * y))
        gamma = np.trace(data @ np.linalg.inv(H))
        alpha = (gamma - A.shape[1] + n_weights) / (2 * np.sum(p[:n_weights] ** 2))
        beta = (M - gamma) / (2 * np.sum(weights * (A @ p - y) ** 2))
        l2 = 2 * alpha / (beta * M)
    return p, l2, gamma


@each_engine
@pytest.mark.parametrize("first", [0.0, 0.3])
def test_the_evidence_of_a_line(engine, first, rng):
    X, weights = rng.normal(size=(30, 4)), rng.integers(1, 4, size=30).astype(float)
    y = X @ [1.0, 0.1, 0, -0.5] + 2 + 0.7 * rng.normal(size=30)
    spec, plan = NetworkSpec(4, (Dense(1),), l2=first), Plan(BAYES, epochs=200, engine=engine)
    outcome = trained(plan, X, y[:, None], weights=weights, spec=spec)
    params, l2, gamma = evidence(np.c_[X, np.ones(30)], 4, y, weights, 0.1)
    assert 1 < gamma < 5
    assert outcome.told == pytest.approx({"l2": l2, "n_effective": gamma}, rel=1e-6)
    np.testing.assert_allclose(outcome.params, params, rtol=1e-6)
    # A weight counts as so many rows.
    rows = np.repeat(np.arange(30), weights.astype(int))
    copied = trained(plan, X[rows], y[rows][:, None], spec=spec)
    assert copied.told == pytest.approx(outcome.told, rel=1e-9)


def test_the_estimated_penalty_spares_noise(rng):
    X = rng.uniform(-1, 1, size=(500, 3))
    true = np.sin(3 * X[:, :1]) + X[:, 1:2] * X[:, 2:]
    y, spec = (
        true + 0.2 * rng.normal(size=true.shape),
        NetworkSpec(3, (Dense(25, "tanh"), Dense(1))),
    )
    errors = []
    for rule in (LM, BAYES):
        outcome = trained(Plan(rule, epochs=100), X[:150], y[:150], spec=spec)
        answers = make_engine("native").outputs(spec, outcome.params, X[150:])
        errors.append(np.sqrt(np.mean((answers - true[150:]) ** 2)))
    # Of 30 draws the worst ratio was 0.63, and the worst error 0.22.
    assert errors[1] < 0.8 * errors[0]
    assert errors[1] < 0.3


def test_a_run_is_continued_with_its_penalty(rows, tmp_path, monkeypatch):
    plan, path = Plan(BAYES, epochs=12), tmp_path / "run.checkpoint"
    whole = trained(plan, *rows)

    def enough(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(full_batch.RowsProblem, "with_l2", after_calls(6, enough))
        with pytest.raises(KeyboardInterrupt):
            trained(plan, *rows, file=(path, 0))
    again = trained(plan, *rows, file=(path, 0))
    assert bits(again) == bits(whole)
    assert again.told == whole.told


def after_calls(n, then):
    """Act as `RowsProblem.with_l2` n times."""
    inner, calls = full_batch.RowsProblem.with_l2, []

    def with_l2(self, l2):
        calls.append(l2)
        return inner(self, l2) if len(calls) <= n else then(self)

    return with_l2


def test_the_penalty_of_other_losses_is_not_estimated(rows):
    X, y = rows
    spec = NetworkSpec(3, (Dense(1),), "binary_cross_entropy")
    sentence = "^bayesian must be False with another loss than 'squared_error'; got True.$"
    with pytest.raises(InvalidParameter, match=sentence):
        trained(Plan(BAYES, epochs=2), X, (y > 0).astype(float), spec=spec)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("size", [1e-170, 1e-158, 1e-155, 1e-100, 1e100])
@pytest.mark.parametrize("n_rows", [1, 30])
def test_estimates_at_the_ends_of_what_can_be_written(rng, bias, size, n_rows):
    X, spec = rng.normal(size=(n_rows, 2)), (Dense(3, "tanh", bias=bias), Dense(1, bias=bias))
    for inputs, y in ((X * size, np.full(n_rows, 5.0)), (X, np.full(n_rows, size))):
        network = Network(2, spec)
        run = network.train(inputs, y, LevenbergMarquardt(bayesian=True), epochs=60)
        assert np.isfinite(network.params).all()
        assert all(np.isfinite(number) for number in run.told.values())
