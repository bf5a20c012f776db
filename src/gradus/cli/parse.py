"""Texts after options into the values that Python takes: widths, kinds, weights of classes.

Whether a value is sensible is decided by `workflow.options`; here only the form is.
"""

import math
from collections.abc import Mapping, Sequence

from gradus.errors import InvalidParameter


def widths(text: str) -> tuple[int, ...]:
    """Read the widths of hidden layers from a text such as ``64,64``.

    Raises
    ------
    InvalidParameter
        If it is not made of whole numbers of at least 1 with commas between them.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise InvalidParameter(
            f"--hidden must be whole numbers with commas between them, such as 64,64; got {text!r}."
        )
    return tuple(int(part) for part in parts)


def kinds_of_columns(texts: Sequence[str]) -> dict[str, str]:
    """Read what columns are from texts such as ``zip=category``; the last ``=`` counts.

    Raises
    ------
    InvalidParameter
        If a text has no column or no kind, or two texts disagree about a column.
    """
    kinds: dict[str, str] = {}
    for text in texts:
        column, _, kind = text.rpartition("=")
        if not column or not kind:
            raise InvalidParameter(
                f"--as must be COLUMN=KIND, such as --as zip=category; got {text!r}."
            )
        if kinds.setdefault(column, kind) != kind:
            raise InvalidParameter(
                f"--as must name each column once; {column!r} is said to be {kinds[column]} "
                f"and {kind}."
            )
    return kinds


def cells_of_columns(texts: Sequence[str]) -> dict[str, str]:
    """Read new cells from texts such as ``area=120``; the last ``=`` counts.

    Raises
    ------
    InvalidParameter
        If a text has no column, or a column has two cells.
    """
    cells: dict[str, str] = {}
    for text in texts:
        column, _, cell = text.rpartition("=")
        if not column:
            raise InvalidParameter(
                f"--what-if must be COLUMN=CELL, such as --what-if area=120; got {text!r}."
            )
        if cells.setdefault(column, cell) != cell:
            raise InvalidParameter(
                f"--what-if must name each column once; {column!r} is there twice."
            )
    return cells


def weights_of_classes(texts: Sequence[str]) -> str | Mapping[str, float] | None:
    """Read ``balanced``, or factors from texts such as ``yes=2,no=1``; None for no texts.

    A comma belongs to the name of a class unless what stands before it is a whole CLASS=WEIGHT.

    Raises
    ------
    InvalidParameter
        If a text is neither, a weight is no number, or a class has two weights.
    """
    if not texts:
        return None
    if list(texts) == ["balanced"]:
        return "balanced"
    weights: dict[str, float] = {}
    for text in texts:
        name = ""
        for piece in text.split(","):
            name += piece
            class_name, _, weight = name.rpartition("=")
            if not class_name:
                name += ","
                continue
            _add_weight(weights, class_name, weight, text)
            name = ""
        if name:
            raise _no_weight(text)
    return weights


def values_of_names(texts: Sequence[str]) -> dict[str, float]:
    """Read numbers from texts such as ``y=0.5``.

    Raises
    ------
    InvalidParameter
        If a text is written otherwise.
    """
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            message = f"--at must be written as NAME=VALUE, such as y=0.5; got {text!r}."
            raise InvalidParameter(message) from None
    return found


def _add_weight(weights: dict[str, float], class_name: str, weight: str, text: str) -> None:
    """Put in the weight of one class, which must be a number and the only one."""
    try:
        number = float(weight)
    except ValueError:
        raise _no_weight(text) from None
    if weights.get(class_name, number) != number and not math.isnan(number):
        raise InvalidParameter(
            f"--class-weight must name each class once; {class_name!r} has the weights "
            f"{weights[class_name]:g} and {number:g}."
        )
    weights[class_name] = number


def _no_weight(text: str) -> InvalidParameter:
    """Return the error that a text gives no weights."""
    return InvalidParameter(
        f"--class-weight must be balanced or CLASS=WEIGHT, such as yes=2; got {text!r}."
    )
