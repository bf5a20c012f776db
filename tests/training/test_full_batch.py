"""A method that looks at all rows trains like an update rule: history, limits, files, folds."""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from gradus.engines import reference
from gradus.engines.base import Batches
from gradus.engines.registry import engine as make_engine
from gradus.errors import Diverged, InvalidParameter
from gradus.networks.layers import Dropout, LayerNorm, Residual
from gradus.networks.own_losses import ExpressionLoss
from gradus.networks.params import n_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.problem import FullBatchRule, Step
from gradus.optimizers.second_order.truncated_newton import TruncatedNewton
from gradus.training import history, loop
from gradus.training.control import Control
from gradus.training.full_batch import RowsProblem
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train
from tests.training.helpers import SPEC, bits, trained


@dataclass(frozen=True)
class Halving(FullBatchRule):
    """Steepest descent whose step is halved until the objective falls."""

    name: ClassVar[str] = "halving"
    n_slots: ClassVar[int] = 1
    n_scalars: ClassVar[int] = 2

    def step(self, problem, params, slots, scalars):  # noqa: ARG002 one signature
        objective, grads = problem.gradient(params)
        for halvings in range(60):
            after = params - grads / 2**halvings
            if problem.objective(after) < objective:
                memory = scalars + np.array([1, halvings])
                return Step(after, {0: grads}, memory, float(np.linalg.norm(grads)))
        return None


@pytest.fixture(autouse=True)
def all_epochs(monkeypatch):
    """Keep every epoch in the history, however short it is."""
    monkeypatch.setattr(history, "_SHORT_EPOCH", 0.0)


def test_the_objective_falls_in_every_epoch(engine, problem):
    outcome = trained(Plan(Halving(), epochs=30, engine=engine), *problem)
    assert outcome.stopped_because == "epochs"
    assert outcome.best_epoch == 30
    assert np.isnan(outcome.history.learning_rate).all()
    assert (outcome.history.gradient_norm > 0).all()
    assert outcome.history.loss[-1] < 0.5 * outcome.history.loss[0]
    assert (outcome.history.update_ratio > 0).all()


def test_it_ends_where_no_step_is_better(engine):
    X, y = np.array([[1.0], [2.0]]), np.array([[2.0], [4.0]])
    line = NetworkSpec(1, (Dense(1, bias=False),))
    outcome = trained(Plan(Halving(), epochs=500, engine=engine), X, y, spec=line)
    assert outcome.stopped_because == "converged"
    assert outcome.best_epoch == len(outcome.history) < 500
    np.testing.assert_allclose(outcome.params, 2, rtol=1e-12)


def test_early_stopping_and_slices(engine, problem, monkeypatch):
    plan = Plan(Halving(), epochs=40, engine=engine, early_stopping=EarlyStopping(0.3, patience=3))
    whole = trained(plan, *problem)
    monkeypatch.setattr(loop, "_SLICE_SECONDS", 0.0)
    assert bits(trained(plan, *problem)) == bits(whole)
    best = np.nanargmin(whole.history.validation_loss)
    assert whole.best_epoch == whole.history.epoch[best]


def test_a_run_is_continued_with_its_memory(problem, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 1)
    plan = Plan(Halving(), epochs=12)
    whole = trained(plan, *problem)
    path = tmp_path / "run.checkpoint"

    class Enough(Exception):
        pass

    def report(progress):
        if progress.epoch == 5:
            raise Enough

    with pytest.raises(Enough):
        trained(
            Plan(Halving(), epochs=12, early_stopping=None),
            *problem,
            control=Control(report=report),
            file=(path, 0),
        )
    assert path.is_file()
    assert bits(trained(plan, *problem, file=(path, 0))) == bits(whole)


