"""Where a command may write, told before any work is done."""

from pathlib import Path

import pytest

from gradus.cli.main import run
from gradus.cli.places import (
    check_keeps_model,
    check_one_on_standard_output,
    check_place,
    default_place,
)
from gradus.errors import DataError, InvalidParameter


@pytest.mark.parametrize(
    ("table", "model"),
    [
        ("houses.csv", "houses.gradus"),
        ("a/houses.2024.csv.gz", "a/houses.2024.gradus"),
        ("houses", "houses.gradus"),
        (".hidden", ".hidden.gradus"),
        ("houses.gz", "houses.gradus"),
    ],
)
def test_default_model(table, model):
    assert default_place(table, ".gradus") == Path(model)


@pytest.mark.parametrize(
    "command", [["train", "-", "--target=y"], ["worksheet", "-"], ["report", "-", "t.csv"]]
)
def test_what_comes_of_standard_input_needs_a_name(command, capsys):
    assert run(command) == 2
    said = "--output must be given where standard input is read, which has no name.\n"
    assert capsys.readouterr().err.endswith(said)


@pytest.mark.parametrize(("table", "output"), [("-", None), ("-", "-"), ("t.csv", "-")])
def test_json_and_a_table_do_not_share_standard_output(table, output):
    check_one_on_standard_output(table, output, as_json=False)
    with pytest.raises(InvalidParameter) as caught:
        check_one_on_standard_output(table, output, as_json=True)
    assert str(caught.value) == (
        "--json and the table must not share standard output. Give --output FILE, or leave --json "
        "out."
    )


@pytest.mark.parametrize(("table", "output"), [("-", "o.csv"), ("t.csv", None), ("t.csv", "o.csv")])
def test_json_goes_with_a_table_in_a_file(table, output):
    check_one_on_standard_output(table, output, as_json=True)


@pytest.mark.parametrize("table", ["", ".", "/"])
@pytest.mark.parametrize("command", ["train --target=y", "worksheet", "report"])
def test_a_table_without_a_name(command, table, capsys):
    name, *options = command.split()
    assert run([name, table, *(options or ["t.csv"] * (name == "report"))]) == 2
    assert capsys.readouterr().err.endswith(f"{table!r} is not the name of a file.\n")


def test_the_model_is_no_other_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a")
    Path("m.gradus").write_text("b")
    Path("link").symlink_to("o.csv")
    for place in ("./o.csv", "link"):
        with pytest.raises(InvalidParameter) as caught:
            check_place("model", "t.csv", Path(place), [None, Path("o.csv")], force=True)
        assert str(caught.value) == "--model must be a file of its own; o.csv is written, too."
    with pytest.raises(DataError):
        check_place("model", "t.csv", Path("t.csv"), force=True)
    with pytest.raises(DataError) as caught:
        check_place("model", "t.csv", Path("m.gradus"), force=False)
    assert str(caught.value) == "m.gradus already exists. Use --force to replace it."
    check_place("model", "t.csv", Path("m.gradus"), force=True)
    check_place("model", "-", Path("new.gradus"), [Path("o.csv")], force=False)


def test_a_model_does_not_go_to_standard_output():
    with pytest.raises(InvalidParameter) as caught:
        check_place("model", "t.csv", Path("-"), force=False)
    assert str(caught.value) == "A model must go to a file, not to standard output; got '-'."


def test_answers_do_not_go_over_their_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("m.gradus")
    with pytest.raises(InvalidParameter) as caught:
        check_keeps_model("m.gradus", "link")
    assert str(caught.value) == "--output must not be the model itself; both are link."
    check_keeps_model("m.gradus", "o.csv")
    check_keeps_model("m.gradus", None)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("none/t.csv", "none/t.csv does not exist.\n"),
        (
            "https://a.b/t.csv",
            "https://a.b/t.csv does not exist. It is an address; download the table first.\n",
        ),
    ],
)
@pytest.mark.parametrize(
    "command",
    [["fill"], ["fill", "--model", "m"], ["fill", "--report", "no/r"], ["train", "--target=y"]],
)
def test_a_table_that_is_not_there_is_told_of_before_its_outputs(command, table, said, capsys):
    assert run([command[0], table, *command[1:]]) == 2
    assert capsys.readouterr().err == said
