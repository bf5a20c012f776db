"""Every workload of `benchmarks.speed` runs in gradus, and NumPy by hand comes to the same loss."""

import math

import pytest
from benchmarks.speed import curves, registry, timing
from benchmarks.speed.workload import Job

# W13b is W13a with more rows, and starts whole processes.
NAMES = [name for name in registry.FILES if name not in {registry.CURVES, "W13b"}]
OURS = [
    (name, peer.label) for name in NAMES for peer in registry.workload(name).peers if peer.is_gradus
]
BY_NUMPY = [
    (name, peer.label)
    for name in NAMES
    for peer in registry.workload(name).peers
    if peer.label in {"numpy 2t", "numpy one by one", "numpy tuned"}
]


def job(name, label):
    peers = registry.workload(name).peers
    return next(peer for peer in peers if peer.label == label).make("tiny")


@pytest.mark.parametrize(("name", "label"), OURS)
def test_ours_runs(name, label):
    made = job(name, label)
    if made.measure is None:
        assert math.isfinite(made.check())
    else:
        assert made.measure() > 0


def test_a_run_is_timed():
    (sample,) = timing.repeat(job("W3a", "gradus 1t"), 1, seconds=0.0, most_tries=1)
    assert sample["value"] > 0
    assert sample["calls"] == 1


@pytest.mark.parametrize(("name", "label"), BY_NUMPY)
def test_numpy_does_the_same_work(name, label):
    ours = next(peer.label for peer in registry.workload(name).peers if peer.is_gradus)
    assert job(name, label).check() == pytest.approx(job(name, ours).check(), rel=1e-4)


@pytest.mark.parametrize("axis", [axis.name for axis in curves.AXES])
def test_a_curve_begins(axis):
    problem = curves.axis(axis).problem(1)
    curves.by_gradus(1)(problem).run()
    assert curves.row_parameters(problem) > 0


def test_names_are_expanded():
    assert registry.asked(["W3", "W7b", "W3a"]) == ["W3a", "W3b", "W7b"]
    assert registry.asked(["all"]) == list(registry.FILES)
    with pytest.raises(SystemExit, match="There is no workload 'W99'"):
        registry.asked(["W99"])


def test_a_sample_that_others_disturb_is_taken_again(monkeypatch):
    busy = iter(range(0, 10**6, 1000))
    monkeypatch.setattr(timing, "_all_busy", lambda: next(busy))
    idle = Job(lambda: None, lambda: 0.0)
    (sample,) = timing.repeat(idle, repetitions=1, seconds=0.0, most_tries=3)
    assert sample["tries"] == 3
    assert sample["is_disturbed"]


def test_a_job_may_measure_itself():
    values = iter([7.0, 1.0, 2.0])
    measured = Job(lambda: None, lambda: 0.0, measure=lambda: next(values))
    samples = timing.repeat(measured, repetitions=2, seconds=0.0, most_tries=1)
    assert [sample["value"] for sample in samples] == [1.0, 2.0], "the first one warms up"
