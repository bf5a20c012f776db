"""A file imports only from lower floors and from its own folder (docs/architecture.md)."""

import pytest

from tests.meta.sources import imported_modules, module_name, name, package_files

# What stands on which floor: a folder, or a module right inside gradus/.
FLOORS = (
    {
        "errors", "_names", "_words", "_typing", "_validate", "_random", "_threads", "_files",
        "_archive", "_blas", "_dataclasses", "_ordered", "_version",
    },
    {"networks", "optimizers", "tables", "_core"},
    {"engines"},
    {"training", "calculus", "verdict"},
    {"models"},
    {"diagnosis", "records"},
    {"workflow"},
    {"estimators", "report"},
    {"cli", "studio", "cluster"},
)  # fmt: skip
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The front door lists the public names of every floor and stands on none.
FRONT_DOOR = "gradus"


def room(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_each_file_stands_on_a_floor(path):
    module = module_name(path)
    assert module == FRONT_DOOR or room(module) in FLOOR_OF


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_imports_point_down(path):
    module = module_name(path)
    if module == FRONT_DOOR:
        return
    inside = [found for found in imported_modules(path) if found.startswith("gradus.")]
    assert "gradus" not in imported_modules(path), "import the module itself, not the front door"
    upward = [
        found
        for found in inside
        if room(found) != room(module) and FLOOR_OF.get(room(found), 99) >= FLOOR_OF[room(module)]
    ]
    # Floor 0 has no folders: its modules may use one another.
    if FLOOR_OF[room(module)] == 0:
        upward = [found for found in upward if FLOOR_OF.get(room(found), 99) > 0]
    assert upward == []


@pytest.mark.parametrize("path", package_files(), ids=name)
def test_only_the_native_engine_knows_the_extension(path):
    uses = any(found.startswith("gradus._core") for found in imported_modules(path))
    assert not uses or name(path) in {
        "src/gradus/engines/native.py",
        "src/gradus/engines/native_damped.py",
        "src/gradus/__init__.py",
    }
