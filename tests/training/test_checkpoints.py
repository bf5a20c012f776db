"""A run that was stopped goes on to the bits of one that was not, and foreign files are refused."""

import errno
import os
import stat
from dataclasses import replace

import numpy as np
import pytest

from gradus._archive import pack, unpack
from gradus._files import previous_name
from gradus.engines.base import TrainState
from gradus.engines.registry import engine as make_engine
from gradus.errors import ModelFileError
from gradus.optimizers.rules import Adam, AdamW, GradientDescent, RMSprop
from gradus.optimizers.schedules import Cosine, OneCycle
from gradus.training import checkpoints, loop, validation
from gradus.training.control import Control
from gradus.training.history import Record
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.standing import Standing
from gradus.training.stopping import Stopping as EarlyStoppingState
from tests.training.helpers import SPEC, bits, trained

PLANS = {
    "full batch": Plan(GradientDescent(0.1), epochs=150),
    "momentum": Plan(GradientDescent(0.05, momentum=0.9), epochs=8, batch_size=7),
    "Adam, early stopping": Plan(
        Adam(Cosine(0.05)), epochs=30, batch_size=16, early_stopping=EarlyStopping(0.3, 4)
    ),
    "RMSprop, one cycle": Plan(RMSprop(OneCycle(0.01), momentum=0.9), epochs=9, batch_size=16),
    "AdamW, float32": Plan(AdamW(0.02), epochs=12, batch_size=32, dtype="float32"),
}
ADAM = PLANS["Adam, early stopping"]


@pytest.fixture(params=PLANS)
def plan(request, engine):
    return replace(PLANS[request.param], engine=engine)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where the checkpoint stands. Nothing here loses power, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return tmp_path / "run.checkpoint"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class Stopping:
    """An engine that lets the training be cancelled after some calls of one of its methods."""

    def __init__(self, plan, control, calls, method="run"):
        self.engine, self.control = make_engine(plan.engine, 1), control
        self.left, self.method = calls, method

    def __getattr__(self, name):
        def call(*args, **options):
            answer = getattr(self.engine, name)(*args, **options)
            if name == self.method:
                self.left -= 1
                if self.left == 0:
                    self.control.cancel[0] = 1
            return answer

        return call


def train_in_parts(plan, X, y, path, calls, *, interval=0.0, method="run", weights=None):
    """Cancel after `calls` engine calls, resume, cancel again, and so on; the last outcome."""
    n_parts = 0
    while True:
        control = Control()
        stopping = Stopping(plan, control, calls, method)
        outcome = trained(
            plan, X, y, weights=weights, engine=stopping, control=control, file=(path, interval)
        )
        n_parts += 1
        if outcome.stopped_because != "interrupted":
            return outcome, n_parts


def test_everything_a_training_stands_on_is_kept(path):
    rows = np.arange(1, 6)[:, None] + np.arange(9) / 8
    state = TrainState(
        params=np.arange(26.0),
        slots=np.arange(52.0).reshape(2, 26),
        cursor=np.array([5, 1, 21]),
        totals=np.array([1.5, 2.5, 3.5]),
        grad_norm=np.array([4.5, 5.5]),
    )
    standing = Standing(
        state,
        EarlyStoppingState(7, 0.25, best_loss=0.1, best_epoch=3, reference=0.2, n_stale=2),
        Record([rows[:1], rows[1:2]], rows[2], rows[3]),
        best_params=-np.arange(26.0),
        pending=rows[4],
        seconds=12.5,
    )
    checkpoint = checkpoints.Checkpoint(path, {"network": 1}, 0.0)
    checkpoint.write(standing, SPEC)
    fresh = Standing(TrainState.start(np.zeros(26), 2), EarlyStoppingState(7, 0.25))
    found = checkpoint.resume(fresh, SPEC, 4)
    assert found.best_params.tolist() == standing.best_params.tolist()
    for name in ("params", "slots", "cursor", "totals", "grad_norm"):
        assert getattr(found.state, name).tolist() == getattr(state, name).tolist()
    assert (found.stopping, found.seconds) == (standing.stopping, standing.seconds)
    assert found.record.kept(SPEC).tolist() == rows[:2].tolist()
    record = found.record
    assert np.array([record.best, record.last, found.pending]).tolist() == rows[2:].tolist()