def test_a_cancelled_iteration_is_dropped_whole(problem):
    control = Control()

    class Cancelling(Halving):
        def step(self, problem, params, slots, scalars):
            if scalars[0] == 3:
                control.cancel[0] = 1
            return super().step(problem, params, slots, scalars)

    outcome = trained(Plan(Cancelling(), epochs=9), *problem, control=control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.best_epoch == 3
    assert outcome.params.tobytes() == trained(Plan(Halving(), epochs=3), *problem).params.tobytes()


def test_rows_of_other_folds_are_not_looked_at(problem):
    X, y = problem
    folds = np.arange(len(X)) % 2
    spoiled = y.copy()
    spoiled[folds == 1] += 5
    plan = Plan(Halving(), epochs=4)
    clean, other = (train(SPEC, X, targets, None, folds, plan) for targets in (y, spoiled))
    assert clean.params[1].tobytes() == other.params[1].tobytes()
    assert clean.params[0].tobytes() != other.params[0].tobytes()


def test_a_start_that_is_not_finite_is_told(engine):
    X, y = np.full((2, 1), 1e200), np.zeros((2, 1))
    line = NetworkSpec(1, (Dense(1, bias=False),))
    outcome = trained(Plan(Halving(), epochs=5, engine=engine), X, y, spec=line)
    assert outcome.stopped_because == "diverged"
    assert isinstance(outcome.failure, Diverged)
    assert str(outcome.failure) == (
        "Loss became inf at epoch 1, step 1, first in the loss itself. Scale the columns of X and "
        "y or begin with smaller weights. The weights before that step are kept."
    )


@pytest.mark.parametrize(("name", "value"), [("batch_size", 5), ("max_grad_norm", 1.0)])
def test_what_needs_all_rows_takes_no_batches(name, value):
    sentence = f"{name} must be None with Halving, whose steps look at all rows; got {value!r}."
    with pytest.raises(InvalidParameter, match=f"^{sentence}$".replace(".", r"\.")):
        Plan(Halving(), **{name: value})


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ((Residual((Dropout(0.5),)), Dense(2)), "Dropout"),
        ((Dense(3, max_norm=1.0), Dense(2)), "max_norm"),
    ],
)
def test_layers_that_act_between_updates_are_refused(problem, layers, name):
    spec = NetworkSpec(SPEC.n_inputs, layers)
    sentence = (
        f"layers must have no {name} with rule='halving', which takes the network as it is; got "
        "one. Use Adam or another update rule."
    )
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        trained(Plan(Halving(), epochs=3), *problem, spec=spec)


def test_the_objective_has_both_penalties(rng):
    spec = NetworkSpec(3, (Dense(2), LayerNorm(), Dense(1)), l2=0.3, l1=0.2)
    X, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    engine, params = make_engine("native"), rng.normal(size=n_params(spec))
    rows = RowsProblem(
        engine, spec, Batches(X, y, None, None, 6, 0), lambda: False, np.zeros(1, dtype=np.uint8)
    )
    expected = reference.objective(spec, params, X, y)
    assert rows.objective(params) == pytest.approx(expected, rel=1e-12)
    assert rows.gradient(params)[0] == pytest.approx(expected, rel=1e-12)
    # Fewer rows than parameters, but the row-by-row form knows no norms.
    assert rows.damped(params).step(0.1) is not None


EVERY = [
    LBFGS(tolerance=0.0),
    LevenbergMarquardt(),
    LevenbergMarquardt(1e-10),
    TruncatedNewton(),
    TruncatedNewton("gauss_newton"),
    TruncatedNewton(radius=1e200),
    TruncatedNewton(radius=1e-200),
]


@pytest.mark.parametrize("rule", EVERY, ids=repr)
@pytest.mark.parametrize("size", [1e-170, 1e-150, 1e-30, 1e30, 1e100, 1e150])
def test_numbers_near_the_ends_of_what_can_be_written(engine, rng, rule, size):
    X, y = size * rng.normal(size=(9, 2)), rng.normal(size=(9, 1))
    spec = NetworkSpec(2, (Dense(3, "elu"), Dense(1)))
    for inputs, targets in ((X, y), (X / size, y * size)):
        outcome = trained(Plan(rule, epochs=20, engine=engine), inputs, targets, spec=spec)
        assert np.isfinite(outcome.params).all()
        assert isinstance(outcome.failure, Diverged | None)
        assert not np.isnan(outcome.history.loss).any()


@pytest.mark.parametrize("rule", EVERY, ids=repr)
def test_a_loss_that_is_nan_from_the_start_is_told(engine, problem, rule):
    nan = replace(SPEC, loss=ExpressionLoss("log(-1 - output ** 2)"))
    outcome = trained(Plan(rule, epochs=3, engine=engine), *problem, spec=nan)
    assert str(outcome.failure) == (
        "Loss became nan at epoch 1, step 1, first in the loss itself. Scale the columns of X and "
        "y or begin with smaller weights. The weights before that step are kept."
    )
