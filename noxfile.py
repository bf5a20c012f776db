"""The tasks of a developer and of `.ci/run`, in the environment they are started from.

`nox` alone runs what a change must pass within minutes; `nox --list` names the rest and
`nox -s tests` runs one. Nothing here is needed to use gradus, and no task changes a tracked file
except `format`, `stub` and `picture`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
NO_TESTS = 5  # how pytest ends where nothing is left to run
SANITIZERS = ("address", "undefined", "thread")

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests", "native"]

# cmake, ctest, ninja, ruff and the rest come first from where this Python lives.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@nox.session
def lint(session: nox.Session) -> None:
    """Style, layout and spelling of Python, layout of C++."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("clang-format", "--dry-run", "-Werror", *_native_files(), silent=True)


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Lay out Python and C++ anew."""
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")
    session.run("clang-format", "-i", *_native_files())


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package, strictly."""
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests that need nothing but the package: the README's command."""
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take longer than a few seconds each."""
    command = ("python", "-m", "pytest", "-m", "slow and not oracle and not data")
    session.run(*command, success_codes=[0, NO_TESTS])


@nox.session
def oracle(session: nox.Session) -> None:
    """Compare with PyTorch, Optax and JAX."""
    session.run("python", "-m", "pytest", "-m", "oracle")


@nox.session
def data(session: nox.Session) -> None:
    """Run the tests that read the tables of the folder GRADUS_DATA names."""
    if not os.environ.get("GRADUS_DATA"):
        session.error("GRADUS_DATA must name the folder that holds tables/; it is not set.")
    session.run("python", "-m", "pytest", "-m", "data")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Read 20,000 changed tables and 20,000 changed model files."""
    for tool in ("tools/fuzz_tables.py", "tools/fuzz_models.py"):
        session.run("python", tool, "20000", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every command and every block of Python in the pages that show some."""
    # The README's tests are those of somebody who has no larger tables.
    session.run("python", "tools/run_pages.py", "README.md", env={"GRADUS_DATA": None})
    session.run(
        "python", "tools/run_pages.py", "docs/examples.md", "docs/texts.md", "docs/estimators.md"
    )


@nox.session
def native(session: nox.Session) -> None:
    """Build the C++ part with warnings as errors and run its tests."""
    _native_tests(session, ROOT / "build" / "native", "-DCMAKE_BUILD_TYPE=Release")


@nox.session
@nox.parametrize("sanitizer", SANITIZERS)
def sanitize(session: nox.Session, sanitizer: str) -> None:
    """Run the C++ tests under the address, undefined behavior and thread sanitizers."""
    # Debug, so that assert() speaks; -O1, so that it ends today.
    flags = ("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-O1", f"-DGRADUS_SANITIZE={sanitizer}")
    _native_tests(session, ROOT / "build" / f"native-{sanitizer}", *flags)


@nox.session
def bench(session: nox.Session) -> None:
    """Time every workload in gradus and its best peer within three minutes."""
    session.run("python", "-m", "benchmarks.speed", "all", "--quick", *session.posargs)


@nox.session
def stub(session: nox.Session) -> None:
    """Write src/gradus/_core.pyi anew from the built extension."""
    files = ("-p", "native/gradus/bind/_core.pat", "-o", "src/gradus/_core.pyi")
    session.run("python", "-m", "nanobind.stubgen", "-q", "-m", "gradus._core", *files)


@nox.session
def picture(session: nox.Session) -> None:
    """Draw docs/fill.svg anew from a real run of `gradus fill`."""
    session.run("python", "tools/draw_fill.py", "examples/bikes.csv", "docs/fill.svg")


@nox.session
def minimums(session: nox.Session) -> None:
    """Run the tests with the lowest versions of the packages that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = [name.split(",")[0].replace(">=", "==") for name in project["dependencies"]]
    with tempfile.TemporaryDirectory() as folder:
        session.run(sys.executable, "-m", "venv", folder)
        python = str(Path(folder) / "bin" / "python")
        session.run(python, "-m", "pip", "install", "-q", ".[test]", *pins)
        session.run(python, "-m", "pytest")


def _native_files() -> list[str]:
    folders = (ROOT / "native", ROOT / "benchmarks")
    found = (path for folder in folders for path in folder.rglob("*.[ch]pp"))
    return sorted(str(path) for path in found)


def _native_tests(session: nox.Session, build: Path, *flags: str) -> None:
    configure = ("-S", str(ROOT), "-B", str(build), "-G", "Ninja", "-DGRADUS_BUILD_TESTS=ON")
    strict = ("-DCMAKE_COMPILE_WARNING_AS_ERROR=ON", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    session.run("cmake", *configure, *strict, *flags, silent=True)
    session.run("cmake", "--build", str(build))
    run = ("--test-dir", str(build), "--output-on-failure", "--no-tests=error", "--parallel", "2")
    session.run("ctest", *run)
