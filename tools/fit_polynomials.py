"""Fit the polynomials of the native kernels and write native/gradus/simd/coefficients.hpp.

Each function is interpolated at Chebyshev points in 60 digits, which comes within a small factor of
the best polynomial of its degree, and rounded once to the type that will hold it. Run it again
after changing a range or a degree: ``python tools/fit_polynomials.py``. Needs mpmath.
"""

from collections.abc import Callable
from pathlib import Path

import mpmath as mp
import numpy as np

Number = mp.mpf
mp.mp.dps = 60
TINY = mp.mpf(10) ** -25  # below this the quotients cancel and their first terms are exact enough
OUT = Path(__file__).parent.parent / "native" / "gradus" / "simd" / "coefficients.hpp"


def chebyshev_fit(
    f: Callable[[Number], Number], low: Number, high: Number, degree: int
) -> list[Number]:
    """Coefficients c[0..degree] of the interpolating polynomial in powers of x, lowest first."""
    middle, half = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    n = degree + 1
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    matrix = mp.matrix(n, n)
    values = mp.matrix(n, 1)
    for i, node in enumerate(nodes):
        x = middle + half * node
        values[i] = f(x)
        for j in range(n):
            matrix[i, j] = x**j
    return list(mp.lu_solve(matrix, values))


def exp_tail(r: Number) -> Number:
    """P in e^r = 1 + r + r^2 P(r)."""
    return mp.mpf(1) / 2 + r / 6 if abs(r) < TINY else (mp.exp(r) - 1 - r) / r**2


def tanh_tail(s: Number) -> Number:
    """P in tanh(x) = x + x s P(s), s = x^2."""
    x = mp.sqrt(s)
    return -mp.mpf(1) / 3 if s < TINY else (mp.tanh(x) / x - 1) / s


def log1p_tail(s: Number) -> Number:
    """P in log1p(u) = 2 q + 2 q s P(s), q = u / (2 + u), s = q^2."""
    q = mp.sqrt(s)
    return mp.mpf(1) / 3 if s < TINY else (mp.atanh(q) / q - 1) / s


def erf_ratio(s: Number) -> Number:
    """P in erf(x) = x P(s), s = x^2."""
    x = mp.sqrt(s)
    return 2 / mp.sqrt(mp.pi) if s < TINY else mp.erf(x) / x


ERFC_SHIFT = mp.mpf("3.75")


def erfc_scaled(t: Number) -> Number:
    """P in erfc(x) = exp(-x^2) P(t) / (1 + 2 x), t = (x - 3.75) / (x + 3.75) [SL81]."""
    if t == 1:
        return 2 / mp.sqrt(mp.pi)
    x = ERFC_SHIFT * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


HALF_LN2 = mp.log(2) / 2 * mp.mpf("1.0001")
ERFC_FROM = (1 - ERFC_SHIFT) / (1 + ERFC_SHIFT)
FITS = {
    "exp": (exp_tail, -HALF_LN2, HALF_LN2, 4, 10),
    "tanh": (tanh_tail, 0, mp.mpf("0.625") ** 2, 4, 10),
    "log1p": (log1p_tail, 0, mp.mpf(1) / 9 * mp.mpf("1.0001"), 3, 8),
    "erf": (erf_ratio, 0, 1, 6, 12),
    "erfc": (erfc_scaled, ERFC_FROM, 1, 10, 24),
}
HEADER = """// Polynomial coefficients of the elementary functions, lowest power first.
// Written by tools/fit_polynomials.py, which says what each polynomial approximates; do not edit.
#pragma once

namespace GRADUS_ISA {

template <class T>
struct Coefficients;
"""


def table(name: str, type_name: str, coefficients: list[Number]) -> str:
    """One constexpr array; hexadecimal so that no digit depends on a reader's rounding."""
    if type_name == "float":
        cells = [f"{float(np.float32(str(c))).hex()}f" for c in coefficients]
    else:
        cells = [float(c).hex() for c in coefficients]
    lines = ",\n".join("        " + ", ".join(cells[i : i + 3]) for i in range(0, len(cells), 3))
    return f"    static constexpr {type_name} {name}[] = {{\n{lines}}};\n"


def main() -> None:
    """Write the header."""
    text = HEADER
    for column, type_name in ((3, "float"), (4, "double")):
        body = "".join(
            table(name, type_name, chebyshev_fit(fit[0], fit[1], fit[2], fit[column]))
            for name, fit in FITS.items()
        )
        text += f"\ntemplate <>\nstruct Coefficients<{type_name}> {{\n{body}}};\n"
    OUT.write_text(text + "\n}  // namespace GRADUS_ISA\n")


if __name__ == "__main__":
    main()
