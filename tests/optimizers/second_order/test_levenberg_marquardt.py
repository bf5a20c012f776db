"""Levenberg-Marquardt: the damping's own rule, and networks it trains through a plan."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.engines.gauss_newton import damped_step
from gradus.engines.native import NativeEngine
from gradus.engines.native_damped import NormalEquations
from gradus.engines.registry import ENGINE_NAMES
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.networks.layers import Dense, Embedding, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import Adam
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.problem import DampedStep
from gradus.training import full_batch, loop
from gradus.training.control import Control
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train
from tests.training.helpers import SPEC, bits, trained

LM, BAYES = LevenbergMarquardt(), LevenbergMarquardt(bayesian=True)
each_engine = pytest.mark.parametrize("engine", ENGINE_NAMES)


class LeastSquares:
    """``sum r(p)^2`` of a residual and its Jacobian, as a problem; counts what it is asked."""

    l2, n_errors = 0.0, None

    def __init__(self, residual, jacobian):
        self.residual, self.jacobian = residual, jacobian
        self.is_weight = np.ones(2, dtype=bool)
        self.n_objectives = 0

    def objective(self, params):
        self.n_objectives += 1
        return float(np.sum(self.residual(params) ** 2))

    def damped(self, params, *, to_invert=False):  # noqa: ARG002 one signature
        return Model(self.residual(params), self.jacobian(params))


class Model:
    def __init__(self, r, J):
        self.grads, self.matrix = 2 * J.T @ r, 2 * J.T @ J
        self.mean_curvature = np.trace(self.matrix) / len(self.grads)

    def step(self, damping):
        step = damped_step(self.matrix, self.grads, damping)
        return DampedStep(step, (damping * step - self.grads) @ step / 2)


ROSENBROCK = LeastSquares(
    lambda p: np.array([10 * (p[1] - p[0] ** 2), 1 - p[0]]),
    lambda p: np.array([[-20 * p[0], 10], [-1, 0.0]]),
)


def minimize(rule, problem, start, most):
    """Step until None; give every point and what was remembered."""
    params, slots, scalars = np.array(start), np.zeros((0, len(start))), np.zeros(rule.n_scalars)
    path = []
    for _ in range(most):
        step = rule.step(problem, params, slots, scalars)
        if step is None:
            return path
        params, scalars = step.params, step.scalars
        path.append(step)
    raise AssertionError(f"not converged after {most} steps")


def test_a_line_is_solved_exactly(rng):
    A, b = rng.normal(size=(20, 4)), rng.normal(size=20)
    problem = LeastSquares(lambda p: A @ p - b, lambda _: A)
    path = minimize(LM, problem, np.zeros(4), 12)
    exact = np.linalg.lstsq(A, b, rcond=None)[0]
    np.testing.assert_allclose(path[-1].params, exact, rtol=1e-7)
    # On a quadratic the model is right: rho is 1 but for the damping, so mu falls threefold.
    assert path[1].scalars[0] == pytest.approx(path[0].scalars[0] / 3, rel=1e-12)


def test_rosenbrock(rng):
    for start in ([-1.2, 1.0], *rng.normal(scale=3, size=(20, 2)).tolist()):
        path = minimize(LM, ROSENBROCK, start, 60)
        np.testing.assert_allclose(path[-1].params, [1, 1], rtol=1e-7)
        objectives = [ROSENBROCK.objective(step.params) for step in path]
        assert (np.diff(objectives) < 0).all()


def test_the_damping_follows_the_gain_ratio():
    """One parameter, r = (p^2 - 1): every number of two iterations by hand."""
    problem = LeastSquares(lambda p: p**2 - 1, lambda p: np.diag(2 * p))
    # At p = 1/2: g = -3/2, G = 2, mu = 2, s = 3/8, model falls (2 * 9/64 + 9/16) / 2 = 27/64;
    # the objective falls from 9/16 to (49/64 - 1)^2 = 225/4096: rho = (2304 - 225) / 1728.
    step = LevenbergMarquardt(1.0).step(
        problem, np.array([0.5]), np.zeros((0, 1)), np.zeros(LM.n_scalars)
    )
    assert step.params == pytest.approx([7 / 8], rel=1e-15)
    rho = 2079 / 1728
    assert step.scalars[:2] == pytest.approx([2 * max(1 / 3, 1 - (2 * rho - 1) ** 3), 2], rel=1e-14)
    assert step.grad_norm == 1.5
    # At p = 1/8 with mu = 1/8 the steps to 1.67 and 1.14 do not lower 0.969 and 0.043 does...
    refused = LevenbergMarquardt(1e-3).step(
        problem, np.array([1 / 8]), np.zeros((0, 1)), np.array([1e-3, 2.0, 0, 0])
    )
    tried = []
    mu, nu = 1e-3, 2.0
    while True:
        s = -(4 / 8 * (1 / 64 - 1)) / (2 * 4 / 64 + mu)
        tried.append((1 / 8 + s) ** 2 - 1)
        if tried[-1] ** 2 < (1 / 64 - 1) ** 2:
            break
        mu, nu = mu * nu, nu * 2
    assert len(tried) > 2
    assert refused.params**2 - 1 == pytest.approx(tried[-1], rel=1e-12)


def test_where_nothing_pulls_it_is_done():
    flat = LeastSquares(lambda _: np.ones(2), lambda _: np.zeros((2, 2)))
    assert minimize(LM, flat, np.zeros(2), 1) == []
    # A gradient whose model has no curvature, and an objective that never falls.
    flat.damped = lambda _, **_to: Model(np.ones(2), np.eye(2) * 1e-300)
    assert minimize(LM, flat, np.zeros(2), 1) == []


def test_an_objective_that_is_not_finite_is_no_fall():
    def residual(p):
        return np.where(p > 1, np.nan, p - 3)

    problem = LeastSquares(residual, lambda _: np.eye(2))
    step = LM.step(problem, np.zeros(2), np.zeros((0, 2)), np.zeros(LM.n_scalars))
    assert (step.params <= 1).all()
    assert (step.params > 0).all()


@pytest.mark.parametrize("damping", [0.0, -1.0, float("inf"), float("nan")])
def test_a_damping_out_of_range(damping):
    sentence = f"damping must be a finite number greater than 0; got {damping}"
    with pytest.raises(InvalidParameter, match=sentence):
        LevenbergMarquardt(damping)


# ---- networks ------------------------------------------------------------------------------------


@pytest.fixture
def rows(rng):
    """Rows X (90, 3) and y (90, 1) of a smooth function with some noise."""
    X = rng.normal(size=(90, 3))
    return X, np.sin(X).sum(axis=1, keepdims=True) + 0.3 * rng.normal(size=(90, 1))


@each_engine
def test_one_linear_layer_is_solved_in_a_few_steps(engine, rng):
    X, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    weights = rng.uniform(size=40)
    spec = NetworkSpec(3, (Dense(2),))
    outcome = trained(Plan(LM, epochs=20, engine=engine), X, y, weights=weights, spec=spec)
    assert outcome.stopped_because == "converged"
    root = np.sqrt(weights)[:, None]
    exact = np.linalg.lstsq(root * np.c_[X, np.ones(40)], root * y, rcond=None)[0]
    np.testing.assert_allclose(outcome.params, exact.ravel(), rtol=1e-6, atol=1e-8)


@each_engine
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_the_penalized_classifier_ends_where_the_gradient_is_0(engine, loss, rng):
    X = rng.normal(size=(60, 3))
    y = ((X[:, :1] + X[:, 1:2] ** 2 + 0.5 * rng.normal(size=(60, 1))) > 0.5).astype(float)
    spec = NetworkSpec(3, (Dense(2 if loss == "cross_entropy" else 1),), loss, l2=1e-2)
    outcome = trained(Plan(LM, epochs=60, engine=engine), X, y, spec=spec)
    assert outcome.stopped_because == "converged"
    # A fall of g^2 / (2 curvature) that rounding hides leaves a gradient of its root.
    assert np.linalg.norm(make_engine(engine).gradient(spec, outcome.params, X, y)[1]) < 1e-7


def test_it_passes_adam_by_far(rng):
    """A smaller case of benchmarks/levenberg_marquardt.py."""
    X = rng.normal(size=(80, 4))
    y = np.tanh(X @ rng.normal(size=(4, 3))).sum(axis=1, keepdims=True)
    y += 0.1 * rng.normal(size=y.shape)
    spec = NetworkSpec(4, (Dense(20, "tanh"), Dense(1)))
    adam = min(
        trained(Plan(Adam(rate), epochs=2000), X, y, spec=spec).history.loss[-1]
        for rate in (1e-3, 1e-2, 1e-1)
    )
    losses = trained(Plan(LM, epochs=100), X, y, spec=spec).history.loss
    assert losses[:20].min() < adam
    assert losses[-1] < adam / 100
    assert (np.diff(losses) < 0).all()


@each_engine
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_objective_falls_with_weights_and_penalty(engine, dtype, rows, rng):
    weights = rng.uniform(0, 2, 90).astype(dtype)
    plan = Plan(LM, epochs=15, engine=engine, dtype=dtype)
    outcome = trained(plan, *rows, weights=weights)
    assert outcome.params.dtype == dtype
    assert outcome.history.loss[-1] < 0.3 * outcome.history.loss[0]


def test_rows_and_matrix_train_alike(rows):
    """13 rows take the row form, and copied three times the matrix: the same mean."""
    X, y = rows[0][:9], rows[1][:9]
    plan = Plan(LM, epochs=6)
    few, many = trained(plan, X, y), trained(plan, np.tile(X, (3, 1)), np.tile(y, (3, 1)))
    assert SPEC.n_outputs * 9 < few.params.size <= 3 * 9 * SPEC.n_outputs
    np.testing.assert_allclose(few.params, many.params, rtol=1e-6)


def test_embeddings_train(rng):
    X = np.c_[rng.normal(size=(20, 2)), rng.integers(6, size=20)]
    y = np.sin(X[:, :1]) + 0.3 * X[:, 2:]
    spec = NetworkSpec(3, (Dense(4, "tanh"), Dense(1)), l2=1e-5, embeddings=(Embedding(6, 2),))
    outcome = trained(Plan(LM, epochs=50), X, y, spec=spec)
    assert outcome.history.loss[-1] < 1e-3 * outcome.history.loss[0]


@each_engine
def test_early_stopping_and_slices(engine, rows, monkeypatch):
    plan = Plan(LM, epochs=40, engine=engine, early_stopping=EarlyStopping(0.3, patience=3))
    whole = trained(plan, *rows)
    assert whole.stopped_because == "early_stopping"
    monkeypatch.setattr(loop, "_SLICE_SECONDS", 0.0)
    assert bits(trained(plan, *rows)) == bits(whole)


def test_a_run_is_continued_with_its_damping(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 1)
    plan, path = Plan(LM, epochs=12), tmp_path / "run.checkpoint"
    whole = trained(plan, *rows)

    class Enough(Exception):
        pass

    def report(progress):
        if progress.epoch == 5:
            raise Enough

    with pytest.raises(Enough):
        trained(plan, *rows, control=Control(report=report), file=(path, 0))
    assert bits(trained(plan, *rows, file=(path, 0))) == bits(whole)


def test_folds_train_two_networks_at_once(rows):
    X, y = rows
    folds, plan = np.arange(90) % 2, Plan(LM, epochs=5, n_threads=2)
    together = train(SPEC, X, y, None, folds, plan)
    alone = train(SPEC, X, y, None, folds, replace(plan, n_threads=1))
    assert together.params.tobytes() == alone.params.tobytes()
    own = trained(replace(plan, seed=1), X[folds != 1], y[folds != 1])
    np.testing.assert_array_equal(together.params[1], own.params)


def test_ctrl_c_in_an_iteration_drops_it_whole(rows, monkeypatch):
    """The flag is raised while a step is solved for: its answer is not looked at."""
    control = Control()
    inner = full_batch.RowsProblem.damped

    def damped(self, params, *, to_invert):
        system = inner(self, params, to_invert=to_invert)
        if len(seen := [*calls, 1]) == 4:
            control.cancel[0] = 1
        calls[:] = seen
        return system

    calls = []
    monkeypatch.setattr(full_batch.RowsProblem, "damped", damped)
    plan = Plan(LM, epochs=9, engine="reference")  # whose iterations ask question by question
    outcome = trained(plan, *rows, control=control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.best_epoch == 3
    calls.clear()
    control.cancel[0] = 0
    monkeypatch.setattr(full_batch.RowsProblem, "damped", inner)
    assert outcome.params.tobytes() == trained(replace(plan, epochs=3), *rows).params.tobytes()


@pytest.mark.parametrize("question", ["step", "inverse_diagonal"])
def test_a_question_cut_short_is_not_asked_again(question, rows, monkeypatch):
    """A stopped factorization answers None, as an indefinite one does."""
    control, asked = Control(), []

    def cut(self, damping):
        asked.append(damping)
        control.cancel[0] = 1

    monkeypatch.setattr(NormalEquations, question, cut)
    outcome = trained(Plan(BAYES, epochs=2), *rows, control=control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.best_epoch == 0
    assert len(asked) == 1


def test_a_matrix_that_would_be_too_large_is_multiplied_by(rows, monkeypatch):
    deep = NetworkSpec(3, (Dense(5), Dense(1)))  # without activation every minimum is the lowest
    whole = trained(Plan(LM, epochs=100), *rows, spec=deep)
    monkeypatch.setattr(full_batch, "_MOST_EQUATIONS", 25)  # there are 26
    with monkeypatch.context() as patched:
        patched.setattr(NativeEngine, "damped_system", None)
        by_products = trained(Plan(LM, epochs=100), *rows, spec=deep)
    assert by_products.stopped_because == "converged"
    assert by_products.history.loss[-1] == pytest.approx(whole.history.loss[-1], rel=1e-9)
    X, y = rows
    trained(Plan(LM, epochs=2), X[:20], y[:20])  # the rows are few enough
    sentence = (
        "^a network must have at most 25 parameters where the inverse of their matrix is asked "
        "for, as by bayesian=True; got 26.$"
    )
    with pytest.raises(InvalidParameter, match=sentence):
        trained(Plan(BAYES, epochs=2), *rows)


@each_engine
def test_other_layers_train_too(engine, rows):
    """Norms and residuals take the matrix, however few the rows."""
    inner = (Dense(4, "tanh"), Dense(6))
    layers = (Dense(6, "tanh"), Residual(inner), LayerNorm(), Dense(1))
    spec = NetworkSpec(3, layers, l1=1e-3)
    X, y = rows
    outcome = trained(Plan(LM, epochs=15, engine=engine), X[:30], y[:30], spec=spec)
    assert outcome.history.loss[-1] < 0.1 * outcome.history.loss[0]


def test_update_rules_tell_nothing(rows):
    assert trained(Plan(Adam(), epochs=2), *rows).told == {}
    assert trained(Plan(LM, epochs=2), *rows).told == {}


class Cliff:
    """A straight line whose objective falls much further than its slope foretells."""

    l2, n_errors, is_weight = 0.0, None, np.ones(2, dtype=bool)

    def __init__(self, depth):
        self.depth = depth

    def objective(self, params):
        return float(self.depth if params[0] < 1 else 0.0)

    def damped(self, params, *, to_invert=False):  # noqa: ARG002 one signature
        system = Model(np.zeros(2), np.eye(2))
        system.grads = np.array([1.0, 0.0])
        return system


def test_a_fall_far_beyond_what_was_foretold_is_taken():
    step = LM.step(Cliff(-1e300), np.array([1.0, 0.0]), np.zeros((0, 2)), np.zeros(4))
    assert step.scalars[0] == pytest.approx(2 * LM.damping / 3)


def test_an_objective_without_a_bottom_is_no_step():
    with np.errstate(over="ignore"):
        step = LM.step(Cliff(-np.inf), np.array([1.0, 0.0]), np.zeros((0, 2)), np.zeros(4))
    assert step is None
