"""scikit-learn with many networks: joblib's processes, one network to each at a time."""

from dataclasses import replace

from benchmarks.speed.many import ManyProblem
from benchmarks.speed.peer_sklearn import fitted
from benchmarks.speed.problem import Array, Layers, Problem
from benchmarks.speed.workload import Job
from joblib import Parallel, delayed


def train(problem: ManyProblem) -> Job:
    """Fit all in two processes that live on from run to run."""
    parallel = Parallel(n_jobs=2)
    tasks = [problem.one(j) for j in range(problem.k)]

    def fit_all() -> list[Layers]:
        jobs = zip(tasks, problem.own_rows, strict=True)
        found: list[Layers] = parallel(delayed(_fit)(task, rows) for task, rows in jobs)
        return found

    return Job(fit_all, lambda: problem.value(fit_all()))


def _fit(task: Problem, rows: Array) -> Layers:
    own = replace(task, X=task.X[rows], y=task.y[rows])
    made = fitted(own, own.epochs)
    return list(zip(made.coefs_, made.intercepts_, strict=True))
