"""Every source key in code and pages is resolved in docs/references.md, and none stands unused."""

import re

from tests.meta.sources import ROOT, native_files, package_files

# A name that links to a place, as those of the workloads do, is no key.
KEY = re.compile(r"\[([A-Z][A-Za-z]*\d\d[a-z]?)\](?!\()")


def test_source_keys_resolve():
    listed = re.findall(
        r"^- \*\*\[(\w+)\]\*\*", (ROOT / "docs" / "references.md").read_text(), re.MULTILINE
    )
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path.name != "references.md"]
    read = [*package_files(), *native_files(), *(ROOT / "tools").glob("*.py"), *pages]
    used = {key for path in read for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert used - set(listed) == set()
    assert set(listed) - used == set()
    assert listed == sorted(set(listed), key=str.lower)
