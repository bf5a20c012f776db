"""The seam: several networks at once are what each would be alone, and answer for unseen rows."""

import os
import re
import signal
import threading
import time

import numpy as np
import pytest

from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError, Diverged, EngineUnavailable, InvalidParameter, ShapeMismatch
from gradus.networks.initializers import initial_params
from gradus.networks.losses import LOSSES
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent
from gradus.training import run_networks, validation
from gradus.training import train as seam
from gradus.training.folds import assign_folds, holdout
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train
from tests.training.helpers import SPEC


def plan_for(engine, **options):
    settings = {"epochs": 25, "batch_size": 16, "early_stopping": EarlyStopping(0.2, 5), **options}
    return Plan(Adam(0.02), engine=engine, **settings)


def bits(result):
    arrays = [result.params, result.out_of_fold]
    for history in result.histories:
        names = sorted(set(history.__dataclass_fields__) - {"seconds", "measure_name"})
        arrays += [getattr(history, name) for name in names]
    told = (result.stopped_because, result.best_epochs)
    return (*(array.tobytes() for array in arrays if array is not None), *told)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_at_once_and_one_by_one_give_the_same_bits(engine, problem, dtype):
    X, y = problem
    folds = assign_folds(len(X), 5, 0)
    results = [
        bits(train(SPEC, X, y, None, folds, plan_for(engine, dtype=dtype, n_threads=n_threads)))
        for n_threads in (1, 2, 3, 5, 8)
    ]
    assert all(result == results[0] for result in results)


def test_each_network_is_what_it_would_be_alone(engine, problem):
    """Network j is a single network with seed j on the rows outside fold j."""
    X, y = problem
    folds = assign_folds(len(X), 4, 1)
    result = train(SPEC, X, y, None, folds, plan_for(engine, seed=7))
    for fold in range(4):
        inside = folds != fold
        alone = train(SPEC, X[inside], y[inside], None, None, plan_for(engine, seed=7 + fold))
        assert alone.params[0].tobytes() == result.params[fold].tobytes()
        assert alone.best_epochs[0] == result.best_epochs[fold]
        assert alone.out_of_fold is None


def test_networks_start_from_different_parameters(problem):
    plan = plan_for("reference", epochs=1)
    result = train(SPEC, *problem, None, assign_folds(len(problem[0]), 3, 0), plan)
    assert len({params.tobytes() for params in result.params}) == 3


@pytest.mark.parametrize("loss", list(LOSSES))
def test_out_of_fold_rows_are_predicted_by_the_network_that_never_saw_them(engine, problem, loss):
    X, y = problem
    if loss != "squared_error":
        y = (y > 0).astype(float)
    spec = NetworkSpec(3, (Dense(4, "relu"), Dense(1 + (loss == "cross_entropy"))), loss)
    folds = assign_folds(len(X), 3, 0)
    result = train(spec, X, y, None, folds, plan_for(engine))
    assert result.out_of_fold.shape == (len(X), spec.n_outputs)
    for fold in range(3):
        mine = folds == fold
        outputs = make_engine(engine).outputs(spec, result.params[fold], X[mine])
        assert np.array_equal(result.out_of_fold[mine], LOSSES[loss].link(outputs))


def test_the_rows_of_a_fold_have_no_influence_on_its_network(engine, problem):
    X, y = (array.copy() for array in problem)
    folds = assign_folds(len(X), 3, 0)
    before = train(SPEC, X, y, None, folds, plan_for(engine))
    X[folds == 1], y[folds == 1] = 1e3, -1e3
    after = train(SPEC, X, y, None, folds, plan_for(engine))
    assert after.params[1].tobytes() == before.params[1].tobytes()
    assert after.params[0].tobytes() != before.params[0].tobytes()


def test_rows_of_fold_minus_1_train_and_are_not_predicted(engine, problem):
    X, y = problem
    folds = np.where(assign_folds(len(X), 5, 0) == 0, 0, -1)
    result = train(SPEC, X, y, None, folds, plan_for(engine))
    assert result.params.shape == (1, 26)
    assert np.isnan(result.out_of_fold[folds == -1]).all()
    assert np.isfinite(result.out_of_fold[folds == 0]).all()


