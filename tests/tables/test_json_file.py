"""JSON is read in three shapes, and every value is written back as it is spelled."""

import json

import numpy as np
import pytest

from gradus.errors import DataError
from gradus.tables import json_file
from gradus.tables.json_file import filled_json, read_json
from gradus.tables.numerals import pack
from gradus.tables.raw import RawFile
from gradus.tables.table import Column, Filling, Spelling

NAN = float("nan")


def read(text, encoding="utf-8"):
    return read_json(RawFile("t.json", None, text.encode(encoding)))


def refusal(text):
    with pytest.raises(DataError) as caught:
        read(text)
    return str(caught.value)


def fill(text, answer=7.25, row=1, name="y"):
    if isinstance(answer, str):
        answers = Column(name, "word", np.array([answer], dtype=object))
    else:
        answers = Column(name, "number", np.array([answer]), Spelling(2, "$"))
    added = (
        Column("y_low", "number", np.array([0.5]), Spelling(1)),
        Column("y_flag", "word", np.array(['so "far"'], dtype=object)),
    )
    return filled_json(read(text), Filling(np.array([row]), answers, added)).decode()


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1, "y": 2.5}, {"a": 2, "y": null}, {"a": 3}]',
        '{"a": 1, "y": 2.5}\n\n {"a": 2, "y": null} \n{"a": 3}',
        '{"a": [1, 2, 3], "y": [2.5, null, NaN]}',
        '\n[{"a":1,"y":2.5},{"a":2,"y":NaN},\r\n{"y":null,"a":3}]\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_shapes_and_encodings(text, encoding):
    table = read(text, encoding)
    assert table.names == ("a", "y")
    assert table.columns[0].values.tolist() == [1, 2, 3]
    assert np.array_equal(table.columns[1].values, [2.5, NAN, NAN], equal_nan=True)
    assert table.columns[1].spelling.decimals == 1


@pytest.mark.parametrize(
    ("cells", "kind", "found"),
    [
        ("[1, -2.50, 1e3]", "number", [1, -2.5, 1000]),
        ('["a", " b ", " "]', "word", ["a", "b", None]),
        ("[true, false, null]", "word", ["true", "false", None]),
        ('[1, "x", null]', "word", ["1", "x", None]),
        ("[9007199254740993, 1, null]", "word", ["9007199254740993", "1", None]),
        ('["2020-01-02", null, "2020-01-02T12:00:00"]', "date",
         [18263, NAN, 18263.5]),
        ('["2020-01-02", null, "2020-01-03"]', "date", [18263, NAN, 18264]),
        ("[null, null, null]", "word", [None] * 3),
    ],
)  # fmt: skip
def test_types(cells, kind, found):
    column = read(f'{{"x": {cells}}}').columns[0]
    assert column.type == kind
    if kind == "word":
        assert column.values.tolist() == found
    else:
        assert np.array_equal(column.values, found, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('[{"a":1.0,"y":2},{"a":2,"y":null}]',
         ('[{"a":1.0,"y":2,"y_low":null,"y_flag":null},'
         '{"a":2,"y":7.25,"y_low":0.5,"y_flag":"so \\"far\\""}]')),
        ('{"a": 1e2, "n": {"q": [1.50, "é"]}, "y": 2}\n{"a": 2}\n',
         ('{"a": 1e2, "n": {"q": [1.50, "é"]}, "y": 2, "y_low": null, "y_flag": null}\n'
         '{"a": 2, "y": 7.25, "y_low": 0.5, "y_flag": "so \\"far\\""}\n')),
        ('{"a":[1,2],"y":[2,null]}',
         '{"a":[1,2],"y":[2,7.25],"y_low":[null,0.5],"y_flag":[null,"so \\"far\\""]}'),
        ('[\n  {\n    "a": 1,\n    "y": 2\n  },\n  {\n    "a": 2,\n    "y": null\n  }\n]\n',
         ('[\n  {\n    "a": 1,\n    "y": 2,\n    "y_low": null,\n    "y_flag": null\n  },\n'
         '  {\n    "a": 2,\n    "y": 7.25,\n    "y_low": 0.5,\n    "y_flag": "so \\"far\\""\n'
         '  }\n]\n')),
        ('[\n {"a": "\\u00e9", "y": 2},\n {"a": "b"}\n]',
         ('[\n {"a": "\\u00e9", "y": 2, "y_low": null, "y_flag": null},\n'
         ' {"a": "b", "y": 7.25, "y_low": 0.5, "y_flag": "so \\"far\\""}\n]')),
    ],
)  # fmt: skip
def test_values_shape_and_manner_are_kept(text, filled):
    assert fill(text) == filled


