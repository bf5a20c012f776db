"""Small texts are read as DuckDB reads them, without DuckDB."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.tables import parsed
from gradus.tables.delimited import read_delimited
from gradus.tables.parsed import Parser, open_parser
from gradus.tables.raw import RawFile
from gradus.tables.scan import find_lines, make_layout
from gradus.tables.unquoted import UnquotedParser

# What `plain_columns` lets through to `numbers`, and no more digits than it lets through unseen.
_PLAIN = st.text("0123456789-. \t", max_size=15)
_WORDS = st.text(st.characters(exclude_characters='\n\r,"\x00', codec="utf-8"), max_size=9)


def both(text, *, has_header):
    """Parse a text cut where `scan` says, and by DuckDB."""
    lines = find_lines(text, b",", b'"', "t.csv")
    layout = make_layout(lines, 0, 2, has_header=has_header)
    with open_parser(text, layout, b",", b'"', "t.csv") as ours:
        assert isinstance(ours, UnquotedParser)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsed, "is_cut_here", lambda *_: False)
        with open_parser(text, layout, b",", b'"', "t.csv") as theirs:
            assert isinstance(theirs, Parser)
            numbers, words = theirs.numbers([0, 1]), list(theirs.words([1, 0]))
    return (ours.numbers([0, 1]), list(ours.words([1, 0]))), (numbers, words)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.tuples(_PLAIN, _PLAIN), min_size=1, max_size=30),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_numbers_are_those_of_duckdb_to_the_bit(rows, has_header, end):
    text = "".join(f"{a},{b}{end}" for a, b in rows).encode()
    (ours, _), (theirs, _) = both(text, has_header=has_header)
    assert ours.shape == (2, len(rows) - has_header)
    assert ours.tobytes() == theirs.tobytes()


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.tuples(_WORDS, _WORDS), min_size=1, max_size=30), st.sampled_from(["\n", "\r\n"])
)
def test_words_are_those_of_duckdb(rows, end):
    text = "".join(f"{a},{b}{end}" for a, b in rows).encode()
    (_, ours), (_, theirs) = both(text, has_header=False)
    assert [j for j, _ in ours] == [1, 0]
    assert [cells.tolist() for _, cells in ours] == [cells.tolist() for _, cells in theirs]


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        (b"a,b\n1,2\n", False),
        (b'a,b\n1,"2"\n', True),
        (b"a,b\n" + b"1,2\n" * 50_000, True),
        (b"a\n2\n", True),
    ],
    ids=["small", "quoted", "large", "one column"],
)
def test_duckdb_is_asked_where_it_is_needed(monkeypatch, text, is_asked):
    asked = []
    connect = parsed.locked_connection
    monkeypatch.setattr(
        parsed, "locked_connection", lambda *a, **k: asked.append(a) or connect(*a, **k)
    )
    table = read_delimited(RawFile("t.csv", None, text), fewest_columns=1)
    assert bool(asked) is is_asked
    assert np.array_equal(table.columns[-1].values[:1], [2.0])


def test_a_small_table_is_read_without_loading_duckdb(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,day\n1,x,2024-01-02\n2,,2024-01-03\n")
    code = (
        "import sys; from gradus.tables.read import read_table; read_table('t.csv'); "
        "print({'duckdb', 'numpy.ma'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=tmp_path
    )
    assert done.stdout == "set()\n"