def test_leaving_one_row_out_at_a_time(engine, rng):
    X, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    plan = plan_for(engine, early_stopping=None, epochs=3)
    result = train(SPEC, X, y, None, np.arange(7), plan)
    assert result.params.shape == (7, 26)
    assert np.isfinite(result.out_of_fold).all()
    assert result.stopped_because == ("epochs",) * 7


def test_early_stopping_judges_by_rows_of_the_own_part(problem, monkeypatch):
    seen = []
    original = seam.train_network

    def listening(spec, params, batches, validation, *args, **options):
        seen.append((batches.rows, validation.X))
        return original(spec, params, batches, validation, *args, **options)

    monkeypatch.setattr(seam, "train_network", listening)
    X, y = problem
    folds = assign_folds(len(X), 3, 0)
    train(SPEC, X, y, None, folds, plan_for("reference", n_threads=1, seed=4))
    for fold, (rows, held) in enumerate(seen):
        expected_rows, expected_held = holdout(np.flatnonzero(folds != fold), 0.2, 4 + fold)
        assert np.array_equal(rows, expected_rows)
        assert np.array_equal(held, X[expected_held])


def test_a_weight_of_2_is_a_row_twice(engine, problem):
    X, y = problem
    weights = np.ones(len(X))
    weights[:20] = 2.0
    plan = Plan(GradientDescent(0.1), epochs=5, engine=engine)
    weighted = train(SPEC, X, y, weights, None, plan)
    doubled = train(SPEC, np.r_[X, X[:20]], np.r_[y, y[:20]], None, None, plan)
    assert weighted.params == pytest.approx(doubled.params, rel=1e-12)


class Spying:
    """Counts how many engines are made with how many threads, and which threads train."""

    def __init__(self, monkeypatch):
        self.asked, self.threads = [], set()
        make, train_one = run_networks.make_engine, seam.train_network

        def make_engine(name, n_threads=None):
            self.asked.append(n_threads)
            return make(name, n_threads)

        def train_network(*args, **options):
            self.threads.add(threading.get_ident())
            time.sleep(0.02)
            return train_one(*args, **options)

        monkeypatch.setattr(run_networks, "make_engine", make_engine)
        monkeypatch.setattr(seam, "train_network", train_network)


@pytest.mark.parametrize(("n_threads", "n_workers"), [(1, 1), (2, 2), (3, 3), (9, 4)])
def test_several_networks_use_the_threads_between_them(problem, monkeypatch, n_threads, n_workers):
    spying = Spying(monkeypatch)
    folds = assign_folds(len(problem[0]), 4, 0)
    train(SPEC, *problem, None, folds, plan_for("reference", n_threads=n_threads, epochs=1))
    assert spying.asked == [1, 1, 1, 1]
    assert len(spying.threads) == n_workers


def test_one_network_gets_all_threads(problem, monkeypatch):
    spying = Spying(monkeypatch)
    train(SPEC, *problem, None, None, plan_for("reference", n_threads=5, epochs=1))
    monkeypatch.setenv("GRADUS_NUM_THREADS", "7")
    train(SPEC, *problem, None, None, plan_for("reference", epochs=1))
    assert spying.asked == [5, 7]


def endless(engine, **options):
    return plan_for(engine, epochs=10**8, early_stopping=EarlyStopping(0.2, 10**8), **options)


def test_control_c_ends_all_networks_with_their_best_weights(engine, problem):
    folds = assign_folds(len(problem[0]), 3, 0)
    trained = set()

    def press(progress):
        # Ctrl-C once both of the networks that have a thread have finished an epoch.
        trained.update({progress.network} if progress.epoch else ())
        if len(trained) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    plan = endless(engine, n_threads=2)
    result = train(SPEC, *problem, None, folds, plan, callback=press)
    assert result.stopped_because == ("interrupted",) * 3
    # Two networks were training; the third had not begun and is as it was drawn.
    assert min(result.best_epochs[:2]) >= 1
    assert result.best_epochs[2] == 0
    assert result.params[2].tobytes() == initial_params(SPEC, 2).tobytes()
    assert np.isnan(result.out_of_fold).all()
    for history, best in zip(result.histories[:2], result.best_epochs[:2], strict=True):
        assert best == history.epoch[np.argmin(history.validation_loss)]


