"""Where runs are kept, on each system."""

import os
import sys
from pathlib import Path

import pytest

from gradus.records.home import home


@pytest.fixture
def bare(monkeypatch):
    """No variable says anything but where the person is at home."""
    for name in ("GRADUS_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", os.sep + "me")
    return monkeypatch


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, "/me/.local/share/gradus"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/gradus"),
        ("linux", {"XDG_DATA_HOME": "not/absolute"}, "/me/.local/share/gradus"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, "/me/Library/Application Support/gradus"),
        ("win32", {"LOCALAPPDATA": "/me/local"}, "/me/local/gradus"),
        ("win32", {}, "/me/AppData/Local/gradus"),
        ("darwin", {"GRADUS_HOME": "/mine"}, "/mine"),
    ],
)
def test_places(bare, system, variables, expected):
    bare.setattr(sys, "platform", system)
    for name, value in variables.items():
        bare.setenv(name, value)
    assert home() == Path(expected)


def test_somebody_without_a_home_is_told_what_to_do(bare):
    bare.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(OSError, match=r"^there is no folder of your own; name one in GRADUS_HOME$"):
        home()
