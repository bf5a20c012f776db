"""A model as a description and arrays, and back: a closed list of names, each value checked.

The rows learned from are in it only where they were asked for; otherwise quantiles, means and
covariances of them. How description and arrays become bytes is not known here.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from gradus._archive import AnyArray
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_choice, check_flag, check_number, check_whole
from gradus.engines.registry import ENGINE_NAMES
from gradus.models.model import Answerer, Model, Origin
from gradus.models.network_archive import read_spec
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.tables.closed import from_json
from gradus.tables.encode import Encoder
from gradus.tables.table import Spelling
from gradus.tables.target import Classes, NumberTarget
from gradus.training.description import describe
from gradus.training.history import History
from gradus.training.plan import Plan
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
_CHOICES = {"network", "plan", "split", "asked", "seed", "engine"}
_ASKED = {"folds", "split", "weight_column", "kinds", "ignore", "class_weight"}
_SPLITS = ("random", "time", "group")
# From a twentieth to twenty are fitted; a little room for the last bit.
_TEMPERATURES = (0.049, 20.01)
# Every whole number up to here is exact in float64.
_MOST_EPOCHS = 2**53
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
        arrays[f"history {number}"] = history_table(history)
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
    verdict = _verdict(description["verdict"], labels)
    answerer = _answerer(description, arrays, len(encoder.features), labels, verdict)
    n_folds = len(answerer.by_fold)
    intervals = None
    if isinstance(labels, NumberTarget):
        intervals = Intervals.from_arrays(_part(arrays, "intervals"), n_folds)
    novelty = Novelty.from_arrays(
        _part(arrays, "novelty"),
        len(encoder.features) - len(encoder.embedded),
        len(encoder.encodings),
    )
    origin = _origin(description["origin"], arrays, encoder.names)
    rows = _rows(arrays, origin.n_complete, len(encoder.features))
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
        verdict=verdict,
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


def _verdict(entries: object, labels: NumberTarget | Classes) -> Verdict:
    """Return the verdict on answers of these labels."""
    verdict = Verdict.from_description(entries)
    if not verdict.recall.keys() <= set(getattr(labels, "labels_as_words", ())):
        raise ValueError("its recall must be that of its classes.")
    return verdict


def _answerer(
    description: dict[str, Any],
    arrays: dict[str, AnyArray],
    n_features: int,
    labels: NumberTarget | Classes,
    verdict: Verdict,
) -> Answerer:
    """Return the networks, which must fit encoder and labels."""
    spec = read_spec(description["network"])
    is_classes = isinstance(labels, Classes)
    n_outputs = len(labels.names) if isinstance(labels, Classes) else 1
    loss = "cross_entropy" if is_classes else "squared_error"
    if (spec.n_inputs, spec.n_outputs, spec.loss) != (n_features, n_outputs, loss):
        raise ValueError("its network does not fit its columns and answers.")
    temperature = description["temperature"]
    least, most = _TEMPERATURES
    if not isinstance(temperature, float) or not least < temperature < most:
        raise ValueError(f"its temperature must be from 0.05 to 20; got {temperature!r:.40}.")
    by_fold = _parameters(arrays, "parameters by fold", spec)
    answering = by_fold
    if verdict.answered_by != "network" or description["origin"]["choices"]["split"] == "time":
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
    _check_names("its spelling", entries, {option.name for option in fields(Spelling)})
    found = Spelling(**entries)
    check_whole("decimals", found.decimals, at_least=0, at_most=15)
    check_flag("keeps_zeros", found.keeps_zeros)
    for text in (found.prefix, found.suffix, found.thousands):
        _text(text)
    return found


def _rows(
    arrays: dict[str, AnyArray], n_complete: int, n_features: int
) -> tuple[Float64Array, Float64Array] | None:
    """Take out the rows learned from, if they are there."""
    if "rows X" not in arrays:
        return None
    X, y = _float64(arrays, "rows X"), _float64(arrays, "rows y")
    if X.shape != (n_complete, n_features) or y.shape != (n_complete,):
        raise ValueError("its rows do not fit its columns and their number.")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("its rows must hold finite numbers.")
    return X, y


def _origin(entries: object, arrays: dict[str, AnyArray], names: tuple[str, ...]) -> Origin:
    """Return how the model of inputs of these names came about; takes histories from `arrays`."""
    if not isinstance(entries, dict):
        raise TypeError("its origin must hold names and values.")
    _check_names("its origin", entries, _ORIGIN)
    _check_choices(entries["choices"])
    columns = [_texts(column) for column in _list(entries["columns"])]
    if any(len(column) != 3 for column in columns):
        raise ValueError("its columns must have a name, a kind and a reason each.")
    if tuple(column[0] for column in columns) != names:
        raise ValueError("its columns must be those of its encoder.")
    stops = _texts(entries["stops"])
    histories = [
        read_history(_float64(arrays, f"history {number}"), _text(entries["measure"]))
        for number, _ in enumerate(stops, 1)
    ]
    return Origin(
        table=_text(entries["table"]),
        n_complete=check_whole("n_complete", entries["n_complete"], at_least=2),
        columns=tuple((name, kind, reason) for name, kind, reason in columns),
        notes=_texts(entries["notes"]),
        warnings=_texts(entries["warnings"]),
        stops=stops,
        histories=tuple(histories),
        choices=entries["choices"],
        instruction_set=_text(entries["instruction_set"]),
    )


def _check_choices(choices: object) -> None:
    """Refuse choices that no training was made with."""
    if not isinstance(choices, dict):
        raise TypeError("its choices must hold names and values.")
    _check_names("its choices", choices, _CHOICES)
    read_spec(choices["network"])
    from_json((Plan,), choices["plan"])
    check_choice("split", choices["split"], _SPLITS)
    _check_asked(choices["asked"])
    check_whole("seed", choices["seed"], at_least=0)
    check_choice("engine", choices["engine"], ENGINE_NAMES)


def _check_asked(asked: object) -> None:
    """Refuse options of reading, splitting and weighing a table that nobody could have given."""
    if not isinstance(asked, dict):
        raise TypeError("what was asked must hold names and values.")
    # Older files do not tell it.
    weights = asked.get("class_weight")
    _check_names("what was asked", {"class_weight": weights, **asked}, _ASKED)
    if asked["folds"] is not None:
        check_whole("folds", asked["folds"], at_least=2)
    for name in ("split", "weight_column"):
        if asked[name] is not None:
            _text(asked[name])
    kinds = asked["kinds"]
    if not isinstance(kinds, dict):
        raise TypeError(f"kinds must hold names and kinds; got {kinds!r:.40}.")
    for text in (*kinds, *kinds.values(), *_list(asked["ignore"])):
        _text(text)
    if isinstance(weights, dict):
        for name, factor in weights.items():
            check_number(f"class_weight of {name!r:.40}", factor, at_least=0)
    elif weights is not None:
        check_choice("class_weight", weights, ("balanced",))


def history_table(history: History) -> Float64Array:
    """Line up a history as a table of shape (k, 7 + n_layers)."""
    columns = (
        history.epoch, history.loss, history.validation_loss, history.measure,
        history.learning_rate, history.gradient_norm, history.seconds,
    )  # fmt: skip
    return np.column_stack([*columns, history.update_ratio])


def read_history(table: Float64Array, measure: str) -> History:
    """Undo `history_table`."""
    if table.ndim != 2 or table.shape[1] <= _N_COLUMNS:
        raise ValueError(f"a history must have shape (k, 7 + n_layers); got {table.shape}.")
    epoch = table[:, 0]
    if (
        not ((epoch >= 0) & (epoch <= _MOST_EPOCHS)).all()
        or not (np.diff(epoch) > 0).all()
        or (epoch != np.floor(epoch)).any()
    ):
        raise ValueError("the epochs of a history must ascend.")
    table.flags.writeable = False
    return History(
        measure,
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


def _list(value: object) -> list[Any]:
    """Return a list as it is."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected; got {value!r:.40}.")
    return value


def _texts(value: object) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(map(_text, _list(value)))


def _text(value: object) -> str:
    """Return a text as it is."""
    if not isinstance(value, str):
        raise TypeError(f"a text was expected; got {value!r:.40}.")
    return value