@pytest.mark.parametrize("calls", [2, 5])
def test_parts_give_the_bits_of_the_whole(plan, problem, path, monkeypatch, calls):
    monkeypatch.setattr(loop, "_SLICE_UPDATES", 3)
    X, y = problem
    whole = trained(plan, X, y)
    outcome, n_parts = train_in_parts(plan, X, y, path, calls)
    assert bits(outcome) == bits(whole)
    assert n_parts > 1
    assert (np.diff(outcome.history.seconds) >= 0).all()
    assert names(path.parent) == ["run.checkpoint", "run.checkpoint.previous"]


def test_with_row_weights(engine, problem, path, rng, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 1)
    X, y = problem
    weights, plan = rng.uniform(size=len(X)), replace(ADAM, engine=engine)
    outcome, n_parts = train_in_parts(plan, X, y, path, 4, weights=weights)
    assert bits(outcome) == bits(trained(plan, X, y, weights=weights))
    assert n_parts > 1


def test_stopped_in_the_middle_of_a_validation(engine, problem, path, monkeypatch):
    """The epoch is finished then and not judged yet."""
    monkeypatch.setattr(validation, "_PIECE_ROWS", 4)
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    X, y = problem
    plan = replace(ADAM, engine=engine)
    whole = trained(plan, X, y)
    # 27 held-out rows are 7 pieces; every call is stopped in a third of the way further on.
    outcome, n_parts = train_in_parts(plan, X, y, path, 9, method="evaluate")
    assert bits(outcome) == bits(whole)
    assert n_parts > 1


def test_after_a_time_limit(plan, problem, path, monkeypatch):
    X, y = problem
    whole = trained(plan, X, y)
    n_parts = 0
    monkeypatch.setattr(loop, "_SLICE_SECONDS", 0.0)
    while True:
        control = Control(time_limit=0.002)
        outcome = trained(plan, X, y, control=control, file=(path, 1e9))
        n_parts += 1
        if outcome.stopped_because != "time_limit":
            break
    assert bits(outcome) == bits(whole)


def test_time_limit_and_threads_may_differ(engine, problem, path):
    X, y = problem
    plan = replace(ADAM, engine=engine)
    control = Control()
    trained(plan, X, y, engine=Stopping(plan, control, 3), control=control, file=(path, 0.0))
    other = replace(plan, time_limit=99.0, n_threads=3)
    assert bits(trained(other, X, y, file=(path, 0.0))) == bits(trained(plan, X, y))


def test_a_finished_run_is_read_and_not_repeated(plan, problem, path):
    X, y = problem
    first = trained(plan, X, y, file=(path, 0.0))

    class Refusing:
        def __getattr__(self, name):
            raise AssertionError(name)

    again = trained(plan, X, y, file=(path, 0.0), engine=Refusing())
    assert bits(again) == bits(first)
    assert again.history.seconds.tolist() == first.history.seconds.tolist()


def count_writes(plan, X, y, path, interval, monkeypatch):
    written = []
    write = checkpoints.write_atomically

    def counting(*args, **options):
        written.append(None)
        write(*args, **options)

    monkeypatch.setattr(checkpoints, "write_atomically", counting)
    trained(plan, X, y, file=(path, interval))
    return len(written)


def test_an_interval_of_0_writes_after_every_slice(engine, problem, path, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_KEPT", 1)
    plan = Plan(Adam(), epochs=7, engine=engine)
    # Before the first epoch, after each, and once more when the last is judged.
    assert count_writes(plan, *problem, path, 0.0, monkeypatch) == 9


def test_a_long_interval_writes_at_the_start_and_at_the_end(engine, problem, path, monkeypatch):
    plan = Plan(Adam(), epochs=7, engine=engine)
    assert count_writes(plan, *problem, path, 1e9, monkeypatch) == 2


def stop_once(path, X, y, plan=ADAM):
    control = Control()
    trained(plan, X, y, engine=Stopping(plan, control, 3), control=control, file=(path, 0.0))


def refusal(path, X, y, plan=ADAM):
    before = path.read_bytes()
    with pytest.raises(ModelFileError) as caught:
        trained(plan, X, y, file=(path, 0.0))
    assert path.read_bytes() == before
    return str(caught.value)


def test_a_damaged_file_is_passed_over_for_the_one_before(engine, problem, path):
    plan = replace(ADAM, engine=engine)
    whole = trained(plan, *problem)
    for damage in (b"", path.name.encode(), None):
        stop_once(path, *problem, plan)
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage)
        assert bits(trained(plan, *problem, file=(path, 0.0))) == bits(whole)
        path.unlink()
        previous_name(path).unlink()


