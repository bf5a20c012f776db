"""scikit-learn's own tests of its two classes, unmodified, on ours in their place.

The file is that of the installed scikit-learn; before pytest looks at it the names of its two
classes become those of ours with ``preprocess=None``. What it cannot see in ours stands in a table
with the reason, and its substance in `test_like_sklearn.py`.
"""

import os
import re
import shutil
import subprocess
import sys

from sklearn.neural_network.tests import test_mlp

#: Items of the file in scikit-learn 1.9.
N_ITEMS = 59
#: Private parts of scikit-learn's classes that ours have no use for.
LOOKS_INSIDE = {
    "test_gradient": "calls _loss_grad_lbfgs; our gradients have tests of their own",
    "test_learning_rate_warmstart": "reads _optimizer.learning_rate",
    "test_adaptive_learning_rate": "reads _optimizer.learning_rate",
    "test_n_iter_no_change": "reads _no_improvement_count",
    "test_n_iter_no_change_inf": "reads _no_improvement_count",
}
#: What the process runs before pytest looks at the file.
PLUGIN = """
import inspect

import sklearn.neural_network as there

import gradus


def plain(ours):
    def __init__(self, *args, **options):
        ours.__init__(self, *args, **{"preprocess": None, **options})

    __init__.__signature__ = inspect.signature(ours.__init__)
    return type(ours.__name__, (ours,), {"__init__": __init__, "__module__": __name__})


MLPClassifier = there.MLPClassifier = plain(gradus.MLPClassifier)
MLPRegressor = there.MLPRegressor = plain(gradus.MLPRegressor)
"""


def outcomes(folder):
    """Run a copy of the file in a process of its own: {outcome: names of the items}."""
    (folder / "ours_for_theirs.py").write_text(PLUGIN, encoding="utf-8")
    shutil.copyfile(test_mlp.__file__, folder / "test_mlp.py")
    options = ["-p", "ours_for_theirs", "-p", "sklearn.conftest", "-p", "no:cacheprovider"]
    reports = ["-rA", "-q", "--tb=short", "--rootdir", str(folder)]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *reports, "test_mlp.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for line in ran.stdout.splitlines():
        outcome, _, rest = line.partition(" ")
        if outcome.isupper() and "test_mlp.py::" in rest:
            name = re.split(r"[\\[ ]", rest.partition("::")[2])[0]
            found.setdefault(outcome, []).append(name)
    return found, ran.stdout


def test_scikit_learns_own_tests_pass(tmp_path):
    found, told = outcomes(tmp_path)
    failed = found.get("FAILED", [])
    assert sorted(failed) == sorted(LOOKS_INSIDE), told[-9000:]
    assert not found.keys() - {"PASSED", "FAILED"}, told[-9000:]
    assert len(found["PASSED"]) + len(failed) >= N_ITEMS
    assert len(found["PASSED"]) >= N_ITEMS - len(LOOKS_INSIDE)
