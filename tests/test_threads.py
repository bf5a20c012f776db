"""How many threads: what the system grants, read from made-up control groups."""

import os

import pytest

from gradus._threads import default_n_threads
from gradus.errors import InvalidParameter

N_PROCESSORS = 8


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch):
    monkeypatch.delenv("GRADUS_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(N_PROCESSORS)))


def put(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_processors_count_where_nothing_limits_them(tmp_path):
    assert default_n_threads(tmp_path) == N_PROCESSORS


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("100001 100000\n", 2),
        ("50000 100000\n", 1),
        ("900000 100000\n", 8),
        ("", 8),
        ("0 100000\n", 8),
        ("100000 0\n", 8),
        ("nonsense\n", 8),
    ],
)
def test_quota_of_version_2(tmp_path, quota, expected):
    files = {"proc/self/cgroup": "0::/user/unit\n", "sys/fs/cgroup/user/unit/cpu.max": quota}
    assert default_n_threads(put(tmp_path, files)) == expected


def test_the_smallest_quota_on_the_way_up_counts(tmp_path):
    files = {
        "proc/self/cgroup": "0::/user/unit\n",
        "sys/fs/cgroup/user/unit/cpu.max": "600000 100000\n",
        "sys/fs/cgroup/user/cpu.max": "300000 100000\n",
        "sys/fs/cgroup/cpu.max": "max 100000\n",
    }
    assert default_n_threads(put(tmp_path, files)) == 3


def test_a_group_missing_in_a_container_falls_back_to_the_root(tmp_path):
    files = {"proc/self/cgroup": "0::/../outside\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}
    assert default_n_threads(put(tmp_path, files)) == 2


def test_quota_of_version_1(tmp_path):
    files = {
        "proc/self/cgroup": "5:memory:/unit\n4:cpu,cpuacct:/unit\n",
        "sys/fs/cgroup/cpu/unit/cpu.cfs_quota_us": "250000\n",
        "sys/fs/cgroup/cpu/unit/cpu.cfs_period_us": "100000\n",
    }
    assert default_n_threads(put(tmp_path, files)) == 3


def test_version_1_without_a_quota(tmp_path):
    files = {
        "proc/self/cgroup": "4:cpu,cpuacct:/\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    assert default_n_threads(put(tmp_path, files)) == N_PROCESSORS


def test_a_system_without_affinity(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_n_threads(tmp_path) == 1


def test_the_variable_decides(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADUS_NUM_THREADS", " 11 ")
    assert default_n_threads(tmp_path) == 11


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), (" 2,1", 2), ("9", 8), ("0", 1), ("", 8), ("all", 8), ("9" * 5000, 8), ("-1", 8)],
)
def test_the_variable_of_all_libraries_is_a_limit(tmp_path, monkeypatch, value, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert default_n_threads(tmp_path) == expected
    monkeypatch.setenv("GRADUS_NUM_THREADS", "7")
    assert default_n_threads(tmp_path) == 7


def granted(_):
    return default_n_threads()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system has no affinity")
def test_processes_of_joblib_share_the_processors(monkeypatch):
    """Its workers are processes of their own, so nothing here is made up but the one variable."""
    joblib = pytest.importorskip("joblib")
    monkeypatch.undo()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    n_jobs = len(os.sched_getaffinity(0))
    found = joblib.Parallel(n_jobs=n_jobs)(map(joblib.delayed(granted), range(2 * n_jobs)))
    assert set(found) == {1}


def test_there_are_at_most_1024(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(5000)))
    assert default_n_threads(tmp_path) == 1024
    monkeypatch.setenv("GRADUS_NUM_THREADS", "1024")
    assert default_n_threads(tmp_path) == 1024


@pytest.mark.parametrize("value", ["0", "-2", "two", "1.5", "²", "1025", "9" * 5000])
def test_the_variable_must_be_a_number(tmp_path, monkeypatch, value):
    monkeypatch.setenv("GRADUS_NUM_THREADS", value)
    with pytest.raises(InvalidParameter) as caught:
        default_n_threads(tmp_path)
    sentence = f"GRADUS_NUM_THREADS must be a whole number from 1 to 1024; got {value!r}."
    assert str(caught.value) == sentence
