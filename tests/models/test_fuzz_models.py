"""Five hundred changed model files are refused or answer, and who changes them sees well."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gradus.models.model_file import parse
from tools import fuzz_models


def test_five_hundred_changed_files():
    # In a process of its own, whose memory is only what the files took.
    done = subprocess.run(
        [sys.executable, fuzz_models.__file__, "500"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_follows_from_its_number_and_the_seed():
    files = [fuzz_models.make(seed, number) for seed, number in ((0, 1), (0, 1), (0, 2), (1, 1))]
    assert files[0] == files[1]
    assert len(set(files)) == 3


def test_a_file_put_together_again_is_the_file():
    for data in fuzz_models.bases():
        assert fuzz_models.check(parse(data, "m")) == "answered"
        again = fuzz_models.put_together(*fuzz_models.take_apart(data))
        assert fuzz_models.check(parse(again, "m")) == "answered"


def test_the_tool_sees_an_error_that_is_none_of_ours(monkeypatch, capsys):
    monkeypatch.setattr(fuzz_models, "parse", lambda *_: 1 / 0)
    assert fuzz_models.run(0, 0, 3) == 3
    assert capsys.readouterr().out.count("ZeroDivisionError") == 3


def test_the_tool_sees_an_answer_that_is_not_finite_and_one_that_took_too_long(monkeypatch):
    model = parse(fuzz_models.bases()[0], "m")
    found = model.predict(fuzz_models.table(40))
    for change in ({"values": found.values * np.nan}, {"low": found.values + 1}):
        bad = replace(found, **change)
        monkeypatch.setattr(type(model), "predict", lambda *_, bad=bad, **__: bad)
        with pytest.raises(AssertionError):
            fuzz_models.check(model)
    monkeypatch.setattr(fuzz_models, "SECONDS", 0.0)
    with pytest.raises(AssertionError, match=r"^0\.\d s"):
        fuzz_models.try_one(0, 0)
