"""The tail of Student's distribution, which a t test needs.

SciPy has it, too, but loading its special functions takes longer than judging a thousand rows.
What is tested must not be known here.
"""

import math

# So many terms leave nothing but rounding, whatever t and the degrees of freedom are.
_N_TERMS = 200


def upper_tail(t: float, freedom: float) -> float:
    """Return how probable a value above t is with so many degrees of freedom, above 0.

    With v degrees of freedom, ``x = v / (v + t**2)`` and the regularized incomplete beta function
    I it is ``I_x(v/2, 1/2) / 2`` for t of at least 0 (26.7.1 of [AS64]). Of ``I_x(a, b)`` and
    ``1 - I_(1-x)(b, a)``, which are equal, the one is computed whose fraction converges fast. What
    the gamma function's logarithms have lost leaves an error of about 1e-15 v of the result.
    """
    square = t * t
    if square == 0:
        return 0.5
    a, b = freedom / 2, 0.5
    x, rest = 1 / (1 + square / freedom), 1 / (1 + freedom / square)
    gammas = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    scale = math.exp(gammas - a * math.log1p(square / freedom) + b * math.log(rest))
    if x < (a + 1) / (a + b + 2):
        outside = scale / _fraction(a, b, x)
    else:
        outside = 1 - scale / _fraction(b, a, rest)
    return outside / 2 if t > 0 else 1 - outside / 2


def _fraction(a: float, b: float, x: float) -> float:
    """Return ``x**a * (1 - x)**b / (B(a, b) * I_x(a, b))`` as a continued fraction.

    It begins ``a * (1 + d_1 / (1 + d_2 / (1 + ...`` (26.5.8 of [AS64]); its end comes first.
    """
    value = 1.0
    for m in range(_N_TERMS // 2, 0, -1):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m - 1) * (a + b + m - 1) * x / ((a + 2 * m - 2) * (a + 2 * m - 1))
        value = 1 + odd / (1 + even / value)
    return a * value
