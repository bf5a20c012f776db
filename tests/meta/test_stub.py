"""The checked-in stub of the extension is the one its code gives (`nox -s stub` writes it)."""

import subprocess
import sys

from tests.meta.sources import PACKAGE, ROOT


def test_stub_is_current(tmp_path):
    fresh = tmp_path / "_core.pyi"
    patterns = ROOT / "native" / "gradus" / "bind" / "_core.pat"
    command = ["-m", "nanobind.stubgen", "-q", "-m", "gradus._core", "-p", patterns, "-o", fresh]
    subprocess.run([sys.executable, *command], check=True)
    assert fresh.read_text(encoding="utf-8") == (PACKAGE / "_core.pyi").read_text(encoding="utf-8")