def test_any_flipped_byte_leads_to_the_same_bits_or_is_refused(problem, path):
    plan = replace(ADAM, engine="reference", epochs=3)
    whole = bits(trained(plan, *problem))
    stop_once(path, *problem, plan)
    good = path.read_bytes()
    n_cases = 0
    for place in range(0, len(good), 67):
        flipped = bytearray(good)
        flipped[place] ^= 0x10
        path.write_bytes(flipped)
        previous_name(path).write_bytes(good)
        assert bits(trained(plan, *problem, file=(path, 1e9))) == whole
        path.write_bytes(flipped)
        previous_name(path).unlink()
        with pytest.raises(ModelFileError):
            trained(plan, *problem, file=(path, 1e9))
        n_cases += 1
    assert n_cases > 50


def test_through_a_link_both_versions_are_found(problem, path):
    stop_once(path, *problem)
    whole = bits(trained(ADAM, *problem))
    link = path.with_name("elsewhere") / "link"
    link.parent.mkdir()
    link.symlink_to(path)
    trained(ADAM, *problem, file=(link, 0.0))
    path.write_bytes(b"damaged")
    assert bits(trained(ADAM, *problem, file=(link, 0.0))) == whole
    assert link.is_symlink()


def test_two_damaged_files_are_an_error(problem, path):
    stop_once(path, *problem)
    path.write_bytes(b"")
    previous_name(path).write_bytes(b"x" * 100)
    assert refusal(path, *problem) == (
        f"{path} is cut off or no safetensors file: its header is not whole."
    )


def test_a_network_is_no_checkpoint(problem, path):
    path.write_bytes(pack("network", {}, {}))
    assert refusal(path, *problem) == f"{path} is a network file; a checkpoint file is needed here."


@pytest.mark.parametrize(
    "change",
    [
        {"cursor": np.array([1, 99, 103])},
        {"cursor": np.array([1, 1, 7])},
        {"cursor": np.array([-1, 0, -4])},
        {"params": np.zeros(25)},
        {"params": np.zeros(26, dtype=np.float32)},
        {"slots": np.zeros((1, 26))},
        {"kept epochs": np.zeros((3, 8))},
        {"kept epochs": np.full((1, 9), np.nan)},
        {"last epoch": np.full((1, 9), np.inf)},
        {"best epoch": np.full((1, 9), 0.5)},
        {"pending epoch": np.full((1, 9), 1e300)},
        {"stopping counts": np.array([-1, 0])},
        {"best params": np.zeros(26)},
        {"seconds": None},
        {"extra": np.zeros(1)},
    ],
    ids=str,
)
def test_arrays_no_run_has_written_are_refused(problem, path, change):
    """With right checksums, as somebody could make them who wants to crash the engine."""
    stop_once(path, *problem)
    description, arrays = unpack(path.read_bytes(), "", "checkpoint")
    arrays = {name: array for name, array in {**arrays, **change}.items() if array is not None}
    path.write_bytes(pack("checkpoint", description, arrays))
    assert refusal(path, *problem) == f"{path} is damaged: its arrays are not those of this run."


def test_what_a_killed_write_left_is_removed(problem, path):
    for name in (".run.checkpoint.writing", ".run.checkpoint.keeping"):
        path.with_name(name).write_bytes(b"half")
    trained(ADAM, *problem, file=(path, 1e9))
    assert names(path.parent) == ["run.checkpoint", "run.checkpoint.previous"]


def test_permissions_are_kept(problem, path):
    stop_once(path, *problem)
    path.chmod(0o600)
    trained(ADAM, *problem, file=(path, 0.0))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_missing_folder_is_told_before_training(problem, tmp_path):
    path = tmp_path / "nowhere" / "run.checkpoint"
    with pytest.raises(ModelFileError) as caught:
        trained(ADAM, *problem, file=(path, 0.0))
    assert str(caught.value) == f"{path} could not be written: No such file or directory."


def test_an_unreadable_file_is_told(problem, path, monkeypatch):
    stop_once(path, *problem)
    monkeypatch.setattr(type(path), "read_bytes", lambda _: (_ for _ in ()).throw(error))
    error = PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(ModelFileError) as caught:
        trained(ADAM, *problem, file=(path, 0.0))
    assert str(caught.value) == f"{path} could not be read: Permission denied."
