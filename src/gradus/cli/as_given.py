"""Commands whose options reach them as they are where no conversion is needed.

typer converts every value, even None to None, by pydantic, which takes 50 ms to load and to set up.
What an option means must not be known here.
"""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class _AsGiven:
    """What converts only what is not yet as it shall be.

    A text for a text, a default and an option left out go by; what a person typed for a number does
    not, nor does what must be there and is not.
    """

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 a class of typer's version
        """Return the parameters, that for the help among them."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            if "process_value" not in vars(parameter):
                _spare(parameter)
        return parameters


class Command(_AsGiven, TyperCommand):
    """One command."""


class Group(_AsGiven, TyperGroup):
    """All commands."""


def _spare(parameter: Any) -> None:  # noqa: ANN401
    """Let what needs no conversion go by a parameter's own."""
    wanted = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    convert = parameter.process_value

    def process_value(ctx: Any, value: Any) -> Any:  # noqa: ANN401
        is_as_wanted = type(value) is wanted or (value is None and not parameter.required)
        if not is_as_wanted:
            return convert(ctx, value)
        value = () if value is None and parameter.multiple else value
        return value if parameter.callback is None else parameter.callback(ctx, parameter, value)

    parameter.process_value = process_value
