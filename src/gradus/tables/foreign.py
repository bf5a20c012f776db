"""Files that are no table gradus reads, told by how they begin, and what to do with each.

Must know nothing about the formats that are read.
"""

from gradus.errors import DataError
from gradus.tables.raw import RawFile

_UNPACK = "Unpack it, or pack it with gzip."
_EXPORT = "Save the table as CSV or Parquet."
_QUERY = "Save the table asked for as CSV or Parquet."
#: How a file begins, what it is, and what to do.
_MARKS = (
    (b"PK\x03\x04", "a zip archive", "Unpack it."),
    (b"PK\x05\x06", "an empty zip archive", "Pass the table itself."),
    (b"\xfd7zXZ\x00", "packed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", _UNPACK),
    (b"BZh91AY&SY", "packed with bzip2", _UNPACK),
    (b"\x04\x22\x4d\x18", "packed with LZ4", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it."),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it."),
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"{\\rtf", "an RTF document", _EXPORT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", _EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", _QUERY),
    (b"ARROW1\x00\x00", "an Arrow (Feather) file", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _EXPORT),
    (b"\x93NUMPY", "a NumPy array", _EXPORT),
    (b"\x80\x04\x95", "a pickle, which is never opened", _EXPORT),
    (b"\x80\x05\x95", "a pickle, which is never opened", _EXPORT),
    (b"RDX2\n", "an R workspace", _EXPORT),
    (b"RDX3\n", "an R workspace", _EXPORT),
    (b"X\n\x00\x00", "an R object", _EXPORT),
    (b"<stata_dta>", "a Stata file", _EXPORT),
    (b"$FL2", "an SPSS file", _EXPORT),
    (b"<!doctype", "a web page", _EXPORT),
    (b"<html", "a web page", _EXPORT),
    (b"<?xml", "an XML document", _EXPORT),
    (b"\x89PNG\r\n", "a picture", "Pass a table."),
    (b"\xff\xd8\xff", "a picture", "Pass a table."),
    (b"GIF89a", "a picture", "Pass a table."),
    (b"\x7fELF", "a program", "Pass a table."),
    (b"version https://git-lfs", "a pointer that Git LFS left in its place", "Run git lfs pull."),
)
_DUCKDB_MARK = b"DUCK"


def refuse_foreign(raw: RawFile) -> None:
    """Refuse bytes that begin like something that is no table.

    Raises
    ------
    DataError
        If so; it names what the file is and what to do.
    """
    if raw.data[8:12] == _DUCKDB_MARK:
        raise DataError(f"{raw.name} is a DuckDB database. {_QUERY}")
    begin = raw.data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for mark, thing, what_to_do in _MARKS:
        # What is text may be written in either case and after blanks.
        is_text = mark.startswith(b"<")
        if raw.data.startswith(mark) or (is_text and begin.startswith(mark)):
            raise DataError(f"{raw.name} is {thing}. {what_to_do}")
