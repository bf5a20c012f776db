"""Sums and products of named numbers: an explanation, before it is text or formula.

How they are written is `render`'s; what they are of is `ledger`'s.
"""

import math
from dataclasses import field

from gradus._dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """What a number is called.

    Attributes
    ----------
    words
        In plain words, as "layer 1 weight [0, 2]".
    letter
        In a formula: "w", "b", "x", "z", "a", "f'", "L".
    index
        Below the letter, as (0, 2).
    layer
        Above it; None where there is none.
    by
        What a derivative is by: the letter stands above, this below the line.
    """

    words: str
    letter: str
    index: tuple[int, ...] = ()
    layer: int | None = None
    by: "Symbol | None" = None


@dataclass(frozen=True)
class Quantity:
    """A named number, perhaps opened into what it was computed from.

    Attributes
    ----------
    symbol
        Its name.
    value
        In float64.
    opened
        What it is equal to, up to rounding; None where it is left closed.
    """

    symbol: Symbol
    value: float
    opened: "Product | Sum | Application | None" = None


@dataclass(frozen=True)
class Product:
    """``factors[0] * factors[1] * ...``."""

    factors: tuple[Quantity, ...]

    @property
    def value(self) -> float:
        """The product, from left to right."""
        return math.prod(factor.value for factor in self.factors)


@dataclass(frozen=True)
class Sum:
    """``terms[0] + terms[1] + ... + rest``.

    Attributes
    ----------
    terms
        Each written out.
    n_rest, rest
        How many terms are not, and what they come to.
    """

    terms: tuple[Product, ...]
    n_rest: int = 0
    rest: float = 0.0

    @property
    def value(self) -> float:
        """The sum, rounded once."""
        return math.fsum([*(term.value for term in self.terms), self.rest])

    @classmethod
    def of_largest(cls, terms: list[Product], most: int) -> "Sum":
        """Write out the `most` terms that are furthest from 0, largest first."""
        ordered = sorted(terms, key=lambda term: -abs(term.value))
        left_out = ordered[most:]
        return cls(tuple(ordered[:most]), len(left_out), math.fsum(one.value for one in left_out))


@dataclass(frozen=True)
class Application:
    """``function(argument)``, as ``sigmoid(z)``.

    Attributes
    ----------
    function
        Its name; a prime marks the derivative.
    argument
        What it is applied to.
    """

    function: str
    argument: Quantity = field(repr=False)
