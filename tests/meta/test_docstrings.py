"""Everything public says what it does, and what it says of its parameters is so."""

import ast
import importlib
import inspect
import re

import pytest

from tests.meta.sources import module_name, name, package_files

# `learning_rate` or `learning_rate : float`, then its indented text.
ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: ?:.*)?$")
SAYS_DEFAULT = re.compile(r"\b[Dd]efault(?:s to| is|:|=)? ?`{0,2}([-+\w.'\"]+)`{0,2}")


def public_definitions(tree):
    """Yield (dotted name, node) of each public function, class and method of a module.

    A property is documented where it is read, so its setter is left out.
    """
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node.name, node
            inner = node.body if isinstance(node, ast.ClassDef) else []
            for member in inner:
                is_public = isinstance(member, kinds) and not member.name.startswith("_")
                if is_public and not any(map(is_setter, member.decorator_list)):
                    yield f"{node.name}.{member.name}", member


def is_setter(decorator):
    return isinstance(decorator, ast.Attribute) and decorator.attr == "setter"


def documented_parameters(text):
    """The Parameters section of a docstring as {name: header and text}, in order."""
    section = re.search(
        r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-{3,}$|\Z)", text, re.DOTALL | re.MULTILINE
    )
    entries: dict[str, str] = {}
    current: list[str] = []
    for line in section.group(1).splitlines() if section else ():
        entry = ENTRY.match(line)
        if entry:
            current = [part.strip().lstrip("*") for part in entry.group(1).split(",")]
            entries.update(dict.fromkeys(current, line + "\n"))
        else:
            for parameter in current:
                entries[parameter] += line + "\n"
    return entries


def stated_default(text):
    """The literal after the word default, or nothing where the default is told in words."""
    found = SAYS_DEFAULT.search(text)
    try:
        return [ast.literal_eval(found.group(1).rstrip("."))] if found else []
    except (ValueError, SyntaxError):
        return []


def callables(module):
    """Yield (name, object) of what a module defines and lets others call."""
    for key, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__ or key.startswith("_"):
            continue
        if inspect.isfunction(thing) or inspect.isclass(thing):
            yield key, thing
        if inspect.isclass(thing):
            for member, function in vars(thing).items():
                if inspect.isfunction(function) and not member.startswith("_"):
                    yield f"{key}.{member}", function


def signature_of(thing):
    parameters = inspect.signature(thing).parameters
    return {key: value.default for key, value in parameters.items() if key not in {"self", "cls"}}


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_everything_public_is_documented(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module says what lives in it"
    silent = [key for key, node in public_definitions(tree) if not ast.get_docstring(node)]
    assert silent == []


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_parameters_are_as_documented(path):
    module = importlib.import_module(module_name(path))
    wrong = {}
    for key, thing in callables(module):
        documented = documented_parameters(inspect.getdoc(thing) or "")
        if not documented:
            continue
        signature = signature_of(thing)
        if set(documented) != set(signature):
            wrong[key] = (list(documented), list(signature))
        for parameter, text in documented.items():
            for default in stated_default(text):
                if signature.get(parameter) != default:
                    wrong[f"{key}: {parameter}"] = (default, signature.get(parameter))
    assert wrong == {}


def test_the_reader_of_docstrings_sees_a_wrong_one():
    text = (
        "Parameters\n----------\nrate : float, default 0.1\n    Above 0.\nsteps\n    Default 3.\n"
    )
    documented = documented_parameters(text)
    assert list(documented) == ["rate", "steps"]
    assert [stated_default(said) for said in documented.values()] == [[0.1], [3]]
