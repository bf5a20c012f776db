"""Healthy trainings, and trainings with one fault planted, over real tables, sizes and seeds.

What the doctor makes of them must not be known here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradus import (
    LBFGS,
    Adam,
    AdamW,
    Cosine,
    Dense,
    Diverged,
    EarlyStopping,
    GradientDescent,
    LevenbergMarquardt,
    Network,
    RMSprop,
    curvature,
)
from gradus.diagnosis.case import Case
from gradus.training.plan import Plan

Array = np.ndarray
# A fault that costs less than this part of the constant's loss, on rows learned from and on others,
# is no fault.
LEAST_HARM = 0.05
STOPPING = EarlyStopping(fraction=0.1, patience=30)


@dataclass(frozen=True)
class Table:
    """Rows to draw from, numbers standardized."""

    name: str
    X: Array = field(repr=False)
    y: Array = field(repr=False)
    loss: str
    n_outputs: int


@dataclass(frozen=True)
class Setup:
    """All that decides a training, and rows it does not see."""

    X: Array
    y: Array
    unseen: tuple[Array, Array]
    hidden: tuple[int, ...]
    activation: str
    rule: Any
    batch_size: int | None
    epochs: int
    loss: str
    n_outputs: int
    seed: int
    early_stopping: EarlyStopping | None = STOPPING
    l2: float = 0.0
    start: Callable[[Network], Array] | None = None

    def network(self) -> Network:
        """Make the network as it starts."""
        layers = [*(Dense(width, self.activation) for width in self.hidden), Dense(self.n_outputs)]
        net = Network(self.X.shape[1], layers, self.loss, l2=self.l2, seed=self.seed)
        if self.start is not None:
            net.params = self.start(net)
        return net


def healthy(table: Table, random: np.random.Generator) -> Setup:
    """Set a training up as a careful person does."""
    hidden = [(16,), (32,), (64, 64), (32, 32, 32)][random.integers(4)]
    # Sigmoids in several layers need more care than this.
    names = ["tanh", "relu", "gelu", *(["sigmoid"] if len(hidden) == 1 else [])]
    activation = str(random.choice(names))
    X, y, unseen = sampled(table, int(random.choice([300, 700, 1500, 3000])), random)
    batch_size: int | None = int(random.choice([16, 32, 64]))
    epochs = max(40, -(-4000 * batch_size // len(X)))
    rules: list[Any] = [
        Adam(Cosine(0.01)),
        Adam(0.003),
        AdamW(Cosine(0.01), weight_decay=0.05),
        GradientDescent(Cosine(0.02), momentum=0.9),
        RMSprop(Cosine(0.003)),
        LevenbergMarquardt() if table.loss == "squared_error" else LBFGS(),
    ]
    rule = rules[random.integers(len(rules))]
    if isinstance(rule, LevenbergMarquardt | LBFGS):
        batch_size, hidden, epochs = None, (16,), 60 if table.loss == "squared_error" else 200
    task = table.loss, table.n_outputs, int(random.integers(1000))
    return Setup(X, y, unseen, hidden, activation, rule, batch_size, epochs, *task)


def sampled(table: Table, n: int, random: np.random.Generator) -> tuple[Array, Array, Any]:
    """Draw rows to learn from, at most three quarters, and at most 1,000 others."""
    order = random.permutation(len(table.X))
    n = min(n, 3 * len(order) // 4)
    rows, others = order[:n], order[n : n + 1000]
    return table.X[rows], table.y[rows], (table.X[others], table.y[others])


def planted(fault: str, table: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Return a training with one fault, and the same without it."""
    setup = healthy(table, random)
    while setup.batch_size is None:
        setup = healthy(table, random)
    if fault in ("ill-conditioned", "noisy batches"):
        X, y, unseen = sampled(table, 3000, random)
        setup = replace(setup, X=X, y=y, unseen=unseen)
    return PLANTS[fault](setup, table, random)


