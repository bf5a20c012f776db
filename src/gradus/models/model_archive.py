"""A model as a description and arrays, and back: a closed list of names, each value checked.

The rows learned from are in it only where they were asked for; otherwise quantiles, means and
covariances of them. How description and arrays become bytes is not known here.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from gradus._archive import AnyArray
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_choice, check_whole
from gradus.engines.registry import ENGINE_NAMES
from gradus.models.model import Answerer, Model, Origin
from gradus.models.network_archive import read_spec
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.tables.encode import Encoder
from gradus.tables.table import Spelling
from gradus.tables.target import Classes, NumberTarget
from gradus.training.description import describe
from gradus.training.history import History
from gradus.verdict.intervals import Intervals
from gradus.verdict.novelty import Novelty
from gradus.verdict.verdict import Verdict

KIND = "model"
_ENTRIES = {
    "target", "spelling", "encoder", "task", "labels", "network", "temperature", "verdict",
    "origin",
}  # fmt: skip
_ORIGIN = {
    "table", "n_complete", "columns", "notes", "warnings", "stops", "measure", "choices",
    "instruction_set",
}  # fmt: skip
_CHOICES = {"network", "plan", "split", "seed", "engine"}
_N_COLUMNS = 7  # of a history, before its layers


def describe_model(model: Model) -> dict[str, Any]:
    """Return all of a model that is no array."""
    origin = model.origin
    measures = [history.measure_name for history in origin.histories]
    return {
        "target": model.target,
        "spelling": asdict(model.spelling),
        "encoder": model.encoder.describe(),
        "task": model.task,
        "labels": model.labels.describe(),
        "network": describe(model.answerer.spec),
        "temperature": model.answerer.temperature,
        "verdict": model.verdict.describe(),
        "origin": {
            "table": origin.table,
            "n_complete": origin.n_complete,
            "columns": [list(column) for column in origin.columns],
            "notes": list(origin.notes),
            "warnings": list(origin.warnings),
            "stops": list(origin.stops),
            "measure": measures[0] if measures else "",
            "choices": origin.choices,
            "instruction_set": origin.instruction_set,
        },
    }


def arrays_of(model: Model) -> dict[str, AnyArray]:
    """Return the arrays of a model by name."""
    one = model.answerer
    arrays: dict[str, AnyArray] = {"parameters by fold": one.by_fold}
    if one.answering is not one.by_fold:
        arrays["answering parameters"] = one.answering
    parts: list[tuple[str, Mapping[str, AnyArray]]] = [("novelty", model.novelty.arrays())]
    if model.intervals is not None:
        parts.append(("intervals", model.intervals.arrays()))
    for part, own in parts:
        arrays.update({f"{part} {name}": np.asarray(array) for name, array in own.items()})
    for number, history in enumerate(model.history, 1):
        arrays[f"history {number}"] = _table_of(history)
    if model.rows is not None:
        arrays["rows X"], arrays["rows y"] = model.rows
    return arrays


def build_model(description: dict[str, Any], arrays: dict[str, AnyArray]) -> Model:
    """Undo `describe_model` and `arrays_of`.

    Raises
    ------
    GradusError, KeyError, TypeError, ValueError
        If anything is missing, left over, of a wrong kind or of a wrong shape.
    """
    _check_names("it", description, _ENTRIES)
    encoder = Encoder.from_description(description["encoder"])
    labels = _labels(description["task"], description["labels"])
    answerer = _answerer(description, arrays, len(encoder.features), labels)
    n_folds = len(answerer.by_fold)
    intervals = None
    if isinstance(labels, NumberTarget):
        intervals = Intervals.from_arrays(_part(arrays, "intervals"), n_folds)
    novelty = Novelty.from_arrays(
        _part(arrays, "novelty"),
        len(encoder.features) - len(encoder.embedded),
        len(encoder.encodings),
    )
    rows = None
    if "rows X" in arrays:
        rows = _float64(arrays, "rows X"), _float64(arrays, "rows y")
    origin = _origin(description["origin"], arrays)
    if arrays:
        raise ValueError(f"it has the array {min(arrays)!r}, which has no place in it.")
    return Model(
        target=_text(description["target"]),
        spelling=_spelling(description["spelling"]),
        encoder=encoder,
        labels=labels,
        answerer=answerer,
        intervals=intervals,
        novelty=novelty,
        verdict=Verdict.from_description(description["verdict"]),
        origin=origin,
        rows=rows,
    )


def _labels(task: object, entries: object) -> NumberTarget | Classes:
    """Return what turns outputs into answers."""
    if task == "classes":
        return Classes.from_description(entries)
    if task == "regression":
        return NumberTarget.from_description(entries)
    raise ValueError(f"its task must be 'regression' or 'classes'; got {task!r}.")


def _answerer(
    description: dict[str, Any],
    arrays: dict[str, AnyArray],
    n_features: int,
    labels: NumberTarget | Classes,
) -> Answerer:
    """Return the networks, which must fit encoder and labels."""
    spec = read_spec(description["network"])
    is_classes = isinstance(labels, Classes)
    n_outputs = len(labels.names) if isinstance(labels, Classes) else 1
    loss = "cross_entropy" if is_classes else "squared_error"
    if (spec.n_inputs, spec.n_outputs, spec.loss) != (n_features, n_outputs, loss):
        raise ValueError("its network does not fit its columns and answers.")
    temperature = description["temperature"]
    if not isinstance(temperature, float) or not 0 < temperature < np.inf:
        raise ValueError(f"its temperature must be greater than 0; got {temperature!r}.")
    by_fold = _parameters(arrays, "parameters by fold", spec)
    answering = by_fold
    if "answering parameters" in arrays:
        answering = _parameters(arrays, "answering parameters", spec)
    return Answerer(spec, by_fold, answering, temperature)


def _parameters(arrays: dict[str, AnyArray], name: str, spec: NetworkSpec) -> FloatArray:
    """Take out the parameters of some networks."""
    found = arrays.pop(name)
    if found.ndim != 2 or not len(found) or found.shape[1] != n_params(spec):
        raise ValueError(f"{name} must have shape (k, {n_params(spec)}); got {found.shape}.")
    if found.dtype.kind != "f" or not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite numbers.")
    return found


def _part(arrays: dict[str, AnyArray], part: str) -> dict[str, AnyArray]:
    """Take out the arrays of one part."""
    names = [name for name in arrays if name.startswith(f"{part} ")]
    return {name.removeprefix(f"{part} "): arrays.pop(name) for name in names}


def _float64(arrays: dict[str, AnyArray], name: str) -> Float64Array:
    """Take out an array of float64."""
    found = arrays.pop(name)
    if found.dtype != np.float64:
        raise ValueError(f"{name} must be float64; got {found.dtype}.")
    return found


def _spelling(entries: object) -> Spelling:
    """Return how numbers are written."""
    if not isinstance(entries, dict):
        raise TypeError("its spelling must hold names and values.")
    found = Spelling(**entries)
    check_whole("decimals", found.decimals, at_least=0, at_most=15)
    for text in (found.prefix, found.suffix, found.thousands):
        _text(text)
    return found


def _origin(entries: object, arrays: dict[str, AnyArray]) -> Origin:
    """Return how the model came about; takes its histories out of `arrays`."""
    if not isinstance(entries, dict):
        raise TypeError("its origin must hold names and values.")
    _check_names("its origin", entries, _ORIGIN)
    choices = entries["choices"]
    _check_names("its choices", choices, _CHOICES)
    check_choice("engine", choices["engine"], ENGINE_NAMES)
    if not isinstance(entries["n_complete"], int):
        raise TypeError("its number of rows must be whole.")
    columns = [tuple(map(_text, column)) for column in entries["columns"]]
    if any(len(column) != 3 for column in columns):
        raise ValueError("its columns must have a name, a kind and a reason each.")
    n_histories = sum(name.startswith("history ") for name in arrays)
    histories = [
        _history(_float64(arrays, f"history {number}"), entries["measure"])
        for number in range(1, n_histories + 1)
    ]
    return Origin(
        table=_text(entries["table"]),
        n_complete=entries["n_complete"],
        columns=tuple((name, kind, reason) for name, kind, reason in columns),
        notes=tuple(map(_text, entries["notes"])),
        warnings=tuple(map(_text, entries["warnings"])),
        stops=tuple(map(_text, entries["stops"])),
        histories=tuple(histories),
        choices=choices,
        instruction_set=_text(entries["instruction_set"]),
    )


def _table_of(history: History) -> Float64Array:
    """Line up a history as a table of shape (k, 7 + n_layers)."""
    columns = (
        history.epoch, history.loss, history.validation_loss, history.measure,
        history.learning_rate, history.gradient_norm, history.seconds,
    )  # fmt: skip
    return np.column_stack([*columns, history.update_ratio])


def _history(table: Float64Array, measure: object) -> History:
    """Undo `_table_of`."""
    if table.ndim != 2 or table.shape[1] <= _N_COLUMNS:
        raise ValueError(f"a history must have shape (k, 7 + n_layers); got {table.shape}.")
    epoch = table[:, 0]
    if (
        not np.isfinite(epoch).all()
        or not (np.diff(epoch) > 0).all()
        or (epoch != epoch // 1).any()
    ):
        raise ValueError("the epochs of a history must ascend.")
    table.flags.writeable = False
    return History(
        _text(measure),
        epoch.astype(np.int64),
        loss=table[:, 1],
        validation_loss=table[:, 2],
        measure=table[:, 3],
        learning_rate=table[:, 4],
        gradient_norm=table[:, 5],
        seconds=table[:, 6],
        update_ratio=table[:, _N_COLUMNS:],
    )


def _check_names(what: str, entries: object, names: set[str]) -> None:
    """Refuse missing and unknown entries."""
    if not isinstance(entries, dict) or entries.keys() != names:
        raise ValueError(f"{what} must have the entries {', '.join(sorted(names))}.")


def _text(value: object) -> str:
    """Return a text as it is."""
    if not isinstance(value, str):
        raise TypeError(f"a text was expected; got {value!r:.40}.")
    return value
