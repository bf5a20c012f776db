"""scikit-learn's own checks of an estimator: all pass, in twelve configurations of each."""

import os
import subprocess
import sys
import warnings

import pytest
from sklearn.utils.estimator_checks import check_estimator

from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor

#: The whole data in every batch: weights and repetitions must agree to the last check.
WHOLE = {
    "defaults": {},
    "no preprocessing": {"preprocess": None, "batch_size": 10_000, "learning_rate_init": 0.01},
    "lbfgs": {"solver": "lbfgs", "hidden_layer_sizes": (8,)},
    # With 15 rows and no penalty to speak of the smallest loss has no one place.
    "levenberg-marquardt": {"solver": "lm", "hidden_layer_sizes": (5,), "activation": "tanh",
                            "alpha": 3.0, "max_iter": 200},
    "lbfgs without preprocessing": {"solver": "lbfgs", "hidden_layer_sizes": (8,),
                                    "preprocess": None},
    "adam": {"solver": "adam", "batch_size": 10_000, "learning_rate_init": 0.01},
    "adamw, gelu": {"solver": "adamw", "batch_size": 10_000, "activation": "gelu",
                    "learning_rate_init": 0.01},
    "sgd": {"solver": "sgd", "batch_size": 10_000, "learning_rate_init": 0.1},
    "sgd, adaptive": {"solver": "sgd", "batch_size": 10_000, "learning_rate": "adaptive",
                      "learning_rate_init": 0.1},
    "rmsprop, two layers": {"solver": "rmsprop", "batch_size": 10_000,
                            "hidden_layer_sizes": (8, 5), "learning_rate_init": 0.01},
    "adagrad, tanh": {"solver": "adagrad", "batch_size": 10_000, "activation": "tanh",
                      "learning_rate_init": 0.1},
    "newton": {"solver": "newton", "hidden_layer_sizes": (5,), "activation": "tanh",
               "alpha": 3.0, "max_iter": 200},
}  # fmt: skip
#: These are checked in every run, the others in slow ones.
OFTEN = ("defaults", "no preprocessing", "levenberg-marquardt")
EACH = [
    pytest.param(options, id=name, marks=[] if name in OFTEN else [pytest.mark.slow])
    for name, options in WHOLE.items()
]
#: Batches smaller than the rows draw rows one by one: a row twice is not a row of weight 2.
IN_BATCHES = {"solver": "adam", "batch_size": 7}
FALSE_IN_BATCHES = {
    "check_sample_weight_equivalence_on_dense_data": "batches draw single rows",
    "check_sample_weight_equivalence_on_sparse_data": "batches draw single rows",
}
#: How many checks scikit-learn 1.9 makes that pass, one more where gaps must be refused; and those
#: it skips itself: one needs a setting (see the last test), one is for a method that neither its
#: class nor ours has.
N_CHECKS = {"MLPClassifier": 65, "MLPRegressor": 58}
NO_SETTING, NO_METHOD = (
    "check_array_api_input",
    "check_classifiers_multilabel_output_format_decision_function",
)
SKIPPED = {"MLPClassifier": {NO_SETTING, NO_METHOD}, "MLPRegressor": {NO_SETTING}}
BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
QUICK = {"max_iter": 60, "random_state": 0}


def checked(est, **options):
    """{status: names of checks}."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(est, on_fail=None, on_skip=None, **options)
    found = {status: [] for status in ("passed", "failed", "xfail", "skipped")}
    for result in results:
        found[result["status"]].append(result["check_name"])
    return found


@BOTH
@pytest.mark.parametrize("options", EACH)
def test_every_check_passes(kind, options):
    found = checked(kind(**{**QUICK, **options}))
    assert found["failed"] == found["xfail"] == []
    assert len(found["passed"]) == N_CHECKS[kind.__name__] + ("preprocess" in options)
    assert set(found["skipped"]) == SKIPPED[kind.__name__]


@BOTH
def test_only_weights_as_repetitions_are_false_in_batches(kind):
    found = checked(kind(**QUICK, **IN_BATCHES), expected_failed_checks=FALSE_IN_BATCHES)
    assert found["failed"] == []
    assert set(found["xfail"]) == set(FALSE_IN_BATCHES)
    assert len(found["passed"]) == N_CHECKS[kind.__name__] - len(FALSE_IN_BATCHES)


def test_the_check_that_needs_a_setting_passes_too():
    """Arrays of other libraries are looked at only where SciPy is told so before it is loaded."""
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from sklearn.utils.estimator_checks import check_estimator\n"
        "from gradus import MLPClassifier, MLPRegressor\n"
        "for kind in (MLPClassifier, MLPRegressor):\n"
        "    found = check_estimator(kind(max_iter=20), on_fail=None, on_skip=None)\n"
        "    print(*[r['check_name'] for r in found if r['status'] != 'passed'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.split() == [NO_METHOD]
