"""One temperature that makes probabilities mean what they say [GPSW17].

Words and networks are not known here.
"""

import math

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.averages import mean
from gradus.verdict.class_measures import LEAST_PROBABILITY, log_losses

#: With fewer judged rows the temperature stays 1.
FEWEST_ROWS = 30
# Temperatures from a twentieth to twenty: beyond, probabilities are those of a coin or of a rule.
_FARTHEST = math.log(20)


def fit_temperature(
    probabilities: Float64Array, codes: Int64Array, weights: Float64Array | None = None
) -> float:
    """Find the T of least mean log loss of ``softmax(log(p) / T)``.

    Parameters
    ----------
    probabilities
        Shape (n_judged, n_classes), of rows that the network had not seen.
    codes
        Shape (n_judged,): their classes.
    weights
        Shape (n_judged,), at least 0.

    Returns
    -------
    From 0.05 to 20. 1 with fewer than 30 rows, and where no T is better than 1.
    """
    if len(codes) < FEWEST_ROWS:
        return 1.0

    def loss(log_temperature: float) -> float:
        cooled = apply_temperature(probabilities, math.exp(log_temperature))
        return mean(log_losses(codes, cooled), weights)

    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        loss, bounds=(-_FARTHEST, _FARTHEST), method="bounded", options={"xatol": 1e-4}
    )
    temperature = math.exp(float(found.x))
    return temperature if loss(math.log(temperature)) < loss(0.0) else 1.0


def apply_temperature(probabilities: Float64Array, temperature: float) -> Float64Array:
    """Return ``softmax(log(p) / T)``, a new array; for T = 1 the probabilities as they are.

    Parameters
    ----------
    probabilities
        Shape (n, n_classes); counted as at least 1e-12.
    temperature
        T, greater than 0. Above 1 it draws the classes together, below 1 it parts them.
    """
    if temperature == 1:
        return probabilities
    logits = np.log(np.maximum(probabilities, LEAST_PROBABILITY)) / temperature
    cooled: Float64Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    cooled /= cooled.sum(axis=1, keepdims=True)
    return cooled
