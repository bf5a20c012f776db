"""Awkward columns: numbers, dates, blanks and codes as people spell them.

Each case has a name, the bytes, and what must come of them: the columns by type and name with all
that is said, or the one sentence of the refusal.
"""

import math

import pytest

from gradus.errors import DataError
from gradus.tables.delimited import read_delimited
from gradus.tables.raw import RawFile

NAN = float("nan")

READ = {
    "thousands": (
        b'a,b\nx,"1,234"\ny,"12,345,678"\n',
        {"word a": ["x", "y"], "number b": [1234, 12345678]},
        ["Column 'b' has ',' between thousands ('1,234')."],
    ),
    "thousands and decimals": (
        b'a,b\nx,"1,234.50"\ny,"5.25"\n',
        {"word a": ["x", "y"], "number b": [1234.5, 5.25]},
        ["Column 'b' has ',' between thousands ('1,234.50')."],
    ),
    "thousands of points": (
        b"a;b\n1.234.567;1,5\n2.345;2,5\n",
        {"number a": [1234567, 2345], "number b": [1.5, 2.5]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Numbers have decimal commas, as column 'a' shows ('1.234.567').",
            "Column 'a' has '.' between thousands ('1.234.567').",
        ],
    ),
    "thousands of blanks": (
        "a;b\n1 234;x\n1\u202f234\u202f567;y\n".encode(),
        {"number a": [1234, 1234567], "word b": ["x", "y"]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Column 'a' has ' ' between thousands ('1 234').",
        ],
    ),
    "thousands of apostrophes": (
        b"a,b\n1'234.5,x\n12'000,y\n",
        {"number a": [1234.5, 12000], "word b": ["x", "y"]},
        ["Column 'a' has \"'\" between thousands (\"1'234.5\")."],
    ),
    "thousands of India": (
        b'a,b\n"12,34,567",x\n"1,234",y\n',
        {"number a": [1234567, 1234], "word b": ["x", "y"]},
        ["Column 'a' has ',' between thousands ('12,34,567')."],
    ),
    "a guess at decimal commas": (
        b"a;b\n1,234;x\n5,678;y\n",
        {"number a": [1.234, 5.678], "word b": ["x", "y"]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            (
                "Numbers have decimal commas, as column 'a' shows ('1,234'); this is a "
                "guess, because the cells are separated by semicolons."
            ),
        ],
    ),
    "points and commas in one column": (
        b"a;b\n1,5;x\n2.5;y\n",
        {"word a": ["1,5", "2.5"], "word b": ["x", "y"]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Column 'a' is taken as words, because 1 of its 2 cells hold no number ('1,5').",
        ],
    ),
    "percent": (
        b"a,b\n12 %,x\n5.5 %,y\n",
        {"number a": [12, 5.5], "word b": ["x", "y"]},
        ["Column 'a' holds numbers with '%' ('12 %')."],
    ),
    "currency before": (
        "a,b\n€5,x\n-€6.50,y\n".encode(),
        {"number a": [5, -6.5], "word b": ["x", "y"]},
        ["Column 'a' holds numbers with '€' ('€5')."],
    ),
    "currency on some": (
        b'a,b\n"$1,200.50",x\n950,y\n',
        {"number a": [1200.5, 950], "word b": ["x", "y"]},
        [
            (
                "Column 'a' holds numbers with '$' ('$1,200.50') and has ',' between "
                "thousands ('$1,200.50')."
            )
        ],
    ),
    "currency after": (
        "a;b\n5,00 €;x\n1.200,50 €;y\n".encode(),
        {"number a": [5, 1200.5], "word b": ["x", "y"]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Numbers have decimal commas, as column 'a' shows ('5,00 €').",
            (
                "Column 'a' holds numbers with '€' ('5,00 €') and has '.' between "
                "thousands ('1.200,50 €')."
            ),
        ],
    ),
    "unit": (
        b"a,b\n35 kg,x\n40 kg,y\n",
        {"number a": [35, 40], "word b": ["x", "y"]},
        ["Column 'a' holds numbers with 'kg' ('35 kg')."],
    ),
    "two units": (
        b"a,b\n35 kg,x\n40 lb,y\n",
        {"word a": ["35 kg", "40 lb"], "word b": ["x", "y"]},
        [],
    ),
    "accounting negatives": (
        b'a,b\n"(1,200.00)",x\n"5.00",y\n',
        {"number a": [-1200, 5], "word b": ["x", "y"]},
        [
            (
                "Column 'a' has ',' between thousands ('(1,200.00)') and has negative "
                "numbers spelled '(1,200.00)'."
            )
        ],
    ),
    "minus after": (
        b"a,b\n5-,x\n7,y\n",
        {"number a": [-5, 7], "word b": ["x", "y"]},
        ["Column 'a' has negative numbers spelled '5-'."],
    ),
    "real minus sign": (
        "a,b\n−5,x\n7,y\n".encode(),
        {"number a": [-5, 7], "word b": ["x", "y"]},
        [],
    ),
    "exponents": (
        b"a,b\n1e5,x\n2.5E-3,y\n+3,z\n",
        {"number a": [100000, 0.0025, 3], "word b": ["x", "y", "z"]},
        [],
    ),
    "blanks among numbers": (
        b"a,b\nNA,x\n?,y\n-,z\nnone,x\n5,y\n#N/A,z\n",
        {"number a": [NAN, NAN, NAN, NAN, 5, NAN], "word b": ["x", "y", "z", "x", "y", "z"]},
        [
            "'#N/A' is taken as blank once in column 'a'.",
            "'-' is taken as blank once in column 'a'.",
            "'?' is taken as blank once in column 'a'.",
            "'NA' is taken as blank once in column 'a'.",
            "'none' is taken as blank once in column 'a'.",
        ],
    ),
    "blanks among words": (
        b"a,b\nNA,1\n?,2\n-,3\nNone,4\nx,5\nunknown,6\n",
        {"word a": [None, None, "-", "None", "x", "unknown"], "number b": [1, 2, 3, 4, 5, 6]},
        [
            "'?' is taken as blank once in column 'a'.",
            "'NA' is taken as blank once in column 'a'.",
            "'-' is taken as a word, not as blank, once in column 'a'.",
            "'None' is taken as a word, not as blank, once in column 'a'.",
            "'unknown' is taken as a word, not as blank, once in column 'a'.",
        ],
    ),
    "blanks among dates": (
        b"a,b\n2024-01-31,1\nmissing,2\n0000-00-00,3\n",
        {"date a": [19753, NAN, NAN], "number b": [1, 2, 3]},
        [
            "Column 'a' holds dates, year first ('2024-01-31').",
            "'0000-00-00' is taken as blank once in column 'a'.",
            "'missing' is taken as blank once in column 'a'.",
        ],
    ),
    "a column of blanks": (
        b"a,b\nNA,1\n,2\n",
        {"number a": [NAN, NAN], "number b": [1, 2]},
        ["'NA' is taken as blank once in column 'a'."],
    ),
    "zip codes": (
        b"zip,b\n01234,1\n12345,2\n",
        {"word zip": ["01234", "12345"], "number b": [1, 2]},
        ["Column 'zip' stays words, because '01234' begins with a zero."],
    ),
    "long integers": (
        b"id,b\n12345678901234567890,1\n9007199254740993,2\n",
        {"word id": ["12345678901234567890", "9007199254740993"], "number b": [1, 2]},
        [
            (
                "Column 'id' stays words, because '12345678901234567890' has more digits "
                "than a number keeps."
            )
        ],
    ),
    "largest exact integer": (
        b"id,b\n9007199254740992,1\n5,2\n",
        {"number id": [9007199254740992.0, 5], "number b": [1, 2]},
        [],
    ),
    "many words among numbers": (
        b"a,b\n1,2\n1,x\n1,3\n1,y\n",
        {"number a": [1, 1, 1, 1], "word b": ["2", "x", "3", "y"]},
        ["Column 'b' is taken as words, because 2 of its 4 cells hold no number ('x')."],
    ),
    "underscores and hex": (
        b"a,b\n1_000,0x1F\n2_000,0x2F\n",
        {"word a": ["1_000", "2_000"], "word b": ["0x1F", "0x2F"]},
        [],
    ),
    "digits of another script": (
        "a,b\n٣,1\n٤,2\n".encode(),
        {"word a": ["٣", "٤"], "number b": [1, 2]},
        [],
    ),
    "ISO dates": (
        b"d,b\n2024-01-31,1\n2024-02-01,2\n",
        {"date d": [19753, 19754], "number b": [1, 2]},
        ["Column 'd' holds dates, year first ('2024-01-31')."],
    ),
    "ISO times with a zone": (
        b"d,b\n2024-01-31T12:00:00Z,1\n2024-01-31 12:00:00+06:00,2\n",
        {"date d": [19753.5, 19753.25], "number b": [1, 2]},
        [
            (
                "Column 'd' holds dates, year first ('2024-01-31T12:00:00Z'); times with "
                "a zone are given in UTC."
            )
        ],
    ),
    "dates with slashes, year first": (
        b"d,b\n2024/01/31,1\n2024/2/1,2\n",
        {"date d": [19753, 19754], "number b": [1, 2]},
        ["Column 'd' holds dates, year first ('2024/01/31')."],
    ),
    "dates of Germany": (
        b"d;b\n31.01.2024;1,5\n01.02.2024;2,5\n",
        {"date d": [19753, 19754], "number b": [1.5, 2.5]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Numbers have decimal commas, as column 'b' shows ('1,5').",
            "Column 'd' holds dates, day first ('31.01.2024').",
        ],
    ),
    "dates, day first": (
        b"d,b\n31/01/2024,1\n01/02/2024,2\n",
        {"date d": [19753, 19754], "number b": [1, 2]},
        ["Column 'd' holds dates, day first ('31/01/2024')."],
    ),
    "dates, month first": (
        b"d,b\n01/31/2024,1\n01/02/2024,2\n",
        {"date d": [19753, 19724], "number b": [1, 2]},
        ["Column 'd' holds dates, month first ('01/31/2024')."],
    ),
    "dates nobody can tell": (
        b"d,b\n01/02/2024,1\n03/04/2024,2\n",
        {"date d": [19724, 19786], "number b": [1, 2]},
        ["Column 'd' holds dates, month first ('01/02/2024'), which is a guess: no cell tells."],
    ),
    "dates nobody can tell, with semicolons": (
        b"d;b\n01/02/2024;1\n03/04/2024;2\n",
        {"date d": [19754, 19816], "number b": [1, 2]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Column 'd' holds dates, day first ('01/02/2024'), which is a guess: no cell tells.",
        ],
    ),
    "dates with names of months": (
        b"d,b\n31-Jan-2024,1\n1-Feb-2024,2\n",
        {"date d": [19753, 19754], "number b": [1, 2]},
        ["Column 'd' holds dates, day and name of the month ('31-Jan-2024')."],
    ),
    "dates of America": (
        b'd,b\n"Jan 31, 2024",1\n"February 1, 2024",2\n',
        {"date d": [19753, 19754], "number b": [1, 2]},
        ["Column 'd' holds dates, name of the month and day ('Jan 31, 2024')."],
    ),
    "times of day": (
        b"t,b\n10:30,1\n6:00 PM,2\n",
        {"date t": [0.4375, 0.75], "number b": [1, 2]},
        ["Column 't' holds times of day ('10:30')."],
    ),
    "months": (
        b"m,b\n2024-01,1\n2024-02,2\n",
        {"date m": [19723, 19754], "number b": [1, 2]},
        ["Column 'm' holds dates, year and month ('2024-01')."],
    ),
    "booleans": (
        b"a,b,c\nyes,True,1\nno,False,0\n",
        {"word a": ["yes", "no"], "word b": ["True", "False"], "number c": [1, 0]},
        [],
    ),
    "versions": (
        b"v,b\n1.2.10,1\n1.2.11,2\n",
        {"word v": ["1.2.10", "1.2.11"], "number b": [1, 2]},
        [],
    ),
}

