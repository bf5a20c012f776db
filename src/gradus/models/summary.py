"""A model in words: what it answers, how good it is, what it looks at and how it was trained.

Nothing is computed here.
"""

from typing import Any

from gradus._words import aligned
from gradus.models.model import Model
from gradus.networks.spec import NetworkSpec
from gradus.verdict.words import number_text

_CALLED = {
    "network": "network",
    "linear": "linear model",
    "neighbors": "nearest neighbors",
    "mean": "always the mean",
}
_MEASURES = {
    "typical_error": "typical error",
    "mean_absolute_error": "mean absolute error",
    "r2": "R²",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
    "brier": "Brier score",
}


def summary(model: Model) -> str:
    """Say in several lines what a model is."""
    origin, verdict = model.origin, model.verdict
    what = "classes" if model.task == "classes" else "numbers"
    learned = f"learned from {origin.n_complete:,} rows of {origin.table}"
    lines = [f"Answers {model.target!r} ({what}), {learned}.", ""]
    lines += [verdict.sentence, *verdict.details]
    if verdict.measures:
        rows = measure_rows(model)
        lines += ["", aligned(rows, right=rows[0][1:])]
    lines += ["", "Inputs:", *_inputs(model)]
    lines += ["", f"What answers: {shape(model.answerer.spec)}."]
    if origin.stops:
        lines += ["", "The networks' training:", *(f"  {sentence}" for sentence in origin.stops)]
    if model.warnings:
        lines += ["", "Warnings:", *(f"  {sentence}" for sentence in model.warnings)]
    return "\n".join(lines)


def _inputs(model: Model) -> list[str]:
    """Line up names and kinds."""
    columns = model.origin.columns
    width = max(len(name) for name, _, _ in columns)
    return [f"  {name.ljust(width)}  {kind}" for name, kind, _ in columns]


def shape(spec: NetworkSpec) -> str:
    """Say how a network is built: 8 inputs, 64 gelu, 64 gelu, 1 output."""
    hidden = [f"{layer.width} {layer.activation}" for layer in spec.dense[:-1]]
    outputs = "1 output" if spec.n_outputs == 1 else f"{spec.n_outputs} outputs"
    inputs = "1 input" if spec.n_inputs == 1 else f"{spec.n_inputs} inputs"
    return ", ".join([inputs, *hidden, outputs])


def described(model: Model) -> dict[str, Any]:
    """Say the same as names and values that JSON can carry."""
    origin, verdict = model.origin, model.verdict
    return {
        "target": model.target,
        "task": model.task,
        "table": origin.table,
        "rows": origin.n_complete,
        "answered_by": verdict.answered_by,
        "verdict": verdict.sentence,
        "details": list(verdict.details),
        "rows_judged": verdict.n_judged,
        "measures": verdict.measures,
        "recall": verdict.recall,
        "inputs": [
            {"name": name, "kind": kind, "reason": reason} for name, kind, reason in origin.columns
        ],
        "notes": list(origin.notes),
        "warnings": list(origin.warnings),
        "stops": list(origin.stops),
        "network": shape(model.answerer.spec),
        "instruction_set": origin.instruction_set,
    }


def measure_rows(model: Model) -> list[list[str]]:
    """Spell the measures of all candidates as a table: a head, and a row for each of them."""
    measures = model.verdict.measures
    names = [name for name in _CALLED if name in measures]
    kinds = [kind for kind in _MEASURES if any(kind in measures[name] for name in names)]
    called = dict(_CALLED)
    if model.task == "classes":
        called["mean"] = "always the largest class"
    rows = [["", *(_MEASURES[kind] for kind in kinds)]]
    for name in names:
        own = measures[name]
        cells = [number_text(own[kind]) if kind in own else "" for kind in kinds]
        rows.append([called[name], *cells])
    return rows
