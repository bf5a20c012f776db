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
SIGMOID_STEP = 0.5
SIGMOID_CENTERS = 32
SIGMOID_DEGREE = 5


def falling_sigmoid_table() -> list[list[Number]]:
    """Row k: coefficient k of 1 / (1 + e^(center + r)) in powers of r, for center 0, 1/2, 1, ...

    Each is rounded before those after it are fitted, so that they make up for its error where the
    value has a smaller unit in the last place than at the center.
    """
    columns = [_rounded_one_by_one(k * SIGMOID_STEP) for k in range(SIGMOID_CENTERS)]
    return [[mp.mpf(c) for c in row] for row in zip(*columns, strict=True)]


def _rounded_one_by_one(center: float) -> list[float]:
    """Fit floats for one center, to the least largest error in units in the last place."""
    n, half = 2000, SIGMOID_STEP / 2
    r = half * (2 * np.arange(n) + 1 - n) / n
    left = 1 / (1 + np.exp(center + r))
    units = 2.0 ** np.floor(np.log2(left))
    rounded = [float(np.float32(1 / (1 + np.exp(center))))]
    for k in range(1, SIGMOID_DEGREE + 1):
        left -= rounded[-1] * r ** (k - 1)
        powers = r[:, None] ** np.arange(k, SIGMOID_DEGREE + 1)
        weights = 1 / units
        for _ in range(40):  # Lawson's algorithm: more weight where the error is large
            root = np.sqrt(weights)
            c = np.linalg.lstsq(powers * root[:, None], left * root, rcond=None)[0]
            errors = np.abs(powers @ c - left) / units
            weights *= errors / errors.max() + 1e-3
            weights /= weights.sum()
        rounded.append(float(np.float32(c[0])))
    return rounded


HEADER = """// Polynomial coefficients of the elementary functions, lowest power first.
// Written by tools/fit_polynomials.py, which says what each polynomial approximates; do not edit.
#pragma once

namespace GRADUS_ISA {

template <class T>
struct Coefficients;
"""


def cells(type_name: str, coefficients: list[Number]) -> str:
    """Numbers in hexadecimal, so that no digit depends on a reader's rounding."""
    if type_name == "float":
        written = [f"{float(np.float32(str(c))).hex()}f" for c in coefficients]
    else:
        written = [float(c).hex() for c in coefficients]
    lines = ("        " + ", ".join(written[i : i + 3]) for i in range(0, len(written), 3))
    return ",\n".join(lines)


def table(name: str, type_name: str, coefficients: list[Number]) -> str:
    """One constexpr array."""
    lines = cells(type_name, coefficients)
    return f"    static constexpr {type_name} {name}[] = {{\n{lines}}};\n"


def tables(name: str, rows: list[list[Number]]) -> str:
    """One constexpr array of arrays of floats, each as whole vectors read it."""
    lines = ",\n".join("        {" + cells("float", row).strip() + "}" for row in rows)
    head = f"    alignas(64) static constexpr float {name}[{len(rows)}][{len(rows[0])}] ="
    return f"{head} {{\n{lines}}};\n"


def main() -> None:
    """Write the header."""
    text = HEADER
    for column, type_name in ((3, "float"), (4, "double")):
        body = "".join(
            table(name, type_name, chebyshev_fit(fit[0], fit[1], fit[2], fit[column]))
            for name, fit in FITS.items()
        )
        if type_name == "float":
            body += tables("falling_sigmoid", falling_sigmoid_table())
        text += f"\ntemplate <>\nstruct Coefficients<{type_name}> {{\n{body}}};\n"
    OUT.write_text(text + "\n}  // namespace GRADUS_ISA\n")


if __name__ == "__main__":
    main()
