"""What a person may choose about learning from a table; every surface takes the same names.

Values are checked here where that needs no table. What follows from them is decided elsewhere.
"""

import difflib
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from typing import Any, Self

from gradus._dataclasses import dataclass
from gradus._threads import MOST_THREADS
from gradus._validate import check_choice, check_flag, check_number, check_whole
from gradus.engines.registry import ENGINE_NAMES
from gradus.errors import InvalidParameter
from gradus.tables.convert import spelled
from gradus.workflow.choices import Range, Words
from gradus.workflow.hyperparameters import COMMANDS

_LARGEST_FACTOR = 1e100
# What the table of hyperparameters has a range or names for; None leaves it open.
_LEFT_OPEN = ("folds", "epochs", "activation", "rule", "learning_rate", "batch_size")
_WITHOUT_RATE = {
    "automatic": "which finds one",
    "levenberg_marquardt": "which has none",
}


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
        "gradient_descent", "rmsprop", "adagrad", "adam" or "adamw"; "levenberg_marquardt", whose
        steps look at all rows; or "automatic", which tries that one and "adamw" at several rates,
        and says what it chose.
    learning_rate
        Greater than 0; it falls to 0 along a cosine. The last two rules take none.
    batch_size
        Rows in a step, 1 or greater; "levenberg_marquardt" takes none.
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

    def of_table(self) -> dict[str, Any]:
        """Return as JSON what decides, beside the seed, how a table is read, split and weighed."""
        return {
            "folds": self.folds,
            "split": self.split,
            "weight_column": self.weight_column,
            "kinds": dict(self.kinds),
            "ignore": list(self.ignore),
            "class_weight": self.class_weight,
        }

    def __post_init__(self) -> None:
        for name in ("seed", *_LEFT_OPEN):
            value = getattr(self, name)
            if name == "seed" or value is not None:
                object.__setattr__(self, name, _checked(name, value, COMMANDS[name].allowed))
        if self.n_threads is not None:
            check_whole("n_threads", self.n_threads, at_least=1, at_most=MOST_THREADS)
        if self.time_limit is not None:
            seconds = check_number("time_limit", self.time_limit, above=0)
            object.__setattr__(self, "time_limit", seconds)
        if self.hidden is not None:
            _check_hidden(self.hidden)
        _check_rule_alone(self.rule, self.learning_rate, self.batch_size)
        if self.class_weight is not None:
            object.__setattr__(self, "class_weight", _class_weight(self.class_weight))
        for name in ("weight_column", "split"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InvalidParameter(f"{name} must be a text; got {value!r}.")
        _check_columns(self.kinds, self.ignore)
        check_flag("keep_rows", self.keep_rows)
        check_choice("engine", self.engine, ENGINE_NAMES)


def _checked(name: str, value: Any, allowed: Range | Words | None) -> Any:  # noqa: ANN401
    """Return a value if the table of hyperparameters allows it."""
    if isinstance(allowed, Words):
        return check_choice(name, value, allowed.names)
    assert allowed is not None, "a mapping is checked by itself"
    if allowed.is_whole:
        low, high = (None if end is None else int(end) for end in (allowed.low, allowed.high))
        return check_whole(name, value, at_least=low, at_most=high)
    # Of the numbers that are not whole only a rate is asked for, whose bound is left out.
    return check_number(name, value, above=allowed.low, below=allowed.high)


def _check_rule_alone(rule: str | None, learning_rate: float | None, size: int | None) -> None:
    """Refuse what a rule does not look at."""
    if learning_rate is not None and rule in _WITHOUT_RATE:
        raise InvalidParameter(
            f"learning_rate must be left out with the rule {rule}, {_WITHOUT_RATE[rule]}; "
            f"got {learning_rate:g}."
        )
    if size is not None and rule == "levenberg_marquardt":
        raise InvalidParameter(
            f"batch_size must be left out with the rule {rule}, whose steps look at all rows; "
            f"got {size}."
        )


def _check_hidden(hidden: object) -> None:
    """Refuse what is no sequence of widths."""
    if not isinstance(hidden, list | tuple) or not hidden:
        raise InvalidParameter(
            f"hidden must be a list or tuple of widths such as (64, 64); got {hidden!r}."
        )
    for width in hidden:
        _checked("each width in hidden", width, COMMANDS["hidden"].allowed)


def _class_weight(given: object) -> str | dict[str, float]:
    """Return "balanced", or the factors by the names that a person reads of the classes."""
    if isinstance(given, Mapping):
        return {
            _as_word(name): check_number(
                f"class_weight of {name!r}", factor, at_least=0, at_most=_LARGEST_FACTOR
            )
            for name, factor in given.items()
        }
    if given != "balanced":
        raise InvalidParameter(
            f"class_weight must be 'balanced' or a mapping of classes to numbers; got {given!r}."
        )
    return "balanced"


def _as_word(name: object) -> str:
    """Spell a class as a person reads it: 1 for the number 1.0."""
    if isinstance(name, bool) or not isinstance(name, numbers.Real):
        return str(name)
    return spelled(float(name))


def _check_columns(kinds: object, ignore: object) -> None:
    """Refuse a text where several names are meant."""
    if not isinstance(kinds, Mapping):
        raise InvalidParameter(f"kinds must be a mapping of columns to kinds; got {kinds!r}.")
    if isinstance(ignore, str) or not isinstance(ignore, Sequence):
        raise InvalidParameter(f"ignore must be a list of columns; got {ignore!r}.")
