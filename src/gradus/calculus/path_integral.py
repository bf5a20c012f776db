"""The integral along many paths at once, in parts whose sum is known: Gauss-Legendre on panels.

What is integrated must not be known here.
"""

from collections.abc import Callable

import numpy as np

from gradus._typing import Float64Array, Int64Array

#: Something of the points t, shape (m,), of the paths whose numbers are given beside them, (m,).
AlongPaths = Callable[[Int64Array, Float64Array], Float64Array]

# Points of the rule for panels that should be straight, and for all others.
_FEW, _MANY = 2, 8
# How far the parts of one panel may be off, in units of the scale; sums of panels stay within 1e-6.
_WHOLE = 1e-8
# How large the last Legendre coefficient of a part may be: the rule is exact to twice its degree,
# so its error is of the size of the square.
_LAST = 1e-3
_ROUNDING = 64 * float(np.finfo(np.float64).eps)
# So often a panel is halved: across a jump of the derivative the error halves, too.
_MOST_HALVINGS = 40


def path_integrals(
    values: AlongPaths,
    rates: AlongPaths,
    rows: Int64Array,
    t: Float64Array,
    scale: Float64Array,
) -> tuple[Float64Array, Float64Array]:
    """Integrate the parts of a derivative from t = 0 to 1; their sum is checked on each panel.

    A panel is done when the sum of its parts is the difference of the values at its ends, within
    1e-8 of the scale, and the parts themselves are smooth within it. Otherwise it is halved.
    Nothing is ever rescaled.

    Parameters
    ----------
    values
        What is differentiated, shape (m,).
    rates
        The parts of its derivative by t, shape (m, n_parts).
    rows, t
        The ends of the first panels, as `kinks.crossings` gives them.
    scale : array of shape (n,)
        Of each path's values, greater than 0.

    Returns
    -------
    parts : array of shape (n, n_parts)
    ends : array of shape (n, 2)
        The values at t = 0 and t = 1.
    """
    at_points = values(rows, t)
    is_panel = rows[:-1] == rows[1:]
    panels = rows[:-1][is_panel]
    sides = np.stack([t[:-1][is_panel], t[1:][is_panel]])
    heights = np.stack([at_points[:-1][is_panel], at_points[1:][is_panel]])
    n = len(scale)
    order = _FEW if len(panels) > n else _MANY
    for halving in range(_MOST_HALVINGS + 1):
        found, last = _on_panels(rates, panels, sides, order)
        allowed = scale[panels]
        floor = _ROUNDING * np.abs(heights).max(axis=0)
        gap = np.abs(found.sum(axis=1) - (heights[1] - heights[0]))
        tame = _LAST if order == _MANY else _WHOLE
        is_done = (gap <= _WHOLE * allowed + floor) & (last <= tame * allowed + floor)
        is_done |= halving == _MOST_HALVINGS
        if halving == 0:
            parts = np.zeros((n, found.shape[1]))
        np.add.at(parts, panels[is_done], found[is_done])
        panels, sides, heights = panels[~is_done], sides[:, ~is_done], heights[:, ~is_done]
        if not len(panels):
            break
        if order == _FEW:
            order = _MANY
            continue
        middle = sides.mean(axis=0)
        height = values(panels, middle)
        panels = np.concatenate([panels, panels])
        sides = np.hstack([[sides[0], middle], [middle, sides[1]]])
        heights = np.hstack([[heights[0], height], [height, heights[1]]])
    is_first = np.append(True, ~is_panel)
    is_last = np.append(~is_panel, True)
    return parts, np.column_stack([at_points[is_first], at_points[is_last]])


def _on_panels(
    rates: AlongPaths, panels: Int64Array, sides: Float64Array, order: int
) -> tuple[Float64Array, Float64Array]:
    """Return the parts of each panel, (m, n_parts), and the largest last coefficient, (m,)."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    highest = np.polynomial.legendre.legval(nodes, np.eye(order)[order - 1])
    half = (sides[1] - sides[0]) / 2
    t = sides[0][:, None] + half[:, None] * (1 + nodes)
    at = rates(np.repeat(panels, order), t.ravel()).reshape(len(panels), order, -1)
    parts = np.einsum("o,mop->mp", weights, at) * half[:, None]
    last = np.einsum("o,mop->mp", weights * highest, at) * half[:, None] * (2 * order - 1)
    return parts, np.abs(last).max(axis=1, initial=0.0)
