"""No tracked file names a machine: no path of somebody's disk, no package registry's host."""

import re

import pytest

from tests.meta.sources import ROOT, name, tracked_files

# Written so that no pattern finds itself.
MACHINES = re.compile(
    r"(?<![\w.$}])/(?:roo[t]|wor[k]|far[m]|home/\w+|Users/\w+|tmp/\w+)/"
    r"|pythonhosted[.]org|pypi[.]org|registry[.]npmjs|deb[.]debian[.]org"
)


def texts():
    for path in tracked_files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_file_names_a_machine():
    found = [f"{name(path)}: {hit}" for path, text in texts() for hit in MACHINES.findall(text)]
    assert found == []


def test_no_file_names_this_checkout():
    here = str(ROOT.parent) + "/"
    assert [name(path) for path, text in texts() if len(here) > 4 and here in text] == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_nothing_is_left_for_later(word):
    found = [name(path) for path, text in texts() if re.search(rf"\b{word}\b", text)]
    assert found == []
