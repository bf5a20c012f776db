"""Keeping the record of a run: what is known when it begins, and what came of it.

A record is worth less than the run: where it cannot be kept, one sentence says so.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gradus.engines.registry import engine as make_engine
from gradus.models.model import Model
from gradus.tables.table import Table
from gradus.verdict.verdict import Verdict
from gradus.workflow.branch import Branch
from gradus.workflow.contest import Contest
from gradus.workflow.options import Options
from gradus.workflow.prepare import Notify, Prepared

if TYPE_CHECKING:
    from gradus.records.run import RecordedRun


# Of all snapshots of a run, and of its model; larger models are not kept.
_SNAPSHOT_BYTES, _MODEL_BYTES = 4 << 20, 16 << 20


class Recording:
    """The record of one run while it goes.

    Parameters
    ----------
    command
        "fill" or "train".
    options
        As chosen.
    branch
        What it goes on from; None where it begins anew.
    is_on
        False keeps none.
    """

    def __init__(
        self, command: str, options: Options, branch: Branch | None, *, is_on: bool
    ) -> None:
        self.command, self.options, self.is_on = command, options, is_on
        self.parent = "" if branch is None else branch.name
        self.began, self._clock = time.time(), time.monotonic()
        self._table = self._table_digest = ""

    @property
    def snapshot_bytes(self) -> int:
        """Room for weights on the way."""
        return _SNAPSHOT_BYTES if self.is_on else 0

    def has_read(self, table: Table) -> None:
        """Take down which file was read, before it may change."""
        path = table.source.path
        if not self.is_on or path is None or not path.is_file():
            return
        import hashlib

        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        except OSError:
            return
        # A name may hold bytes that are no text, which no file of ours can.
        name = str(path.absolute()).encode("utf-8", "backslashreplace").decode()
        self._table, self._table_digest = name, found.hexdigest()

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
        from importlib.metadata import version

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
            parent=self.parent,
            model_digest=model_digest,
        )
        return RecordedRun(
            summary=summary,
            table=self._table,
            table_digest=self._table_digest,
            rows_digest=prepared.digest(),
            settings=settings_of(self.options),
            versions={
                "gradus": version("gradus"),
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
