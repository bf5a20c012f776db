"""Read a delimited text file into a table, and keep what its writer needs.

DuckDB turns the text into numbers and words; `scan` has found the same cells in the bytes, and
the two must agree. Which column is asked for must not be known here.
"""

from dataclasses import dataclass, field

from gradus.tables.raw import RawFile
from gradus.tables.scan import Layout
from gradus.tables.table import Source


@dataclass(frozen=True)
class DelimitedText(Source):
    """What a table of delimited text was read from.

    Attributes
    ----------
    raw
        The file as it is.
    encoding
        The codec that turns `raw.data` into text and back, byte for byte: "utf-8", "utf-16-le",
        "utf-16-be", "cp1252" or "latin-1".
    text
        All of it as UTF-8, a byte order mark included; ``text.decode("utf-8").encode(encoding)``
        is `raw.data`.
    layout
        Where each cell stands in `text`: the header's first where `has_header`. Lines above and
        blank lines are in no cell.
    delimiter
        One byte.
    quote
        The mark that may enclose a cell, one byte; empty where there is none.
    decimal
        "." or ",".
    has_header
        Whether the first line of `layout` holds the names.
    """

    raw: RawFile
    encoding: str
    text: bytes = field(repr=False)
    layout: Layout = field(repr=False)
    delimiter: bytes = b","
    quote: bytes = b'"'
    decimal: str = "."
    has_header: bool = True