def _rate_too_high(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    if random.random() < 0.5:
        rule: Any = GradientDescent(top_rate(s) * 10 ** random.uniform(0.3, 1.5))
    else:
        rule = Adam(10 ** random.uniform(-0.5, 0.7))
    return replace(s, rule=rule), s


def _rate_too_low(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    if random.random() < 0.5:
        rule: Any = GradientDescent(top_rate(s) * 10 ** random.uniform(-4.5, -3.3))
    else:
        rule = Adam(10 ** random.uniform(-6.5, -5))
    return replace(s, rule=rule, early_stopping=None), s


def _plateau(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """All units alike, or weights of almost nothing."""

    def alike(net: Network) -> Array:
        for name, view in net.views().items():
            if name.endswith("weight"):
                view[:] = view.mean(axis=1, keepdims=True) + 0.05
        return net.params

    hidden = [(16,), (32, 32)][random.integers(2)]
    s = replace(s, hidden=hidden, activation=str(random.choice(["tanh", "gelu"])))
    s = replace(s, rule=GradientDescent(top_rate(s) * 0.2), early_stopping=None)
    start = alike if random.random() < 0.5 else (lambda net: net.params * 1e-4)
    return replace(s, start=start), s


def _ill_conditioned(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Mix inputs so that some directions hardly vary; all rows in a step."""
    n = s.X.shape[1]
    left, _s, right = np.linalg.svd(random.normal(size=(n, n)))
    mix = left @ np.diag(np.geomspace(1, 10 ** -random.uniform(1.5, 2.5), n)) @ right
    center, spread = (s.X @ mix).mean(axis=0), (s.X @ mix).std(axis=0)
    hidden = [(16,), (32,)][random.integers(2)]
    epochs = int(random.choice([100, 300]))
    s = replace(s, batch_size=None, epochs=epochs, early_stopping=None, activation="tanh")
    s = replace(s, hidden=hidden)
    mixed = replace(
        s,
        X=(s.X @ mix - center) / spread,
        unseen=((s.unseen[0] @ mix - center) / spread, s.unseen[1]),
    )
    return tuple(replace(one, rule=GradientDescent(top_rate(one) * 0.25)) for one in (mixed, s))


def _saturated(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Weights far too large, or many layers of sigmoids with small ones."""
    s = replace(s, rule=GradientDescent(Cosine(0.02), momentum=0.9))
    if random.random() < 0.5:
        factor = 10 ** random.uniform(1.3, 2)
        s = replace(s, activation=str(random.choice(["sigmoid", "tanh"])))
        return replace(s, start=lambda net: net.params * factor), s
    hidden = (32,) * int(random.integers(6, 9))

    def small(net: Network) -> Array:
        return np.random.default_rng(net.seed).uniform(-0.3, 0.3, net.params.shape)

    return replace(s, hidden=hidden, activation="sigmoid", start=small), s


def _dead(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Nearly all units with a bias that no input reaches."""
    depth = random.uniform(8, 30)

    def deep(net: Network) -> Array:
        random = np.random.default_rng(net.seed)
        for name, view in net.views().items():
            if name.endswith("bias") and name != f"layer {len(net.spec.dense)} bias":
                view[random.random(view.shape) < 0.97] = -depth
        return net.params

    s = replace(s, activation="relu", hidden=[(32,), (64, 64)][random.integers(2)])
    return replace(s, start=deep), s


def _unscaled_inputs(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    scale = 10 ** random.uniform(0, 4, s.X.shape[1])
    shift = scale * random.uniform(-5, 20, s.X.shape[1])
    unseen = s.unseen[0] * scale + shift, s.unseen[1]
    return replace(s, X=s.X * scale + shift, unseen=unseen), s


def _unscaled_target(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    scale, shift = 10 ** random.uniform(2, 5), random.uniform(0, 5)
    unseen = s.unseen[0], (s.unseen[1] + shift) * scale
    return replace(s, y=(s.y + shift) * scale, unseen=unseen), s


def _overfitting(s: Setup, table: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Few noisy rows, a wide network, nothing to stop it."""
    X, y, unseen = sampled(table, int(random.choice([150, 300, 500])), random)

    def noisy(y: Array) -> Array:
        if table.loss == "squared_error":
            return y + random.normal(size=y.shape) * 0.7
        other = random.integers(0, table.n_outputs, y.shape)
        return np.where(random.random(y.shape) < 0.2, other, y)

    s = replace(s, X=X, y=noisy(y), unseen=(unseen[0], noisy(unseen[1])))
    s = replace(s, rule=Adam(0.003), batch_size=16, epochs=400, hidden=(16,))
    wide = replace(s, hidden=(128, 128), activation="relu", early_stopping=None)
    return wide, s


def _underfitting(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """One unit, or a heavy penalty."""
    s = replace(s, rule=Adam(Cosine(0.01)))
    if random.random() < 0.5:
        return replace(s, hidden=(1,), activation="tanh"), s
    return replace(s, l2=10 ** random.uniform(-0.3, 1)), s


def _noisy(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Batches of a few rows at a rate that does not fall."""
    hidden, activation = [(16,), (32,)][random.integers(2)], str(random.choice(["tanh", "gelu"]))
    s = replace(s, hidden=hidden, activation=activation, early_stopping=None, epochs=30)
    s = replace(s, batch_size=int(random.choice([1, 2, 4])))
    if random.random() < 0.5:
        rate = top_rate(s) * random.uniform(0.03, 0.2)
        return replace(s, rule=GradientDescent(rate)), replace(
            s, rule=GradientDescent(Cosine(rate))
        )
    rate = random.uniform(0.01, 0.03)
    return replace(s, rule=Adam(rate)), replace(s, rule=Adam(Cosine(rate)))


def _bad_data(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    """Copy rows to those that judge, contradict rows, or let an input tell the answer."""
    which, k = random.integers(3), len(s.X) // 2
    if which == 0:
        k = min(k, len(s.unseen[0]) // 2)
        X, y = np.vstack([s.unseen[0][:k], s.X[:k]]), np.concatenate([s.unseen[1][:k], s.y[:k]])
        return replace(s, unseen=(X, y)), s
    if which == 1:
        X, y = np.vstack([s.X[:k]] * 2), np.concatenate([s.y[:k], random.permutation(s.y[:k])])
        return replace(s, X=X, y=y), s
    X, other = (np.column_stack([X, y * 1.5 + 0.3]) for X, y in ((s.X, s.y), s.unseen))
    return replace(s, X=X, unseen=(other, s.unseen[1])), s


def _nothing(s: Setup, _: Table, random: np.random.Generator) -> tuple[Setup, Setup]:
    unseen = s.unseen[0], random.permutation(s.unseen[1])
    return replace(s, y=random.permutation(s.y), unseen=unseen), s


PLANTS: dict[str, Callable[[Setup, Table, np.random.Generator], tuple[Setup, Setup]]] = {
    "rate too high": _rate_too_high,
    "rate too low": _rate_too_low,
    "plateau": _plateau,
    "ill-conditioned": _ill_conditioned,
    "saturated units": _saturated,
    "dead units": _dead,
    "unscaled inputs": _unscaled_inputs,
    "unscaled target": _unscaled_target,
    "overfitting": _overfitting,
    "underfitting": _underfitting,
    "noisy batches": _noisy,
    "bad data": _bad_data,
    "nothing to learn": _nothing,
}
#: Faults of the rows, which are faults whatever they cost.
OF_THE_ROWS = ("bad data", "nothing to learn")


def is_possible(fault: str, table: Table) -> bool:
    """Say whether a fault can be planted in a table, and shown."""
    if fault == "unscaled target":
        return table.loss == "squared_error"
    if fault == "ill-conditioned" and table.X.shape[1] > 60:
        return False
    # What mixing or scatter hides from few noisy rows nothing finds again; forty rows that judge
    # prove nothing.
    is_slow = fault in ("ill-conditioned", "noisy batches")
    return len(table.X) >= (900 if is_slow else 500)


def top_rate(s: Setup) -> float:
    """``2 / lambda_max`` at the start."""
    bent = curvature(replace(s, start=None).network(), s.X[:500], s.y[:500])
    return bent.largest_stable_rate(bent.extremes(0.05))


def case_of(s: Setup) -> Case:
    """Train."""
    net = s.network()
    start, failure, history = net.params.copy(), "", None
    options: dict[str, Any] = {
        "epochs": s.epochs,
        "batch_size": s.batch_size,
        "early_stopping": s.early_stopping,
    }
    try:
        history = net.train(s.X, s.y, s.rule, n_threads=1, **options).history
    except Diverged as error:
        failure = str(error)
    plan = Plan(s.rule, **options, seed=s.seed, n_threads=1)
    unseen = np.ascontiguousarray(s.unseen[0]), column(s.unseen[1])
    weights = start, net.params.copy()
    X = np.ascontiguousarray(s.X)
    return Case(net.spec, X, column(s.y), None, unseen, plan, *weights, history, failure)


def column(y: Array) -> Array:
    """Return targets as one column of float64."""
    return np.asarray(y, dtype=np.float64).reshape(len(y), 1)


def harm(case: Case, twin: Case, *, is_seen: bool) -> float:
    """Return by how much the loss is larger than the twin's, in units of the constant's loss."""

    def share(one: Case) -> float:
        X, y = (one.X, one.y) if is_seen or one.unseen is None else one.unseen
        with np.errstate(all="ignore"):
            loss = float(one.row_losses(one.end, X, y).mean())
        if one.spec.loss == "squared_error":
            return loss / float(one.y.var()) if np.isfinite(loss) else np.inf
        p = np.unique(one.y, return_counts=True)[1] / len(one.y)
        return loss / -float(p @ np.log(p)) if np.isfinite(loss) else np.inf

    return share(case) - share(twin)
