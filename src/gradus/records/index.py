"""The folder of runs and its index: an SQLite database that says quickly which runs there are.

A run's file is the truth. The index is made from the files where it is missing or damaged, takes in
files it has not heard of and forgets those that are gone; so a process killed at any moment leaves
nothing to mend, and several may write at once.
"""

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gradus._files import alone_in, write_atomically
from gradus.errors import ModelFileError
from gradus.records.run_file import MODEL_ENDING, RUN_ENDING, read_summary
from gradus.records.summary import RunSummary
from gradus.tables.closed import as_json, from_json

_T = TypeVar("_T")

#: So many runs are kept, and so many bytes of them; the oldest go first.
MOST_RUNS, MOST_BYTES = 500, 1 << 30
_TABLE = (
    "CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, began REAL, bytes INTEGER, summary TEXT)"
)
_ROW = "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# What a killed process was writing may be removed after so long: nobody is writing it any more.
_LEFT_OVER_SECONDS = 86_400.0


def folder(home: Path) -> Path:
    """Return where the files of runs stand."""
    return home / "runs"


def new_id(home: Path) -> str:
    """Return an id that no run has."""
    while True:
        found = os.urandom(4).hex()
        if not (folder(home) / f"{found}{RUN_ENDING}").exists():
            return found


def keep(home: Path, run_id: str, run: bytes, model: bytes | None) -> None:
    """Write a run and its model, and let the oldest runs go that are too many.

    Raises
    ------
    OSError, sqlite3.Error
        If that fails; nothing half written is ever listed.
    """
    place = folder(home)
    for each in (home, place):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # A loss of power may cost the record of the last run, which its checksums then tell.
        write_atomically(place / f"{run_id}{RUN_ENDING}", run, is_lasting=False)
        if model is not None:
            write_atomically(place / f"{run_id}{MODEL_ENDING}", model, is_lasting=False)
    except BaseException:
        with contextlib.suppress(OSError):
            _remove_files(place, run_id)
        raise
    _in_index(home, lambda index: _let_go(index, place))


def summaries(home: Path) -> tuple[RunSummary, ...]:
    """List all runs, the newest first.

    Raises
    ------
    OSError, sqlite3.Error
        If the folder cannot be read.
    """
    if not folder(home).is_dir():
        return ()
    query = "SELECT summary FROM runs ORDER BY began DESC, id"
    rows = _in_index(home, lambda index: index.execute(query).fetchall())
    found: list[RunSummary] = []
    for (told,) in rows:
        # What another version of gradus has entered may have other parts.
        with contextlib.suppress(ValueError):
            found.append(from_json((RunSummary,), json.loads(told)))
    return tuple(found)


def remove(home: Path, run_id: str) -> None:
    """Remove a run and its model."""
    _remove_files(folder(home), run_id)
    _in_index(home, lambda _index: None)


def _in_index(home: Path, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """Work with the index, which knows what is in the folder; a damaged one is made anew."""
    path, place = home / "index.sqlite", folder(home)
    with alone_in(place):
        try:
            return _opened(path, place, work)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
        path.unlink(missing_ok=True)
        return _opened(path, place, work)


def _opened(path: Path, place: Path, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """Open the index, compare it with the folder, and work with it."""
    with contextlib.closing(sqlite3.connect(path)) as index:
        # What a loss of power spoils is made anew from the files.
        index.execute("PRAGMA synchronous = OFF")
        with index:
            _catch_up(index, place)
            return work(index)


def _catch_up(index: sqlite3.Connection, place: Path) -> None:
    """Compare the index with the folder."""
    index.execute(_TABLE)
    known = {run_id for (run_id,) in index.execute("SELECT id FROM runs")}
    there = {
        name.removesuffix(RUN_ENDING)
        for name in os.listdir(place)  # noqa: PTH208 quicker, and names are all that is needed
        if name.endswith(RUN_ENDING) and not name.startswith(".")
    }
    for run_id in known - there:
        index.execute("DELETE FROM runs WHERE id = ?", (run_id,))
    for run_id in there - known:
        # A file that is damaged, or of a later version, is no run.
        with contextlib.suppress(ModelFileError):
            _take_in(index, place, run_id)


def _take_in(index: sqlite3.Connection, place: Path, run_id: str) -> None:
    """Enter a run whose files are there."""
    summary = read_summary(place / f"{run_id}{RUN_ENDING}")
    n_bytes = 0
    for ending in (RUN_ENDING, MODEL_ENDING):
        with contextlib.suppress(FileNotFoundError):
            n_bytes += (place / f"{run_id}{ending}").stat().st_size
    index.execute(_ROW, (run_id, summary.began, n_bytes, json.dumps(as_json(summary))))


def _let_go(index: sqlite3.Connection, place: Path) -> None:
    """Remove the oldest runs beyond the limits, and what killed processes have left."""
    rows = index.execute("SELECT id, bytes FROM runs ORDER BY began DESC, id").fetchall()
    total = 0
    for number, (run_id, n_bytes) in enumerate(rows, 1):
        total += n_bytes
        if number > MOST_RUNS or (total > MOST_BYTES and number > 1):
            _remove_files(place, run_id)
            index.execute("DELETE FROM runs WHERE id = ?", (run_id,))
    before = time.time() - _LEFT_OVER_SECONDS
    for left in place.glob(".*.writing"):
        with contextlib.suppress(FileNotFoundError):
            if left.stat().st_mtime < before:
                left.unlink()


def _remove_files(place: Path, run_id: str) -> None:
    """Remove a run's files, the model first: what is left by a kill between the two is a run."""
    for ending in (MODEL_ENDING, RUN_ENDING):
        (place / f"{run_id}{ending}").unlink(missing_ok=True)
