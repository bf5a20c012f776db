"""`import gradus` is quick because it loads nothing that is not needed yet."""

import json
import subprocess
import sys

# Loaded when first used, never by `import gradus`.
LATER = ("scipy", "duckdb", "typer", "rich", "safetensors", "sklearn", "matplotlib", "hypothesis")
RUNS = 7
LIMIT_S = 0.150


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def import_seconds(package: str) -> float:
    clock = "from time import perf_counter as now; begin = now()"
    return float(run(f"{clock}; import {package}; print(now() - begin)"))


def test_import_loads_nothing_heavy():
    loaded = json.loads(run("import json, sys, gradus; print(json.dumps(list(sys.modules)))"))
    assert sorted(set(LATER) & {module.split(".")[0] for module in loaded}) == []


def test_import_is_quick():
    # The best of several runs, taken in turn: what the import costs when nothing else disturbs it.
    pairs = [(import_seconds("gradus"), import_seconds("numpy")) for _ in range(RUNS)]
    ours, numpys = map(min, zip(*pairs, strict=True))
    assert ours < LIMIT_S
    assert ours <= 2 * numpys
