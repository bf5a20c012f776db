"""Programs timed from outside: the start of a process to its end."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: Where modules of these benchmarks are found.
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a program left.

    Attributes
    ----------
    seconds
        From before its start to after its end.
    told
        What it printed.
    """

    seconds: float
    told: str


def program(command: Sequence[str | os.PathLike[str]]) -> Ended:
    """Run a program to its end, with the compiled modules that the first run of it kept.

    Python keeps them beside its modules unless it is told not to, as some systems do; then each
    start would compile what was not installed as a wheel. Here all are kept in one folder.

    Raises
    ------
    RuntimeError
        If it fails; with its last words.
    """
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(_compiled())}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        told, complained = process.communicate()
    seconds = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {complained[-500:]}")
    return Ended(seconds, told)


def module(name: str, *words: str) -> Ended:
    """Run a module of these benchmarks."""
    return program([sys.executable, "-m", f"benchmarks.speed.{name}", *words])


@cache
def _compiled() -> Path:
    return folder()


def folder() -> Path:
    """Make a folder that lives as long as this process."""
    made = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
