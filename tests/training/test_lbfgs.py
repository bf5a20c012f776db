"""L-BFGS in a training: how it ends, what is kept, and scikit-learn's own numbers."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.engines.registry import engine as make_engine
from gradus.errors import Diverged
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.training import history, loop
from gradus.training.control import Control
from gradus.training.loop import train_network
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train
from tests.training.helpers import SPEC, bits, prepared, trained


@pytest.fixture(autouse=True)
def all_epochs(monkeypatch):
    """Keep every epoch in the history, however short it is."""
    monkeypatch.setattr(history, "_SHORT_EPOCH", 0.0)


@pytest.mark.oracle
@pytest.mark.parametrize("n_steps", [1, 4, 12])
def test_it_makes_scikit_learn_s_iterations(problem, n_steps):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    X, y = problem
    theirs = MLPRegressor(
        hidden_layer_sizes=(5,),
        activation="tanh",
        solver="lbfgs",
        alpha=0.09,
        tol=1e-9,
        max_iter=n_steps,
        warm_start=True,
    )
    with pytest.warns(ConvergenceWarning):
        theirs.fit(X, y[:, 0])
    start = initial_params(SPEC, 0)
    theirs.coefs_ = [start[:15].reshape(3, 5).copy(), start[20:25].reshape(5, 1).copy()]
    theirs.intercepts_ = [start[15:20].copy(), start[25:].copy()]
    with pytest.warns(ConvergenceWarning):
        theirs.fit(X, y[:, 0])
    expected = [theirs.coefs_[0], theirs.intercepts_[0], theirs.coefs_[1], theirs.intercepts_[1]]
    machine = make_engine("native")

    class Halved:
        """The objective of scikit-learn, half of ours; its penalty is alpha / (2 n)."""

        def gradient(self, params):
            loss, grads = machine.gradient(replace(SPEC, l2=2e-3), params, X, y)
            weights = np.r_[params[:15], params[20:25]]
            return (loss + 1e-3 * float(weights @ weights)) / 2, grads / 2

    rule, params = LBFGS(tolerance=1e-9), start
    slots, scalars = np.zeros((rule.n_slots, 26)), np.zeros(rule.n_scalars)
    for _ in range(n_steps):
        step = rule.step(Halved(), params, slots, scalars)
        step.write(slots)
        params, scalars = step.params, step.scalars
    np.testing.assert_allclose(
        params, np.concatenate([part.ravel() for part in expected]), rtol=1e-7, atol=1e-8
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_converges(engine, problem, dtype):
    plan = Plan(LBFGS(), epochs=1000, engine=engine, dtype=dtype)
    outcome = trained(plan, *problem)
    assert outcome.stopped_because == "converged"
    assert outcome.params.dtype == dtype
    assert outcome.best_epoch == len(outcome.history)
    assert outcome.history.loss[-1] < 0.2 * outcome.history.loss[0]
    assert np.isnan(outcome.history.learning_rate).all()


def test_both_engines_go_the_same_way(problem):
    ways = [
        trained(Plan(LBFGS(), epochs=8, engine=name), *problem) for name in ("native", "reference")
    ]
    np.testing.assert_allclose(ways[0].params, ways[1].params, rtol=1e-8)


def test_it_ends_when_the_evaluations_are_used_up(engine, problem):
    plan = Plan(LBFGS(max_evaluations=7), epochs=99, engine=engine)
    outcome = trained(plan, *problem)
    assert outcome.stopped_because == "evaluations"
    expected = trained(Plan(LBFGS(), epochs=outcome.best_epoch, engine=engine), *problem)
    assert 0 < outcome.best_epoch <= 7
    assert outcome.params.tobytes() == expected.params.tobytes()


def test_the_weights_of_the_best_epoch_come_back(engine, rng):
    X, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 1))
    stopping = EarlyStopping(0.4, patience=5)
    plan = Plan(LBFGS(), epochs=300, engine=engine, early_stopping=stopping)
    outcome = trained(plan, X, y)
    losses = outcome.history.validation_loss
    assert outcome.stopped_because == "early_stopping"
    assert outcome.best_epoch == 1 + int(np.argmin(losses))
    _, _, held = prepared(plan, X, y)
    assert make_engine(engine).evaluate(SPEC, outcome.params, held.X, held.y)[0] == losses.min()


class Ending:
    """An engine that does something at one of its gradients."""

    def __init__(self, engine, at, end):
        self.engine, self.left, self.end = engine, at, end

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def gradient(self, *args):
        self.left -= 1
        if self.left == 0:
            self.end()
        return self.engine.gradient(*args)


@pytest.mark.parametrize("at", [1, 2, 3, 9])
@pytest.mark.parametrize("reason", ["interrupted", "time_limit"])
def test_an_iteration_cut_short_is_dropped_whole(engine, problem, monkeypatch, at, reason):
    now, control = [0.0], Control(time_limit=1.0)
    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])

    def end():
        if reason == "interrupted":
            control.cancel[0] = 1
        else:
            now[0] = 2.0

    plan = Plan(LBFGS(), epochs=99, engine=engine)
    machine = Ending(make_engine(engine, 1), at, end)
    outcome = trained(plan, *problem, engine=machine, control=control)
    assert outcome.stopped_because == reason
    expected = initial_params(SPEC, 0)
    if outcome.best_epoch:
        expected = trained(replace(plan, epochs=outcome.best_epoch), *problem).params
    assert outcome.params.tobytes() == expected.tobytes()
    assert outcome.best_epoch == len(outcome.history) < at


class Killed(Exception):
    pass


def kill_after(epoch):
    def report(progress):
        if progress.epoch == epoch:
            raise Killed

    return Control(report=report)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_run_is_continued_with_its_memory(engine, problem, tmp_path, dtype, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 1)
    plan = Plan(LBFGS(), epochs=40, engine=engine, dtype=dtype)
    whole, path = trained(plan, *problem), tmp_path / "run.checkpoint"
    with pytest.raises(Killed):
        trained(plan, *problem, control=kill_after(15), file=(path, 0))
    assert bits(trained(plan, *problem, file=(path, 0))) == bits(whole)


@pytest.mark.parametrize("rule", [LBFGS(tolerance=0.0), LBFGS(max_evaluations=9)])
def test_a_finished_run_is_read_and_not_repeated(problem, tmp_path, rule):
    plan, path = Plan(rule, epochs=10**5), tmp_path / "run.checkpoint"
    finished = trained(plan, *problem, file=(path, 30))
    assert finished.stopped_because in {"converged", "evaluations"}
    assert bits(trained(plan, *problem, file=(path, 30))) == bits(finished)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_networks_of_folds_are_those_trained_alone(problem, dtype):
    X, y = problem
    folds = np.arange(len(X)) % 3
    plan = Plan(LBFGS(), epochs=15, dtype=dtype, n_threads=2)
    together = train(SPEC, X, y, None, folds, plan)
    for fold in range(3):
        rows = folds != fold
        alone = train(SPEC, X[rows], y[rows], None, None, replace(plan, seed=fold))
        assert together.params[fold].tobytes() == alone.params[0].tobytes()
    assert np.isfinite(together.out_of_fold).all()


def test_a_row_of_weight_two_counts_twice(engine, problem):
    X, y = problem
    weights = np.where(np.arange(len(X)) < 30, 2.0, 1.0)
    plan = Plan(LBFGS(), epochs=5, engine=engine)
    weighted = trained(plan, X, y, weights=weights)
    doubled = trained(plan, np.vstack([X, X[:30]]), np.vstack([y, y[:30]]))
    np.testing.assert_allclose(weighted.params, doubled.params, rtol=1e-9)


def test_embeddings_are_learned(engine, rng):
    levels = rng.integers(0, 4, size=80)
    X, y = levels[:, None].astype(float), np.array([[1.0], [-2.0], [0.5], [3.0]])[levels]
    spec = NetworkSpec(1, (Dense(3, "tanh"), Dense(1)), embeddings=(Embedding(4, 2),))
    outcome = trained(Plan(LBFGS(tolerance=1e-8), epochs=400, engine=engine), X, y, spec=spec)
    assert make_engine(engine).evaluate(spec, outcome.params, X, y)[0] < 1e-6


@pytest.mark.parametrize(("size", "weight", "what"), [(1e200, 0.1, "Loss"), (1e170, 1e-20, "Grad")])
def test_a_start_that_is_not_finite_is_told(engine, size, weight, what):
    """The loss overflows; or the loss does not, and its gradient does."""
    X, y = np.full((2, 1), size), np.zeros((2, 1))
    line, start = NetworkSpec(1, (Dense(1, bias=False),)), np.array([weight])
    _, batches, _ = prepared(Plan(LBFGS(), engine=engine), X, y, spec=line)
    outcome = train_network(
        line, start, batches, None, Plan(LBFGS()), engine=make_engine(engine), control=Control()
    )
    assert outcome.stopped_because == "diverged"
    assert isinstance(outcome.failure, Diverged)
    assert str(outcome.failure).startswith(what)
    assert outcome.params.tobytes() == start.tobytes()
