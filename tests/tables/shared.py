"""The tables of the folder GRADUS_DATA, read once."""

import os
from functools import cache
from pathlib import Path

from gradus.tables.read import read_table


@cache
def shared_table(name):
    return read_table(Path(os.environ["GRADUS_DATA"]) / "tables" / name)
