"""What a person may choose: every value out of its range is refused in a sentence."""

import re

import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.errors import InvalidParameter
from gradus.workflow.hyperparameters import RULES
from gradus.workflow.options import Options

WIDTHS = "hidden must be a list or tuple of widths such as (64, 64); got "


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"epochs": 0}, "epochs must be a whole number, 1 or greater; got 0."),
        ({"epochs": 2.0}, "epochs must be a whole number, 1 or greater; got 2.0."),
        ({"epochs": True}, "epochs must be a whole number, 1 or greater; got True."),
        ({"folds": 1}, "folds must be a whole number, 2 or greater; got 1."),
        ({"batch_size": 0}, "batch_size must be a whole number, 1 or greater; got 0."),
        ({"time_limit": 0}, "time_limit must be a finite number greater than 0; got 0."),
        (
            {"learning_rate": float("nan")},
            "learning_rate must be a finite number greater than 0; got nan.",
        ),
        ({"hidden": (64, 0)}, "each width in hidden must be a whole number, 1 or greater; got 0."),
        ({"hidden": ()}, f"{WIDTHS}()."),
        ({"hidden": "64,64"}, f"{WIDTHS}'64,64'."),
        ({"hidden": 64}, f"{WIDTHS}64."),
        ({"seed": -1}, f"seed must be a whole number from 0 to {2**63}; got -1."),
        ({"n_threads": 0}, "n_threads must be a whole number from 1 to 1024; got 0."),
        ({"n_threads": 1025}, "n_threads must be a whole number from 1 to 1024; got 1025."),
        (
            {"engine": "nativ"},
            "engine must be 'native' or 'reference'; got 'nativ'. Did you mean 'native'?",
        ),
        (
            {"rule": "levenberg_marquardt", "learning_rate": 0.1},
            (
                "learning_rate must be left out with the rule levenberg_marquardt, which has none; "
                "got 0.1."
            ),
        ),
        (
            {"rule": "automatic", "learning_rate": 0.1},
            "learning_rate must be left out with the rule automatic, which finds one; got 0.1.",
        ),
        (
            {"rule": "levenberg_marquardt", "batch_size": 8},
            (
                "batch_size must be left out with the rule levenberg_marquardt, whose steps look "
                "at all rows; got 8."
            ),
        ),
        ({"seed": None}, f"seed must be a whole number from 0 to {2**63}; got None."),
        ({"split": 3}, "split must be a text; got 3."),
        ({"weight_column": 3}, "weight_column must be a text; got 3."),
        (
            {"class_weight": "even"},
            "class_weight must be 'balanced' or a mapping of classes to numbers; got 'even'.",
        ),
        (
            {"class_weight": {"a": -1}},
            "class_weight of 'a' must be a finite number at least 0 and at most 1e+100; got -1.",
        ),
        ({"kinds": "a=id"}, "kinds must be a mapping of columns to kinds; got 'a=id'."),
        ({"ignore": "a"}, "ignore must be a list of columns; got 'a'."),
        ({"keep_rows": 1}, "keep_rows must be True or False; got 1."),
    ],
)
def test_values_out_of_range(asked, sentence):
    with pytest.raises(InvalidParameter) as caught:
        Options(**asked)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("epoch", "epoch is no option. Did you mean epochs?"),
        ("zzz", "zzz is no option. They are seed, n_threads, folds, "),
    ],
)
def test_an_unknown_option(name, sentence):
    with pytest.raises(InvalidParameter) as caught:
        Options.of(**{name: 1})
    assert str(caught.value).startswith(sentence)


def test_whole_numbers_are_kept_as_numbers():
    assert Options.of(time_limit=3, epochs=2) == Options(time_limit=3.0, epochs=2)


@pytest.mark.parametrize(("option", "names"), [("activation", ACTIVATION_NAMES), ("rule", RULES)])
def test_the_docstring_lists_all_names(option, names):
    listed = re.search(rf"\n    {option}\n((?: {{8}}.*\n)+)", Options.__doc__)[1]
    assert set(re.findall(r'"(\w+)"', listed)) == set(names)
