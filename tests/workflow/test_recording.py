"""A run is kept without changing it, and what cannot be kept spoils nothing."""

import os
import stat

import pandas as pd
import pytest

from gradus._archive import digest
from gradus.errors import Diverged, ModelFileError
from gradus.records import index
from gradus.records.find import find_run, runs
from gradus.tables.read import read_table
from gradus.training.snapshots import Snapshots
from gradus.workflow.fill import fill
from gradus.workflow.train import train
from tests.records.conftest import QUICK, bits_of


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rule": "levenberg_marquardt"},
        {"rule": "automatic"},
        {"split": "group:way"},
        {"hidden": None},
        {"target": "way"},
    ],
    ids=str,
)
def test_a_record_changes_no_bit(made, options):
    description, arrays = bits_of(made(**options, record=False))
    assert runs() == ()
    assert bits_of(made(**options)) == (description, arrays)
    assert len(runs()) == 1
    assert all(isinstance(find_run("last").snapshots(k), Snapshots) for k in (1, 2))


def test_networks_by_time(place, rng):
    """Each is a round of its own, and goes on from its own weights."""
    days = pd.date_range("2020-01-01", periods=160).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"day": days, "x": rng.normal(size=160), "y": rng.normal(size=160)})
    model = train(frame, "y", split="time:day", **QUICK)
    run = find_run("last")
    assert run.n_networks == len(model.history) == 4
    for network in range(1, 4):
        ended_with = model.answerer.by_fold[network - 1]
        assert run.weights(None, network).tobytes() == ended_with.tobytes()
    assert run.weights(None, 4).tobytes() == model.answerer.answering[0].tobytes()
    train(frame, "y", start="last", epochs=1)
    for network in range(1, 5):
        began_with = find_run("last").weights(0, network)
        assert began_with.tobytes() == run.weights(None, network).tobytes()


def test_fill_keeps_a_run(place, table):
    table.write_text(table.read_text() + "0.5,0.5,,up\n")
    fill(table, **QUICK)
    run = find_run("last")
    assert (run.summary.command, run.summary.target) == ("fill", "y")
    assert run.table_digest == digest(table.read_bytes())


def test_a_name_that_is_no_text(place, table):
    odd = table.with_name(os.fsdecode(b"odd \xff.csv"))
    table.rename(odd)
    train(odd, "y", **QUICK)
    assert find_run("last").table.endswith("odd \\udcff.csv")
    assert find_run("last").table_digest == digest(odd.read_bytes())


def test_a_frame_has_no_file_and_rows_that_tell_it_apart(place, table):
    frame = pd.read_csv(table)
    train(frame, "y", **QUICK)
    first = find_run("last")
    assert (first.table, first.table_digest) == ("", "")
    train(frame, "y", **QUICK)
    assert find_run("last").rows_digest == first.rows_digest
    frame.loc[0, "a"] += 1
    train(frame, "y", **QUICK)
    assert find_run("last").rows_digest != first.rows_digest


def test_too_few_rows_for_a_network(place, table):
    rows = table.read_text().splitlines()[:6]
    table.write_text("\n".join(rows) + "\n")
    train(table, "y")
    run = find_run("last")
    assert (run.n_networks, run.summary.measure) == (0, "")
    assert run.model.verdict.answered_by == "linear"


def test_long_runs_stay_small(place, table):
    train(table, "y", hidden=(8,), epochs=5000, rule="levenberg_marquardt", folds=2)
    run = find_run("last")
    assert all(3 <= len(run.snapshots(k)) <= 64 for k in (1, 2))
    assert sum(path.stat().st_size for path in (place / "runs").iterdir()) < 1 << 20


def test_long_histories_are_thinned(made, monkeypatch):
    monkeypatch.setattr("gradus.records.run_file._HISTORY_BYTES", 5 * 4 * 9 * 8)
    model = made(epochs=40)
    run = find_run("last")
    for network in range(1, 6):
        ours, whole = run.history(network), model.history[network - 1]
        assert len(ours) <= 6 < len(whole)
        assert run.best_epochs[network - 1] in ours.epoch
        assert ours.epoch[-1] == whole.epoch[-1]


WILD = {"rule": "gradient_descent", "learning_rate": 1e30, "folds": 2}


def test_a_run_that_diverges_is_kept_too(made):
    with pytest.raises(Diverged) as failure:
        made(**WILD)
    run = find_run("last")
    assert (run.summary.answered_by, run.summary.cells()[6]) == ("", "diverged")
    assert run.verdict == str(failure.value)
    assert run.n_networks == 2
    assert all(len(run.weights(0, k)) == len(run.weights(None, k)) for k in (1, 2))
    assert run.plan.rule.learning_rate.rate == 1e30
    with pytest.raises(ModelFileError, match="is no file"):
        _ = run.model


def test_networks_that_diverge_leave_a_model_that_can_be_read(made):
    made(**WILD, hidden=None)
    run = find_run("last")
    assert run.summary.answered_by in ("linear", "mean")
    assert run.n_networks == 2
    assert run.model.history == ()


def said(made, **options):
    """Train, and return what was said of the record."""
    told = []
    made(notify=lambda kind, sentence: told.append((kind, sentence)), **options)
    return [sentence for kind, sentence in told if "record" in sentence and kind == "note"]


def test_a_folder_that_cannot_be_made_costs_one_sentence(made, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("GRADUS_HOME", str(tmp_path / "file" / "home"))
    (sentence,) = said(made)
    assert sentence.startswith("No record of this run was kept: [Errno 20] Not a directory")


def test_a_folder_that_may_not_be_written(made, place, monkeypatch):
    (place / "runs").mkdir(parents=True)
    (place / "runs").chmod(stat.S_IRUSR | stat.S_IXUSR)
    really_keep, nobody = index.keep, 65534

    def keep(*given):
        # Whoever may do everything may write here, too.
        if os.geteuid():
            return really_keep(*given)
        os.seteuid(nobody)
        try:
            return really_keep(*given)
        finally:
            os.seteuid(0)

    monkeypatch.setattr(index, "keep", keep)
    (sentence,) = said(made)
    assert "Permission denied" in sentence
    assert runs() == ()


def test_a_full_disk_costs_one_sentence_and_leaves_nothing(made, place, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "write_atomically", full)
    assert said(made) == ["No record of this run was kept: [Errno 28] No space left on device."]
    assert runs() == ()


def test_ctrl_c_while_it_is_kept_costs_the_record_and_not_the_run(made, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(index, "keep", stopped)
    assert said(made) == ["No record of this run was kept: it was stopped."]


def test_whatever_runs_say_nothing(made):
    assert said(made) == []


def test_a_large_model_is_left_out(made, monkeypatch):
    monkeypatch.setattr("gradus.workflow.recording._MODEL_BYTES", 100)
    model = made()
    run = find_run("last")
    assert not run.model_path.exists()
    assert run.weights(None, 1).tobytes() == model.answerer.by_fold[0].tobytes()


def test_without_room_no_weights_are_kept(made, monkeypatch):
    monkeypatch.setattr("gradus.workflow.recording._SNAPSHOT_BYTES", 10)
    made()
    run = find_run("last")
    assert len(run.snapshots(1)) == 0
    assert len(run.history(1)) > 0


def test_the_table_is_read_as_it_was(made, table):
    model = made()
    assert find_run("last").model.predict(read_table(table)).values.tolist() == (
        model.predict(table).values.tolist()
    )
