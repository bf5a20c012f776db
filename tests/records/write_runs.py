"""Keep runs in a folder, one after the other, in a process of its own.

``python -m tests.records.write_runs FOLDER FILE N`` keeps N copies of a run's file under new ids
and prints each id.
"""

import sys
from pathlib import Path

from gradus import _archive
from gradus.records import index


def copy_of(data, run_id, began=None):
    """Return the bytes of the same run under another id."""
    description, arrays = _archive.unpack(data, "it", "run")
    description["summary"].update(id=run_id, model_digest=run_id)
    if began is not None:
        description["summary"]["began"] = began
    return _archive.pack("run", description, arrays)


if __name__ == "__main__":
    folder, source, n = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    given = source.read_bytes()
    for _ in range(n):
        name = index.new_id(folder)
        index.keep(folder, name, copy_of(given, name), None)
        print(name, flush=True)  # noqa: T201 for the test that started this
