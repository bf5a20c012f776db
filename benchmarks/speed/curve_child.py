"""One peer along one axis: ``python -m benchmarks.speed.curve_child AXIS PEER SIZE ...``.

Prints one line of JSON for each size as it is done; a size the memory does not hold ends it.
"""

import argparse
import gc
import json

from benchmarks.speed import curves, machine, timing


def main() -> None:
    """Time every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("axis")
    parser.add_argument("peer")
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--tries", type=int, default=1)
    asked = parser.parse_args()
    make = next(maker for label, _, maker in curves.PEERS if label == asked.peer)
    for size in asked.sizes:
        problem = curves.axis(asked.axis).problem(size)
        job = make(problem)
        point = {
            "size": size,
            "row_parameters": curves.row_parameters(problem),
            "samples": timing.repeat(job, asked.repetitions, asked.seconds, asked.tries),
            "compile_seconds": job.compile_seconds,
            "versions": machine.loaded_versions(),
        }
        print(json.dumps(point), flush=True)
        del problem, job
        gc.collect()


if __name__ == "__main__":
    main()
