"""The layers of a network as one flat list of steps: what is computed, one after the other.

How a step is computed is not known here.
"""

from functools import lru_cache

from gradus._dataclasses import dataclass
from gradus.networks.layers import Dense, Dropout, Layer, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec


@dataclass(frozen=True)
class Step:
    """One step of the pass forward: it makes ``a[s + 1]`` of ``a[s]``, where s counts from 0.

    Attributes
    ----------
    layer
        What is done. A `Residual` stands behind the steps of its own layers, as their sum with what
        it was fed.
    number
        Counts the layers of its kind, from 1: step "norm 2" has the parameters "norm 2 scale" and
        "norm 2 shift".
    width
        Of ``a[s + 1]``.
    source
        For a `Residual` the place of what it was fed: ``a[s + 1] = a[s] + a[source]``.
    """

    layer: Layer
    number: int
    width: int
    source: int = 0


@lru_cache(maxsize=256)
def steps(spec: NetworkSpec) -> tuple[Step, ...]:
    """List the steps of a network; the last one is always a `Dense`.

    Examples
    --------
    >>> spec = NetworkSpec(3, (Residual((Dense(3), Dropout(0.5))), Dense(1)))
    >>> [(type(step.layer).__name__, step.number, step.width) for step in steps(spec)]
    [('Dense', 1, 3), ('Dropout', 1, 3), ('Residual', 1, 3), ('Dense', 2, 1)]
    """
    found: list[Step] = []
    counts: dict[type[Layer], int] = {Dense: 0, Dropout: 0, LayerNorm: 0, Residual: 0}

    def append(layer: Layer, source: int = 0) -> None:
        width = found[-1].width if found else spec.widths[0]
        counts[type(layer)] += 1
        own = layer.width if isinstance(layer, Dense) else width
        found.append(Step(layer, counts[type(layer)], own, source))

    for layer in spec.layers:
        if isinstance(layer, Residual):
            source = len(found)
            for inner in layer.layers:
                append(inner)
            append(layer, source)
        else:
            append(layer)
    return tuple(found)
