"""gradus with many networks: one call of the seam between tables and networks, or one call each."""

from concurrent.futures import ThreadPoolExecutor

from benchmarks.speed.many import ManyProblem
from benchmarks.speed.peer_gradus import put, taken
from benchmarks.speed.problem import Layers
from benchmarks.speed.workload import Job

from gradus import Adam, Dense, Network
from gradus.training.plan import Plan
from gradus.training.train import train as train_folds


def at_once(problem: ManyProblem, threads: int) -> Job:
    """Train all in one call, as the main job trains its five."""
    X, y = problem.rows
    spec = network(problem, 0).spec
    plan = Plan(Adam(), 1, problem.batch, dtype="float32", n_threads=threads)

    def check() -> float:
        params = train_folds(spec, X, y, None, problem.folds, plan).params
        return problem.value([taken(Network.from_params(spec, one)) for one in params])

    return Job(lambda: train_folds(spec, X, y, None, problem.folds, plan), check)


def each(problem: ManyProblem, threads: int) -> Job:
    """Train each by `Network.train` with one thread, from a pool of Python's threads.

    The rows are chosen before, untimed, because `Network.train` cannot leave out one.
    """
    X, y = problem.rows
    tables = [(X[rows], y[rows]) for rows in problem.own_rows]
    made = [network(problem, j) for j in range(problem.k)]
    pool = ThreadPoolExecutor(threads)

    def reset() -> None:
        for one, layers in zip(made, problem.layers, strict=True):
            put(one, layers)

    def train_one(j: int) -> None:
        made[j].train(*tables[j], Adam(), epochs=1, batch_size=problem.batch, n_threads=1)

    def run() -> None:
        list(pool.map(train_one, range(problem.k)))

    def check() -> float:
        reset()
        run()
        found: list[Layers] = [taken(one) for one in made]
        return problem.value(found)

    return Job(run, check, reset=reset)


def network(problem: ManyProblem, j: int) -> Network:
    """Make network j."""
    layers = [*(Dense(width, "relu") for width in problem.widths[1:-1]), Dense(problem.widths[-1])]
    return Network(problem.widths[0], layers, seed=j, dtype="float32")