REFUSED = {
    "points and commas": (
        b"a;b\n1,5;2.25\n3,5;4.75\n",
        (
            "t.csv must have one decimal mark; column 'a' has decimal commas ('1,5') and "
            "column 'b' has decimal points. Mend one of them, or take it as words with "
            "--as a=category."
        ),
    ),
    "infinity": (
        b"a,b\n1,2\n3,inf\n",
        (
            "Column 'b' must hold finite numbers; line 3 holds 'inf'. Mend or empty this "
            "cell, or take the column as words with --as b=category."
        ),
    ),
    "too large": (
        b"a,b\n1,2\n3,1e400\n",
        (
            "Column 'b' must hold numbers between -1e150 and 1e150; line 3 holds "
            "'1e400'. Mend or empty this cell, or take the column as words with --as "
            "b=category."
        ),
    ),
    "one word among numbers": (
        b"a,b\n" + b"1,2\n" * 30 + b"1,x\n",
        (
            "Column 'b' must hold numbers; line 32 holds 'x'. Mend or empty this cell, "
            "or take the column as words with --as b=category."
        ),
    ),
    "few words among numbers": (
        b"a,b\n" + b"1,2\n" * 100 + b"1,x\n1,y\n" * 3,
        (
            "Column 'b' must hold numbers; line 102 holds 'x', line 103 holds 'y', line "
            "104 holds 'x', line 105 holds 'y', line 106 holds 'x' and 1 more. Mend or "
            "empty these cells, or take the column as words with --as b=category."
        ),
    ),
    "no such day": (
        b"d,b\n" + b"2024-01-31,1\n" * 10 + b"2024-02-30,2\n",
        (
            "Column 'd' must hold dates; line 12 holds '2024-02-30'. Mend or empty this "
            "cell, or take the column as words with --as d=category."
        ),
    ),
}


@pytest.mark.parametrize(("data", "columns", "notes"), READ.values(), ids=READ)
def test_what_is_read(data, columns, notes):
    table = read_delimited(RawFile("t.csv", None, data))
    found = {f"{column.type} {column.name}": column.values.tolist() for column in table.columns}
    assert list(found) == list(columns)
    for name, values in found.items():
        for value, wanted in zip(values, columns[name], strict=True):
            is_nan = isinstance(wanted, float) and math.isnan(wanted)
            assert math.isnan(value) if is_nan else value == wanted
    assert list(table.notes) == notes
    assert table.source.text.decode("utf-8").encode(table.source.encoding) == data


@pytest.mark.parametrize(("data", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(data, sentence):
    with pytest.raises(DataError) as caught:
        read_delimited(RawFile("t.csv", None, data))
    assert str(caught.value) == sentence
