"""The options of all commands, each with its one help text, and what they are called in Python.

What a value does must not be known here.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gradus.cli.parse import kinds_of_columns, weights_of_classes, widths
from gradus.errors import InvalidParameter
from gradus.workflow.choices import Range
from gradus.workflow.hyperparameters import COMMANDS

TablePlace = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="CSV or the like, Parquet, JSON or Excel, gzipped or not; - is standard input.",
    ),
]
ModelPlace = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A file that gradus train or fill --model wrote; or a run, as last."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1, max=1024, metavar="N", help="All that are granted; no answer depends on it."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
WhichNetwork = Annotated[
    int, typer.Option(metavar="N", help="Which of the networks that answer together.")
]
Digits = Annotated[
    int, typer.Option(min=1, max=17, metavar="N", help="Significant digits of a number.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

#: What Python calls an option that the command line spells otherwise.
_SPELLED = {
    "n_threads": "--threads",
    "kinds": "--as",
    "start": "--from",
    "path": "TABLE",
    "table": "TABLE",
    "most_terms": "--terms",
    "most_rows": "--terms",
    "parameters": "--parameter",
    "what_if": "--what-if",
    **{
        name: f"--{name}"
        for name in (
            "row",
            "rows",
            "inputs",
            "network",
            "depth",
            "most",
            "formula",
            "by",
            "baseline",
        )
    },
}


def _of_table(name: str) -> Any:  # noqa: ANN401 typer says Any, too
    """Return an option as the table of hyperparameters has it.

    typer checks the least of a whole number; `workflow.options` checks the rest.
    """
    command = COMMANDS[name]
    allowed = command.allowed
    low = allowed.low if isinstance(allowed, Range) and command.metavar == "N" else None
    return typer.Option(command.option, metavar=command.metavar, help=command.help, min=low)


def learning_options(
    seed: Annotated[int, _of_table("seed")] = 0,
    threads: Threads = None,
    folds: Annotated[int | None, _of_table("folds")] = None,
    epochs: Annotated[int | None, _of_table("epochs")] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Most time for training; the best so far is kept."),
    ] = None,
    hidden: Annotated[str | None, _of_table("hidden")] = None,
    activation: Annotated[str | None, _of_table("activation")] = None,
    rule: Annotated[str | None, _of_table("rule")] = None,
    learning_rate: Annotated[float | None, _of_table("learning_rate")] = None,
    batch_size: Annotated[int | None, _of_table("batch_size")] = None,
    weight_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="It says how much each row counts.")
    ] = None,
    class_weight: Annotated[list[str] | None, _of_table("class_weight")] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="How rows are set apart: random, time:COL, group:COL."),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            metavar="COL=KIND",
            help="A column is a number, category, yes/no, date, id or text; repeatable.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Leave it out; repeatable.")
    ] = None,
) -> dict[str, Any]:
    """Return the options of learning under their names in `workflow.options`."""
    return {
        "seed": seed,
        "n_threads": threads,
        "folds": folds,
        "epochs": epochs,
        "time_limit": time_limit,
        "hidden": None if hidden is None else widths(hidden),
        "activation": activation,
        "rule": rule,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "weight_column": weight_column,
        "class_weight": weights_of_classes(class_weight or ()),
        "split": split,
        "kinds": kinds_of_columns(kinds or ()),
        "ignore": tuple(ignore or ()),
    }


def keeping_options(
    keep_rows: Annotated[
        bool, typer.Option("--keep-rows", help="Keep the rows learned from in the model file.")
    ] = False,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="RUN@EPOCH", help="Begin with the weights of a run, see gradus runs."
        ),
    ] = None,
    no_record: Annotated[
        bool, typer.Option("--no-record", help="Keep no record of the run.")
    ] = False,
) -> dict[str, Any]:
    """Return what a training begins with and what is kept of it, as `train` calls it."""
    return {"keep_rows": keep_rows, "start": start, "record": not no_record}


def with_options(
    *kinds: Callable[..., dict[str, Any]],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command all options of some kinds; it gets them as its last parameter `options`.

    typer reads a command's options from its signature, so the new signature is the command's own
    without `options`, and those of the kinds behind it.
    """
    shared = [inspect.signature(kind).parameters for kind in kinds]

    def given_to(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command).parameters.values() if p.name != "options"]

        @functools.wraps(command)
        def called(**given: Any) -> None:  # noqa: ANN401 each option has a type of its own
            options: dict[str, Any] = {}
            for kind, names in zip(kinds, shared, strict=True):
                options |= kind(**{name: given.pop(name) for name in names})
            command(**given, options=options)

        every = [*own, *(one for parameters in shared for one in parameters.values())]
        called.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        return called

    return given_to


def is_typed(context: typer.Context, name: str) -> bool:
    """Tell whether a person gave an option, named as in Python, in place of what is usual."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def as_typed(error: InvalidParameter) -> str:
    """Return an error's sentence with the option that it begins with as a person types it.

    "time_limit must be ..." becomes "--time-limit must be ...".
    """
    name, space, rest = str(error).partition(" ")
    options = {*inspect.signature(learning_options).parameters, "target", "output", *_SPELLED}
    if name not in options:
        return str(error)
    return _SPELLED.get(name, f"--{name.replace('_', '-')}") + space + rest
