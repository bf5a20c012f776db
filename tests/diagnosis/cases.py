"""Small trainings for the doctor to look at."""

from dataclasses import replace

import numpy as np

from gradus import Adam, Dense, Network
from gradus.diagnosis.case import Case
from gradus.training.plan import Plan


def case_of(network=None, X=None, y=None, rule=None, **changes):
    """A case of a small regression; the network stands where it started."""
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 3)) if X is None else X
    y = X @ [1.0, -2.0, 0.5] if y is None else y
    network = network or Network(X.shape[1], [Dense(16, "tanh"), Dense(1)])
    plan = Plan(rule or Adam(0.01), epochs=changes.pop("epochs", 50), batch_size=20)
    params = network.params.copy()
    case = Case(network.spec, X, y.reshape(len(y), -1), None, None, plan, params, params, None, "")
    return replace(case, **changes)
