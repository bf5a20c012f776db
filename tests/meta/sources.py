"""What the meta tests read: the source files of this checkout and what they import.

Knows where files lie; must never import gradus.
"""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "gradus"
NATIVE = ROOT / "native"


def package_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def python_files() -> list[Path]:
    folders = (ROOT / "src", ROOT / "tests", ROOT / "tools")
    return [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]


def native_files() -> list[Path]:
    return [path for path in NATIVE.rglob("*") if path.suffix in {".hpp", ".cpp"}]


def tracked_files() -> list[Path]:
    """The files git knows; the test is skipped outside a checkout, as in an unpacked sdist."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [path for name in listed.stdout.split("\0") if (path := ROOT / name).is_file()]


def name(path: Path) -> str:
    """How a failure names a file."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path) -> set[str]:
    """Full names of everything a file imports, at whatever depth it does so."""
    module = module_name(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([base] if base else [])])
            # `from gradus.networks import spec` names a module, `from .spec import Dense` does not
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found
