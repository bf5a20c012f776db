"""`dataclass` of the standard library, made in a third of the time.

The library writes and compiles the source of up to six methods for each class, which is a tenth of
what `gradus fill` takes on a small table. Here it writes `__init__` alone, and what compares,
shows and guards is shared by all classes. `fields`, `replace`, `asdict`, copies and pickles work as
ever; `__dataclass_params__`, which nothing here reads, does not tell what was chosen.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, *, frozen: bool = False, eq: bool = True) -> object:
        """Give a class of annotated fields its methods; see `dataclasses.dataclass`."""
        if cls is None:
            return lambda cls: _made(cls, frozen=frozen, eq=eq)
        return _made(cls, frozen=frozen, eq=eq)


def _made(cls: type, *, frozen: bool, eq: bool) -> type:
    """Add the methods that the class has not defined itself."""
    own = set(vars(cls))
    dataclasses.dataclass(repr=False, eq=False)(cls)
    methods: dict[str, Any] = {"__repr__": _shown}
    if eq:
        compared = [one.name for one in dataclasses.fields(cls) if one.compare]
        methods["__eq__"], hashed = _comparing(attrgetter("__class__", *compared))
        methods["__hash__"] = hashed if frozen else None
    if frozen:
        methods |= {"__setattr__": _set_once, "__delattr__": _never_deleted}
    for name in methods.keys() - own:
        setattr(cls, name, methods[name])
    return cls


def _comparing(key: Callable[[object], object]) -> tuple[Callable[..., Any], Callable[..., int]]:
    """Make `__eq__` and `__hash__` of what a thing is compared by."""

    def equal(self: object, other: object) -> Any:  # noqa: ANN401 a bool, or NotImplemented
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(key(self))

    return equal, hashed


def _shown(self: Any) -> str:  # noqa: ANN401 any dataclass
    """Write it as the call that makes it."""
    shown = [one.name for one in dataclasses.fields(self) if one.repr]
    options = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({options})"


def _set_once(self: Any, name: str, value: object) -> None:  # noqa: ANN401
    """Let `__init__` set each field, and nobody after it."""
    if name in self.__dict__ or name not in self.__dataclass_fields__:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    self.__dict__[name] = value


def _never_deleted(_self: object, name: str) -> NoReturn:
    """Refuse."""
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
