"""Every option of learning reaches Python under its name there, and errors name it as typed."""

import dataclasses

import pytest

from gradus.cli.main import run
from gradus.cli.options import as_typed, keeping_options, learning_options
from gradus.errors import InvalidParameter
from gradus.workflow.options import Options
from tests.cli.helpers import Fake

# Of `train` and `fill` themselves: they are no choice about learning.
BESIDE = {"record", "start"}


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the last call of `train` was asked for."""
    kept = {}

    def train(table, target, *, callback, notify, **options):
        kept.update(options, table=table, target=target)
        return Fake(target=target)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    monkeypatch.setattr("gradus.workflow.train.train", train)
    return kept


def test_all_options_of_the_workflow_are_options_of_the_command_line():
    fields = {field.name: field for field in dataclasses.fields(Options)}
    # Which engine computes is a matter of tests, not of answers.
    assert {*learning_options(), *keeping_options()} - BESIDE == set(fields) - {"engine"}


def test_what_is_left_out_is_left_to_the_workflow(asked):
    assert run(["train", "t.csv", "--target", "y"]) == 0
    assert asked.pop("table") == "t.csv"
    assert asked.pop("target") == "y"
    assert {name: asked.pop(name) for name in BESIDE} == {"record": True, "start": None}
    assert Options.of(**asked) == Options()


def test_every_option_arrives(asked):
    arguments = (
        "--seed 3 --threads 2 --folds 4 --epochs 7 --time-limit 1.5 --hidden 6,5 --activation tanh "
        "--rule adam --learning-rate 0.02 --batch-size 9 --weight-column w --class-weight a=2 "
        "--class-weight b=3 --split time:t --as zip=category --as a=b=id --ignore one "
        "--ignore two --keep-rows --from 12ab@20 --no-record"
    )
    assert run(["train", "t.csv", "--target", "y", *arguments.split()]) == 0
    assert asked == {
        "table": "t.csv",
        "target": "y",
        "seed": 3,
        "n_threads": 2,
        "folds": 4,
        "epochs": 7,
        "time_limit": 1.5,
        "hidden": (6, 5),
        "activation": "tanh",
        "rule": "adam",
        "learning_rate": 0.02,
        "batch_size": 9,
        "weight_column": "w",
        "class_weight": {"a": 2.0, "b": 3.0},
        "split": "time:t",
        "kinds": {"zip": "category", "a=b": "id"},
        "ignore": ("one", "two"),
        "keep_rows": True,
        "start": "12ab@20",
        "record": False,
    }


@pytest.mark.parametrize(
    ("sentence", "typed"),
    [
        ("time_limit must be above 0.", "--time-limit must be above 0."),
        ("n_threads must be whole.", "--threads must be whole."),
        ("class_weight of 'a' must be a number.", "--class-weight of 'a' must be a number."),
        ("target must be a column of t.csv.", "--target must be a column of t.csv."),
        ("kinds must be a mapping.", "--as must be a mapping."),
        ("--hidden must be whole.", "--hidden must be whole."),
        ("The split must be.", "The split must be."),
        ("seed", "--seed"),
    ],
)
def test_errors_name_the_option_as_typed(sentence, typed):
    assert as_typed(InvalidParameter(sentence)) == typed


@pytest.mark.parametrize("command", ["fill", "train"])
def test_the_help_tells_of_every_option_once(command, capsys):
    assert run([command, "--help"]) == 0
    told = capsys.readouterr().out
    spelled = {"n_threads": "threads", "kinds": "as", "start": "from", "record": "no-record"}
    names = {*learning_options(), *keeping_options()}
    expected = {f"--{spelled.get(name, name.replace('_', '-'))}" for name in names}
    assert {option: told.count(f"  {option} ") for option in expected} == dict.fromkeys(expected, 1)
