"""Learning that leaves a record: what is known when a run begins, and what came of it.

A record is worth less than the run: where it cannot be kept, one sentence says so.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gradus._version import VERSION
from gradus.engines.registry import engine as make_engine
from gradus.models.model import Model
from gradus.tables.table import Table
from gradus.training.control import Progress
from gradus.verdict.verdict import Verdict
from gradus.workflow.branch import find_branch
from gradus.workflow.contest import Contest
from gradus.workflow.learn import learn
from gradus.workflow.options import Options
from gradus.workflow.prepare import Notify, Prepared, read_as

if TYPE_CHECKING:
    from gradus.records.run import RecordedRun


# Of all snapshots of a run, and of its model; larger models are not kept.
_SNAPSHOT_BYTES, _MODEL_BYTES = 4 << 20, 16 << 20


class Recording:
    """One run while it goes, and its record.

    Parameters
    ----------
    command
        "fill" or "train".
    given
        Options by their names.
    start
        What it goes on from, as in `find_branch`; None where it begins anew.
    is_on
        False keeps no record.

    Attributes
    ----------
    options
        As chosen: those of the run it goes on from, where none are given.

    Raises
    ------
    InvalidParameter, ModelFileError
        If an option has a value outside its range, or there is no such run to go on from.
    """

    def __init__(
        self, command: str, given: Mapping[str, Any], start: str | None, *, is_on: bool
    ) -> None:
        self.command, self.is_on = command, is_on
        self.branch = None if start is None else find_branch(start)
        options = Options.of(**given)
        self.options = options if self.branch is None else self.branch.options(options)
        self.began, self._clock = time.time(), time.monotonic()
        self._table = self._table_digest = ""

    def read(self, table: str | os.PathLike[str] | object) -> Table:
        """Read a table as the options say, and take down which file it was before it may change."""
        found = read_as(table, self.options)
        path = found.source.path
        if self.is_on and path is not None and path.is_file():
            self._take_down(path)
        return found

    def _take_down(self, path: Path) -> None:
        """Keep name and digest of a file."""
        import hashlib

        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        except OSError:
            return
        # A name may hold bytes that are no text, which no file of ours can.
        name = str(path.absolute()).encode("utf-8", "backslashreplace").decode()
        self._table, self._table_digest = name, found.hexdigest()

    def learn(
        self,
        prepared: Prepared,
        callback: Callable[[Progress], None] | None,
        notify: Notify | None,
    ) -> tuple[Model, Contest]:
        """Learn as `workflow.learn` does; training that diverged is kept here, too."""
        return learn(
            prepared,
            self.options,
            callback,
            notify,
            branch=self.branch,
            snapshot_bytes=_SNAPSHOT_BYTES if self.is_on else 0,
            on_failure=lambda contest: self.keep(prepared, None, contest, notify),
        )

    def keep(
        self, prepared: Prepared, model: Model | None, contest: Contest, notify: Notify | None
    ) -> None:
        """Write the record; there is no model where training diverged.

        Ctrl-C in this moment costs the record, and not the run, which is done.
        """
        if not self.is_on:
            return
        try:
            self._keep(prepared, model, contest)
        except KeyboardInterrupt:
            reason = "it was stopped"
        except Exception as cause:  # noqa: BLE001 whatever it is, the run is done and is worth more
            reason = str(cause).rstrip(".")
        else:
            return
        if notify:
            notify("note", f"No record of this run was kept: {reason}.")

    def _keep(self, prepared: Prepared, model: Model | None, contest: Contest) -> None:
        # Loaded here, so that a run without a record does not wait for it.
        from gradus._archive import digest
        from gradus.models.model_file import dump
        from gradus.records import index
        from gradus.records.home import home
        from gradus.records.run_file import dump_run

        place = home()
        data = None if model is None else dump(model, "The model")
        verdict = None if model is None else model.verdict
        run_id, model_digest = index.new_id(place), "" if data is None else digest(data)
        run = self._run(run_id, prepared, verdict, model_digest, contest)
        kept = data if data is not None and len(data) <= _MODEL_BYTES else None
        index.keep(place, run_id, dump_run(run), kept)

    def _run(
        self,
        run_id: str,
        prepared: Prepared,
        verdict: Verdict | None,
        model_digest: str,
        contest: Contest,
    ) -> "RecordedRun":
        """Put together what is kept."""
        from gradus.records.run import RecordedRun
        from gradus.records.summary import RunSummary

        own = {} if verdict is None else verdict.measures.get(verdict.answered_by, {})
        summary = RunSummary(
            id=run_id,
            command=self.command,
            began=self.began,
            seconds=time.monotonic() - self._clock,
            table=Path(prepared.table.name).name,
            target=prepared.target.name,
            n_rows=len(prepared.y),
            answered_by="" if verdict is None else verdict.answered_by,
            typical_error=own.get("typical_error"),
            accuracy=own.get("accuracy"),
            parent="" if self.branch is None else self.branch.name,
            model_digest=model_digest,
        )
        return RecordedRun(
            summary=summary,
            table=self._table,
            table_digest=self._table_digest,
            rows_digest=prepared.digest(),
            settings=settings_of(self.options),
            versions={
                "gradus": VERSION,
                "numpy": np.__version__,
                "python": sys.version.split()[0],
                "instruction set": make_engine(self.options.engine, 1).instruction_set,
            },
            verdict=str(contest.failure) if verdict is None else verdict.sentence,
            spec=contest.settings.spec,
            plan=contest.settings.plan,
            histories=contest.histories,
            best_epochs=contest.best_epochs,
            taken=contest.snapshots,
            model_path=Path(),
        )


def settings_of(options: Options) -> dict[str, Any]:
    """Return options as names and values that JSON can carry, and `Options` takes again."""

    def plain(value: Any) -> Any:  # noqa: ANN401 each option has a type of its own
        if isinstance(value, Mapping):
            return {str(name): entry for name, entry in value.items()}
        return list(value) if isinstance(value, list | tuple) else value

    return {one.name: plain(getattr(options, one.name)) for one in fields(options)}
