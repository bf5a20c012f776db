"""What W8 times from outside: ``python -m benchmarks.speed.cold PEER TABLE EPOCHS``.

Reads a delimited file of numbers, the last column the answer, trains 10-32-1 ReLU with Adam in
batches of 32, and prints the mean squared error over the rows. Every peer reads by `np.loadtxt` and
loads its own library alone.
"""

import sys

import numpy as np
from benchmarks.speed.problem import Problem, by_adam, first_layers
from benchmarks.speed.workload import Job

BATCH = 32


def job(peer: str, problem: Problem, threads: int = 1) -> Job:
    """Hand the problem to a peer, whose library is imported now."""
    if peer == "gradus":
        from benchmarks.speed import peer_gradus

        return peer_gradus.train(problem, threads)
    if peer == "numpy":
        from benchmarks.speed import peer_numpy

        return peer_numpy.train(problem)
    if peer == "jax":
        from benchmarks.speed import peer_jax

        return peer_jax.train(problem)
    if peer == "sklearn":
        from benchmarks.speed import peer_sklearn

        return peer_sklearn.train(problem)
    from benchmarks.speed import peer_torch

    return peer_torch.train(problem, threads, is_by_hand=peer == "torch by hand")


def main() -> None:
    """Read, train, tell."""
    peer, path, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    layers = first_layers((rows.shape[1] - 1, 32, 1))
    X, y = np.ascontiguousarray(rows[:, :-1]), rows[:, -1:].copy()
    made = job(peer, by_adam(X, y, layers, BATCH, epochs))
    made.reset()
    made.run()
    print(made.reached())


if __name__ == "__main__":
    main()
