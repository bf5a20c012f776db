"""Run workloads, print their tables and keep the samples: ``python -m benchmarks.speed NAME ...``.

NAME is W1 to W13, one half such as W3a, or all. ``--quick`` runs gradus and the best peer only, in
under three minutes for all; ``--peers gradus,jax`` runs those whose names begin so.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from benchmarks.speed import limits, machine, registry, rounds, table, w12
from benchmarks.speed.workload import Peer, Workload


def chosen(workload: Workload, beginnings: str | None, *, is_quick: bool) -> list[Peer]:
    """Pick the peers to run."""
    wanted = [name.strip() for name in beginnings.split(",")] if beginnings else [""]
    return [
        peer
        for peer in workload.peers
        if any(peer.label.startswith(name) for name in wanted)
        and (not is_quick or (workload.is_in_quick and peer.is_in_quick))
    ]


def limit_of(workload: Workload, allowed: dict[str, Any]) -> float | None:
    """Compute a limit where there is one and it was measured."""
    return workload.limit(allowed) if workload.limit and allowed else None


def measured(
    workload: Workload, peers: list[Peer], effort: rounds.Effort, allowed: dict[str, Any]
) -> dict[str, Any]:
    """Run one workload and describe it for the file."""
    return {
        "name": workload.name,
        "title": workload.title,
        "unit": workload.unit,
        "measured_in": workload.measured_in,
        "tolerance": workload.tolerance,
        "limit": limit_of(workload, allowed),
        "limit_says": workload.limit_says,
        "rows": rounds.run(workload, peers, effort),
    }


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--peers", help="beginnings of names, with commas between")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tiny", action="store_true", help="sizes of a test: times mean nothing")
    parser.add_argument("--rounds", type=int, help="processes of each peer (default 3)")
    parser.add_argument("--out", type=Path, default=Path("build/speed.json"))
    asked = parser.parse_args()
    effort = rounds.QUICK if asked.quick or asked.tiny else rounds.Effort()
    effort = rounds.replace(effort, is_tiny=asked.tiny, rounds=asked.rounds or effort.rounds)
    allowed = {} if asked.tiny else limits.measure(is_quick=asked.quick)
    kept: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine.describe(),
        "options": {"is_quick": asked.quick, "rounds": effort.rounds, "tries": effort.tries},
        "limits": allowed,
        "workloads": [],
        "curves": [],
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    for name in registry.asked(asked.names):
        if name == registry.CURVES:
            kept["curves"] = w12.run(effort, asked.peers, is_quick=asked.quick or asked.tiny)
            print(w12.printed(kept["curves"]) + "\n", flush=True)
            continue
        workload = registry.workload(name)
        peers = chosen(workload, asked.peers, is_quick=asked.quick)
        if not peers:
            continue
        result = measured(workload, peers, effort, allowed)
        print(table.printed(result) + "\n", flush=True)
        kept["workloads"].append(result)
        asked.out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if not (asked.quick or asked.tiny):
        # What kept the machine busy in the beginning may have ended.
        kept["limits"] = limits.larger(allowed, limits.measure(is_quick=False))
        for result in kept["workloads"]:
            result["limit"] = limit_of(registry.workload(result["name"]), kept["limits"])
    asked.out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
