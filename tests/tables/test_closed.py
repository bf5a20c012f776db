"""Options of files: what a class consists of comes back, everything else is refused."""

import json

import pytest

from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adam, AdamW
from gradus.optimizers.schedules import Cosine
from gradus.tables.closed import as_json, from_json


@pytest.mark.parametrize("rate", [0.5, Cosine(0.5)], ids=str)
def test_a_number_may_stand_where_a_number_or_an_object_may(rate):
    rule = Automatic(AdamW(rate))
    assert from_json((Automatic,), json.loads(json.dumps(as_json(rule)))) == rule


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        ("fast", "^Adam.learning_rate must not be 'fast'.$"),
        (None, "^Adam.learning_rate must not be None.$"),
        ([], r"^Adam.learning_rate must not be \[\].$"),
        ({"kind": "Sine"}, "^it has the unknown kind 'Sine'.$"),
    ],
)
def test_anything_else_is_refused(rate, sentence):
    with pytest.raises(ValueError, match=sentence):
        from_json((Adam,), {**as_json(Adam()), "learning_rate": rate})
