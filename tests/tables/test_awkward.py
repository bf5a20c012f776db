"""Awkward files: what separates, encloses and encodes cells, and where the table begins.

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
    "plain": (
        b"a,b\n1,2\n3,\n",
        {"number a": [1, 3], "number b": [2, NAN]},
        [],
    ),
    "semicolons and decimal commas": (
        b"a;b\n1,5;2\n3,25;4\n",
        {"number a": [1.5, 3.25], "number b": [2, 4]},
        [
            "t.csv is separated by semicolons: with them, every line (3) has 2 cells.",
            "Numbers have decimal commas, as column 'a' shows ('1,5').",
        ],
    ),
    "tabs": (
        b"a\tb\nx\t1\ny\t2\n",
        {"word a": ["x", "y"], "number b": [1, 2]},
        ["t.csv is separated by tabs: with them, every line (3) has 2 cells."],
    ),
    "vertical bars": (
        b"a|b\n1|x\n2|y\n",
        {"number a": [1, 2], "word b": ["x", "y"]},
        ["t.csv is separated by vertical bars: with them, every line (3) has 2 cells."],
    ),
    "carets": (
        b"a^b\n1^x\n2^y\n",
        {"number a": [1, 2], "word b": ["x", "y"]},
        ["t.csv is separated by carets: with them, every line (3) has 2 cells."],
    ),
    "spaces": (
        b"a b\n1 2\n3 4\n",
        {"number a": [1, 3], "number b": [2, 4]},
        ["t.csv is separated by spaces: with them, every line (3) has 2 cells."],
    ),
    "no header": (
        b"5.1,3.5,setosa\n4.9,3.0,virginica\n",
        {
            "number column 1": [5.1, 4.9],
            "number column 2": [3.5, 3],
            "word column 3": ["setosa", "virginica"],
        },
        [
            (
                "t.csv has no header line: its first line holds '5.1'. Its columns are "
                "called by their place."
            )
        ],
    ),
    "one row without a header": (
        b"5,3\n",
        {"number column 1": [5], "number column 2": [3]},
        [
            (
                "t.csv has no header line: its first line holds '5'. Its columns are "
                "called by their place."
            )
        ],
    ),
    "one row with a header": (
        b"a,b\n5,3\n",
        {"number a": [5], "number b": [3]},
        [],
    ),
    "two rows of decimal commas without a header": (
        b"1,5;2,5\n3,5;4,5\n",
        {"number column 1": [1.5, 3.5], "number column 2": [2.5, 4.5]},
        [
            "t.csv is separated by semicolons: with them, every line (2) has 2 cells.",
            (
                "t.csv has no header line: its first line holds '1,5'. Its columns are "
                "called by their place."
            ),
            "Numbers have decimal commas, as column 'column 1' shows ('1,5').",
        ],
    ),
    "only words": (
        b"pet,owner\ncat,Ann\ndog,Bob\n",
        {"word pet": ["cat", "dog"], "word owner": ["Ann", "Bob"]},
        [
            (
                "The first line of t.csv is taken as its header: it holds 2 different "
                "words, as the lines below do."
            )
        ],
    ),
    "words of two of a kind without a header": (
        b"yes,yes\nno,yes\n",
        {"word column 1": ["yes", "no"], "word column 2": ["yes", "yes"]},
        [
            (
                "t.csv has no header line: its first line is no list of different names. "
                "Its columns are called by their place."
            )
        ],
    ),
    "title above": (
        b"Sales 2023\n\nregion,amount\nN,5\nS,6\n",
        {"word region": ["N", "S"], "number amount": [5, 6]},
        ["Lines 1 to 2 above the header are left out: 'Sales 2023'."],
    ),
    "three title lines with commas": (
        b"Report\nBy Smith, Ann, and Bob\n\nregion,amount\nN,5\nS,6\n",
        {"word region": ["N", "S"], "number amount": [5, 6]},
        ["Lines 1 to 3 above the header are left out: 'Report'."],
    ),
    "title padded by a spreadsheet": (
        b"Sales,,\n,,\na,b,c\n1,2,3\n",
        {"number a": [1], "number b": [2], "number c": [3]},
        ["Lines 1 to 2 above the header are left out: 'Sales'."],
    ),
    "sep line of Excel": (
        b"sep=;\na;b\n1;2\n",
        {"number a": [1], "number b": [2]},
        [
            "t.csv is separated by semicolons: with them, every line (2) has 2 cells.",
            "Line 1 above the header is left out: 'sep='.",
        ],
    ),
    "index of pandas": (
        b",a\n0,1\n1,5\n",
        {"number column 1": [0, 1], "number a": [1, 5]},
        [],
    ),
    "numbered columns of pandas": (
        b",0,1\n0,5,6\n1,7,8\n",
        {"number column 1": [0, 1], "number 0": [5, 7], "number 1": [6, 8]},
        [],
    ),
    "years as names": (
        b"town,2019,2020\nLeeds,1,2\n",
        {"word town": ["Leeds"], "number 2019": [1], "number 2020": [2]},
        [],
    ),
    "delimiter at line ends": (
        b"a,b,\n1,2,\n3,4,\n",
        {"number a": [1, 3], "number b": [2, 4], "number column 3": [NAN, NAN]},
        ["Lines end with a delimiter: the last column has no name and is called 'column 3'."],
    ),
    "total": (
        b"item,price\npen,1\nink,2\nTotal,3\n",
        {"word item": ["pen", "ink", "Total"], "number price": [1, 2, 3]},
        [
            (
                "Line 4, the last, begins with 'Total' and is read as a row. Delete it "
                "if it sums up the others."
            )
        ],
    ),
    "blank lines": (
        b"\n\na,b\n\n1,2\n\n\n3,4\n\n",
        {"number a": [1, 3], "number b": [2, 4]},
        [],
    ),
    "lines of delimiters": (
        b"a,b\n1,2\n,\n",
        {"number a": [1, NAN], "number b": [2, NAN]},
        [],
    ),
    "CR CR LF and LF": (
        b"a,b\r\n1,2\r3,4\n5,6",
        {"number a": [1, 3, 5], "number b": [2, 4, 6]},
        [],
    ),
    "CR only": (
        b"a,b\r1,2\r",
        {"number a": [1], "number b": [2]},
        [],
    ),
    "quoted all": (
        b'"a","b"\n"1","x"\n',
        {"number a": [1], "word b": ["x"]},
        [],
    ),
    "quoted delimiters and line ends": (
        b'a,b\n"x,y",1\n"two\nlines",2\n',
        {"word a": ["x,y", "two\nlines"], "number b": [1, 2]},
        [],
    ),
    "doubled quotation marks": (
        b'a,b\n"say ""hi""",1\n',
        {"word a": ['say "hi"'], "number b": [1]},
        [],
    ),
    "inches": (
        b'size,n\n5" nail,1\n6" nail,2\n',
        {"word size": ['5" nail', '6" nail'], "number n": [1, 2]},
        ["Quotation marks enclose no cell and are taken as letters."],
    ),
    "single quotation marks": (
        b"'a','b'\n'x,y','1'\n'z','2'\n",
        {"word a": ["x,y", "z"], "number b": [1, 2]},
        ["Cells stand between single quotation marks."],
    ),
    "apostrophes": (
        b"name,n\nO'Brien,1\nD'Arcy,2\n",
        {"word name": ["O'Brien", "D'Arcy"], "number n": [1, 2]},
        [],
    ),
    "blanks around": (
        b"a , b\n 1 , x \n 2 , y \n",
        {"number a": [1, 2], "word b": ["x", "y"]},
        [],
    ),
    "UTF-8 with a mark": (
        b"\xef\xbb\xbfa,b\n1,2\n",
        {"number a": [1], "number b": [2]},
        [],
    ),
    "UTF-16 with a mark": (
        "a,b\nü,2\n".encode("utf-16"),
        {"word a": ["ü"], "number b": [2]},
        ["t.csv is read as UTF-16-LE text, as its byte order mark says."],
    ),
    "UTF-16 without a mark": (
        "a,b\nü,2\n".encode("utf-16-be"),
        {"word a": ["ü"], "number b": [2]},
        ["t.csv is read as UTF-16-BE text, as every second byte is zero."],
    ),
    "Latin-1": (
        "name,n\nMüller,1\n".encode("latin-1"),
        {"word name": ["Müller"], "number n": [1]},
        ["t.csv is read as Latin-1 text: line 2 holds the byte 0xfc, which is no UTF-8."],
    ),
    "Windows-1252": (
        "price,n\n€5,1\n€6,2\n".encode("cp1252"),
        {"number price": [5, 6], "number n": [1, 2]},
        [
            "t.csv is read as Windows-1252 text: line 2 holds the byte 0x80, which is no UTF-8.",
            "Column 'price' holds numbers with '€' ('€5').",
        ],
    ),
}

