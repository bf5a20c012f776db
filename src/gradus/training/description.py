"""Frozen options as plain dictionaries, for files that must say what they belong to.

What is done with them is not known here.
"""

import numbers
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from gradus.errors import InvalidParameter


def describe(value: object) -> Any:  # noqa: ANN401 whatever JSON can carry
    """Turn nested frozen dataclasses into what JSON carries, equal options into equal text.

    A dataclass becomes a dictionary of its fields with its class name under "kind", a tuple a
    list; numbers of any library become Python's.

    Raises
    ------
    InvalidParameter
        For a function, as a loss may have them.
    TypeError
        For anything else than these, texts, flags and None.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, tuple | list):
        return [describe(entry) for entry in value]
    if callable(value):
        raise InvalidParameter(
            "A loss of Python functions cannot be written into a file. Write it as an "
            "ExpressionLoss to save its network or to keep a checkpoint."
        )
    if is_dataclass(value):
        entries = {option.name: describe(getattr(value, option.name)) for option in fields(value)}
        return {"kind": type(value).__name__, **entries}
    raise TypeError(f"{value!r} has no plain form")


def flatten(entries: object, path: str = "") -> dict[str, Any]:
    """List the leaves of a description by their path, such as ``plan.rule.learning_rate``."""
    if isinstance(entries, dict):
        pairs = [
            (f"{path}.{name}" if path else str(name), entry) for name, entry in entries.items()
        ]
    elif isinstance(entries, list):
        pairs = [(f"{path}[{place}]", entry) for place, entry in enumerate(entries)]
    else:
        return {path: entries}
    return {leaf: value for name, entry in pairs for leaf, value in flatten(entry, name).items()}
