"""Where a command may write: refused before any work is done for it.

What is written must not be known here.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from gradus._names import STANDARD
from gradus.errors import InvalidParameter


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


def default_place(source: str, ending: str) -> Path:
    """Return a name beside what is read: of houses.csv.gz it is houses and the ending.

    Raises
    ------
    DataError, InvalidParameter
        If the source has no name, as standard input has none.
    """
    if source == STANDARD:
        raise InvalidParameter(
            "--output must be given where standard input is read, which has no name."
        )
    from gradus.tables.raw import named_path

    path = named_path(source)
    return path.with_name(Path(path.name.removesuffix(".gz")).stem + ending)


def check_place(
    what: str, table: str, place: Path, others: Sequence[Path | None] = (), *, force: bool
) -> None:
    """Refuse a place for a file that must not or cannot be written.

    Parameters
    ----------
    what
        What goes there, such as "model", which is also the option that says where.
    table
        What is read.
    place
        Where it is to go.
    others
        What else is written; None is nothing.
    force
        Whether a file there may be replaced.

    Raises
    ------
    DataError, InvalidParameter
        If the place is standard output, the table, one of the others or a folder, exists without
        `force`, or lies where nothing can be written.
    """
    from gradus.tables.raw import file_of
    from gradus.tables.write import check_output

    if str(place) == STANDARD:
        raise InvalidParameter(f"A {what} must go to a file, not to standard output; got '-'.")
    if table != STANDARD and not os.path.exists(table):  # noqa: PTH110 "a\0b" is no error there
        # What the reader will say of it says more.
        return
    check_output(file_of(table), place, force=force)
    for other in others:
        if other is not None and os.path.realpath(place) == os.path.realpath(other):
            raise InvalidParameter(f"--{what} must be a file of its own; {other} is written, too.")


def check_keeps_model(model: str, output: str | None) -> None:
    """Refuse to write answers over the model that gives them.

    Raises
    ------
    InvalidParameter
        If both are one file, by whatever name or link.
    """
    if output is not None and os.path.realpath(output) == os.path.realpath(model):
        raise InvalidParameter(f"--output must not be the model itself; both are {output}.")
