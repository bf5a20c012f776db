"""The table of hyperparameters as scikit-learn wants it: constraints, docstrings and an error.

What a parameter does must not be known here.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar, cast

from sklearn.base import _fit_context
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.metaestimators import available_if

from gradus.errors import InvalidParameter
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss, FunctionLoss
from gradus.workflow.choices import Allowed, Only, Range, Words
from gradus.workflow.hyperparameters import entries_of

_Class = TypeVar("_Class", bound=type)
_Method = TypeVar("_Method", bound=Callable[..., Any])
_MARK = "{parameters}"
_KINDS: dict[str | None, str] = {
    "boolean": "True or False",
    "random_state": "a seed, a RandomState or None",
    "verbose": "a whole number or a truth value",
    "array-like": "a sequence",
    "mapping": "a mapping",
    "cv_object": "a number of parts, a splitter, splits or None",
    "loss": "an object that stands for a loss",
    None: "None",
}
NUMBER_LOSSES = (Huber, Quantile, ExpressionLoss, FunctionLoss)


class InvalidEstimatorParameter(InvalidParameter, InvalidParameterError):  # type: ignore[misc]
    """An estimator's option has a value outside what it allows."""


def constraints(owner: str) -> dict[str, list[Any]]:
    """Return what each parameter of an estimator may be, in scikit-learn's classes.

    Parameters
    ----------
    owner
        "classifier" or "regressor".
    """
    allowed: dict[str, list[Any]] = {}
    for entry in entries_of(owner):
        own = [_constraint(one) for one in entry.allowed if one != "loss"]
        allowed[entry.name] = [*own, *(NUMBER_LOSSES if "loss" in entry.allowed else ())]
    return allowed


def check_parameters(given: dict[str, Any], allowed: dict[str, list[Any]], owner: str) -> None:
    """Refuse values outside what is allowed.

    Parameters
    ----------
    given
        Values by name.
    allowed
        As `constraints` returns them.
    owner
        Name of the estimator's class.

    Raises
    ------
    InvalidEstimatorParameter
        With scikit-learn's own sentence.
    """
    try:
        validate_parameter_constraints(allowed, given, caller_name=owner)
    except InvalidParameterError as refusal:
        raise InvalidEstimatorParameter(str(refusal)) from None


def documented(owner: str) -> Callable[[_Class], _Class]:
    """Write the parameters of an estimator into its docstring, where ``{parameters}`` stands.

    Parameters
    ----------
    owner
        "classifier" or "regressor".
    """

    def write(cls: _Class) -> _Class:
        if cls.__doc__:
            cls.__doc__ = inspect.cleandoc(cls.__doc__).replace(_MARK, _section(owner))
        return cls

    return write


def fitting(method: _Method) -> _Method:
    """Let parameters be checked before a method fits, as scikit-learn does.

    Parameters
    ----------
    method
        Such as `fit`.
    """
    return cast("_Method", _fit_context(prefer_skip_nested_validation=True)(method))


def only_if(holds: Callable[[Any], bool]) -> Callable[[_Method], _Method]:
    """Let an estimator have a method only where something holds.

    Parameters
    ----------
    holds
        Asked with the estimator; its AttributeError says why not.
    """
    return cast("Callable[[_Method], _Method]", available_if(holds))


def _section(owner: str) -> str:
    """Return the Parameters section of a docstring, without indentation."""
    lines = ["Parameters", "----------"]
    for entry in entries_of(owner):
        lines.append(f"{entry.name} : default={entry.default!r}")
        allowed = in_words(entry.allowed)
        told = f"{allowed[0].upper()}{allowed[1:]}. {entry.doc}"
        lines += textwrap.wrap(told, 92, initial_indent="    ",
                               subsequent_indent="    ")  # fmt: skip
    return "\n".join(lines)


def in_words(allowed: tuple[Allowed, ...]) -> str:
    """Say in words what a value may be.

    Parameters
    ----------
    allowed
        As an entry of the table has it.
    """
    told = [_one_in_words(one) for one in allowed]
    return " or ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def _one_in_words(allowed: Allowed) -> str:
    """Say in words what a value may be by one constraint."""
    if isinstance(allowed, Words):
        return ", ".join(f"``{name!r}``" for name in allowed.names)
    if isinstance(allowed, Only):
        return f"{allowed.value:g}"
    if isinstance(allowed, Range):
        kind = "a whole number" if allowed.is_whole else "a number"
        above = "at least" if allowed.closed in {"left", "both"} else "above"
        below = "at most" if allowed.closed in {"right", "both"} else "below"
        bounds = [f"{above} {allowed.low:g}"] if allowed.low is not None else []
        bounds += [f"{below} {allowed.high:g}"] if allowed.high is not None else []
        return " ".join([kind, " and ".join(bounds)])
    return _KINDS[allowed]


def _constraint(allowed: Allowed) -> Any:  # noqa: ANN401 scikit-learn has no types
    """Return one constraint in scikit-learn's classes."""
    if isinstance(allowed, Words):
        return StrOptions(set(allowed.names))
    if isinstance(allowed, Only):
        return Options(Real, {allowed.value})
    if isinstance(allowed, Range):
        kind = Integral if allowed.is_whole else Real
        return Interval(kind, allowed.low, allowed.high, closed=allowed.closed)
    return Mapping if allowed == "mapping" else allowed
