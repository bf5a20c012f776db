"""What is no table is named, and what only begins alike is let through."""

import zipfile

import pytest

from gradus.errors import DataError
from gradus.tables.foreign import refuse_foreign
from gradus.tables.raw import RawFile


def refusal(data):
    with pytest.raises(DataError) as caught:
        refuse_foreign(RawFile("t", None, data))
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xfd7zXZ\x00rest", "t is packed with xz. Unpack it, or pack it with gzip."),
        (b"\x28\xb5\x2f\xfdrest", "t is packed with Zstandard. Unpack it, or pack it with gzip."),
        (b"BZh91AY&SYrest", "t is packed with bzip2. Unpack it, or pack it with gzip."),
        (b"7z\xbc\xaf\x27\x1crest", "t is a 7z archive. Unpack it."),
        (b"%PDF-1.7\n", "t is a PDF document. Save the table as CSV or Parquet."),
        (b"SQLite format 3\x00rest",
         "t is an SQLite database. Save the table asked for as CSV or Parquet."),
        (bytes(8) + b"DUCK" + bytes(8),
         "t is a DuckDB database. Save the table asked for as CSV or Parquet."),
        (b"ARROW1\x00\x00rest", "t is an Arrow (Feather) file. Save the table as CSV or Parquet."),
        (b"\x93NUMPY\x01\x00", "t is a NumPy array. Save the table as CSV or Parquet."),
        (b"\x80\x04\x95rest",
         "t is a pickle, which is never opened. Save the table as CSV or Parquet."),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "t is a web page. Save the table as CSV or Parquet."),
        (b"<?XML version", "t is an XML document. Save the table as CSV or Parquet."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
         "t is an old Office document. Save the table as CSV or Parquet."),
        (b"version https://git-lfs.github.com/spec/v1\n",
         "t is a pointer that Git LFS left in its place. Run git lfs pull."),
    ],
)  # fmt: skip
def test_what_is_no_table(data, sentence):
    assert refusal(data) == sentence


def test_a_zip_archive(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", "a,b\n1,2\n")
    assert refusal(path.read_bytes()) == "t is a zip archive. Unpack it."


@pytest.mark.parametrize(
    "data", [b"", b"PARENT,a\n1,2\n", b"ORC,b\n", b"BZh,a\n", b"a<html,b\n", b"GIF8,b\n", b"7z,b\n"]
)
def test_what_only_begins_alike(data):
    refuse_foreign(RawFile("t", None, data))
