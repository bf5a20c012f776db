"""Budgets: 400 lines in a file, 50 in a function without its docstring, 100 columns in a line."""

import ast

import pytest

from tests.meta.sources import NATIVE, ROOT, name, native_files, python_files

FILE_LINES = 400
FUNCTION_LINES = 50
LINE_COLUMNS = 100

OURS = [
    *python_files(),
    *native_files(),
    ROOT / "CMakeLists.txt",
    NATIVE / "CMakeLists.txt",
    ROOT / ".ci" / "run",
]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", OURS, ids=name)
def test_file_and_lines_fit(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= FILE_LINES
    too_long = [number for number, line in enumerate(lines, 1) if len(line) > LINE_COLUMNS]
    assert too_long == []


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_functions_fit(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    too_long = {f.name: body_lines(f) for f in functions(tree) if body_lines(f) > FUNCTION_LINES}
    assert too_long == {}
