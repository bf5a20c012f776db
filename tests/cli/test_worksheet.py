"""`gradus worksheet` writes what Python makes."""

import pytest

from gradus.cli.main import run
from gradus.report.worksheet import worksheet_html
from gradus.workflow.worksheet import make_worksheet
from tests.models.cases import table


@pytest.fixture
def place(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_the_page_is_that_of_python(place, capfd):
    options = ["--target", "number", "--rows", "2", "--hidden", "3", "--inputs", "1", "--seed", "7"]
    assert run(["worksheet", str(place), *options]) == 0
    sheet = make_worksheet(str(place), "number", rows=2, hidden=3, inputs=1, seed=7)
    written = place.with_name("t.worksheet.html")
    assert written.read_text(encoding="utf-8") == worksheet_html(sheet)
    assert f"Wrote {written}: the exercise and its answers" in capfd.readouterr().err
    assert run(["worksheet", str(place), *options]) == 2
    assert run(["worksheet", str(place), *options, "--force", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--target", "number", "--rows", "9"],
            "--rows must be a whole number from 1 to 6; got 9.",
        ),
        (["--target", "number", "--inputs", "0"], "--inputs must be a whole number from 1 to 4; "),
        (["--target", "nothing"], "--target must be a column of "),
        (["--target", "number", "-o", "-"], "must go to a file, not to standard output; got '-'."),
    ],
)
def test_refusals(place, capfd, options, sentence):
    assert run(["worksheet", str(place), *options]) == 2
    assert sentence in capfd.readouterr().err
    assert list(place.parent.iterdir()) == [place]
