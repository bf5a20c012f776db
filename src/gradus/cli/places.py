"""Where a command may write: refused before any work is done for it.

What is written must not be known here.
"""

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
    InvalidParameter
        If the table is standard input, which has no name.
    """
    if table == STANDARD:
        raise InvalidParameter(
            "--output must say where to keep the model when the table is standard input; it is "
            "not given."
        )
    path = Path(table)
    stem = Path(path.name.removesuffix(".gz")).stem
    return path.with_name(f"{stem}.gradus")


def check_model_place(table: str, place: Path, other: str | None, *, force: bool) -> None:
    """Refuse a place for a model that must not or cannot be written.

    Parameters
    ----------
    table
        What is read.
    place
        Where the model is to go.
    other
        What else is written by the same command, or None.
    force
        Whether a file there may be replaced.

    Raises
    ------
    DataError, InvalidParameter
        If the place is the table, the other output or a folder, exists without `force`, or lies
        where nothing can be written.
    """
    from gradus.tables.write import check_output

    if other is not None and place.resolve() == Path(other).resolve():
        raise InvalidParameter(f"--model and --output must be two files; both are {other}.")
    check_output(None if table == STANDARD else Path(table), place, force=force)
