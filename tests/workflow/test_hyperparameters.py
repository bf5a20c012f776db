"""One table of hyperparameters: every surface spells, allows and defaults what it says."""

import inspect
from dataclasses import fields
from typing import get_args

import pytest
import sklearn.neural_network as theirs
from sklearn.utils._param_validation import StrOptions

from gradus.cli.options import learning_options
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.differences import with_tables
from gradus.estimators.parameters import constraints
from gradus.estimators.regressor import MLPRegressor
from gradus.networks.class_losses import CrossEntropy
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam, AdamW, GradientDescent
from gradus.optimizers.schedules import InverseScaling
from gradus.training.plan import EarlyStopping, Plan
from gradus.workflow.choices import ABSENT
from gradus.workflow.hyperparameters import COMMANDS, TABLE, entries_of
from gradus.workflow.options import Options
from tests.meta.sources import ROOT

ESTIMATORS = {
    "classifier": (MLPClassifier, theirs.MLPClassifier),
    "regressor": (MLPRegressor, theirs.MLPRegressor),
}
CLASSES = (
    NetworkSpec, Dense, Plan, EarlyStopping, GradientDescent, Adam, AdamW, InverseScaling,
    CrossEntropy,
)  # fmt: skip
each_estimator = pytest.mark.parametrize("owner", ESTIMATORS)


def signature(cls):
    parameters = inspect.signature(cls.__init__).parameters
    return {name: value.default for name, value in parameters.items() if name != "self"}


def told(constraint):
    """What tells two constraints apart; names have no order."""
    if isinstance(constraint, StrOptions):
        return sorted(constraint.options)
    return str(constraint)


@each_estimator
def test_estimators_have_these_parameters_and_defaults(owner):
    ours, _ = ESTIMATORS[owner]
    assert signature(ours) == {entry.name: entry.default for entry in entries_of(owner)}


@each_estimator
def test_scikit_learn_has_these_defaults_in_this_order(owner):
    _, expected = ESTIMATORS[owner]
    known = {e.name: e.scikit_learn for e in entries_of(owner) if e.scikit_learn is not ABSENT}
    assert list(known.items()) == list(signature(expected).items())


@each_estimator
def test_whatever_scikit_learn_takes_is_taken(owner):
    _, expected = ESTIMATORS[owner]
    ours = constraints(owner)
    wider = {
        "activation", "solver", "loss", "alpha", "momentum", "early_stopping",
        "learning_rate_init", "n_iter_no_change",
    }  # fmt: skip
    for name, allowed in expected._parameter_constraints.items():
        if name not in wider:
            assert [told(one) for one in ours[name]] == [told(one) for one in allowed], name


@each_estimator
def test_docstrings_are_generated(owner):
    ours, _ = ESTIMATORS[owner]
    for entry in entries_of(owner):
        assert f"\n{entry.name} : default={entry.default!r}\n" in ours.__doc__
    assert "{parameters}" not in ours.__doc__


def test_networks_and_plans_have_these_names():
    known = {f"{cls.__name__}.{field.name}" for cls in CLASSES for field in fields(cls)}
    named = {entry.network for entry in TABLE if entry.network}
    assert named - {"rule.learning_rate"} <= known


def test_the_command_line_has_these_options():
    parameters = inspect.signature(learning_options).parameters
    found = {name: get_args(parameters[name].annotation)[1] for name in COMMANDS}
    for name, command in COMMANDS.items():
        # In an annotation typer takes the first argument of `Option` for a spelling only later.
        told = found[name].default, found[name].metavar, found[name].help
        assert told == (command.option, command.metavar, command.help)
    leasts = {name: option.min for name, option in found.items() if option.min is not None}
    assert leasts == {"seed": 0, "folds": 2, "epochs": 1, "batch_size": 1}
    assert parameters.keys() >= COMMANDS.keys()


def test_tables_and_the_options_in_python_have_these_names():
    assert {field.name for field in fields(Options)} >= COMMANDS.keys()


def test_the_page_shows_every_difference():
    """`python -m gradus.estimators.differences docs/estimators.md` writes them."""
    page = (ROOT / "docs" / "estimators.md").read_text(encoding="utf-8")
    assert with_tables(page) == page
    for entry in TABLE:
        if entry.command:
            spelled = f"| `{entry.name}` | `{entry.network}` | `{entry.command.option}` |"
            assert spelled.replace("``", "") in page
        is_other = entry.scikit_learn is ABSENT or entry.scikit_learn != entry.default
        assert (f"\n| `{entry.name}` | `{entry.default!r}` |" in page) == is_other, entry.name


def test_names_are_told_apart():
    for owner in ESTIMATORS:
        names = [entry.name for entry in entries_of(owner)]
        assert len(set(names)) == len(names)
