"""Write the numbers the tests compare with: formulas in 60 digits, rounded once.

This file imports nothing of gradus and writes each formula in another way than the package does
wherever there is one. `python tests/golden/make_golden.py` writes the JSON files beside it anew.
"""

import json
from pathlib import Path

import mpmath as mp
from make_losses import formula_rows, loss_table

mp.mp.dps = 60
HERE = Path(__file__).parent

# Small and large, both tails, around the places where doubles saturate or underflow, near the
# zero of the slope of GELU.
POINTS = [0.0, 1e-300, 1e-8, 1e-3, 0.3, 0.5, 0.7517915, 1.0, 1.75, 2.5, 5.0, 8.0, 19.0, 20.0]
POINTS += [36.5, 37.5, 100.0, 350.0, 700.0, 744.0, 1e4]
POINTS = [sign * point for point in POINTS for sign in (1.0, -1.0)][1:]


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def normal_cdf(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


NAMES = ["identity", "sigmoid", "tanh", "gelu", "softplus", "relu"]
NAMES += ["leaky_relu", "elu", "selu", "silu", "mish", "softsign"]


def selu_constants():
    """Alpha and scale from their closed forms, for the fixed point of mean 0 and variance 1."""
    half, two, root = mp.erfc(1 / mp.sqrt(2)), mp.erfc(mp.sqrt(2)), mp.sqrt(mp.e)
    alpha = -mp.sqrt(2 / mp.pi) / (half * root - 1)
    below = 2 * two * mp.e**2 + mp.pi * half**2 * mp.e - 2 * (2 + mp.pi) * half * root + mp.pi + 2
    return alpha, (1 - half * root) * mp.sqrt(2 * mp.pi) / mp.sqrt(below)


def piecewise(name, z):
    """What is put together at z = 0, which belongs to the left side."""
    if name == "softsign":
        size = 1 + abs(z)
        return z / size, 1 / size**2, -2 * mp.sign(z) / size**3
    if name in ("relu", "leaky_relu"):
        slope = mp.mpf(1) if z > 0 else mp.mpf(0 if name == "relu" else "0.01")
        return slope * z, slope, mp.mpf(0)
    alpha, scale = selu_constants() if name == "selu" else (mp.mpf(1), mp.mpf(1))
    if z > 0:
        return scale * z, scale, mp.mpf(0)
    rise = scale * alpha * mp.exp(z)
    return scale * alpha * mp.expm1(z), rise, rise


def of_exponentials(name, z):
    """What is smooth and made of exp(z)."""
    s, t = sigmoid(z), mp.tanh(z)
    d = s * (1 - s)
    if name == "silu":
        return z * s, s + z * d, 2 * d + z * d * (1 - 2 * s)
    if name == "mish":
        t = mp.tanh(mp.log(1 + mp.exp(z)))
        d = (1 - t**2) * s
        return z * t, t + z * d, 2 * d + z * d * (1 - s - 2 * t * s)
    return {
        "sigmoid": (s, d, d * (1 - 2 * s)),
        "softplus": (mp.log(1 + mp.exp(z)), s, d),
        "tanh": (t, 1 - t**2, -2 * t * (1 - t**2)),
    }[name]


def derivatives(name, z):
    """Value, slope and curvature; by formula where differences would lose the tails."""
    z = mp.mpf(z)
    if name == "identity":
        return z, mp.mpf(1), mp.mpf(0)
    if name in ("relu", "leaky_relu", "elu", "selu", "softsign"):
        return piecewise(name, z)
    if name == "gelu":
        density = mp.exp(-(z**2) / 2) / mp.sqrt(2 * mp.pi)
        return z * normal_cdf(z), normal_cdf(z) + z * density, (2 - z**2) * density
    with mp.workdps(9000 if abs(z) > 500 else 700):  # 1 - s(z) at z = 1e4 needs 4400 digits
        return of_exponentials(name, z)


def activation_table():
    return {
        name: {"z": POINTS, "numbers": [[float(x) for x in derivatives(name, z)] for z in POINTS]}
        for name in NAMES
    }


def worked_case():
    """The 2-2-1 sigmoid network with all weights 1 and biases 0, at x = (-2, -1), y = 1."""
    x, y = [mp.mpf(-2), mp.mpf(-1)], mp.mpf(1)
    h = sigmoid(x[0] + x[1])
    o = sigmoid(2 * h)
    d_o = 2 * (o - y) * o * (1 - o)
    d_h = d_o * h * (1 - h)
    grads = [d_h * x[0], d_h * x[0], d_h * x[1], d_h * x[1], d_h, d_h, d_o * h, d_o * h, d_o]
    numbers = {"output": float(o), "loss": float((o - y) ** 2)}
    return numbers | {"gradient": [float(g) for g in grads]} | second_order(x, y)


def second_order(x, y):
    """Hessian and Gauss-Newton matrix of the worked case, each times (1, -2, 3, ...) / 8."""
    start = [mp.mpf(p) for p in (1, 1, 1, 1, 0, 0, 1, 1, 0)]
    direction = [mp.mpf((-1) ** i * (i + 1)) / 8 for i in range(9)]
    units = [[mp.mpf(int(i == j)) for j in range(9)] for i in range(9)]

    def output(*moves):
        p = [at + sum(t * by[i] for t, by in moves) for i, at in enumerate(start)]
        h = [sigmoid(x[0] * p[j] + x[1] * p[2 + j] + p[4 + j]) for j in (0, 1)]
        return sigmoid(h[0] * p[6] + h[1] * p[7] + p[8])

    def curvature(e):
        return mp.diff(lambda s, t: (output((s, e), (t, direction)) - y) ** 2, (0, 0), (1, 1))

    def along(e):
        return mp.diff(lambda t: output((t, e)), 0)

    slope = along(direction)
    return {
        "direction": [float(d) for d in direction],
        "hvp": [float(curvature(e)) for e in units],
        "ggn_vp": [float(2 * along(e) * slope) for e in units],
    }


# Ten steps on f(p) = sum of (a_i p_i^2 / 2 + sin(p_i)): curved both ways, gradients change sign.
START = [0.5, -1.25, 3.0, 0.0]
SCALE = [1.0, 0.1, 4.0, 0.5]
IS_WEIGHT = [True, False, True, False]
RATE = mp.mpf(1) / 16  # exact as a double, so both sides use the same rate


def trace_gradient(params):
    return [a * p + mp.cos(p) for a, p in zip(SCALE, params, strict=True)]


def descend(momentum, nesterov):
    p, v, trace = [mp.mpf(x) for x in START], [mp.mpf(0)] * 4, []
    for _ in range(10):
        g = trace_gradient(p)
        v = [momentum * vi - RATE * gi for vi, gi in zip(v, g, strict=True)]
        step = [momentum * vi - RATE * gi if nesterov else vi for vi, gi in zip(v, g, strict=True)]
        p = [pi + si for pi, si in zip(p, step, strict=True)]
        trace.append([float(x) for x in p])
    return trace


def adapt(weight_decay):
    b1, b2, epsilon = mp.mpf(0.9), mp.mpf(0.999), mp.mpf(1e-8)
    p, trace = [mp.mpf(x) for x in START], []
    m, v = [mp.mpf(0)] * 4, [mp.mpf(0)] * 4
    for t in range(1, 11):
        g = trace_gradient(p)
        m = [b1 * mi + (1 - b1) * gi for mi, gi in zip(m, g, strict=True)]
        v = [b2 * vi + (1 - b2) * gi**2 for vi, gi in zip(v, g, strict=True)]
        kept = [1 - RATE * weight_decay if w else mp.mpf(1) for w in IS_WEIGHT]
        moves = [
            RATE * (mi / (1 - b1**t)) / (mp.sqrt(vi / (1 - b2**t)) + epsilon)
            for mi, vi in zip(m, v, strict=True)
        ]
        p = [k * pi - move for k, pi, move in zip(kept, p, moves, strict=True)]
        trace.append([float(x) for x in p])
    return trace


def over_root_mean_square(momentum):
    """RMSprop with a decay of 0.9."""
    decay, epsilon = mp.mpf(0.9), mp.mpf(1e-8)
    p, trace = [mp.mpf(x) for x in START], []
    v, b = [mp.mpf(0)] * 4, [mp.mpf(0)] * 4
    for _ in range(10):
        g = trace_gradient(p)
        v = [vi + (1 - decay) * (gi**2 - vi) for vi, gi in zip(v, g, strict=True)]
        b = [
            momentum * bi + gi / (mp.sqrt(vi) + epsilon) for bi, gi, vi in zip(b, g, v, strict=True)
        ]
        p = [pi - RATE * bi for pi, bi in zip(p, b, strict=True)]
        trace.append([float(x) for x in p])
    return trace


def over_root_sum(initial):
    """Adagrad; all gradients so far are kept and summed anew."""
    p, seen, trace = [mp.mpf(x) for x in START], [], []
    for _ in range(10):
        g = trace_gradient(p)
        seen.append(g)
        sums = [initial + mp.fsum(past[i] ** 2 for past in seen) for i in range(4)]
        p = [
            pi - RATE * gi / (mp.sqrt(si) + mp.mpf(1e-10))
            for pi, gi, si in zip(p, g, sums, strict=True)
        ]
        trace.append([float(x) for x in p])
    return trace


def rule_traces():
    return {
        "start": START,
        "scale": SCALE,
        "is_weight": IS_WEIGHT,
        "rate": float(RATE),
        "gradient_descent": descend(0, nesterov=False),
        "momentum": descend(mp.mpf(0.9), nesterov=False),
        "nesterov": descend(mp.mpf(0.9), nesterov=True),
        "adam": adapt(0),
        "adamw": adapt(mp.mpf(0.25)),
        "rmsprop": over_root_mean_square(mp.mpf(0)),
        "rmsprop with momentum": over_root_mean_square(mp.mpf(0.9)),
        "adagrad": over_root_sum(mp.mpf(0)),
        "adagrad from 0.1": over_root_sum(mp.mpf(0.1)),
    }


# The largest rate of the linear neuron of the first text: 2 over the largest curvature of its loss.
LINEAR_X = [[3, 4, 7], [6, 2, 9], [8, 10, 12], [9, 7, 4], [7, 6, 3]]


def linear_case():
    x = mp.matrix(LINEAR_X)
    curvature = mp.eigsy(2 * x.T * x / 5, eigvals_only=True)
    first_output = mp.mpf("0.2") * 3 + mp.mpf("1.4") * 4 + mp.mpf(30) * 7
    return {
        "first_output": float(first_output),
        "first_loss": float((first_output - mp.mpf("13.5")) ** 2),
        "rate_limit": float(2 / max(curvature)),
    }


def gaussian_mean(function):
    """Mean of function(x) over x normal with mean 0 and variance 1."""
    density = 1 / mp.sqrt(2 * mp.pi)
    return 2 * mp.quad(lambda x: density * mp.exp(-(x**2) / 2) * function(x), [0, 2, 5, 12])


def deep_sigmoid_table():
    """Wide sigmoid layers under the initializer made for them: docs/derivations/deep_sigmoid.md.

    For each gain: q, the variance of z / 2; signal, the deviation of the activations; and chi, by
    which the squared gradient changes from one layer to the layer before it.
    """
    table = {}
    with mp.workdps(20):
        for gain in ("1.0", "1.2", "1.4", "1.6", "2.0"):
            g, rows = mp.mpf(gain), []
            q = g**2
            for _ in range(6):
                root = mp.sqrt(q)
                power = gaussian_mean(lambda x, r=root: mp.tanh(r * x) ** 2)
                chi = g**2 * gaussian_mean(lambda x, r=root: mp.sech(r * x) ** 4)
                rows.append([float(q), float(mp.sqrt(power) / 2), float(chi)])
                q = g**2 * power
            table[gain] = rows
    return table


def main():
    tables = {
        "activations": activation_table(),
        "losses": loss_table(),
        "expression": formula_rows(),
        "two_two_one": worked_case(),
        "rules": rule_traces(),
        "linear_neuron": linear_case(),
        "deep_sigmoid": deep_sigmoid_table(),
    }
    for name, table in tables.items():
        text = json.dumps(table, separators=(",", ":"))
        text = text.replace("]],", "]],\n").replace("},", "},\n")
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
