"""The page of a worksheet: its tables hold the sheet's numbers, and its exercise none of them."""

import re
from html.parser import HTMLParser

import pytest

from gradus.errors import DataError
from gradus.report.worksheet import DIGITS, worksheet_html, write_worksheet
from gradus.workflow.worksheet import make_worksheet
from tests.models.cases import table


class Tables(HTMLParser):
    """All tables of a page as lists of rows of texts, by their captions."""

    def __init__(self, page):
        super().__init__()
        self.found, self.caption, self.text = {}, "", ""
        self.feed(page)

    def handle_starttag(self, tag, _attrs):
        self.text = "" if tag in {"td", "th", "caption"} else self.text
        if tag == "tr":
            self.found.setdefault(self.caption, []).append([])

    def handle_endtag(self, tag):
        if tag == "caption":
            self.caption = self.text
        elif tag in {"td", "th"}:
            self.found[self.caption][-1].append(self.text)

    def handle_data(self, data):
        self.text += data


def shown(value):
    return f"{value + 0.0:.{DIGITS}g}"


def test_the_answers_are_the_numbers_of_the_sheet():
    sheet = make_worksheet(table(), "number", rows=3, hidden=2, seed=1)
    question, _, answers = worksheet_html(sheet).partition('<section class="answers">')
    tables = Tables(answers).found
    for number, caption in ((0, "The whole gradient"), (1, "The gradient after update 1")):
        lines = tables[caption][1:]
        assert [line[0] for line in lines] == list(sheet.names)
        for line, one in zip(lines, sheet.passes[number].derivatives, strict=True):
            assert line[1:] == [*map(shown, one.by_row), shown(one.value)]
    for number in (1, 2):
        assert [line[1] for line in tables[f"Update {number}"][1:]] == list(sheet.updates(number))
    assert tables["Loss of all rows"][1] == ["loss", *(shown(one.loss) for one in sheet.passes)]
    assert answers.count("<math") == 3 * 4
    given = Tables(question).found
    weights = given["First weights and biases"][1:]
    assert [float(value) for _, value in weights] == sheet.passes[0].params.tolist()
    assert [line[-1] for line in given["Rows"][1:]] == [
        f"{value:g}" for value in sheet.target.values
    ]
    to_fill = [rows for caption, rows in given.items() if caption.endswith(", to be filled in")]
    assert [len(rows) for rows in to_fill] == [4, 10, 11]
    assert not any(cell for rows in to_fill for line in rows[1:] for cell in line[1:])
    assert shown(sheet.passes[0].loss) not in question


def test_nothing_comes_from_elsewhere_and_words_are_harmless():
    rows = table().rename(columns={"a": "<script>a</script>", "number": "a & b"})
    page = worksheet_html(make_worksheet(rows, "a & b"))
    assert "<script" not in page
    assert "&lt;script&gt;a&lt;/script&gt;" in page
    assert re.search(r"(?:src|href|@import|url\()", page) is None
    assert page == worksheet_html(make_worksheet(rows, "a & b"))


def test_a_file_is_not_replaced_unasked(tmp_path):
    sheet, place = make_worksheet(table(), "number"), tmp_path / "sheet.html"
    assert write_worksheet(sheet, table(), place) == place
    assert place.read_text(encoding="utf-8") == worksheet_html(sheet)
    with pytest.raises(DataError, match="exists"):
        write_worksheet(sheet, table(), place)
    write_worksheet(sheet, table(), place, force=True)
