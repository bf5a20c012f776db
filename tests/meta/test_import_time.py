"""`import gradus` is quick because it loads nothing that is not needed yet."""

import json
import os
import subprocess
import sys

import pytest

from tests.meta.sources import imported_modules, name, package_files

# Loaded when first used, never by `import gradus`.
LATER = {"scipy", "duckdb", "typer", "rich", "safetensors", "sklearn", "matplotlib", "pandas"}
# Loaded by `gradus fill` while networks are trained or after them, never before.
BESIDE = {"gradus.diagnosis", "gradus.records", "gradus.models.network", "threadpoolctl"}
BESIDE |= {"numpy.random", "sqlite3"}
RUNS = 7


def run(code, cache):
    """Run code in a process of its own that may keep what it compiles."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return done.stdout


def import_seconds(statement, cache):
    # Seconds of the processor, so that what else the machine does counts little.
    clock = "from time import process_time as now; begin = now()"
    return float(run(f"{clock}; {statement}; print(now() - begin)", cache))


def test_import_loads_nothing_heavy(tmp_path):
    code = "import json, sys; from gradus import Network; print(json.dumps(list(sys.modules)))"
    loaded = {module.split(".")[0] for module in json.loads(run(code, tmp_path))}
    assert LATER & loaded == set()


def test_import_is_quick(tmp_path):
    statements = ("from gradus import Network", "import numpy")
    import_seconds(statements[0], tmp_path)  # compiles
    # The best of several runs, taken in turn: what the import costs when nothing disturbs it.
    pairs = [[import_seconds(one, tmp_path) for one in statements] for _ in range(RUNS)]
    ours, numpys = map(min, zip(*pairs, strict=True))
    # In seconds this depends on the machine and on its other work: docs/numbers.md has them.
    assert ours <= 2 * numpys


def test_the_front_door_itself_loads_nothing(tmp_path):
    code = "import json, sys, gradus; print(json.dumps(list(sys.modules)))"
    assert "numpy" not in json.loads(run(code, tmp_path))


def test_fill_begins_without_what_it_needs_late(tmp_path):
    code = "import json, sys, gradus.workflow.fill; print(json.dumps(list(sys.modules)))"
    assert BESIDE & set(json.loads(run(code, tmp_path))) == set()


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_dataclasses_are_made_the_quick_way(path):
    assert "dataclasses.dataclass" not in imported_modules(path) or path.stem == "_dataclasses"
