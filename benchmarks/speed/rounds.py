"""Processes of the peers of a workload in turn, A B C A B C, so that drift hits all alike."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.speed.limits import environment
from benchmarks.speed.process import ROOT
from benchmarks.speed.workload import Peer, Workload


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes
    ----------
    rounds
        Processes of each peer.
    repetitions
        Samples of a process; None for the workload's number.
    seconds
        Of one sample; None for the workload's.
    tries
        How often a sample is taken that others disturbed.
    is_tiny
        Whether all is as small as in a test.
    """

    rounds: int = 3
    repetitions: int | None = None
    seconds: float | None = None
    tries: int = 4
    is_tiny: bool = False


__all__ = ["QUICK", "Effort", "replace", "run"]
QUICK = Effort(rounds=1, repetitions=3, seconds=0.1, tries=1)


def run(workload: Workload, peers: Sequence[Peer], effort: Effort) -> list[dict[str, Any]]:
    """Run all rounds; a peer that fails is told as such and left out of the later ones."""
    found: dict[str, dict[str, Any]] = {peer.label: _row(peer) for peer in peers}
    for number in range(effort.rounds):
        for peer in peers:
            row = found[peer.label]
            if row["error"]:
                continue
            print(f"{workload.name} {peer.label}, round {number + 1}", file=sys.stderr, flush=True)
            one = _process(workload, peer, effort)
            row["error"] = one.pop("error", "")
            if not row["error"]:
                row["rounds"].append(one)
    return list(found.values())


def _row(peer: Peer) -> dict[str, Any]:
    return {
        "peer": peer.label,
        "is_gradus": peer.is_gradus,
        "is_rival": peer.is_rival and not peer.is_gradus,
        "threads": peer.threads,
        "cores": peer.cores,
        "note": peer.note,
        "tolerance": peer.tolerance,
        "error": "",
        "rounds": [],
    }


def _process(workload: Workload, peer: Peer, effort: Effort) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.speed.child", workload.name, peer.label]
    options = {
        "--repetitions": effort.repetitions,
        "--seconds": effort.seconds,
        "--tries": effort.tries,
        "--cores": peer.cores,
    }
    for name, value in options.items():
        command += [] if value is None else [name, str(value)]
    command += ["--tiny"] if effort.is_tiny else []
    env = environment(peer.threads, dict(peer.env))
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        return {"error": last[0]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
