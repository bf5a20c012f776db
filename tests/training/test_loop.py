"""One network in training: where slices end changes no bit, and the best weights come back."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from gradus.engines.base import RunStatus
from gradus.engines.registry import engine as make_engine
from gradus.networks.initializers import initial_params
from gradus.networks.losses import LOSSES
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam, AdamW, GradientDescent
from gradus.optimizers.schedules import Cosine, InverseScaling, Warmup
from gradus.training import history, loop, validation
from gradus.training.control import Control
from gradus.training.plan import EarlyStopping, Plan
from tests.training.helpers import SPEC, bits, prepared, trained

PLANS = {
    "full batch": {"rule": GradientDescent(0.1)},
    "momentum, clipped": {
        "rule": GradientDescent(0.05, momentum=0.9, nesterov=True),
        "batch_size": 7,
        "max_grad_norm": 0.5,
    },
    "Adam, early stopping": {
        "rule": Adam(Cosine(0.03)),
        "batch_size": 16,
        "early_stopping": EarlyStopping(0.2, patience=4),
    },
    "AdamW, float32": {
        "rule": AdamW(Warmup(20, InverseScaling(0.02))),
        "batch_size": 32,
        "dtype": "float32",
    },
    "row by row": {"rule": GradientDescent(0.01), "batch_size": 1, "early_stopping": None},
}


@pytest.fixture(params=PLANS)
def options(request):
    return PLANS[request.param]


@pytest.fixture
def all_epochs(monkeypatch):
    """Keep every epoch in the history, however short it is."""
    monkeypatch.setattr(history, "_SHORT_EPOCH", 0.0)


class InSlices:
    """An engine whose calls end after a given number of steps, whatever was asked."""

    def __init__(self, engine, sizes):
        self.engine, self.sizes, self.n_calls = engine, sizes, 0

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def run(self, spec, rule, batches, state, rates, *args, **options):
        size = self.sizes[self.n_calls % len(self.sizes)]
        self.n_calls += 1
        status = self.engine.run(spec, rule, batches, state, rates[:size], *args, **options)
        if status is RunStatus.DONE and size < len(rates):
            return RunStatus.CUT
        return status


def step_by_step(plan, X, y, epochs):
    """Train with one engine call per update and no loop; parameters after each epoch."""
    from gradus.engines.base import EpochLog, TrainState
    from gradus.optimizers.schedules import rates

    params, batches, _ = prepared(plan, X, y)
    state = TrainState.start(params, plan.rule.n_slots)
    total = plan.epochs * batches.steps_per_epoch
    after = []
    for update in range(epochs * batches.steps_per_epoch):
        make_engine(plan.engine, 1).run(
            SPEC,
            plan.rule,
            batches,
            state,
            rates(plan.rule.learning_rate, update, update + 1, total),
            plan.max_grad_norm,
            EpochLog(),
            cancel=np.zeros(1, dtype=np.uint8),
            max_seconds=None,
        )
        if state.cursor[1] == 0:
            after.append(state.params.copy())
    return after


def test_it_makes_the_planned_updates(engine, options, problem):
    plan = Plan(epochs=6, engine=engine, **options)
    expected = step_by_step(plan, *problem, epochs=6)
    outcome = trained(plan, *problem)
    assert outcome.stopped_because == "epochs"
    assert outcome.params.tobytes() == expected[outcome.best_epoch - 1].tobytes()
    assert outcome.best_epoch == 6 or plan.early_stopping


@pytest.mark.parametrize("sizes", [[1], [2, 5], [3, 1, 11], [1000]], ids=str)
def test_slices_of_any_length_give_the_same_bits(engine, options, problem, sizes):
    plan = Plan(epochs=9, engine=engine, **options)
    whole = trained(plan, *problem)
    in_slices = InSlices(make_engine(engine, 1), sizes)
    assert bits(trained(plan, *problem, engine=in_slices)) == bits(whole)
    assert in_slices.n_calls > 1 or sizes == [1000]


def test_slices_cut_by_the_clock_give_the_same_bits(engine, options, problem, monkeypatch):
    plan = Plan(epochs=5, engine=engine, **options)
    whole = trained(plan, *problem)
    monkeypatch.setattr(loop, "_SLICE_SECONDS", 0.0)
    assert bits(trained(plan, *problem)) == bits(whole)


@pytest.mark.parametrize("most", [("_SLICE_UPDATES", 4), ("_SLICE_KEPT", 2)], ids=str)
def test_small_slices_give_the_same_bits(engine, options, problem, monkeypatch, most):
    plan = Plan(epochs=9, engine=engine, **options)
    whole = trained(plan, *problem)
    monkeypatch.setattr(loop, *most)
    assert bits(trained(plan, *problem)) == bits(whole)


def test_validation_in_pieces_interrupted_nowhere_is_repeatable(engine, problem, monkeypatch):
    plan = Plan(Adam(0.01), epochs=5, engine=engine, early_stopping=EarlyStopping(0.5))
    monkeypatch.setattr(validation, "_PIECE_ROWS", 5)
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    assert bits(trained(plan, *problem)) == bits(trained(plan, *problem))


def test_the_history_tells_what_happened(engine, problem, all_epochs):
    X, y = problem
    plan = Plan(GradientDescent(Cosine(0.2)), epochs=4, batch_size=25, engine=engine)
    outcome = trained(plan, X, y)
    seen = outcome.history
    assert seen.epoch.tolist() == [1, 2, 3, 4]
    assert np.isnan(seen.validation_loss).all()
    # Four updates an epoch: the last of epoch e is update 4 e - 1 of 16.
    t = np.array([3, 7, 11, 15])
    assert seen.learning_rate == pytest.approx(0.1 * (1 + np.cos(np.pi * t / 16)), rel=1e-14)
    assert (np.diff(seen.seconds) >= 0).all()
    assert seen.seconds[0] > 0
    assert seen.measure_name == "rmse"
    assert seen.measure == pytest.approx(np.sqrt(seen.loss), rel=1e-14)
    assert seen.update_ratio.shape == (4, 2)
    assert (seen.update_ratio > 0).all()
    assert (seen.gradient_norm > 0).all()


def test_full_batch_losses_are_those_before_each_update(engine, problem, all_epochs):
    X, y = problem
    plan = Plan(GradientDescent(0.1), epochs=3, engine=engine)
    outcome = trained(plan, X, y)
    machine = make_engine(engine)
    params = [initial_params(SPEC, 0), *step_by_step(plan, X, y, 3)]
    losses = [machine.evaluate(SPEC, before, X, y)[0] for before in params[:3]]
    norms = [np.linalg.norm(machine.gradient(SPEC, before, X, y)[1]) for before in params[:3]]
    assert outcome.history.loss == pytest.approx(losses, rel=1e-13)
    assert outcome.history.gradient_norm == pytest.approx(norms, rel=1e-13)
    change = params[3] - params[2]
    parts = (slice(0, 20), slice(20, 26))
    ratios = [np.linalg.norm(change[part]) / np.linalg.norm(params[2][part]) for part in parts]
    assert outcome.history.update_ratio[-1] == pytest.approx(ratios, rel=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy", "cross_entropy"])
def test_the_measure_is_that_of_the_validation_rows(engine, problem, all_epochs, loss):
    X, y = problem
    if loss != "squared_error":
        y = (y > 0).astype(float)
    spec = NetworkSpec(3, (Dense(4, "relu"), Dense(1 + (loss == "cross_entropy"))), loss)
    stopping = EarlyStopping(0.3, patience=50)
    plan = Plan(Adam(0.05), epochs=6, engine=engine, early_stopping=stopping)
    outcome = trained(plan, X, y, spec=spec)
    _, _, held = prepared(plan, X, y, spec=spec)
    best = outcome.history.epoch.tolist().index(outcome.best_epoch)
    found, mean = make_engine(engine).evaluate(spec, outcome.params, held.X, held.y)
    assert outcome.history.validation_loss[best] == found
    expected = math.sqrt(mean) if LOSSES[loss].measure == "rmse" else mean
    assert outcome.history.measure[best] == expected
    assert outcome.history.measure_name == LOSSES[loss].measure


def overfitting(engine, **options):
    """A plan whose validation loss rises after some epochs."""
    stopping = {"fraction": 0.4, "patience": 10_000, **options}
    return Plan(Adam(0.05), epochs=150, engine=engine, early_stopping=EarlyStopping(**stopping))


@pytest.fixture
def noise():
    """Rows that cannot be learned, of a fixed seed, so that every network soon gets worse."""
    generator = np.random.default_rng(3)
    return generator.normal(size=(90, 3)), generator.normal(size=(90, 1))


def test_the_weights_of_the_best_epoch_come_back(engine, noise, all_epochs):
    X, y = noise
    outcome = trained(overfitting(engine), X, y)
    losses = outcome.history.validation_loss
    assert outcome.best_epoch == 1 + int(np.argmin(losses))
    assert 1 < outcome.best_epoch < 150
    again = step_by_step(overfitting(engine), X, y, outcome.best_epoch)
    assert outcome.params.tobytes() == again[-1].tobytes()


@pytest.mark.parametrize("patience", [1, 3, 10])
@pytest.mark.parametrize("min_delta", [0.0, 0.01])
def test_stopping_early_is_a_full_run_cut_off(engine, noise, all_epochs, patience, min_delta):
    X, y = noise
    losses = trained(overfitting(engine), X, y).history.validation_loss
    outcome = trained(overfitting(engine, patience=patience, min_delta=min_delta), X, y)
    n_epochs = len(outcome.history)
    assert outcome.stopped_because == "early_stopping"
    assert n_epochs < 150
    assert outcome.history.validation_loss.tolist() == losses[:n_epochs].tolist()
    assert outcome.best_epoch == 1 + int(np.argmin(losses[:n_epochs]))
    reference, n_stale = math.inf, 0
    for loss in losses[:n_epochs]:
        assert n_stale < patience
        n_stale = 0 if loss < reference - min_delta else n_stale + 1
        reference = loss if n_stale == 0 else reference
    assert n_stale == patience


def test_short_epochs_are_kept_sparsely_with_the_best_and_the_last(engine, problem):
    X, y = problem
    sparse = trained(Plan(GradientDescent(1e-3), epochs=701, engine=engine), X, y).history
    assert sparse.epoch[:66].tolist() == [*range(1, 65), 66, 68]
    assert sparse.epoch[-3:].tolist() == [672, 688, 701]
    assert np.isfinite(sparse.update_ratio).all()


def test_sparse_rows_are_those_of_a_full_history(engine, problem, monkeypatch):
    X, y = problem
    options = {"epochs": 300, "engine": engine}
    for extra in ({}, {"early_stopping": EarlyStopping(0.4, patience=500)}):
        plan = Plan(Adam(0.05), **options, **extra)
        sparse = trained(plan, X, y)
        with monkeypatch.context() as patch:
            patch.setattr(history, "_SHORT_EPOCH", 0.0)
            full = trained(plan, X, y)
        assert len(full.history) == 300
        assert len(sparse.history) < 150
        assert sparse.best_epoch in sparse.history.epoch
        places = sparse.history.epoch - 1
        for name in ("loss", "validation_loss", "measure", "gradient_norm", "update_ratio"):
            expected = getattr(full.history, name)[places]
            assert np.array_equal(getattr(sparse.history, name), expected, equal_nan=True)
        assert sparse.params.tobytes() == full.params.tobytes()


def test_the_best_epoch_is_told_though_it_is_not_kept(engine, noise, monkeypatch):
    monkeypatch.setattr(loop, "next_kept", lambda _epoch, epochs, **_: epochs)
    outcome = trained(overfitting(engine), *noise)
    assert outcome.history.epoch.tolist() == [outcome.best_epoch, 150]


class Cancelling:
    """A control that cancels the training when a condition holds."""

    def __init__(self, when):
        self.told = []
        self.control = Control(report=self.hear)
        self.when = when

    def hear(self, progress):
        self.told.append(progress)
        if self.when(progress):
            self.control.cancel[0] = 1


def test_cancelled_with_validation_the_best_weights_come_back(engine, noise, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 20)
    cancelling = Cancelling(lambda progress: progress.epoch >= 60)
    outcome = trained(overfitting(engine), *noise, control=cancelling.control)
    assert outcome.stopped_because == "interrupted"
    full = trained(overfitting(engine), *noise)
    assert outcome.best_epoch == full.best_epoch < 60
    assert outcome.params.tobytes() == full.params.tobytes()


def test_cancelled_without_validation_the_last_step_stands(engine, problem, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_UPDATES", 5)
    X, y = problem
    plan = Plan(GradientDescent(0.1), epochs=100, batch_size=13, engine=engine)
    cancelling = Cancelling(lambda progress: progress.epoch >= 3)
    outcome = trained(plan, X, y, control=cancelling.control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.best_epoch == 3
    assert outcome.history.epoch.tolist() == [1, 2, 3]
    assert np.isfinite(outcome.params).all()


def test_cut_short_between_two_epochs_that_are_kept(engine, problem):
    """Two steps an epoch: a call of 5 ends with epoch 65, which is not kept."""
    plan = Plan(GradientDescent(0.01), epochs=701, batch_size=45, engine=engine)
    in_slices = InSlices(make_engine(engine, 1), [5])
    cancelling = Cancelling(lambda progress: progress.epoch >= 65)
    outcome = trained(plan, *problem, engine=in_slices, control=cancelling.control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.best_epoch == 65
    assert outcome.history.epoch[-2:].tolist() == [64, 65]
    assert np.isnan(outcome.history.update_ratio[-1]).all()
    assert np.isfinite(outcome.history.update_ratio[:-1]).all()
    assert np.isfinite(outcome.history.loss).all()


def test_cancelled_before_it_begins(engine, problem):
    control = Control(cancel=np.ones(1, dtype=np.uint8))
    outcome = trained(Plan(GradientDescent(0.1), engine=engine), *problem, control=control)
    assert outcome.stopped_because == "interrupted"
    assert outcome.best_epoch == 0
    assert outcome.params.tobytes() == initial_params(SPEC, 0).tobytes()
    assert len(outcome.history) == 0


@pytest.mark.parametrize("planned", [150, 3])
@pytest.mark.parametrize(("n_calls", "epochs"), [(20, [1, 2]), (24, [1, 2, 3])])
def test_cancelled_while_validating(engine, noise, monkeypatch, n_calls, epochs, planned):
    """36 held-out rows in pieces of 5 are 8 calls an epoch; the last one completes the epoch."""
    monkeypatch.setattr(validation, "_PIECE_ROWS", 5)
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    machine, control, calls = make_engine(engine, 1), Control(), []

    class Interrupted(InSlices):
        def evaluate(self, *args):
            calls.append(None)
            control.cancel[0] = len(calls) == n_calls
            return machine.evaluate(*args)

    interrupted = Interrupted(machine, [1000])
    plan = replace(overfitting(engine), epochs=planned)
    outcome = trained(plan, *noise, engine=interrupted, control=control)
    is_done = epochs[-1] == planned
    assert outcome.stopped_because == ("epochs" if is_done else "interrupted")
    assert len(calls) == n_calls
    assert outcome.history.epoch.tolist() == epochs
    assert outcome.best_epoch == 1 + int(np.argmin(outcome.history.validation_loss))


def test_a_time_limit_ends_it(engine, problem):
    X, y = problem
    plan = Plan(GradientDescent(1e-6), epochs=10**9, engine=engine)
    start = time.monotonic()
    outcome = trained(plan, X, y, control=Control(time_limit=0.05))
    assert time.monotonic() - start < 10
    assert outcome.stopped_because == "time_limit"
    assert outcome.best_epoch >= 1
    assert outcome.history.epoch[-1] <= outcome.best_epoch


def test_progress_tells_epochs_losses_and_speed(engine, problem, all_epochs):
    X, y = problem
    cancelling = Cancelling(lambda _: False)
    cancelling.control.network = 3
    plan = Plan(Adam(0.01), epochs=5, engine=engine, early_stopping=EarlyStopping(0.2))
    outcome = trained(plan, X, y, control=cancelling.control)
    told = cancelling.told
    assert [progress.epoch for progress in told] == sorted(progress.epoch for progress in told)
    assert told[-1].epoch == told[-1].epochs == 5
    assert told[-1].network == 3
    assert told[-1].loss == outcome.history.loss[-1]
    assert told[-1].validation_loss == outcome.history.validation_loss[-1]
    assert all(progress.rows_per_second > 0 for progress in told)


def test_nobody_s_arrays_are_changed(engine, problem):
    X, y = problem
    plan = Plan(Adam(0.01), epochs=3, engine=engine, early_stopping=EarlyStopping(0.2))
    params, batches, held = prepared(plan, X, y)
    arrays = [params, batches.X, batches.y, batches.rows, held.X, held.y]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    outcome = loop.train_network(
        SPEC, params, batches, held, plan, engine=make_engine(engine, 1), control=Control()
    )
    assert outcome.params.flags.writeable
    for array, copy in zip(arrays, before, strict=True):
        assert np.array_equal(array, copy)
