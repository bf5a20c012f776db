"""A training on disk: written while it runs, continued where it was killed, to the same bits.

One file holds everything, and the version before is kept as ``NAME.previous``. How files are
replaced safely stands in `_files`, how arrays are packed in `_archive`.
"""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from gradus._archive import AnyArray, array_checksum, pack, unpack
from gradus._dataclasses import dataclass
from gradus._files import previous_name, why_not_written, write_atomically
from gradus._typing import Float64Array, FloatArray
from gradus.engines.base import Batches, TrainState
from gradus.engines.registry import engine
from gradus.errors import ModelFileError
from gradus.networks.spec import NetworkSpec
from gradus.training.description import describe, flatten
from gradus.training.guard import Guard
from gradus.training.history import Record, n_columns
from gradus.training.plan import Plan
from gradus.training.standing import Found, Standing
from gradus.training.validation import ValidationRows

_KIND = "checkpoint"
_EPOCH_TABLES = ("kept epochs", "best epoch", "last epoch", "pending epoch")
_GUARD = ("guard numbers", "guard params", "guard slots")
# These arrays have as many rows as there is to tell.
_VARYING = {"best params", *_EPOCH_TABLES}


def identify(
    spec: NetworkSpec, batches: Batches, validation: ValidationRows | None, plan: Plan
) -> dict[str, Any]:
    """Describe everything that decides a run's bits: network, plan, data and instruction set.

    Of the data there are checksums. The time limit and the number of threads are left out, because
    they decide nothing.
    """
    deciding = replace(plan, time_limit=None, n_threads=None)
    data = {
        "X": batches.X,
        "y": batches.y,
        "weights": batches.weights,
        "rows": batches.rows,
        "X_val": validation.X if validation else None,
        "y_val": validation.y if validation else None,
        "validation weights": validation.weights if validation else None,
    }
    checksums = {name: None if a is None else array_checksum(a) for name, a in data.items()}
    return {
        "network": describe(spec),
        "plan": describe(deciding),
        "instruction set": engine(plan.engine).instruction_set,
        "data": checksums,
    }


