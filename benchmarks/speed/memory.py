"""What W11 runs: ``python -m benchmarks.speed.memory PEER SIZE`` trains W4 for an epoch.

Prints the most memory the process held at once.
"""

import json
import resource
import sys
from typing import get_args

from benchmarks.speed import w4
from benchmarks.speed.cold import job
from benchmarks.speed.workload import Size


def main() -> None:
    """Train, and tell."""
    peer, asked = sys.argv[1:3]
    size = next(one for one in get_args(Size) if one == asked)
    problem = w4.problem(size)
    if peer != "rows":
        made = job(peer, problem, threads=2)
        made.reset()
        made.run()
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
