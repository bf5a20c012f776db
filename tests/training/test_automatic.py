"""A learning rate is found by measure and trial, and cut where it proves too large."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gradus.engines.base import Batches
from gradus.engines.reference import objective
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter, ModelFileError
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense, Dropout
from gradus.networks.own_losses import ExpressionLoss
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adam, AdamW, GradientDescent
from gradus.optimizers.schedules import Cosine
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training import loop, trials
from gradus.training.automatic import find_rates, measured_rate
from gradus.training.control import Control
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.trials import plan_in_full
from tests.training import helpers
from tests.training.helpers import SPEC, bits, trained

FIRST_ORDER = Automatic(second_order=False)


def tried(losses):
    """A trial whose loss at 10**(k/2) is the k-th of a dictionary, and the list of what it saw."""
    seen = []

    def trial(rate):
        seen.append(round(2 * math.log10(rate)))
        return losses(seen[-1])

    return trial, seen


@pytest.mark.parametrize(("best", "found"), [(-3, [-1, 0]), (0.1, [0, 1]), (1.9, [2, 1])])
def test_the_two_best_rates_are_found(best, found):
    trial, seen = tried(lambda k: abs(k - best))
    assert find_rates(1.0, trial) == pytest.approx([10 ** (k / 2) for k in found])
    assert seen == [2, 1, 0, -1]


def test_rates_that_run_away_are_walked_away_from():
    trial, seen = tried(lambda k: math.inf if k > -4 else (math.nan if k == -4 else 1.0))
    assert find_rates(1.0, trial) == pytest.approx([10**-2.5])
    assert seen == [2, 1, 0, -1, -2, -3, -4, -5]


def test_nothing_finite_ends_at_the_smallest_rate():
    assert find_rates(1.0, lambda _: math.nan) == pytest.approx([1e-4])


def test_the_measured_rate_is_the_lowest_point_of_a_parabola(engine, problem):
    X, y = problem
    spec = NetworkSpec(3, (Dense(1),), l2=0.01)
    params = initial_params(spec, 0)
    its = make_engine(engine, 1)
    rate = measured_rate(its, spec, params, Batches(X, y, None, None, len(X), 0))
    direction = np.sign(its.gradient(spec, params, X, y)[1])
    _, there = its.gradient(spec, params - rate * direction, X, y)
    assert abs(there @ direction) < 1e-12
    rows = np.arange(0, len(X), 2)
    weights = np.where(np.arange(len(X)) % 2, 1e9, 1.0)
    picked = measured_rate(its, spec, params, Batches(X, y, weights, rows, len(rows), 0))
    alone = measured_rate(its, spec, params, Batches(X[rows], y[rows], None, None, len(rows), 0))
    assert picked == pytest.approx(alone, rel=1e-12)


def test_without_a_gradient_the_usual_rate_comes_first(engine):
    X, y = np.ones((4, 1)), np.zeros((4, 1))
    spec = NetworkSpec(1, (Dense(1, bias=False),))
    batches = Batches(X, y, None, None, 4, 0)
    assert measured_rate(make_engine(engine, 1), spec, np.zeros(1), batches) == 0.01


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 16, "early_stopping": EarlyStopping(0.25, patience=30)},
        {"batch_size": 16, "dtype": "float32"},
    ],
    ids=["all rows", "batches, held-out rows", "float32"],
)
def test_it_is_the_training_with_the_rate_found(engine, problem, options):
    outcome = trained(Plan(FIRST_ORDER, epochs=24, engine=engine, **options), *problem)
    rate, final = outcome.rule.learning_rate.rate, outcome.rule.learning_rate.final
    assert outcome.rule == Adam(Cosine(rate, final))
    assert final in {0, rate}
    change = "" if final else " falling to 0"
    assert outcome.rule_reason.startswith(f"Adam with learning rate {rate:.2g}{change}. ")
    assert outcome.rule_reason.count("Adam with") == 4
    again = trained(Plan(outcome.rule, epochs=24, engine=engine, **options), *problem)
    assert again.params.tobytes() == outcome.params.tobytes()
    assert again.rule_reason == ""


def test_another_first_order_rule_keeps_its_numbers(problem):
    chosen = Automatic(AdamW(0.5, weight_decay=0.3), second_order=False)
    outcome = trained(Plan(chosen, epochs=8), *problem)
    assert outcome.rule.weight_decay == 0.3
    assert isinstance(outcome.rule.learning_rate, Cosine)


def test_what_is_no_rule_is_refused():
    with pytest.raises(
        InvalidParameter, match=r"^first_order must be an update rule; got 'adam'\.$"
    ):
        Automatic("adam")


@pytest.mark.parametrize("rule", [GradientDescent(), Adam()], ids=["descent", "adam"])
@pytest.mark.parametrize("rate", [30.0, 1e9], ids=["too large", "far too large"])
def test_a_rate_that_is_too_large_is_cut(engine, problem, monkeypatch, rule, rate):
    monkeypatch.setattr(trials, "find_rates", lambda *_: (rate,))
    plan = Plan(Automatic(rule, second_order=False), epochs=40, batch_size=10, engine=engine)
    outcome = trained(plan, *problem)
    assert outcome.failure is None
    loss = make_engine(engine, 1).evaluate(SPEC, outcome.params, *problem)[0]
    start = make_engine(engine, 1).evaluate(SPEC, initial_params(SPEC, 0), *problem)[0]
    assert loss <= start


def test_a_continued_run_keeps_its_rate_and_its_guard(problem, tmp_path, monkeypatch):
    plan = Plan(FIRST_ORDER, epochs=24, batch_size=10)
    monkeypatch.setattr(trials, "find_rates", lambda *_: (30.0, 0.1))
    whole = trained(plan, *problem)

    class Enough(Exception):
        pass

    def report(progress):
        if progress.epoch == 9:
            raise Enough

    file = (tmp_path / "run.checkpoint", 0)
    with pytest.raises(Enough):
        trained(plan, *problem, control=Control(report=report), file=file)
    monkeypatch.setattr(trials, "find_rates", None)
    monkeypatch.setattr(helpers, "initial_params", lambda spec, _: np.full(n_params(spec), 9.0))
    assert bits(trained(plan, *problem, file=file)) == bits(whole)
    assert whole.rule.learning_rate.rate == 0.1


def test_a_checkpoint_without_its_rate_is_damaged(problem, tmp_path, monkeypatch):
    from gradus.training import checkpoints

    plan, file = Plan(FIRST_ORDER, epochs=4), (tmp_path / "run.checkpoint", 0)
    pack = checkpoints._arrays
    monkeypatch.setattr(
        checkpoints, "_arrays", lambda *args: {**pack(*args), "found rates": np.array([[-1.0, 0]])}
    )
    trained(plan, *problem, file=file)
    with pytest.raises(ModelFileError, match="its arrays are not those of this run"):
        trained(plan, *problem, file=file)


def test_a_time_limit_holds_for_trials_and_training(problem):
    control = Control(time_limit=0.2)
    outcome = trained(Plan(FIRST_ORDER, epochs=10**6), *problem, control=control)
    assert outcome.stopped_because == "time_limit"
    assert outcome.best_epoch > 0


def test_cancelled_trials_end_the_training(problem):
    control = Control()
    control.cancel[0] = 1
    outcome = trained(Plan(FIRST_ORDER, epochs=10**6), *problem, control=control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.params.tobytes() == initial_params(SPEC, 0).tobytes()


def by_second_order(problem, **options):
    return trained(Plan(Automatic(), epochs=60, **options), *problem)


def test_few_weights_without_held_out_rows_are_solved_by_second_order(engine, problem):
    outcome = by_second_order(problem, engine=engine)
    assert outcome.rule == LevenbergMarquardt()
    assert outcome.rule_reason.startswith("Levenberg-Marquardt. Objective of what was trained in")
    first = trained(Plan(FIRST_ORDER, epochs=60, engine=engine), *problem)
    assert outcome.history.loss[-1] < first.history.loss[-1]


def test_held_out_rows_decide_between_the_methods(problem):
    stopping = EarlyStopping(0.3, patience=60)
    outcome = by_second_order(problem, early_stopping=stopping, batch_size=8)
    assert outcome.rule_reason.count("Levenberg-Marquardt: ") == 1
    assert outcome.rule_reason.count("Adam with learning rate") >= 2
    alone = [
        np.nanmin(trained(Plan(rule, epochs=60, **options), *problem).history.validation_loss)
        for rule, options in (
            (LevenbergMarquardt(), {"early_stopping": EarlyStopping(0.3, patience=10)}),
            (FIRST_ORDER, {"early_stopping": stopping, "batch_size": 8}),
        )
    ]
    assert np.nanmin(outcome.history.validation_loss) == min(alone)


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (NetworkSpec(3, (Dense(40, "tanh"), Dense(1))), {}),
        (replace(SPEC, l1=0.1), {}),
        (NetworkSpec(3, (Dense(5, "tanh", max_norm=2.0), Dense(1))), {}),
        (NetworkSpec(3, (Dense(5, "tanh"), Dropout(0.1), Dense(1))), {}),
        (SPEC, {"max_grad_norm": 1.0}),
    ],
    ids=["more weights than rows", "l1", "max-norm", "dropout", "clipped"],
)
def test_what_second_order_does_not_fit_is_left_to_the_first(problem, spec, options):
    outcome = trained(Plan(Automatic(), epochs=24, **options), *problem, spec=spec)
    assert isinstance(outcome.rule, Adam)


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-150, 1e100, 1e200])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sizes_at_which_no_rate_can_be_measured(engine, problem, size, dtype):
    X, y = problem
    for columns in (X * size, np.hstack([X[:, :2], X[:, 2:] * size])):
        X_typed = np.clip(columns, -1e38, 1e38) if dtype == "float32" else columns
        outcome = trained(Plan(FIRST_ORDER, epochs=4, engine=engine, dtype=dtype), X_typed, y)
        assert np.isfinite(outcome.params).all()
        assert np.isfinite(outcome.rule.learning_rate.rate)


def test_a_measured_rate_that_can_hardly_be_written(engine):
    X, y = np.full((4, 1), 1e-160), np.full((4, 1), 1e147)
    spec = NetworkSpec(1, (Dense(1, bias=False),))
    batches = Batches(X, y, None, None, 4, 0)
    assert measured_rate(make_engine(engine, 1), spec, np.zeros(1), batches) == 0.01


@pytest.mark.parametrize("loss", ["log(output - 1e9)", "log(output) ** 2"])
def test_losses_that_are_not_finite_anywhere_are_told(engine, problem, loss):
    spec = replace(SPEC, loss=ExpressionLoss(loss))
    for stopping in (None, EarlyStopping(0.3)):
        plan = Plan(Automatic(), epochs=6, engine=engine, early_stopping=stopping)
        outcome = trained(plan, *problem, spec=spec)
        assert outcome.stopped_because == "diverged"
        assert str(outcome.failure).startswith("Loss became nan at epoch 1, step 1, first in the")


def test_a_training_whose_loss_is_nan_is_not_the_best(problem, monkeypatch):
    monkeypatch.setattr(trials, "find_rates", lambda *_: (0.1, 0.01))
    whole = trained(Plan(FIRST_ORDER, epochs=6), *problem)
    assert whole.rule.learning_rate.rate == 0.1
    answers = iter([math.nan])
    monkeypatch.setattr(trials, "training_objective", lambda *_: next(answers, 1.0))
    assert trained(Plan(FIRST_ORDER, epochs=6), *problem).rule.learning_rate.rate == 0.01


def test_validation_losses_that_are_all_nan_are_not_the_best(problem, monkeypatch):
    monkeypatch.setattr(trials, "find_rates", lambda *_: (0.1, 0.01))
    monkeypatch.setattr(loop, "evaluate", lambda *_: (math.nan, math.nan))
    plan = Plan(FIRST_ORDER, epochs=3, early_stopping=EarlyStopping(0.3))
    outcome = trained(plan, *problem)
    assert outcome.rule.learning_rate.rate == 0.1
    assert outcome.rule_reason.count(": inf") == outcome.rule_reason.count(";") + 1


@pytest.mark.parametrize("penalty", [{"l2": 10.0}, {"l1": 10.0}], ids=["l2", "l1"])
def test_a_penalty_that_runs_away_is_guarded_too(engine, problem, monkeypatch, penalty):
    # With columns as small as these the loss hardly sees the weights, so only the penalty can tell.
    X, y = problem[0] * 1e-9, problem[1]
    spec = NetworkSpec(3, (Dense(1, bias=False),), **penalty)
    monkeypatch.setattr(trials, "find_rates", lambda *_: (1e6,))
    outcome = trained(Plan(FIRST_ORDER, epochs=3, engine=engine), X, y, spec=spec)
    start = objective(spec, initial_params(spec, 0), X, y)
    assert objective(spec, outcome.params, X, y) <= 1.1 * start


def test_second_order_is_tried_on_products_as_they_are():
    plan = Plan(Automatic(), dtype="float32", matmul_precision="bfloat16")
    assert plan_in_full(plan, LevenbergMarquardt()).matmul_precision is None
    assert plan_in_full(plan, Adam()).matmul_precision == "bfloat16"
