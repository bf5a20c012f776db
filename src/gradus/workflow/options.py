"""What a person may choose about learning from a table; every surface takes the same names.

Values are checked here where that needs no table. What follows from them is decided elsewhere.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from gradus._threads import MOST_THREADS
from gradus._typing import ACTIVATION_NAMES, RULE_NAMES
from gradus._validate import check_choice, check_flag, check_number, check_whole
from gradus.engines.registry import ENGINE_NAMES
from gradus.errors import InvalidParameter

# Each network has a seed of its own, the next ones after this; they stay below 2**64.
_LARGEST_SEED = 2**63
_LARGEST_FACTOR = 1e100


@dataclass(frozen=True)
class Options:
    """The person's choices; None leaves one to the size of the table (see `settings`).

    Parameters
    ----------
    seed
        Decides folds, first weights and the order of rows; from 0 to 2**63. The same table, options
        and instruction set give the same bits.
    n_threads
        From 1 to 1024; None takes what the system grants. No bit depends on it.
    folds
        Networks, each of which leaves out one part of the rows, 2 or greater. None makes five,
        one for each row below 30 complete rows, and one above 50,000. By time, the steps in which
        the last fifth judges, and one network more.
    epochs
        Most passes over the rows, 1 or greater.
    time_limit
        Seconds of training, greater than 0; what is best by then is kept.
    hidden
        Widths of the hidden layers, such as (64, 64). Where they are given the network answers,
        whatever the verdict.
    activation
        Of the hidden layers: "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu",
        "gelu", "silu", "mish", "softplus" or "softsign".
    rule
        "gradient_descent", "rmsprop", "adagrad", "adam" or "adamw".
    learning_rate
        Greater than 0; it falls to 0 along a cosine.
    batch_size
        Rows in a step, 1 or greater.
    weight_column
        A column whose numbers, 0 or greater, say how much each row counts.
    class_weight
        "balanced" lets every class count alike in training; a mapping gives each class its factor,
        from 0 to 1e100, 1 where it names none. The verdict counts rows as they are.
    split
        Who judges: "random", "time:COLUMN" or "group:COLUMN".
    kinds
        What columns are, by name, where the table reads otherwise: "number", "category", "yes/no",
        "date", "id" or "text".
    ignore
        Columns to leave out.
    keep_rows
        Whether the model file holds the encoded rows learned from.
    engine
        "native" or "reference".

    Raises
    ------
    InvalidParameter
        If a value lies outside its range.
    """

    seed: int = 0
    n_threads: int | None = None
    folds: int | None = None
    epochs: int | None = None
    time_limit: float | None = None
    hidden: Sequence[int] | None = None
    activation: str | None = None
    rule: str | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    weight_column: str | None = None
    class_weight: str | Mapping[str, float] | None = None
    split: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    keep_rows: bool = False
    engine: str = "native"

    @classmethod
    def of(cls, **options: Any) -> Self:  # noqa: ANN401 each option has a type of its own
        """Make options of keywords; an unknown one is an `InvalidParameter` like a wrong value."""
        known = [option.name for option in fields(cls)]
        for name in options:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"They are {', '.join(known)}."
                raise InvalidParameter(f"{name} is no option. {hint}")
        return cls(**options)

    def __post_init__(self) -> None:
        check_whole("seed", self.seed, at_least=0, at_most=_LARGEST_SEED)
        _check_optional_whole("n_threads", self.n_threads, 1, MOST_THREADS)
        _check_optional_whole("folds", self.folds, 2)
        _check_optional_whole("epochs", self.epochs, 1)
        _check_optional_whole("batch_size", self.batch_size, 1)
        for name in ("time_limit", "learning_rate"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check_number(name, value, above=0))
        if self.hidden is not None:
            _check_hidden(self.hidden)
        if self.activation is not None:
            check_choice("activation", self.activation, ACTIVATION_NAMES)
        if self.rule is not None:
            check_choice("rule", self.rule, RULE_NAMES)
        if self.class_weight is not None:
            _check_class_weight(self.class_weight)
        for name in ("weight_column", "split"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InvalidParameter(f"{name} must be a text; got {value!r}.")
        _check_columns(self.kinds, self.ignore)
        check_flag("keep_rows", self.keep_rows)
        check_choice("engine", self.engine, ENGINE_NAMES)


def _check_optional_whole(
    name: str, value: object, at_least: int, at_most: int | None = None
) -> None:
    """Refuse what is neither None nor a whole number in its range."""
    if value is not None:
        check_whole(name, value, at_least=at_least, at_most=at_most)


def _check_hidden(hidden: object) -> None:
    """Refuse what is no sequence of widths."""
    if not isinstance(hidden, list | tuple) or not hidden:
        raise InvalidParameter(
            f"hidden must be a list or tuple of widths such as (64, 64); got {hidden!r}."
        )
    for width in hidden:
        check_whole("each width in hidden", width, at_least=1)


def _check_class_weight(class_weight: object) -> None:
    """Refuse what is neither "balanced" nor a mapping to factors."""
    if isinstance(class_weight, Mapping):
        for name, factor in class_weight.items():
            check_number(f"class_weight of {name!r}", factor, at_least=0, at_most=_LARGEST_FACTOR)
    elif class_weight != "balanced":
        raise InvalidParameter(
            "class_weight must be 'balanced' or a mapping of classes to numbers; "
            f"got {class_weight!r}."
        )


def _check_columns(kinds: object, ignore: object) -> None:
    """Refuse a text where several names are meant."""
    if not isinstance(kinds, Mapping):
        raise InvalidParameter(f"kinds must be a mapping of columns to kinds; got {kinds!r}.")
    if isinstance(ignore, str) or not isinstance(ignore, Sequence):
        raise InvalidParameter(f"ignore must be a list of columns; got {ignore!r}.")
