import re
import sys

import numpy as np
import pytest

from gradus.engines.reference_engine import ReferenceEngine
from gradus.engines.registry import ENGINE_NAMES, all_finite, engine
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_threads", [1, 2, None])
def test_the_core_looks_through_numbers(dtype, n_threads):
    X = np.full((700, 800), np.finfo(dtype).max, dtype)
    assert all_finite(X, n_threads)
    for bad in (np.nan, np.inf, -np.inf):
        X[699, 799] = bad
        assert not all_finite(X, n_threads)


def test_without_the_core_nothing_is_known_to_be_finite(monkeypatch):
    monkeypatch.setitem(sys.modules, "gradus.engines.native", None)
    assert not all_finite(np.zeros(3), 1)
