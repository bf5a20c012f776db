"""Kill trainings and look at what they leave: a program of its own, started by the tests beside it.

    kill_training.py FOLDER ENGINE everywhere
    kill_training.py FOLDER ENGINE randomly KILLS EPOCHS

It forks a process for each training, so that gradus is imported once; it never trains itself and
has one thread only, so that forking is safe. It prints what it counted as JSON.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np

from gradus._archive import unpack
from gradus.models.model_file import save
from gradus.models.network import Network
from gradus.networks.spec import Dense
from gradus.optimizers.rules import Adam
from gradus.optimizers.schedules import Cosine
from gradus.training import loop
from gradus.training.plan import EarlyStopping

CALLS = ("open", "fchmod", "write", "fsync", "close", "link", "replace", "unlink")


def train(folder, engine, epochs):
    """Train with a checkpoint after every epoch; the bits of everything that comes out."""
    loop._SLICE_KEPT = 1
    generator = np.random.default_rng(1)
    X = generator.normal(size=(400, 4))
    y = np.sin(X).sum(axis=1) + generator.normal(size=400)
    network = Network(4, [Dense(30, "tanh"), Dense(1)], seed=2)
    run = network.train(
        X,
        y,
        Adam(Cosine(0.01)),
        epochs=epochs,
        batch_size=32,
        early_stopping=EarlyStopping(0.2, patience=epochs),
        checkpoint=folder / "run.checkpoint",
        checkpoint_interval=0.0,
        engine=engine,
    )
    save(network, folder / "network.gradus")
    return fingerprint(folder, run)


def fingerprint(folder, run):
    """Hash parameters, memory of the rule, history (but for its seconds) and the model file."""
    _, arrays = unpack((folder / "run.checkpoint").read_bytes(), "", "checkpoint")
    del arrays["seconds"]
    state = hashlib.sha256((folder / "network.gradus").read_bytes())
    for name in sorted(arrays):
        array = arrays[name]
        if name.endswith(("epoch", "epochs")):
            array = np.delete(array, 6, axis=1)
        state.update(f"{name} {array.shape}".encode() + array.tobytes())
    seen = run.history
    for column in (seen.epoch, seen.loss, seen.validation_loss, seen.measure, seen.update_ratio):
        state.update(column.tobytes())
    state.update(f"{run.best_epoch} {run.stopped_because}".encode())
    return state.hexdigest()


def fork(work):
    """Run `work` in a process of its own; its number, and where its answer can be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        answer = b""
        try:
            answer = json.dumps(work()).encode()
        except BaseException:  # noqa: BLE001 the parent reports it
            answer = json.dumps(traceback.format_exc()).encode()
        finally:
            os.write(writing, answer)
            os._exit(0)
    os.close(writing)
    return child, reading


def wait(child, reading):
    """Wait for a process; what it answered, or None where it was killed."""
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else None


def with_calls(work, kill_at, moment):
    """Run `work` while counting calls to the system, and kill this process at one of them.

    `moment` is "before", "after", or "within" for half of a write.
    """
    made = []

    def wrap(name, call):
        def counted(*args, **options):
            made.append(name)
            if len(made) != kill_at:
                return call(*args, **options)
            try:
                if moment == "within":
                    call(args[0], args[1][: len(args[1]) // 2])
                elif moment == "after":
                    call(*args, **options)
            finally:
                os.kill(os.getpid(), signal.SIGKILL)

        return counted

    kept = {name: getattr(os, name) for name in CALLS}
    for name, call in kept.items():
        setattr(os, name, wrap(name, call))
    try:
        work()
    finally:
        for name, call in kept.items():
            setattr(os, name, call)
    return made


def check(folder, engine, epochs, whole, was_begun):
    """Say what is wrong after a kill: no file left, other bits after resuming, stray files."""
    names = {path.name for path in folder.iterdir()}
    if was_begun and "run.checkpoint" not in names:
        return f"no checkpoint among {sorted(names)}"
    answer = wait(*fork(lambda: train(folder, engine, epochs)))
    if answer != whole:
        return f"other bits: {answer}"
    expected = {"run.checkpoint", "run.checkpoint.previous", "network.gradus"}
    strays = {path.name for path in folder.iterdir()} - expected
    return f"stray files {sorted(strays)}" if strays else None


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def everywhere(root, engine):
    """Kill before and after every call of the checkpoints of two epochs, and within every write."""
    epochs, folder = 2, root / "run"
    os.fsync = lambda _: None  # a kill loses nothing that was written
    whole = wait(*fork(lambda: train(fresh(folder), engine, epochs)))
    fresh(folder)
    made = wait(*fork(lambda: with_calls(lambda: train(folder, engine, epochs), 0, "")))
    # What saves the network at the end is left out: its calls are those of a first write.
    n_calls = len(made) - made[::-1].index("link")
    n_calls += made[n_calls:].index("fsync") + 2
    points = [(at, moment) for at in range(1, n_calls + 1) for moment in ("before", "after")]
    halves = [(at, "within") for at in range(1, n_calls + 1) if made[at - 1] == "write"]
    wrong = []
    first_replace = made.index("replace") + 1
    for at, moment in points + halves:
        fresh(folder)
        point = (lambda: train(folder, engine, epochs), at, moment)
        answer = wait(*fork(lambda: with_calls(*point)))  # noqa: B023 the fork runs it at once
        was_begun = at > first_replace or (at == first_replace and moment == "after")
        trouble = f"not killed: {answer}" if answer else None
        trouble = trouble or check(folder, engine, epochs, whole, was_begun)
        if trouble:
            wrong.append([at, made[at - 1], moment, trouble])
    n_kills = len(points) + len(halves)
    return {"n_calls": n_calls, "n_half_writes": len(halves), "n_kills": n_kills, "wrong": wrong}


def randomly(root, engine, n_kills, epochs):
    """Kill at times spread evenly over 0 to 110 % of an undisturbed run."""
    folder, seed = root / "run", int(os.environ.get("GRADUS_TEST_SEED", "0"))
    durations = []
    for _ in range(3):
        start = time.monotonic()
        whole = wait(*fork(lambda: train(fresh(folder), engine, epochs)))
        durations.append(time.monotonic() - start)
    duration = sorted(durations)[1]
    chance, wrong, n_unfinished = np.random.default_rng(seed), [], 0
    for number in range(n_kills):
        fresh(folder)
        after = 1.1 * duration * (number + chance.random()) / n_kills
        child, reading = fork(lambda: train(folder, engine, epochs))
        time.sleep(after)
        was_begun = (folder / "run.checkpoint").exists()
        os.kill(child, signal.SIGKILL)
        n_unfinished += wait(child, reading) is None
        trouble = check(folder, engine, epochs, whole, was_begun)
        if trouble:
            wrong.append([number, after, trouble])
    told = {"seed": seed, "seconds": duration, "n_kills": n_kills, "n_unfinished": n_unfinished}
    return {**told, "wrong": wrong}


if __name__ == "__main__":
    place, engine_name, how, *numbers = sys.argv[1:]
    run = {"everywhere": everywhere, "randomly": randomly}[how]
    sys.stdout.write(json.dumps(run(Path(place), engine_name, *map(int, numbers))))
