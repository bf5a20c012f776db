"""Networks of every kind: looking at one and trying each remedy always comes to an end."""

from typing import get_args

import numpy as np
import pytest

from gradus import Adam, Network
from gradus.diagnosis.examine import examine
from gradus.diagnosis.finding import Finding, Problem
from gradus.diagnosis.preflight import preflight
from gradus.diagnosis.trial import try_remedy
from tests.calculus.random_networks import random_network


@pytest.mark.parametrize("seed", range(21))
def test_each_is_looked_at(seed):
    spec, params, X, y, _ = random_network(seed)
    times = -(-40 // len(X))
    X, y = np.tile(X, (times, 1)), np.tile(y, (times, 1))
    X[:, : spec.n_plain] += np.random.default_rng(seed).normal(size=(len(X), spec.n_plain))
    network = Network.from_params(spec, params, seed)
    assert all(check.sentence for check in preflight(network, X, y))
    found = examine(network, X, y, Adam(0.01), epochs=2, batch_size=8)
    for problem in get_args(Problem):
        trial = try_remedy(found.case, Finding(problem, "", {}, ""))
        assert trial is None or np.isfinite(trial.loss_after)
