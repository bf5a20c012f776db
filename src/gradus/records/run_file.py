"""A run as one file, written whole or not at all: arrays and a description, without pickle.

The model stands in a file of its own beside it. Which runs there are is not known here.
"""

from pathlib import Path
from typing import Any

import numpy as np

from gradus import _archive
from gradus._archive import AnyArray
from gradus.errors import GradusError, ModelFileError
from gradus.models.model_archive import history_table, read_history
from gradus.models.network_archive import read_spec
from gradus.networks.params import n_params
from gradus.records.run import RecordedRun
from gradus.records.summary import RunSummary
from gradus.tables.closed import as_json, from_json
from gradus.training.description import describe
from gradus.training.history import thinned
from gradus.training.plan import Plan
from gradus.training.snapshots import Snapshots

#: How the files of runs end; the model of a run ends otherwise.
RUN_ENDING, MODEL_ENDING = ".run", ".gradus"
_KIND = "run"
_TEXTS = ("table", "table_digest", "rows_digest", "verdict")
_LONGEST = 300
# Of all histories of a run.
_HISTORY_BYTES = 4 << 20


def dump_run(run: RecordedRun) -> bytes:
    """Return the bytes of a run's file."""
    description = {
        "summary": as_json(run.summary),
        **{name: getattr(run, name) for name in _TEXTS},
        "settings": run.settings,
        "versions": run.versions,
        "network": describe(run.spec),
        "plan": describe(run.plan),
        "best_epochs": list(run.best_epochs),
        "measure": run.histories[0].measure_name if run.histories else "",
    }
    arrays: dict[str, AnyArray] = {}
    bytes_of_row = 8 * (7 + len(run.spec.dense))
    most = _HISTORY_BYTES // (bytes_of_row * max(1, run.n_networks))
    parts = zip(run.histories, run.best_epochs, run.taken, strict=True)
    for number, (history, best, taken) in enumerate(parts, 1):
        arrays[f"history {number}"] = history_table(thinned(history, most, best))
        arrays[f"epochs {number}"] = taken.epochs
        arrays[f"weights {number}"] = taken.params
    return _archive.pack(_KIND, description, arrays)


def read_run(path: Path) -> RecordedRun:
    """Read a run's file.

    Raises
    ------
    ModelFileError
        If it is gone, damaged or of another kind.
    """
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise ModelFileError(f"{path} could not be read: {cause.strerror}.") from cause
    description, arrays = _archive.unpack(data, str(path), _KIND)
    try:
        return _build(description, arrays, path.with_suffix(MODEL_ENDING))
    except KeyError as cause:
        raise ModelFileError(f"{path} describes no run: it lacks {cause!s:.80}.") from cause
    except (GradusError, ArithmeticError, RecursionError, TypeError, ValueError) as cause:
        raise ModelFileError(f"{path} describes no run: {cause!s:.{_LONGEST}}") from cause


def read_summary(path: Path) -> RunSummary:
    """Read no more of a run's file than what a list says of it; see `read_run`."""
    try:
        with path.open("rb") as file:
            size = file.read(8)
            data = size + file.read(int.from_bytes(size, "little"))
    except (OSError, OverflowError, MemoryError) as cause:
        raise ModelFileError(f"{path} could not be read: {cause}.") from cause
    try:
        entries = _archive.description_of(data, str(path), _KIND)
        return from_json((RunSummary,), entries["summary"])
    except (KeyError, ValueError) as cause:
        raise ModelFileError(f"{path} describes no run: {cause!s:.{_LONGEST}}") from cause


def _build(
    description: dict[str, Any], arrays: dict[str, AnyArray], model_path: Path
) -> RecordedRun:
    """Undo `dump_run`."""
    spec = read_spec(description["network"])
    best_epochs = tuple(map(int, description["best_epochs"]))
    numbers = range(1, len(best_epochs) + 1)
    return RecordedRun(
        summary=from_json((RunSummary,), description["summary"]),
        **{name: str(description[name]) for name in _TEXTS},
        settings=dict(description["settings"]),
        versions=dict(description["versions"]),
        spec=spec,
        plan=from_json((Plan,), description["plan"]),
        histories=tuple(
            read_history(arrays[f"history {k}"], str(description["measure"])) for k in numbers
        ),
        best_epochs=best_epochs,
        taken=tuple(
            _snapshots(arrays[f"epochs {k}"], arrays[f"weights {k}"], n_params(spec))
            for k in numbers
        ),
        model_path=model_path,
    )


def _snapshots(epochs: AnyArray, weights: AnyArray, size: int) -> Snapshots:
    """Return the weights of one network, if they fit it."""
    is_sound = (
        epochs.shape == (len(weights),)
        and epochs.dtype == np.int64
        and bool((np.diff(epochs) > 0).all())
        and weights.shape == (len(epochs), size)
        and weights.dtype.kind == "f"
    )
    if not is_sound:
        raise ValueError("its snapshots do not fit its network.")
    return Snapshots(epochs, weights)
