"""A training gone on with for a little, its rate falling to 0: what scatter of steps had held up.

Around a minimum, steps of one rate in batches settle above it; the loss comes down with the rate
[MHB17]. What follows from that must not be known here.
"""

from dataclasses import replace

import numpy as np

from gradus._typing import Float64Array
from gradus.diagnosis.case import Case
from gradus.errors import Diverged
from gradus.models.network import Network
from gradus.optimizers.rules import Rule
from gradus.optimizers.schedules import Cosine

# Which share of the training it costs, the fewest batches that show anything, and rows enough.
_SHARE, _FEWEST, _ENOUGH = 0.02, 20, 50_000


def cooled(case: Case, rule: Rule, rate: float) -> Float64Array:
    """Go on from where training ended while the rate falls to 0 along a cosine.

    Parameters
    ----------
    case
        The training; it goes on in batches of the same size.
    rule
        Which steps are made by; what it remembered is forgotten.
    rate
        Of the first step.

    Returns
    -------
    Parameters; those of the end where numbers ran away.
    """
    row_passes = case.work / len(case.start)
    n = min(max(int(_SHARE * row_passes), _FEWEST * case.batch_size), _ENOUGH)
    epochs, n_rows = -(-n // case.n), min(n, case.n)
    rows = np.random.default_rng(3).permutation(case.n)[:n_rows].astype(np.int64)
    X, y, weights = case.some(rows)
    network = Network.from_params(case.spec, case.end)
    try:
        network.train(
            X,
            y,
            replace(rule, learning_rate=Cosine(rate)),
            epochs=epochs,
            batch_size=case.plan.batch_size,
            sample_weight=weights,
            max_grad_norm=case.plan.max_grad_norm,
            n_threads=case.plan.n_threads,
            engine=case.plan.engine,
        )
    except Diverged:
        return case.end
    return network.params.astype(np.float64)
