"""Where there is nothing to learn, no network is said to have learned it."""

import numpy as np
import pandas as pd
import pytest

from gradus.workflow.train import train


@pytest.mark.parametrize("target", [np.arange(100) % 7 * 1.5, np.arange(100) % 2 * 1.0])
def test_no_network_is_worth_it_on_noise(rng, target):
    for seed in range(12):
        frame = pd.DataFrame(rng.normal(size=(100, 2)), columns=["a", "b"])
        verdict = train(frame.assign(y=rng.permutation(target)), "y", seed=seed).verdict
        assert verdict.answered_by in {"linear", "mean"}
        assert verdict.sentence.startswith("Nothing here ")