def test_a_thread_without_a_network_does_the_work_beside(engine, problem):
    folds, heard = assign_folds(len(problem[0]), 3, 0), []
    table = SPEC, *problem, None, folds, plan_for(engine, n_threads=1)
    result = train(*table, beside=heard.append)
    assert bits(result) == bits(train(*table))
    assert [first.history for first in heard] == [result.histories[0]]


def test_nothing_is_done_beside_one_network_or_after_control_c(engine, problem):
    def interrupt(_progress):
        raise KeyboardInterrupt

    def beside(_first):
        raise AssertionError("must not be called")

    train(SPEC, *problem, None, None, plan_for(engine), beside=beside)
    plan, folds = endless(engine, n_threads=1), assign_folds(len(problem[0]), 3, 0)
    result = train(SPEC, *problem, None, folds, plan, callback=interrupt, beside=beside)
    assert set(result.stopped_because) == {"interrupted"}


def test_a_callback_may_interrupt(engine, problem):
    heard = []

    def callback(progress):
        heard.append(progress)
        raise KeyboardInterrupt

    result = train(SPEC, *problem, None, None, endless(engine), callback=callback)
    assert result.stopped_because == ("interrupted",)
    assert len(heard) == 1


def test_control_c_in_the_last_moment_is_not_lost(problem):
    def callback(_progress):
        raise KeyboardInterrupt

    folds = assign_folds(len(problem[0]), 2, 0)
    plan = plan_for("native", epochs=1, early_stopping=None)
    result = train(SPEC, *problem, None, folds, plan, callback=callback)
    assert result.stopped_because == ("interrupted",) * 2


def test_a_network_whose_answers_are_dropped_is_interrupted(problem, monkeypatch):
    original = seam.train_network

    def press_at_the_end(*arguments, control, **options):
        outcome = original(*arguments, control=control, **options)
        control.cancel[0] = 1
        return outcome

    monkeypatch.setattr(seam, "train_network", press_at_the_end)
    folds = assign_folds(len(problem[0]), 2, 0)
    plan = plan_for("native", epochs=1, early_stopping=None)
    result = train(SPEC, *problem, None, folds, plan)
    assert result.stopped_because == ("interrupted",) * 2
    assert np.isnan(result.out_of_fold).all()


def test_control_c_while_unseen_rows_are_predicted(problem, monkeypatch):
    X, y = (np.repeat(array, 10, axis=0) for array in problem)

    class Pressing:
        """Its first predictions of many rows meet a raised flag afterwards."""

        def __init__(self, cancel):
            self.cancel = cancel

        def outputs(self, spec, params, X):
            self.cancel[0] = 1
            return make_engine("native").outputs(spec, params, X)

    original = seam.answer

    def pressing(_engine, *arguments):
        return original(Pressing(cancel), *arguments)

    def listening(*arguments, control, **options):
        nonlocal cancel
        cancel = control.cancel
        return train_network(*arguments, control=control, **options)

    cancel, train_network = None, seam.train_network
    monkeypatch.setattr(seam, "answer", pressing)
    monkeypatch.setattr(seam, "train_network", listening)
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    folds = np.where(np.arange(len(X)) % 2, 0, -1)
    result = train(SPEC, X, y, None, folds, plan_for("native", epochs=1, early_stopping=None))
    assert result.stopped_because == ("interrupted",)
    assert np.isnan(result.out_of_fold).all()


def test_an_error_in_the_callback_comes_out(engine, problem):
    def callback(_progress):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        train(SPEC, *problem, None, None, endless(engine), callback=callback)


def test_the_callback_hears_of_every_network_and_of_the_end(engine, problem):
    heard = []
    folds = assign_folds(len(problem[0]), 3, 0)
    plan = plan_for(engine, early_stopping=None)
    train(SPEC, *problem, None, folds, plan, callback=heard.append)
    last = {progress.network: progress for progress in heard}
    assert sorted(last) == [0, 1, 2]
    assert all(progress.epoch == progress.epochs == 25 for progress in last.values())


