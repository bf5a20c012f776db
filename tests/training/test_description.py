"""Options become plain dictionaries, equal ones equal text."""

import json

import numpy as np
import pytest

from gradus.networks.spec import Dense, Initializer, NetworkSpec
from gradus.optimizers.rules import AdamW
from gradus.optimizers.schedules import Constant, Warmup
from gradus.training.description import describe, flatten


def test_nested_options():
    rule = AdamW(Warmup(5, Constant(0.1)), weight_decay=0.5)
    assert describe(rule) == {
        "kind": "AdamW",
        "learning_rate": {
            "kind": "Warmup",
            "steps": 5,
            "schedule": {"kind": "Constant", "rate": 0.1},
        },
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-8,
        "weight_decay": 0.5,
    }


def test_numbers_of_any_library_become_pythons():
    plain = describe((np.float32(0.5), np.int64(3), np.True_, False, None, "word"))
    assert plain == [0.5, 3, True, False, None, "word"]
    assert [type(entry) for entry in plain] == [float, int, bool, bool, type(None), str]


def test_it_is_json():
    given = Initializer("given", weight=[[0.1, 1e-300], [2, 3]], bias=[0, 1])
    spec = NetworkSpec(2, (Dense(2, "tanh", initializer=given), Dense(1)), l2=0.25)
    plain = describe(spec)
    assert json.loads(json.dumps(plain)) == plain


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match=r"^<object object at .*> has no plain form$"):
        describe((1, object()))


def test_leaves_by_their_path():
    assert flatten({"a": {"b": [1, {"c": None}]}, "d": "x"}) == {
        "a.b[0]": 1,
        "a.b[1].c": None,
        "d": "x",
    }
