"""Signals are heard from the first import to the last sentence, and leave nothing behind."""

import os
import subprocess
import sys

import pytest

START = "from gradus.cli.start import main; main()"
# Sends itself a signal when a module is imported.
FINDER = """
import os, signal, sys
class Finder:
    def find_spec(name, *_rest):
        if name == {module!r}:
            for _ in range({times}):
                os.kill(os.getpid(), signal.{name})
            {then}
sys.meta_path.insert(0, Finder)
"""
# DuckDB is loaded only where a mark may enclose a cell.
TABLE = '"a",b,y\n' + "".join(f"{i},{i % 7},{2 * i if i < 40 else ''}\n" for i in range(43))


def run(code, *arguments, **options):
    """Run the code with all temporary files in the folder `tmp`."""
    os.mkdir("tmp")  # noqa: PTH102
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": os.path.abspath("tmp")},  # noqa: PTH100
        **options,
    )


@pytest.fixture(autouse=True)
def a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE)


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)], ids=str
)
# While the commands are imported, while the table is read, before the networks are trained.
@pytest.mark.parametrize("module", ["typer", "duckdb", "gradus.engines.native"])
def test_a_signal_at_any_import_is_a_sentence_and_a_code(tmp_path, name, code, module):
    # Twice, as an impatient person does.
    finder = FINDER.format(module=module, name=name, times=2, then="pass")
    done = run(finder + START, "fill", "t.csv")
    assert done.stderr.splitlines()[-1] == "Stopped; nothing was written."
    assert "Traceback" not in done.stderr
    assert done.returncode == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_import_that_fails_because_it_was_stopped_is_no_fault():
    finder = FINDER.format(module="duckdb", name="SIGINT", times=0, then="pass")
    # What an extension makes of a KeyboardInterrupt.
    finder = finder.replace(
        "pass", "try: os.kill(os.getpid(), 2)\n            except BaseException: raise ImportError"
    )
    done = run(finder + START, "fill", "t.csv")
    assert (done.returncode, done.stderr.splitlines()[1:]) == (
        130,
        ["Stopped; nothing was written."],
    )


def test_a_signal_that_is_ignored_stays_ignored():
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    finder = FINDER.format(module="typer", name="SIGINT", times=1, then="pass")
    done = run(ignore + finder + START, "fill", "t.csv", "--quiet", "--epochs", "2")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fault_of_ours_keeps_its_trace():
    code = "import gradus.cli.main as m; m.run = lambda: 1 / 0\n" + START
    done = run(code)
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_main_takes_the_arguments_of_the_process():
    done = run(START, "fil")
    assert (done.returncode, done.stderr) == (2, "No such command 'fil'. Did you mean 'fill'?\n")


def test_a_signal_after_the_last_sentence_changes_nothing():
    code = (
        "import atexit, os, signal\natexit.register(os.kill, os.getpid(), signal.SIGINT)\n" + START
    )
    done = run(code, "--version")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_end_is_not_held_up_by_a_search_for_garbage():
    tell = "import atexit, gc\natexit.register(lambda: print(gc.get_freeze_count() > 1000))\n"
    done = run(tell + START, "--version")
    assert done.stdout.splitlines()[-1] == "True"
