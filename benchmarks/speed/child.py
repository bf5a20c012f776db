"""One peer at one workload in a process of its own: ``python -m benchmarks.speed.child OPTIONS``.

Prints one line of JSON, the last one.
"""

import argparse
import json
import os
import resource
import time


def main() -> None:
    """Make the job, check it, time it, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload")
    parser.add_argument("peer")
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--cores", type=int)
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    if asked.cores:
        # Libraries count processors when they are loaded.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-asked.cores :])
    from benchmarks.speed import machine, registry, timing

    workload = registry.workload(asked.workload)
    peer = next(one for one in workload.peers if one.label == asked.peer)
    begin = time.perf_counter()
    job = peer.make("tiny" if asked.tiny else "full")
    prepared = time.perf_counter() - begin
    check = job.check()
    repetitions = asked.repetitions or workload.repetitions
    seconds = workload.seconds if asked.seconds is None else asked.seconds
    # A whole process is warm by its check.
    is_warm = workload.seconds == 0
    samples = timing.repeat(job, repetitions, seconds, asked.tries, is_warm=is_warm)
    found = {
        "check": check,
        "note": job.note,
        "samples": samples,
        "compile_seconds": job.compile_seconds,
        "prepare_seconds": prepared,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "versions": machine.loaded_versions(),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
