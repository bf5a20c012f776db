"""How fast gradus is beside other libraries and beside the machine: `docs/speed.md` tells how.

``python -m benchmarks.speed W3a`` runs a workload, ``python -m benchmarks.speed all`` every one.
Nothing in here is a test, and no test is timed.
"""
