"""Where the command `gradus` begins: the list of commands, and what every one of them does alike.

Errors become one sentence on standard error and an exit code: 0 done, 1 a fault of gradus
itself, 2 something for the person to change, 130 stopped with Ctrl-C. What a command does must
not be known here.
"""

import sys
from collections.abc import Sequence

import typer

from gradus.cli.fill import fill
from gradus.errors import GradusError

EXIT_CHANGE_SOMETHING = 2
EXIT_STOPPED = 130

app = typer.Typer(
    name="gradus",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(fill)


@app.callback()
def gradus() -> None:
    """Fill the blank answers of a table with a network trained on its other rows."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Parameters
    ----------
    arguments
        What stands after `gradus`; None takes what the process was started with.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        As for `main`.
    """
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="gradus",
            standalone_mode=False,
        )
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_STOPPED
    except GradusError as error:
        return _say(str(error), EXIT_CHANGE_SOMETHING)
    except Exception as error:
        # What typer says of wrong options; whose class it is depends on typer's version.
        if not hasattr(error, "format_message"):
            raise
        return _say(error.format_message(), EXIT_CHANGE_SOMETHING)
    if code == EXIT_STOPPED:
        # Whether Ctrl-C comes out as an error or as a code depends on typer's version. Commands
        # write at their very end, so nothing is half done.
        return _say("Stopped; nothing was written.", EXIT_STOPPED)
    return int(code or 0)


def _say(sentence: str, code: int) -> int:
    """Put one sentence on standard error."""
    print(sentence, file=sys.stderr)  # noqa: T201 this is what a command line is for
    return code
