import re
import sys

import pytest

from gradus.engines.reference_engine import ReferenceEngine
from gradus.engines.registry import ENGINE_NAMES, engine
from gradus.errors import EngineUnavailable, InvalidParameter


def test_engines_by_name():
    assert isinstance(engine("reference"), ReferenceEngine)
    for name in ENGINE_NAMES:
        assert engine(name, 2).name == name
    assert engine().name == "native"


def test_what_is_refused():
    sentence = "engine must be 'native' or 'reference'; got 'jax'."
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        engine("jax")
    sentence = "n_threads must be a whole number from 1 to 1024; got 0."
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        engine("reference", 0)


def test_an_engine_that_cannot_be_loaded_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradus.engines.native", None)
    with pytest.raises(EngineUnavailable) as caught:
        engine("native")
    assert str(caught.value) == (
        "engine='native' needs the compiled module gradus._core, which cannot be loaded (import of "
        "gradus.engines.native halted; None in sys.modules). Install gradus with a C++ compiler at "
        "hand or use engine='reference'."
    )
    assert engine("reference").name == "reference"