@dataclass
class Checkpoint:
    """The file of one run.

    Attributes
    ----------
    path
        Where it stands. Its folder must exist. A symbolic link is followed once, here, so that both
        versions stand beside each other.
    identity
        As `identify` gives it; a file with another one is refused.
    interval
        Seconds from one write to the next, 0 or greater; 0 writes after every slice of work,
        about 50 ms.
    """

    path: Path
    identity: dict[str, Any]
    interval: float
    written_at: float = -math.inf
    is_failing: bool = False

    def __post_init__(self) -> None:
        """Follow a link to the file itself, beside which the version before stands."""
        self.path = Path(os.path.realpath(self.path))

    def resume(self, fresh: Standing, spec: NetworkSpec, steps_per_epoch: int) -> Standing:
        """Read what an earlier call left; `fresh` itself comes back where there is no file.

        A damaged file is passed over if the version before it is whole: the steps between the two
        are made again, with the same bits.

        Raises
        ------
        ModelFileError
            If the file belongs to another run, or neither version can be read.
        """
        found = self._read_versions()
        if found is None:
            return fresh
        path, arrays = found
        _check_arrays(path, arrays, _arrays(fresh, spec), steps_per_epoch)
        return _standing(fresh, arrays)

    def found(self) -> Found | None:
        """Read what an earlier call found; None where there is no file.

        Raises
        ------
        ModelFileError
            As `resume` does.
        """
        versions = self._read_versions()
        if versions is None:
            return None
        path, arrays = versions
        rates = arrays.get("found rates", np.zeros((0, 2)))
        first, params = arrays.get("first params"), arrays.get("params")
        if first is None or params is None or first.shape != (1, *params.shape):
            raise ModelFileError(_damaged(path))
        if rates.ndim != 2 or rates.shape[1] != 2 or not len(rates) or not _are_rates(rates):
            raise ModelFileError(_damaged(path))
        return Found(rates, first[0])

    def _read_versions(self) -> tuple[Path, dict[str, AnyArray]] | None:
        """Read the file, or the version before it where the file is damaged; None without both."""
        first_defect: ModelFileError | None = None
        for path in (self.path, previous_name(self.path)):
            if not path.is_file():
                continue
            try:
                description, arrays = unpack(_read(path), str(path), _KIND)
            except ModelFileError as defect:
                first_defect = first_defect or defect
                continue
            self._check_identity(path, description)
            return path, arrays
        if first_defect:
            raise first_defect
        return None

    def write(self, standing: Standing, spec: NetworkSpec) -> None:
        """Write the file, durably.

        Raises
        ------
        ModelFileError
            If that fails; the earlier version stays.
        """
        data = pack(_KIND, self.identity, _arrays(standing, spec))
        try:
            write_atomically(self.path, data, keep_previous=True)
        except OSError as cause:
            raise ModelFileError(why_not_written(self.path, len(data), cause)) from cause
        self.written_at = time.monotonic()

    def write_if_due(self, standing: Standing, spec: NetworkSpec, *, is_last: bool) -> str | None:
        """Write the file if the interval has passed or the run ends here.

        Returns
        -------
        A sentence where writing failed for the first time in a row: training goes on, the earlier
        version stays, and the next write is tried when it is due.
        """
        if not is_last and time.monotonic() - self.written_at < self.interval:
            return None
        try:
            self.write(standing, spec)
        except ModelFileError as failure:
            self.written_at = time.monotonic()
            was_failing, self.is_failing = self.is_failing, True
            return None if was_failing else f"{failure} Training goes on without it."
        self.is_failing = False
        return None

    def _check_identity(self, path: Path, description: dict[str, Any]) -> None:
        """Refuse a file of another run, naming the first thing that differs."""
        here = flatten(self.identity)
        there = flatten({part: description.get(part) for part in self.identity})
        in_both = [name for name in here if name in there]
        for name in (*in_both, *sorted(here.keys() ^ there.keys())):
            if name in in_both and here[name] == there[name]:
                continue
            its, ours = (repr(x[name]) if name in x else "absent" for x in (there, here))
            difference = f"its {name} is {its}, here it is {ours}"
            if name.startswith("data."):
                difference = f"its data differ in {name.removeprefix('data.')}"
            raise ModelFileError(
                f"{path} belongs to another run: {difference}. "
                "Name another file, or remove this one to begin anew."
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise ModelFileError(f"{path} could not be read: {cause.strerror}.") from cause


def _arrays(standing: Standing, spec: NetworkSpec) -> dict[str, AnyArray]:
    """Collect everything as arrays; what is missing becomes one without rows."""
    state, record, stopping = standing.state, standing.record, standing.stopping
    guard = standing.guard
    best = [] if standing.best_params is None else [standing.best_params]
    return {
        "params": state.params,
        "slots": state.slots,
        "cursor": state.cursor,
        "totals": state.totals,
        "grad_norm": state.grad_norm,
        "scalars": state.scalars,
        "best params": _stack(best, state.params),
        "stopping counts": np.array([stopping.best_epoch, stopping.n_stale], dtype=np.int64),
        "stopping losses": np.array([stopping.best_loss, stopping.reference]),
        "kept epochs": record.kept(spec),
        "best epoch": _one_or_none(record.best, spec),
        "last epoch": _one_or_none(record.last, spec),
        "pending epoch": _one_or_none(standing.pending, spec),
        "seconds": np.array([standing.seconds]),
        "found rates": np.zeros((0, 2)) if standing.found is None else standing.found.rates,
        "first params": _stack(
            [] if standing.found is None else [standing.found.first_params], state.params
        ),
        "guard numbers": np.array([] if guard is None else guard.numbers),
        "guard params": _stack([] if guard is None else list(guard.params), state.params),
        "guard slots": _stack([] if guard is None else list(guard.slots), state.slots),
    }


def _standing(fresh: Standing, arrays: dict[str, AnyArray]) -> Standing:
    """Undo `_arrays`; what a checkpoint does not hold is as in `fresh`."""
    best_epoch, n_stale = arrays["stopping counts"].tolist()
    best_loss, reference = arrays["stopping losses"].tolist()
    return Standing(
        state=TrainState(**{option.name: arrays[option.name] for option in fields(TrainState)}),
        stopping=replace(
            fresh.stopping,
            best_loss=best_loss,
            best_epoch=best_epoch,
            reference=reference,
            n_stale=n_stale,
        ),
        record=Record(
            [arrays["kept epochs"]], _first(arrays["best epoch"]), _first(arrays["last epoch"])
        ),
        best_params=_first(arrays["best params"]),
        pending=_first(arrays["pending epoch"]),
        seconds=float(arrays["seconds"][0]),
        found=fresh.found,
        guard=Guard(*(arrays[name] for name in _GUARD)) if len(arrays["guard params"]) else None,
    )


def _check_arrays(
    path: Path, arrays: dict[str, AnyArray], like: dict[str, AnyArray], steps_per_epoch: int
) -> None:
    """Refuse arrays no run can have written, however right their checksums are."""
    is_sound = arrays.keys() == like.keys() and all(
        arrays[name].dtype == model.dtype
        and arrays[name].ndim == model.ndim
        and arrays[name].shape[-1] == model.shape[-1]
        and (arrays[name].shape == model.shape or name in _VARYING)
        for name, model in like.items()
    )
    if is_sound:
        epoch, step, done = arrays["cursor"].tolist()
        is_sound = 0 <= step < steps_per_epoch and epoch >= 0
        is_sound = is_sound and done == epoch * steps_per_epoch + step
        numbers = np.concatenate([arrays[name][:, 0] for name in _EPOCH_TABLES])
        # nan fails every comparison.
        is_sound = is_sound and bool(
            ((numbers >= 1) & (numbers <= epoch) & (numbers == np.floor(numbers))).all()
        )
        is_sound = is_sound and bool((arrays["stopping counts"] >= 0).all())
    if not is_sound:
        raise ModelFileError(_damaged(path))


def _damaged(path: Path) -> str:
    return f"{path} is damaged: its arrays are not those of this run."


def _are_rates(found: Float64Array) -> bool:
    """Tell whether each row is a rate above 0 and a final one of at least 0, or both are nan."""
    rate, final = found.T
    are_numbers = (rate > 0) & (final >= 0) & np.isfinite(rate + final)
    return bool((are_numbers | (np.isnan(rate) & np.isnan(final))).all())


def _stack(arrays: Sequence[FloatArray], like: FloatArray) -> FloatArray:
    """Stack arrays that are each like another one, which gives the type where there is none."""
    table: FloatArray = np.empty((len(arrays), *like.shape), dtype=like.dtype)
    for place, array in zip(table, arrays, strict=True):
        place[:] = array
    return table


def _one_or_none(row: Float64Array | None, spec: NetworkSpec) -> Float64Array:
    return np.zeros((0, n_columns(spec))) if row is None else row[None, :]


def _first(table: AnyArray) -> AnyArray | None:
    return next(iter(table), None)
