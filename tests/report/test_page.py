"""A report is one sound page without scripts and requests, and says what the model says."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from gradus.diagnosis.finding import Finding
from gradus.errors import DataError
from gradus.models.model_file import load, save
from gradus.models.summary import measure_rows
from gradus.report.page import report_html, write_report
from gradus.report.told import findings_section
from gradus.workflow.train import train
from tests.models.cases import model_of
from tests.report.pages import Reader, frame_of, page_of

SHOWN = ["a number", "five classes", "two classes", "a split by time", "too few rows to judge"]
NASTY = {
    "<script>alert(1)</script>": "a",
    "quo\"ted & 'single' <b>": "b",
    "$\\frac{1}{0}$ 😀 漢字": "town",
    "_hidden\x07\u202e " + "very long " * 40: "garden",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_sound(name):
    page = page_of(name)
    read = Reader(page)
    assert (read.wrong, read.open) == ([], [])
    assert len(page.encode()) < 1_000_000
    assert not {"script", "iframe", "object", "link"} & {tag for tag, _ in read.elements}
    assert "http" not in page.replace("http-equiv", "")
    names = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'(?:href="|url\()#([^")]+)', page)
    assert used
    assert set(used) <= set(names)
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert ET.fromstring(drawing).attrib["role"] == "img"  # noqa: S314 our own
        assert "aria-label" in drawing
        assert not re.search(r"(?:fill|stroke): #[0-9a-f]", drawing)
    assert len(read.having("svg")) == len(read.having("figcaption")) > 0
    assert len(read.having("caption")) == len(read.having("table")) > 0


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_says_what_the_model_says(name):
    model, text = model_of(name), Reader(page_of(name)).text
    assert model.verdict.sentence in text
    for row in measure_rows(model)[1:]:
        assert " ".join(row) in text
    for sentence in (*model.verdict.details, *model.origin.warnings, *model.origin.notes):
        assert " ".join(sentence.split()) in text
    ends = {stop.partition("stopped")[2] for stop in model.origin.stops}
    assert all(end in text for end in ends)


def test_the_same_gives_the_same_bytes(tmp_path):
    save(model_of("a number"), tmp_path / "m.gradus")
    again = report_html(load(tmp_path / "m.gradus"), frame_of("a number"))
    assert again == page_of("a number")


def test_the_worst_rows_have_their_numbers_and_cells():
    frame, text = frame_of("a number"), Reader(page_of("a number")).text
    # The networks of this model answer nearly the mean, so the farthest value is answered worst.
    row = int((frame["number"] - frame["number"].mean()).abs().argmax())
    worst = text.partition("The worst answers Rows count")[2]
    first = re.search(r"(\d+) (-?\d+\.\d+) ", worst)
    assert int(first[1]) == row + 1
    assert float(first[2]) == frame["number"][row]


def test_names_that_would_break_a_page():
    frame = frame_of("two classes").rename(columns={old: new for new, old in NASTY.items()})
    frame["pair"] = frame["pair"].replace({"more": "<i>_more</i>", "less": "$less$ & co"})
    model = train(frame, "pair", hidden=(3,), epochs=2)
    page = report_html(model, frame)
    read = Reader(page)
    assert (read.wrong, read.open) == ([], [])
    assert not read.having("script") + read.having("b") + read.having("i")
    for name in (
        "<script>alert(1)</script>",
        "$\\frac{1}{0}$ 😀 漢字",
        "<i>_more</i>",
        "$less$ & co",
    ):
        assert name in read.text
    assert not {"\x07", "\u202e"} & set(page)
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(drawing)  # noqa: S314 our own


def test_many_columns_are_named_and_twelve_drawn():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 60)).round(2), columns=[f"x{j}" for j in range(60)])
    frame["y"] = frame["x3"] * 2 - frame["x7"]
    page = report_html(train(frame, "y", epochs=1), frame)
    read = Reader(page)
    captions = re.findall(r"<figcaption>\d+\. (x\d+):", page)
    assert captions[:2] == ["x3", "x7"]
    assert len(captions) == 12
    others = read.text.partition("The others: ")[2].partition(".")[0].split(", ")
    assert {*others, *captions} == set(frame.columns) - {"y"}


def test_many_points_are_counted_in_cells():
    rng = np.random.default_rng(1)
    x = rng.normal(size=4000)
    frame = pd.DataFrame({"x": x, "y": np.exp(3 * x + rng.normal(size=4000))})
    page = report_html(train(frame, "y", epochs=1), frame)
    assert "The stronger a cell, the more rows it holds" in page
    assert len(page) < 200_000


def test_another_table_is_told_apart():
    frame = frame_of("a number")
    frame.loc[3, "number"] += 1
    said = []
    text = Reader(
        report_html(model_of("a number"), frame, notify=lambda *told: said.append(told))
    ).text
    ((kind, sentence),) = said
    assert (kind, sentence in text) == ("note", True)
    assert "which is not the table that was learned from, or has changed since" in text
    assert "60 rows, each answered by a model that had not seen it. Each dot" not in text
    assert "Diagnosis" not in text
    assert "Diagnosis" in page_of("a number")


def test_a_table_without_answers_has_no_section_on_them():
    frame = frame_of("too few rows to judge").drop(columns="number")
    text = Reader(report_html(model_of("too few rows to judge"), frame)).text
    assert "The worst answers" not in text
    assert "What the answers depend on" in text


def test_findings():
    evidence = {"rate": 0.5, "bound": 0.25}
    found = Finding("rate too high", "It is <too> high.", evidence, "lower it")
    assert "Nothing wrong was found." in Reader(findings_section([]).html()).text
    text = Reader(findings_section([found]).html()).text
    assert text.endswith("Rate too high It is <too> high. rate 0.500; bound 0.250 To do: lower it.")


def test_a_file_is_written_whole_and_not_over_others(tmp_path):
    frame, model = frame_of("too few rows to judge"), model_of("too few rows to judge")
    place = write_report(model, frame, tmp_path / "r.html")
    assert place.read_text() == page_of("too few rows to judge")
    with pytest.raises(DataError, match="exists"):
        write_report(model, frame, place)
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match="must not be the table itself"):
        write_report(model, tmp_path / "t.csv", tmp_path / "t.csv", force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"r.html", "t.csv"}
