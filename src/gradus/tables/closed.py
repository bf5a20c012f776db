"""Frozen dataclasses as JSON and back, with a closed vocabulary.

Descriptions come from files that anybody may have written: whatever is not exactly what a class
consists of is refused with a ValueError. What the classes mean must not be known here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")


def as_json(thing: Any) -> Any:  # noqa: ANN401 - any of the classes, and their parts
    """Return what JSON can carry: objects with a "kind" for dataclasses, lists for tuples."""
    if is_dataclass(thing):
        entries = {field.name: as_json(getattr(thing, field.name)) for field in fields(thing)}
        return {"kind": type(thing).__name__, **entries}
    if isinstance(thing, tuple):
        return [as_json(part) for part in thing]
    return thing


def from_json(classes: Sequence[type[_T]], entries: object) -> _T:
    """Build the one of `classes` whose name stands under "kind".

    Fields may be of type str, float, int, bool, a Literal, a tuple of one of these, another
    dataclass, or one of them or None. Floats must be finite. What a class checks itself, in
    ``__post_init__``, it refuses with a ValueError too.

    Raises
    ------
    ValueError
        If anything is missing, unknown or of another type.
    """
    if not isinstance(entries, Mapping):
        raise ValueError(f"an object must stand where {entries!r:.80} stands.")  # noqa: TRY004
    found = [cls for cls in classes if cls.__name__ == entries.get("kind")]
    if not found:
        raise ValueError(f"it has the unknown kind {entries.get('kind')!r:.80}.")
    hints = get_type_hints(found[0])
    names = [field.name for field in fields(found[0])]  # type: ignore[arg-type]
    if set(entries) != {"kind", *names}:
        raise ValueError(f"{found[0].__name__} must have the entries {', '.join(names)}.")
    values = {
        name: _value(hints[name], entries[name], f"{found[0].__name__}.{name}") for name in names
    }
    return found[0](**values)


def _value(hint: Any, value: Any, place: str) -> Any:  # noqa: ANN401 - of the hinted type
    """Return `value` if it is of the hinted type, its lists turned into tuples."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {UnionType, Union}:
        return _one_of(arguments, value, place)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], part, place) for part in value)
    if isinstance(hint, type) and is_dataclass(hint):
        return from_json((hint,), value)
    if origin is Literal:
        fits = isinstance(value, str) and value in arguments
    else:
        fits = type(value) is hint and (hint is not float or math.isfinite(value))
    if not fits:
        raise ValueError(f"{place} must not be {value!r:.80}.")
    return value


def _one_of(hints: tuple[Any, ...], value: Any, place: str) -> Any:  # noqa: ANN401 - as above
    """Return `value` as one of several types: none, a dataclass, or another."""
    if value is None and NoneType in hints:
        return None
    classes = [hint for hint in hints if isinstance(hint, type) and is_dataclass(hint)]
    others = [hint for hint in hints if hint not in {*classes, NoneType}]
    if classes and (isinstance(value, Mapping) or not others):
        return from_json(classes, value)
    for hint in others:
        try:
            return _value(hint, value, place)
        except ValueError:
            if hint is others[-1]:
                raise
    raise AssertionError("a union has members")
