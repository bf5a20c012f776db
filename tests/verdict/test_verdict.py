"""A verdict survives JSON, and nothing else becomes one."""

import json
import math

import pytest

from gradus.verdict.verdict import Verdict, finite, too_few

ONE = Verdict(
    "network",
    "The network is worth it.",
    12,
    {"network": {"accuracy": 0.5}, "neighbors": {"log_loss": 1.0}},
    ("More.",),
    {"<=50K": 0.25},
)


def test_there_and_back_through_json():
    assert Verdict.from_description(json.loads(json.dumps(ONE.describe()))) == ONE


@pytest.mark.parametrize(
    "change",
    [
        {"answered_by": "neighbors"},
        {"answered_by": ["network"]},
        {"sentence": 3},
        {"n_judged": -1},
        {"n_judged": True},
        {"n_judged": 1.0},
        {"details": "More."},
        {"details": [None]},
        {"measures": []},
        {"measures": {"forest": {}}},
        {"measures": {"network": {"beauty": 1.0}}},
        {"measures": {"network": {"accuracy": "high"}}},
        {"measures": {"network": {"accuracy": math.nan}}},
        {"measures": {"network": None}},
        {"recall": {"a": None}},
        {"extra": 1},
    ],
)
def test_anything_else_is_refused(change):
    with pytest.raises(ValueError, match=r"^a verdict must hold"):
        Verdict.from_description({**ONE.describe(), **change})


@pytest.mark.parametrize("other", [None, [], "text", {}])
def test_what_is_no_description_is_refused(other):
    with pytest.raises(ValueError, match=r"^a verdict must hold"):
        Verdict.from_description(other)


def test_too_few():
    found = too_few(4)
    assert found.answered_by == "linear"
    assert found.sentence == (
        "4 complete rows are too few to judge by (10 are needed): a linear model answers, and its "
        "bounds stay empty."
    )
    found = too_few(9, network_is_asked_for=True)
    assert found.answered_by == "network"
    assert "the network answers, as asked, and its bounds stay empty." in found.sentence


def test_what_is_not_finite_is_left_out():
    assert finite({"mean": {"r2": math.nan, "typical_error": 1.0}}) == {
        "mean": {"typical_error": 1.0}
    }
