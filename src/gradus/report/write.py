"""A page as a file: whole or not at all, and not made where it must not be written.

What the page says must not be known here.
"""

import os
from collections.abc import Callable
from pathlib import Path

from gradus._files import why_not_written, write_atomically
from gradus.errors import DataError
from gradus.tables.raw import file_of
from gradus.tables.write import check_output


def write_page(
    output: str | os.PathLike[str], source: object, make: Callable[[], str], *, force: bool
) -> Path:
    """Write what `make` returns and return where it is.

    Parameters
    ----------
    output
        Where to write.
    source
        The table that the page is about, which is never written over.
    make
        Called once it is known that the page can be written.
    force
        Replace `output` if it exists.

    Raises
    ------
    DataError
        If the file must not or cannot be written.
    """
    place = Path(output)
    check_output(file_of(source), place, force=force)
    data = make().encode()
    try:
        write_atomically(place, data)
    except OSError as cause:
        raise DataError(why_not_written(place, len(data), cause)) from cause
    return place
