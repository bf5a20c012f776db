"""What a C++ file may include: Python in bind/ only, nothing from above, little in kernels."""

import re

import pytest

from tests.meta.sources import NATIVE, name, native_files

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
# Floors of docs/architecture.md, lowest first.
FLOORS = ("base", "simd", "linalg", "nn", "optim", "train", "bind")
CORE = NATIVE / "gradus"
CORE_FILES = [path for path in native_files() if path.is_relative_to(CORE)]
# All of simd/ but the choice among the kernels is compiled for newer processors too. An inline
# function of any other header could then be picked by the linker for everybody.
KERNELS = [p for p in CORE_FILES if p.parent.name == "simd" and p.name != "dispatch.cpp"]
KERNEL_HEADERS = {"cstddef", "cstdint", "immintrin.h", "arm_neon.h"}


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def folder(path):
    return path.relative_to(CORE).parts[0]


@pytest.mark.parametrize("path", CORE_FILES, ids=name)
def test_only_bind_knows_python(path):
    python = [found for found in includes(path) if re.match(r"Python\.h|nanobind/", found)]
    assert python == [] or folder(path) == "bind"


@pytest.mark.parametrize("path", CORE_FILES, ids=name)
def test_includes_point_down(path):
    rooms = [found.split("/")[0] for found in includes(path) if (CORE / found).is_file()]
    upward = [found for found in rooms if FLOORS.index(found) > FLOORS.index(folder(path))]
    assert upward == []


@pytest.mark.parametrize("path", KERNELS, ids=name)
def test_kernels_include_next_to_nothing(path):
    outside = [found for found in includes(path) if not found.startswith("simd/")]
    assert set(outside) <= KERNEL_HEADERS
