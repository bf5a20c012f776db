"""The examples of the docstrings and of the pages do what they show."""

import doctest
import importlib

import pytest

from tests.meta.sources import ROOT, module_name, name, package_files
from tools.run_pages import blocks_of, run_python

NAMES = ("README.md", "docs/examples.md", "docs/estimators.md")
PAGES = [ROOT / path for path in NAMES if (ROOT / path).exists()]


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_docstring_examples(path):
    module = importlib.import_module(module_name(path))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_on_the_pages(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("examples", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    python = [block for block in blocks_of(page) if block.language == "python"]
    scope: dict[str, object] = {}
    wrong = [run_python(block, scope) for block in python if not block.needs_data]
    assert "".join(wrong) == ""
