"""What an entry of the table of hyperparameters is: names, defaults, and what a value may be.

Which hyperparameters there are, and who checks them, must not be known here.
"""

from typing import Any, Final, TypeAlias

from gradus._dataclasses import dataclass


class _Absent:
    """Stands for what scikit-learn has no such thing of."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()


@dataclass(frozen=True)
class Words:
    """One of some names."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """A number, whole or not.

    Attributes
    ----------
    low, high
        Bounds; None is none.
    closed
        Which bounds belong to it: "left", "right", "both" or "neither".
    is_whole
        Whether only whole numbers do.
    """

    low: float | None
    high: float | None
    closed: str = "left"
    is_whole: bool = False


@dataclass(frozen=True)
class Only:
    """One number."""

    value: float


#: What a value may be; a text is a kind that scikit-learn has a word for, such as "boolean", or
#: "mapping", or "loss" for an object that stands for a loss.
Allowed: TypeAlias = Words | Range | Only | str | None


@dataclass(frozen=True)
class Command:
    """How the command line, `gradus.train` and `gradus.fill` have a choice.

    Attributes
    ----------
    name
        In Python.
    metavar
        What stands for the value in the help.
    help
        One sentence.
    allowed
        What a value may be; of several values each. None where a mapping is taken.
    """

    name: str
    metavar: str
    help: str
    allowed: Range | Words | None = None

    @property
    def option(self) -> str:
        """How a person types it, such as ``--batch-size``."""
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True)
class Hyperparameter:
    """One choice about a network or its training.

    Attributes
    ----------
    name
        In the estimators; scikit-learn's own where it has the same.
    default
        In the estimators.
    scikit_learn
        scikit-learn's default; `ABSENT` where it has no such choice.
    allowed
        What a value may be, at least one of these.
    doc
        One or a few sentences for docstrings and tables.
    network
        What `Network`, `Plan` and the rules call it; "" where they have no such choice.
    command
        The command line's option; None where there is none.
    owner
        "both", "classifier" or "regressor".
    """

    name: str
    default: Any
    scikit_learn: Any
    allowed: tuple[Allowed, ...]
    doc: str
    network: str = ""
    command: Command | None = None
    owner: str = "both"