def test_a_time_limit_is_shared_by_the_networks(engine, problem, monkeypatch):
    limits = []
    original = seam.train_network

    def listening(*args, control, **options):
        limits.append(control.time_limit)
        return original(*args, control=control, **options)

    monkeypatch.setattr(seam, "train_network", listening)
    folds = assign_folds(len(problem[0]), 5, 0)
    plan = endless(engine, n_threads=2, time_limit=0.3)
    result = train(SPEC, *problem, None, folds, plan)
    assert result.stopped_because == ("time_limit",) * 5
    assert limits == pytest.approx([0.1] * 5)
    assert np.isfinite(result.out_of_fold).all()


def test_a_network_that_diverges_stops_the_others(engine, problem):
    X, y = (array.copy() for array in problem)
    folds = assign_folds(len(X), 3, 0)
    X[folds == 2] = 1e200  # network 2 alone never sees these rows
    plan = endless(engine, n_threads=3)
    result = train(NetworkSpec(3, (Dense(1),)), X, y, None, folds, plan)
    assert isinstance(result.failure, Diverged)
    assert re.match(r"Loss became (nan|inf) at epoch 1, step \d+", str(result.failure))
    assert set(result.stopped_because) == {"diverged", "interrupted"}


def test_an_engine_that_is_missing_is_told(problem, monkeypatch):
    def missing(*_args):
        raise EngineUnavailable("It is not there.")

    monkeypatch.setattr(run_networks, "make_engine", missing)
    with pytest.raises(EngineUnavailable, match=r"^It is not there\.$"):
        train(SPEC, *problem, None, None, plan_for("native"))


ROWS = np.ones((6, 3)), np.ones(6)


@pytest.mark.parametrize(
    ("folds", "error", "sentence"),
    [
        ([0, 1, 0], ShapeMismatch, "folds must have shape (n_samples,) = (6,); got (3,)."),
        ([0.0, 1, 0, 1, 0, 1], DataError, "folds must be whole numbers; got float64."),
        (
            [0, 2, 0, 2, 0, 2],
            DataError,
            "folds must be the numbers 0 to k - 1, each at least once, or -1; got 0, 2.",
        ),
        (
            [-2, 0, 1, 0, 1, 0],
            DataError,
            "folds must be the numbers 0 to k - 1, each at least once, or -1; got -2, 0, 1.",
        ),
        (
            [-1] * 6,
            DataError,
            "folds must be the numbers 0 to k - 1, each at least once, or -1; got -1.",
        ),
        ([0] * 6, DataError, "X must hold at least one row to train on; got none."),
    ],
    ids=str,
)
def test_folds_that_make_no_sense_are_refused(folds, error, sentence):
    plan = Plan(Adam(), epochs=1, engine="reference")
    with pytest.raises(error) as caught:
        train(SPEC, *ROWS, None, np.array(folds), plan)
    assert str(caught.value) == sentence


def test_rows_that_make_no_sense_are_refused():
    plan = Plan(Adam(), epochs=1, engine="reference")
    with pytest.raises(DataError, match=r"^X must hold at least one row to train on; got none\.$"):
        train(SPEC, np.ones((0, 3)), np.ones(0), None, None, plan)
    with pytest.raises(DataError, match=r"^At least one training row must have a weight"):
        train(SPEC, *ROWS, np.zeros(6), None, plan)
    stopping = Plan(Adam(), epochs=1, engine="reference", early_stopping=EarlyStopping())
    with pytest.raises(DataError, match=r"^Early stopping needs at least 2 rows"):
        train(SPEC, np.ones((1, 3)), np.ones(1), None, None, stopping)
    held = holdout(np.arange(6), 0.1, 0)[1]
    weights = np.ones(6)
    weights[held] = 0
    with pytest.raises(DataError, match=r"^At least one held-out row must have a weight"):
        train(SPEC, *ROWS, weights, None, stopping)
    with pytest.raises(InvalidParameter, match=r"^learning_rate must be a finite number"):
        train(SPEC, *ROWS, None, None, Plan(Adam(-1.0)))
