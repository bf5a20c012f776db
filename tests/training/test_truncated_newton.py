"""Truncated Newton in a training: minima in few iterations, saddles left, limits and files kept."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from gradus.engines.registry import engine as make_engine
from gradus.networks.initializers import initial_params
from gradus.networks.params import weight_mask
from gradus.networks.penalties import l2_penalty
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.second_order.truncated_newton import TruncatedNewton
from gradus.training import history, loop
from gradus.training.control import Control
from gradus.training.loop import train_network
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train
from tests.training.helpers import SPEC, bits, prepared, trained

CURVATURES = ["hessian", "gauss_newton"]
CASES = {
    "squared error": (SPEC, 0),
    "two classes": (replace(SPEC, loss="binary_cross_entropy"), 2),
    "classes": (
        NetworkSpec(3, (Dense(4, "sigmoid"), Dense(3)), loss="cross_entropy", l2=1e-2),
        3,
    ),
}


@pytest.fixture(autouse=True)
def all_epochs(monkeypatch):
    """Keep every epoch in the history, however short it is."""
    monkeypatch.setattr(history, "_SHORT_EPOCH", 0.0)


@pytest.fixture(params=CURVATURES)
def rule(request):
    return TruncatedNewton(request.param)


def objective(spec, params, X, y, weights=None):
    params = params.astype(float)
    loss, grads = make_engine("reference").gradient(spec, params, X, y, weights)
    return loss + float(l2_penalty(params, weight_mask(spec), spec.l2)), grads


def targets(case, y):
    spec, n_classes = CASES[case]
    if n_classes:
        y = (np.argsort(np.argsort(y, axis=0), axis=0) * n_classes // len(y)).astype(float)
    return spec, y


@pytest.mark.parametrize("case", CASES)
def test_a_minimum_is_reached_to_its_last_digits(engine, problem, rng, case):
    spec, y = targets(case, problem[1])
    X, weights = problem[0], rng.integers(0, 3, size=len(y)).astype(float)
    outcome = trained(Plan(TruncatedNewton(), epochs=200, engine=engine), X, y, weights=weights,
                      spec=spec)  # fmt: skip
    assert outcome.stopped_because == "converged"
    assert outcome.best_epoch < 150
    found, grads = objective(spec, outcome.params, X, y, weights)
    assert np.linalg.norm(grads) < 1e-8
    # Where L-BFGS of SciPy begins at this minimum it finds nothing lower.
    again = minimize(
        lambda params: objective(spec, params, X, y, weights),
        outcome.params,
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 0, "ftol": 0},
    )
    assert again.fun == pytest.approx(found, rel=1e-13)


def test_the_last_steps_are_newton_s(problem):
    """The gradient shrinks faster and faster; steepest descent would keep one pace."""
    norms = trained(Plan(TruncatedNewton(), epochs=200), *problem).history.gradient_norm
    paces = -np.diff(np.log(norms[-3:]))
    assert paces[0] > 0.5
    assert paces[1] > 1.3 * paces[0]


def test_a_linear_model_takes_few_iterations(engine, rule, problem):
    X, y = problem
    line = NetworkSpec(3, (Dense(1),), l2=1e-3)
    outcome = trained(Plan(rule, epochs=50, engine=engine), X, y, spec=line)
    # Half the mean square is least where (A'A + n l2 / 2 D) theta = A'y.
    A, bends = np.c_[X, np.ones(len(X))], np.diag([1.0, 1, 1, 0])
    exact = np.linalg.solve(A.T @ A + len(X) * 5e-4 * bends, A.T @ y)
    assert outcome.best_epoch < 10
    np.testing.assert_allclose(outcome.params, exact[:, 0], rtol=1e-7)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_the_objective_falls_in_every_epoch(engine, rule, problem, dtype, case):
    spec, y = targets(case, problem[1])
    X = problem[0]
    plan = Plan(rule, epochs=60, engine=engine, dtype=dtype)
    outcome = trained(plan, X, y, spec=spec)
    assert outcome.params.dtype == dtype
    ends = [trained(replace(plan, epochs=k), X, y, spec=spec).params for k in (1, 2, 3, 5, 8)]
    points = [initial_params(spec, 0), *ends, outcome.params]
    assert (np.diff([objective(spec, params, X, y)[0] for params in points]) < 0).all()


SADDLE = NetworkSpec(1, (Dense(1, "tanh", bias=False), Dense(1, bias=False)))


def from_point(start, X, y, plan, spec=SADDLE):
    _, batches, _ = prepared(plan, X, y, spec=spec)
    params = np.array(start, dtype=plan.dtype)
    machine = make_engine(plan.engine, 1)
    return train_network(spec, params, batches, None, plan, engine=machine, control=Control())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("tiny", [0.0, 1e-20, 1e-9, 1e-3])
def test_a_saddle_is_left(engine, rng, dtype, tiny):
    """With both weights 0 the gradient is 0, and the objective bends down along (1, 1)."""
    X = rng.normal(size=(30, 1))
    y = np.tanh(0.8 * X)
    plan = Plan(TruncatedNewton(), epochs=60, engine=engine, dtype=dtype)
    outcome = from_point([tiny, -tiny], X.astype(dtype), y.astype(dtype), plan)
    assert outcome.stopped_because == "converged"
    assert abs(outcome.params[0]) == pytest.approx(0.8, rel=1e-2)
    assert outcome.history.loss[-1] < 1e-4 * outcome.history.loss[0]


def test_the_gauss_newton_matrix_sees_no_saddle(rng):
    X = rng.normal(size=(30, 1))
    outcome = from_point([0, 0], X, np.tanh(X), Plan(TruncatedNewton("gauss_newton"), epochs=9))
    assert outcome.stopped_because == "converged"
    assert outcome.best_epoch == 0


def test_a_perfect_fit_is_left_alone(engine, rule):
    X = np.array([[1.0], [2.0]])
    line = NetworkSpec(1, (Dense(1, bias=False),))
    outcome = from_point([2.0], X, 2 * X, Plan(rule, epochs=9, engine=engine), line)
    assert outcome.stopped_because == "converged"
    assert outcome.best_epoch == 0


def test_early_stopping_and_slices(rule, problem, monkeypatch):
    plan = Plan(rule, epochs=60, early_stopping=EarlyStopping(0.3, patience=3))
    whole = trained(plan, *problem)
    monkeypatch.setattr(loop, "_SLICE_SECONDS", 0.0)
    assert bits(trained(plan, *problem)) == bits(whole)
    best = np.nanargmin(whole.history.validation_loss)
    assert whole.best_epoch == whole.history.epoch[best]


class Killed(Exception):
    pass


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_run_is_continued_with_its_memory(rule, problem, tmp_path, dtype, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 1)
    plan, path = Plan(rule, epochs=20, dtype=dtype), tmp_path / "run.checkpoint"

    def report(progress):
        if progress.epoch == 5:
            raise Killed

    with pytest.raises(Killed):
        trained(plan, *problem, control=Control(report=report), file=(path, 0))
    assert bits(trained(plan, *problem, file=(path, 0))) == bits(trained(plan, *problem))


@pytest.mark.parametrize("at", [1, 2, 15, 40])
def test_an_iteration_cut_short_among_its_products_is_dropped_whole(problem, at):
    control, machine = Control(), make_engine("native", 1)

    class Cancelling:
        left = at

        def __getattr__(self, name):
            return getattr(machine, name)

        def hvp(self, *args):
            self.left -= 1
            control.cancel[0] = self.left <= 0
            return machine.hvp(*args)

    plan = Plan(TruncatedNewton(), epochs=60)
    outcome = trained(plan, *problem, engine=Cancelling(), control=control)
    assert outcome.stopped_because == "interrupted"
    expected = initial_params(SPEC, 0)
    if outcome.best_epoch:
        expected = trained(replace(plan, epochs=outcome.best_epoch), *problem).params
    assert outcome.params.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_networks_of_folds_are_those_trained_alone(rule, problem, dtype):
    X, y = problem
    folds = np.arange(len(X)) % 3
    plan = Plan(rule, epochs=15, dtype=dtype, n_threads=2)
    together = train(SPEC, X, y, None, folds, plan)
    for fold in range(3):
        rows = folds != fold
        alone = train(SPEC, X[rows], y[rows], None, None, replace(plan, seed=fold))
        assert together.params[fold].tobytes() == alone.params[0].tobytes()


def test_embeddings_are_learned(engine, rule, rng):
    levels = rng.integers(0, 4, size=80)
    X, y = levels[:, None].astype(float), np.array([[1.0], [-2.0], [0.5], [3.0]])[levels]
    spec = NetworkSpec(1, (Dense(3, "tanh"), Dense(1)), embeddings=(Embedding(4, 2),))
    outcome = trained(Plan(rule, epochs=400, engine=engine), X, y, spec=spec)
    assert make_engine(engine).evaluate(spec, outcome.params, X, y)[0] < 1e-6
