"""Checkpointed training when the disk fails or the process is killed, at every possible moment."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradus._files import previous_name
from gradus.errors import ModelFileError
from gradus.optimizers.rules import Adam
from gradus.training.control import Control
from gradus.training.plan import Plan
from tests.training.helpers import bits, trained

DRIVER = Path(__file__).with_name("kill_training.py")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.checkpoint"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


CALLS = ("open", "fchmod", "write", "fsync", "close", "link", "replace")


def fail_between(monkeypatch, first, last, error):
    """Let the calls to the system from `first` to `last` fail; a list that counts them."""
    made = []

    def wrap(name, call):
        def counted(*args, **options):
            made.append(name)
            if first <= len(made) <= last:
                if name == "close":
                    call(*args, **options)
                raise OSError(error, os.strerror(error))
            return None if name == "fsync" else call(*args, **options)

        return counted

    for name in CALLS:
        monkeypatch.setattr(os, name, wrap(name, getattr(os, name)))
    return made


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_training_outlives_every_failing_write(problem, path, error):
    X, y = problem
    plan = Plan(Adam(), epochs=3, engine="reference")
    whole = bits(trained(plan, X, y))
    with pytest.MonkeyPatch.context() as patch:
        made = fail_between(patch, 0, -1, error)
        trained(plan, X, y, file=(path, 0.0))
    n_at_the_door = made.index("fsync", made.index("replace")) + 2
    assert len(made) > 3 * n_at_the_door
    for place in range(n_at_the_door + 1, len(made) + 1):
        for file in path.parent.iterdir():
            file.unlink()
        warned = []
        with pytest.MonkeyPatch.context() as patch:
            fail_between(patch, place, place, error)
            control = Control(warn=warned.append)
            outcome = trained(plan, X, y, file=(path, 0.0), control=control)
        assert bits(outcome) == whole
        assert len(warned) == 1
        assert warned[0].startswith(f"{path} could not be written: {os.strerror(error)} (")
        assert warned[0].endswith(" free). Training goes on without it.")
        assert set(names(path.parent)) <= {"run.checkpoint", "run.checkpoint.previous"}
        assert bits(trained(plan, X, y, file=(path, 0.0))) == whole


def test_a_disk_that_stays_full_is_told_once(problem, path):
    X, y = problem
    plan, warned = Plan(Adam(), epochs=6, engine="reference"), []
    with pytest.MonkeyPatch.context() as patch:
        made = fail_between(patch, 0, -1, errno.ENOSPC)
        trained(plan, X, y, file=(path, 1e9))
    path.unlink()
    previous_name(path).unlink()
    n_at_the_door = made.index("fsync", made.index("replace")) + 2
    with pytest.MonkeyPatch.context() as patch:
        fail_between(patch, n_at_the_door + 1, 10**9, errno.ENOSPC)
        outcome = trained(plan, X, y, file=(path, 0.0), control=Control(warn=warned.append))
    assert outcome.stopped_because == "epochs"
    assert len(warned) == 1
    assert names(path.parent) == ["run.checkpoint"]
    assert bits(trained(plan, X, y, file=(path, 0.0))) == bits(outcome)


def test_a_write_that_fails_at_the_door_is_an_error(problem, path):
    plan = Plan(Adam(), epochs=3, engine="reference")
    with pytest.MonkeyPatch.context() as patch:
        fail_between(patch, 2, 2, errno.ENOSPC)
        with pytest.raises(ModelFileError, match="No space left on device"):
            trained(plan, *problem, file=(path, 0.0))
    assert names(path.parent) == []


def killed(tmp_path, engine, how, *numbers):
    """Let the driver kill trainings in a process of its own; what it counted."""
    command = [sys.executable, str(DRIVER), str(tmp_path), engine, how, *map(str, numbers)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_kill_before_and_after_every_call_to_the_system(tmp_path):
    told = killed(tmp_path, "reference", "everywhere")
    assert told["wrong"] == []
    assert told["n_kills"] == 2 * told["n_calls"] + told["n_half_writes"]
    # Four writes of a dozen calls each: at the door, after each of two epochs, and at the end.
    assert told["n_calls"] > 40
    assert told["n_half_writes"] == 4


def test_kills_at_random(tmp_path, engine):
    told = killed(tmp_path, engine, "randomly", 6, 25)
    assert told["wrong"] == []
    assert told["n_kills"] == 6
    assert told["n_unfinished"] > 0


@pytest.mark.slow
def test_fifty_kills_at_random(tmp_path, engine):
    told = killed(tmp_path, engine, "randomly", 50, 250)
    assert told["wrong"] == []
    assert told["n_kills"] == 50
    assert told["n_unfinished"] >= 10
