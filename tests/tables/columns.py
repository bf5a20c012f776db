"""Tables of a few cells, made without a file."""

import numpy as np

from gradus.tables.table import Column, Source, Table

NAN = float("nan")


def number(name, *values):
    values = [NAN if value is None else value for value in values]
    return Column(name, "number", np.array(values, dtype=np.float64))


def date(name, *values):
    values = [NAN if value is None else value for value in values]
    return Column(name, "date", np.array(values, dtype=np.float64))


def word(name, *values):
    cells = np.empty(len(values), dtype=np.object_)
    cells[:] = values
    return Column(name, "word", cells)


def table(*columns):
    return Table("t.csv", columns, Source(None))
