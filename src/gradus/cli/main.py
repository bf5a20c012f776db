"""The list of commands, and what every one of them does alike.

Errors become one sentence on standard error and an exit code. What a command does must not be
known here.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from gradus._version import VERSION
from gradus.cli.as_given import Command, Group
from gradus.cli.options import as_typed
from gradus.cli.output import ListenerLeft
from gradus.cli.voice import Voice
from gradus.errors import GradusError, InvalidParameter

EXIT_CHANGE_SOMETHING = 2
EXIT_STOPPED = 130
EXIT_LISTENER_LEFT = 141

COMMANDS = (
    *("fill", "train", "predict", "show", "report", "explain", "curvature", "surface", "check"),
    *("preflight", "doctor", "runs", "compare", "worksheet"),
)
# Commands whose first argument is a file that takes a while to read.
_READERS = ("fill", "train", "predict", "explain", "curvature", "surface", "report", "worksheet")

# The line of its own with \b keeps the help from filling the lines into one paragraph.
_EXIT_CODES = """
\b
Exit codes:
  0    done
  1    a fault of gradus itself
  2    something for you to change; the sentence says what
  130  stopped with Ctrl-C (129, 143: by the system)
  141  whoever read standard output closed it
"""


def _show_version(is_asked: bool) -> None:  # noqa: FBT001 typer calls it so
    """Print name and version, and end."""
    if is_asked:
        typer.echo(f"gradus {VERSION}")
        raise typer.Exit


def gradus(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Fill the blank answers of a table with a network trained on its other rows."""


def app(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Make the command line of some commands, each of which stands in the file of its name."""
    made = typer.Typer(
        name="gradus",
        cls=Group,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=_EXIT_CODES,
    )
    made.callback()(gradus)
    for name in names:
        made.command(cls=Command)(getattr(import_module(f"gradus.cli.{name}"), name))
    return made


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        What stands after `gradus`; None takes what the process was started with.
    """
    voice = Voice()
    try:
        return _run(voice, arguments)
    except (KeyboardInterrupt, typer.Abort):
        return _stopped(voice)
    except ListenerLeft:
        return EXIT_LISTENER_LEFT
    except SystemExit:
        # How typer answers a reader of the help who has left.
        return EXIT_LISTENER_LEFT
    except InvalidParameter as error:
        sentence = as_typed(error)
    except GradusError as error:
        sentence = str(error)
    except MemoryError:
        sentence = "There must be memory for the table and the work on it; it was used up."
    except Exception as error:
        # What typer says of wrong options; whose class it is depends on typer's version.
        if not hasattr(error, "format_message"):
            raise
        sentence = error.format_message()
    voice.error(sentence)
    return EXIT_CHANGE_SOMETHING


def _run(voice: Voice, arguments: Sequence[str] | None) -> int:
    """Run one command; Ctrl-C comes out as an error or a code, depending on typer's version."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _speak_at_once(voice, arguments)
    # Where the command is named first, as it usually is, the others need not be loaded.
    asked = [name for name in arguments[:1] if name in COMMANDS] or COMMANDS
    code = typer.main.get_command(app(asked)).main(
        args=arguments,
        prog_name="gradus",
        standalone_mode=False,
        obj=voice,
    )
    return _stopped(voice) if code == EXIT_STOPPED else int(code or 0)


def _speak_at_once(voice: Voice, arguments: Sequence[str]) -> None:
    """Say what is being read where the file stands right behind the command, as it usually does.

    Understanding the options takes a while, and where one is a number as long as all before.
    """
    is_told_to_work = not {"--quiet", "-q", "--help", "-h"} & set(arguments)
    if len(arguments) > 1 and arguments[0] in _READERS and is_told_to_work:
        voice.reading(arguments[1])


def _stopped(voice: Voice) -> int:
    """Say that Ctrl-C was heard; commands write at their very end, so nothing is half done."""
    voice.error("Stopped." if voice.has_written else "Stopped; nothing was written.")
    return EXIT_STOPPED
