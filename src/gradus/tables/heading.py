"""Tell whether the first line of a table holds the names of its columns, and give the names.

What the cells below mean, beyond being numbers, dates or words, must not be known here.
"""

from collections.abc import Callable

from gradus.errors import DataError
from gradus.tables.dialect import is_heading, is_typed, shortened

#: Rows below the first line that are looked at.
_LOOKED_AT = 50


def find_heading(
    cell: Callable[[int, int], str], n_lines: int, n_columns: int, name: str
) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    """Return whether the first line is a header, the names, and what the person should know.

    It is one if all its cells are words, or blank, and no two are the same. Where two are, it is
    one if a column of numbers or dates begins with a word; and then it is refused. Years in a row
    beside words are names too.

    Parameters
    ----------
    cell
        The text of one cell by line and column.
    n_lines, n_columns
        Of the table.
    name
        What a sentence calls it.

    Raises
    ------
    DataError
        If there is a header and nothing below it, or two columns of one name.
    """
    titles = [cell(0, j) for j in range(n_columns)]
    below = range(1, min(n_lines, 1 + _LOOKED_AT))
    typed = [j for j in range(n_columns) if any(is_typed(cell(i, j)) for i in below)]
    # What pandas writes for no names is a header as well.
    is_sure = titles == ["", *map(str, range(n_columns - 1))] or _are_years(titles)
    contrast = [j for j in typed if titles[j] and not is_typed(titles[j])]
    if not is_sure and any(map(is_typed, titles)):
        first = next(title for title in titles if is_typed(title))
        return False, *_unnamed(n_columns, f"its first line holds {shortened(first)!r}", name)
    if not is_sure and not is_heading(titles) and not contrast:
        return False, *_unnamed(n_columns, "its first line is no list of different names", name)
    names = tuple(title or f"column {j}" for j, title in enumerate(titles, start=1))
    _check_doubles(names, name)
    if n_lines == 1:
        raise DataError(f"{name} has a header line but no rows.")
    notes = []
    if not typed and not any(cell(i, j)[:1].isdigit() for i in below for j in range(n_columns)):
        notes.append(
            f"The first line of {name} is taken as its header: it holds {n_columns} different "
            "words, as the lines below do."
        )
    if not titles[-1] and n_columns > 2 and not any(cell(i, n_columns - 1) for i in below):
        notes.append(
            f"Lines end with a delimiter: the last column has no name and is called {names[-1]!r}."
        )
    return True, names, tuple(notes)


def _are_years(titles: list[str]) -> bool:
    """Tell whether some cells are words and the others years, each one after the one before."""
    years = [int(title) for title in titles if title.isdecimal() and len(title) == 4]
    n_words = sum(not is_typed(title) for title in titles)
    in_order = years == list(range(years[0], years[0] + len(years))) if years else False
    return in_order and len(years) >= 2 and n_words >= 1 and n_words + len(years) == len(titles)


def _unnamed(n_columns: int, reason: str, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = tuple(f"column {j}" for j in range(1, n_columns + 1))
    note = f"{name} has no header line: {reason}. Its columns are called by their place."
    return names, (note,)


def _check_doubles(names: tuple[str, ...], name: str) -> None:
    """Refuse two columns of one name."""
    first: dict[str, int] = {}
    for j, column in enumerate(names, start=1):
        if column in first:
            raise DataError(
                f"{name} must have columns of different names; columns {first[column]} and {j} "
                f"are both called {shortened(column)!r}."
            )
        first[column] = j
