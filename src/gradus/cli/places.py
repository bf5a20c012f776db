"""Where a command may write: refused before any work is done for it.

What is written must not be known here.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from gradus.errors import InvalidParameter

STANDARD = "-"


def goes_to_standard_output(table: str, output: str | None) -> bool:
    """Return whether the table that is made has no file of its own."""
    return output == STANDARD or (output is None and table == STANDARD)


def check_one_on_standard_output(table: str, output: str | None, *, as_json: bool) -> None:
    """Refuse to mix a table and a JSON object on standard output.

    Raises
    ------
    InvalidParameter
        If both are to go there.
    """
    if as_json and goes_to_standard_output(table, output):
        raise InvalidParameter(
            "--json and the table must not share standard output. Give --output FILE, or leave "
            "--json out."
        )


def default_model(table: str) -> Path:
    """Return NAME.gradus beside the table.

    Raises
    ------
    DataError, InvalidParameter
        If the table has no name, as standard input has none.
    """
    if table == STANDARD:
        raise InvalidParameter(
            "--output must say where to keep the model when the table is standard input; it is "
            "not given."
        )
    from gradus.tables.raw import named_path

    path = named_path(table)
    stem = Path(path.name.removesuffix(".gz")).stem
    return path.with_name(f"{stem}.gradus")


def check_model_place(table: str, place: Path, other: Path | None, *, force: bool) -> None:
    """Refuse a place for a model that must not or cannot be written.

    Parameters
    ----------
    table
        What is read.
    place
        Where the model is to go.
    other
        Where the filled table goes, or None.
    force
        Whether a file there may be replaced.

    Raises
    ------
    DataError, InvalidParameter
        If the place is standard output, the table, the filled table or a folder, exists without
        `force`, or lies where nothing can be written.
    """
    from gradus.tables.write import check_output

    if str(place) == STANDARD:
        raise InvalidParameter("A model must go to a file, not to standard output; got '-'.")
    if table != STANDARD and not os.path.exists(table):  # noqa: PTH110 "a\0b" is no error there
        # What the reader will say of it says more.
        return
    check_output(None if table == STANDARD else Path(table), place, force=force)
    if other is not None and os.path.realpath(place) == os.path.realpath(other):
        raise InvalidParameter(f"--model and the filled table must be two files; both are {other}.")


def check_report_place(
    table: str, place: Path, others: Sequence[Path | None] = (), *, force: bool
) -> None:
    """Refuse a place for a report that must not or cannot be written.

    Parameters
    ----------
    table
        What is read.
    place
        Where the report is to go.
    others
        What else is written; None is nothing.
    force
        Whether a file there may be replaced.

    Raises
    ------
    DataError, InvalidParameter
        As `check_model_place`, with any of `others` in place of the filled table.
    """
    from gradus.tables.write import check_output

    if str(place) == STANDARD:
        raise InvalidParameter("A report must go to a file, not to standard output; got '-'.")
    check_output(None if table == STANDARD else Path(table), place, force=force)
    for other in others:
        if other is not None and os.path.realpath(place) == os.path.realpath(other):
            raise InvalidParameter(f"--report must be a file of its own; {other} is written, too.")


def check_keeps_model(model: str, output: str | None) -> None:
    """Refuse to write answers over the model that gives them.

    Raises
    ------
    InvalidParameter
        If both are one file, by whatever name or link.
    """
    if output is not None and os.path.realpath(output) == os.path.realpath(model):
        raise InvalidParameter(f"--output must not be the model itself; both are {output}.")