REFUSED = {
    "delimiter at line ends but the header's": (
        b"a,b\n1,2,\n3,4,\n",
        "t.csv must have 3 cells on every line, as most lines have; line 1 has 2.",
    ),
    "short header": (
        b"a,b\n1,10,20\n2,30,40\n",
        "t.csv must have 3 cells on every line, as most lines have; line 1 has 2.",
    ),
    "ragged": (
        b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3\n",
        "t.csv must have 3 cells on every line, as its first line has; line 3 has 2, line 4 has 4.",
    ),
    "many ragged lines": (
        b"a,b\n" + b"1,2\n" * 20 + b"1\n" * 7,
        (
            "t.csv must have 2 cells on every line, as its first line has; line 22 has "
            "1, line 23 has 1, line 24 has 1, line 25 has 1, line 26 has 1 and 2 more."
        ),
    ),
    "footnote": (
        b"a,b\n1,2\n3,4\nSource: me\n",
        "t.csv must have 2 cells on every line, as its first line has; line 4 has 1.",
    ),
    "one column": (
        b"price\n1\n2\n",
        "t.csv must have at least two columns; its header has one: 'price'.",
    ),
    "one column of decimal commas": (
        b"price\n1,5\n2,5\n3,5\n",
        "t.csv must have 2 cells on every line, as most lines have; line 1 has 1.",
    ),
    "prose": (
        b"This is a letter.\nIt has lines, and commas, and more.\nBye.\n",
        "t.csv must have at least two columns; its header has one: 'This is a letter.'.",
    ),
    "empty": (
        b"",
        "t.csv is empty.",
    ),
    "only blanks": (
        b"\n \n",
        "t.csv is empty.",
    ),
    "only a header": (
        b"a,b\n",
        "t.csv has a header line but no rows.",
    ),
    "doubled names": (
        b"a,b,a\n1,2,3\n",
        "t.csv must have columns of different names; columns 1 and 3 are both called 'a'.",
    ),
    "open quotation mark": (
        b'a,b\n"x,1\ny,2\n',
        "t.csv has a quotation mark that is opened on line 2 and never closed.",
    ),
    "quotation mark inside": (
        b'a,b\n"x",1\ny"z",2\n',
        (
            "t.csv has a quotation mark in the middle of a cell on line 3. Put the whole "
            "cell in quotation marks and double the one inside."
        ),
    ),
    "UTF-16 cut off": (
        "a,b\nü,2\n".encode("utf-16")[:-1],
        (
            "t.csv must be UTF-16 text, as its first bytes say; byte 17 begins no "
            "character. The file may be cut off."
        ),
    ),
    "zero byte": (
        b"a,b\n1,\x002\n",
        "t.csv must be text; line 2 holds a zero byte.",
    ),
    "binary": (
        bytes(range(256)),
        "t.csv must be text; line 1 holds a zero byte.",
    ),
    "control byte": (
        b"a,b\n\xfc\x02,1\n",
        "t.csv must be text; line 2 holds the byte 0x02.",
    ),
    "many columns": (
        b",".join(b"c%d" % i for i in range(20_000)) + b"\n",
        "t.csv must have at most 16,384 columns; it has 20,000. Leave some out.",
    ),
    "long cell": (
        b"a,b\n" + b"x" * 1_000_001 + b",1\n",
        "t.csv must have cells of at most 1,000,000 bytes; column 1 has 1,000,001 on line 2.",
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
