"""One temperature that makes probabilities mean what they say [GPSW17]."""

from gradus._typing import Float64Array, Int64Array


def fit_temperature(
    probabilities: Float64Array, codes: Int64Array, weights: Float64Array | None = None
) -> float:
    """Find T > 0 of least log loss for out-of-fold probabilities (n_judged, n_classes)."""
    raise NotImplementedError


def apply_temperature(probabilities: Float64Array, temperature: float) -> Float64Array:
    """Return ``softmax(log(p) / T)``."""
    raise NotImplementedError