@pytest.mark.parametrize(
    ("cells", "answer", "spelled"),
    [("true", "true", "true"), ("5, true", "5", "5"), ('"a"', "a", '"a"'), ('"a"', "b", '"b"')],
)
def test_a_word_is_spelled_as_in_the_column(cells, answer, spelled):
    rows = ", ".join(f'{{"y": {cell}}}' for cell in cells.split(", "))
    filled = fill(f'[{rows}, {{"y": null}}]', answer, row=len(cells.split(", ")))
    assert filled.count(f'"y": {spelled}') >= 1
    assert json.loads(filled)[-1]["y"] == json.loads(spelled)


def test_the_encoding_and_gzip_are_kept():
    text = '[{"a": "é", "y": 1}, {"a": "b", "y": null}]'
    table = read_json(RawFile("t", None, text.encode("utf-16"), "gzip"))
    filling = Filling(np.array([1]), Column("y", "number", np.array([2.0])), ())
    expected = text.replace("null", "2").encode("utf-16")
    assert filled_json(table, filling) == pack(expected)


def test_lists_and_records_are_left_out_and_it_is_said():
    table = read('[{"a": 1, "l": [1], "r": null}, {"a": 2, "r": {"x": 1}}]')
    assert table.names == ("a",)
    assert table.notes == ("Left out, as they hold lists or records: 'l', 'r'.",)


OTHER_SHAPE = (
    "t.json must hold a list of records, one record on each line, or lists of equal length under "
    'names, such as [{"area": 52, "price": 180}, ...].'
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1, 2]", OTHER_SHAPE),
        ("[[1, 2], [3, 4]]", OTHER_SHAPE),
        ("[1]\n[2]", OTHER_SHAPE),
        ("3", OTHER_SHAPE),
        ('{"a": [1, 2], "b": [1]}', OTHER_SHAPE),
        ('{"data": [{"a": 1}], "n": 1}', OTHER_SHAPE),
        ("[]", "t.json has no records."),
        ("[{}]", "t.json has no records."),
        ('{"a": []}', "t.json has no records."),
        ('[{"a": 1, "a": 2}]',
         "t.json must have different names in each record; one has 'a' twice."),
        ('[{"": 1}]', "t.json must have a name for every value; one is blank."),
        ('[{"a": {"b": 1}}]', "t.json must have a column of numbers or words."),
        ('[{"a": 1},\n {"a" 2}]',
         "t.json must be JSON; at line 2, column 7: expecting ':' delimiter."),
        ('[{"a": 1}] x', "t.json must be JSON; at line 1, column 12: expecting value."),
        ("[" * 100_000, "t.json must not have lists within lists so deeply."),
        ('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]",
         "t.json must not have lists within lists so deeply."),
        ('[{"a": "\\ud800"}]', "t.json must be text; it holds half of a character."),
        ('[{"a": 1}, {"a": -Infinity}]',
         ("Column 'a' of t.json must hold numbers that are finite, between -1e150 and 1e150; "
         "row 2 holds -inf.")),
        ('[{"a": 1e400}]',
         ("Column 'a' of t.json must hold numbers that are finite, between -1e150 and 1e150; "
         "row 1 holds inf.")),
    ],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_what_is_refused(text, sentence):
    assert refusal(text) == sentence


def test_bytes_that_are_no_text():
    with pytest.raises(DataError) as caught:
        read_json(RawFile("t.json", None, b'[{"a": "\xff"}]'))
    assert str(caught.value) == "t.json must be UTF-8 text."


def test_too_large(monkeypatch):
    monkeypatch.setattr(json_file, "_MOST_BYTES", 1 << 20)
    assert refusal(" " * ((1 << 20) + 1)) == (
        "t.json must hold at most 1 MiB of JSON. Save it as Parquet."
    )


def test_a_new_name_in_every_record_is_refused_before_it_takes_memory():
    text = "[" + ", ".join(f'{{"a{i}": 1}}' for i in range(17_000)) + "]"
    assert (
        refusal(text) == "t.json must have at most 16,384 columns; it has 17,000. Leave some out."
    )
