"""Whether the gradient of a whole network is right: each entry beside a central difference.

Who computed the gradient must not be known here.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.calculus.check import Check, check
from gradus.calculus.render import spelled
from gradus.calculus.trace import objective_by
from gradus.engines.reference import objective
from gradus.networks.params import view_at
from gradus.networks.spec import NetworkSpec

#: A difference of more than this part of max(|g|, |objective| / 1000) is an error.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class GradientCheck:
    """What came of it.

    Attributes
    ----------
    n_params, n_checked
        How many parameters there are, and how many were looked at.
    n_kinks
        At how many of those the loss has a kink, where no difference tells anything.
    worst
        The parameter whose two derivatives differ most, for its tolerance.
    check
        Its derivatives.
    gap
        How much they differ, in units of max(|g|, |objective| / 1000).
    """

    n_params: int
    n_checked: int
    n_kinks: int
    worst: str
    check: Check
    gap: float

    @property
    def is_right(self) -> bool:
        """Whether all differ by 1e-6 of max(|g|, |objective| / 1000) at most."""
        return self.gap <= TOLERANCE

    def text(self, digits: int = 6) -> str:
        """Say in two or three lines what came of it."""
        which = f"{self.n_checked} of {self.n_params} parameters"
        if self.n_checked == self.n_params:
            which = f"All {self.n_params} parameters" if self.n_params > 1 else "The parameter"
        exact, central = (
            spelled(value, digits) for value in (self.check.exact, self.check.central)
        )
        found = (
            f"{self.worst}: by the chain rule {exact}, by central difference {central}, apart by "
            f"{self.gap:.1e} of what counts."
        )
        kinks = ""
        if self.n_kinks:
            at = "1 parameter" if self.n_kinks == 1 else f"{self.n_kinks} parameters"
            kinks = f"\nAt {at} the loss has a kink; there no difference tells anything."
        if self.is_right:
            return f"{which} looked at: the gradient is right.\nWorst is {found}{kinks}"
        return f"{which} looked at: the gradient is wrong.\nMost of all {found}{kinks}"


def compare_gradient(
    spec: NetworkSpec,
    params: Float64Array,
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
    grads: FloatArray,
    *,
    most: int = 200,
    seed: int = 0,
) -> GradientCheck:
    """Compare a gradient with central differences of the objective, in float64.

    Parameters
    ----------
    spec
        The network.
    params, grads : arrays of shape (n_params,)
        Where, and the gradient of loss plus penalty there.
    X : array of shape (n, n_inputs)
    y : array of shape (n, n_targets)
    weights : array of shape (n,) or None
    most
        How many parameters are looked at; where there are more, so many are drawn.
    seed
        Of the draw.
    """
    n = len(params)
    places = np.arange(n)
    if n > most:
        places = np.sort(np.random.default_rng(seed).choice(n, size=most, replace=False))
    scale = 1e-3 * abs(float(objective(spec, params, X, y, weights)))
    n_kinks, worst = 0, (-1.0, int(places[0]), Check(0.0, 0.0, 0.0, 0))
    for place in places.tolist():
        function = objective_by(spec, params, X, y, weights, place)
        tested = check(function, float(params[place]), float(grads[place]))
        if tested.is_kink:
            n_kinks += 1
            continue
        size = max(abs(tested.exact), scale, np.finfo(np.float64).tiny)
        gap = abs(tested.exact - tested.central) / size
        gap = gap if np.isfinite(gap) else np.inf
        if gap > worst[0]:
            worst = gap, place, tested
    gap, place, tested = worst
    view, index = view_at(spec, place)
    name = f"{view.name} [{', '.join(map(str, index))}]"
    return GradientCheck(n, len(places), n_kinks, name, tested, max(gap, 0.0))
