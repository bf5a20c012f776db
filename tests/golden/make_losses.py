"""The exact losses, their derivatives and those of one formula, for make_golden.py.

This file imports nothing of ours.
"""

import mpmath as mp

mp.mp.dps = 60


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


LOGITS_1 = [0.0, 1.0, -1.0, 30.0, -30.0, 700.0, -700.0, 1e4, -1e4]
ROWS_3 = [
    [0.0, 0.0, 0.0],
    [1.0, -2.0, 0.5],
    [40.0, 0.0, -40.0],
    [1e4, -1e4, 0.0],
    [-1e4, -1e4, -1e4],
    [1e4, 1e4, 1e4 - 1],
    [700.0, -30.0, 710.0],
]


def binary_rows():
    rows = []
    with mp.workdps(9000):
        for z in LOGITS_1:
            for y in (0.0, 0.25, 1.0):
                s = sigmoid(mp.mpf(z))
                loss = mp.mpf(0)
                loss -= y * mp.log(s) if y else 0
                loss -= (1 - y) * mp.log(1 - s) if y < 1 else 0
                rows.append([[z], y, float(loss), [float(s - y)]])
    return rows


def multiclass_rows():
    rows = []
    with mp.workdps(9000):
        for z in ROWS_3:
            exps = [mp.exp(mp.mpf(x)) for x in z]
            p = [e / mp.fsum(exps) for e in exps]
            for c in range(3):
                gradient = [float(p[j] - int(j == c)) for j in range(3)]
                rows.append([z, float(c), float(-mp.log(p[c])), gradient])
    return rows


def smoothed_rows():
    rows, a = [], mp.mpf(0.25)
    with mp.workdps(9000):
        for z in ROWS_3:
            exps = [mp.exp(mp.mpf(x)) for x in z]
            p = [e / mp.fsum(exps) for e in exps]
            for c in range(3):
                t = [(1 - a) * int(j == c) + a / 3 for j in range(3)]
                loss = -mp.fsum(t[j] * mp.log(p[j]) for j in range(3))
                rows.append([z, float(c), float(loss), [float(p[j] - t[j]) for j in range(3)]])
    return rows


def several_labels():
    z, y, a = [mp.mpf(2), mp.mpf(-0.5), mp.mpf(30)], [1, 1, 0], mp.mpf(0.25)
    t = [(1 - a) * label + a / 2 for label in y]
    s = [sigmoid(x) for x in z]
    terms = [-t[j] * mp.log(s[j]) - (1 - t[j]) * mp.log(1 - s[j]) for j in range(3)]
    gradient = [float(s[j] - t[j]) for j in range(3)]
    return [[[float(x) for x in z], [float(label) for label in y], float(sum(terms)), gradient]]


def huber_rows():
    delta = mp.mpf(0.75)
    rows = []
    for z, y in ((1.5, 1.0), (1.5, 0.75), (-3.0, 1.0), (1e4, 0.0)):
        e = mp.mpf(z) - mp.mpf(y)
        is_near = abs(e) <= delta
        loss = e**2 / 2 if is_near else delta * (abs(e) - delta / 2)
        rows.append([[z], y, float(loss), [float(e if is_near else delta * mp.sign(e))]])
    return rows


def poisson_rows():
    rows = []
    for z, y in ((0.0, 0.0), (-30.0, 0.0), (2.5, 1.0), (-1.0, 7.0), (20.0, 3.0), (3.0, 0.5)):
        mean = mp.exp(mp.mpf(z))
        loss = mean - y + (y * (mp.log(y) - mp.mpf(z)) if y else 0)
        rows.append([[z], y, float(loss), [float(mean - y)]])
    return rows


def quantile_rows():
    levels, rows = [mp.mpf(0.125), mp.mpf(0.5), mp.mpf(0.875)], []
    for z in ([0.0, 0.0, 0.0], [-1.5, 0.5, 2.0], [3.0, -40.0, 1.0], [-700.0, 700.0, -2.0]):
        for y in (0.25, -4.0, 12.0):
            zs = [mp.mpf(x) for x in z]
            q = [zs[0] + mp.fsum(mp.log(1 + mp.exp(x)) for x in zs[1 : k + 1]) for k in range(3)]
            slopes = [-t if y > q[k] else 1 - t for k, t in enumerate(levels)]
            loss = mp.fsum(s * (q[k] - mp.mpf(y)) for k, s in enumerate(slopes)) / 3
            up = [mp.fsum(slopes[k:]) / 3 for k in range(3)]
            gradient = [up[0], up[1] * sigmoid(zs[1]), up[2] * sigmoid(zs[2])]
            rows.append([z, y, float(loss), [float(g) for g in gradient]])
    return rows


# The formula whose numbers are kept; its derivative is written out by hand.
FORMULA = "log(cosh(output - target)) + where(output > 1, sqrt(output) - 1, 0) / (2 + target ** 2)"


def formula_rows():
    rows = []
    for z, y in ((0.5, -1.0), (4.0, 3.5), (-20.0, 2.0), (9.0, 9.0)):
        e, x, c = mp.mpf(z) - mp.mpf(y), mp.mpf(z), 1 / (2 + mp.mpf(y) ** 2)
        loss = mp.log(mp.cosh(e)) + (c * (mp.sqrt(x) - 1) if x > 1 else 0)
        slope = mp.tanh(e) + (c / (2 * mp.sqrt(x)) if x > 1 else 0)
        bend = mp.sech(e) ** 2 - (c / (4 * x * mp.sqrt(x)) if x > 1 else 0)
        rows.append([z, y, float(loss), float(slope), float(bend)])
    return {"formula": FORMULA, "rows": rows}


def loss_table():
    absolute = [[[1.5, -2.0], [1.0, 1.0], (0.5 + 3.0) / 2, [0.5, -0.5]]]
    squared = [[[1.5, -2.0], [1.0, 1.0], (0.25 + 9.0) / 2, [0.5, -3.0]]]
    return {
        "squared_error": squared,
        "absolute_error": absolute,
        "huber 0.75": huber_rows(),
        "poisson": poisson_rows(),
        "quantile 0.125 0.5 0.875": quantile_rows(),
        "binary_cross_entropy": binary_rows(),
        "cross_entropy": multiclass_rows(),
        "binary_cross_entropy 0.25": several_labels(),
        "cross_entropy 0.25": smoothed_rows(),
    }
