"""Small trainings to compare with: what simple networks reach in an instant by second order.

What follows from the comparison must not be known here.
"""

from dataclasses import replace

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.diagnosis.case import Case, losses_of
from gradus.diagnosis.scaling import Scaling
from gradus.errors import GradusError
from gradus.models.network import Network
from gradus.networks.layers import Dense, Dropout
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training.plan import EarlyStopping

#: Hidden units of the small network.
WIDTH = 16
# Its iterations; its penalty keeps few rows from being learned by heart.
_ITERATIONS, _PENALTY = 40, 1e-4
_STOP = EarlyStopping(fraction=0.25, patience=5)
# Iterations from where a training ended, and on one batch of so many rows.
_POLISHING, _ON_ONE_BATCH, _BATCH = 25, 100, 32
# Steps of training that an iteration costs: its line search, its memory, and all rows at once; of a
# small network, whose weights stay in cache.
_COST_OF_L_BFGS, _COST_OF_SMALL = 3.0, 1.3
# Rows beyond which Levenberg-Marquardt's matrix does not grow.
_MOST_ROWS = 1000


def work_of_a_row(case: Case) -> float:
    """Say what the small and the polished network cost for each row they learn from.

    In the unit of `Case.work`. An iteration of Levenberg-Marquardt costs a product of two matrices;
    it seldom needs all of them.
    """
    n_small = (case.spec.widths[0] + 1) * WIDTH + (WIDTH + 1) * case.spec.n_outputs
    per_weight = min(n_small, _MOST_ROWS) / 6 if _has_short_rows(case.spec) else _COST_OF_SMALL
    return _ITERATIONS * n_small * per_weight + _COST_OF_L_BFGS * _POLISHING * len(case.start)


def attainable_losses(
    case: Case, learned: Int64Array, X: Float64Array, y: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Train a linear and a small network on scaled rows and let them answer others.

    Parameters
    ----------
    case
        The rows and the loss.
    learned
        Which rows they learn from.
    X, y
        The others.

    Returns
    -------
    The loss of each of the others by the linear one and by the one with 16 hidden units; infinite
    where training fails.
    """
    scaling = Scaling.fit(case.spec, case.X[learned], case.y[learned])
    rows = scaling.inputs(case.X[learned]), scaling.targets(case.y[learned])
    spec, last = case.spec, Dense(case.spec.n_outputs)
    found = []
    for layers in ((last,), (Dense(WIDTH, "tanh"), last)):
        network = _trained(
            Network(spec.n_inputs, layers, spec.loss, _PENALTY, embeddings=spec.embeddings),
            rows,
            LevenbergMarquardt() if _has_short_rows(spec) else LBFGS(),
            case.plan.n_threads,
        )
        if network is None:
            found.append(np.full(len(y), np.inf))
            continue
        own = network.spec, network.params, X, y, scaling
        found.append(losses_of(*own, n_threads=case.plan.n_threads))
    return found[0], found[1]


def constant_losses(
    spec: NetworkSpec, y: Float64Array, asked: Float64Array | None = None
) -> Float64Array:
    """Return what each row loses where the best single answer is given to all.

    Parameters
    ----------
    spec
        Whose loss counts.
    y : array of shape (n, n_targets)
        Decides the answer.
    asked : array of shape (m, n_targets), optional
        Which it is compared with; y itself if left out.
    """
    asked = y if asked is None else asked
    network = Network(1, [Dense(spec.n_outputs)], spec.loss)
    # In steps of the target's size, whatever its unit.
    scaling = Scaling.fit(network.spec, np.zeros((len(y), 1)), y)
    network.train(np.zeros((len(y), 1)), scaling.targets(y), LBFGS(), epochs=50)
    return losses_of(network.spec, network.params, np.zeros((len(asked), 1)), asked, scaling)


def polished_losses(case: Case, learned: Int64Array, judged: Int64Array) -> Float64Array:
    """Go on from where training ended by 25 iterations of L-BFGS on some rows; judge others."""
    network = Network.from_params(without_dropout(case.spec), case.end)
    X, y, weights = case.some(learned)
    try:
        network.train(
            X,
            y,
            LBFGS(),
            epochs=_POLISHING,
            sample_weight=weights,
            n_threads=case.plan.n_threads,
        )
    except GradusError:
        return np.full(len(judged), np.inf)
    return case.row_losses(network.params, case.X[judged], case.y[judged])


def one_batch_share(
    spec: NetworkSpec, params: Float64Array, X: Float64Array, y: Float64Array
) -> float:
    """Say which part of the error a network leaves that learns nothing but 32 rows.

    Parameters
    ----------
    spec, params
        The network as it starts; it learns without penalty, by L-BFGS.
    X, y
        Of which the first 32 rows are learned.

    Returns
    -------
    Its loss over that of the best single answer; 1 where training fails, 0 where the rows share
    one answer.
    """
    X, y = X[:_BATCH], y[:_BATCH]
    unit = float(constant_losses(spec, y).mean())
    if not unit > np.finfo(np.float64).tiny:
        return 0.0
    network = Network.from_params(replace(without_dropout(spec), l1=0.0, l2=0.0), params)
    try:
        network.train(X, y, LBFGS(), epochs=_ON_ONE_BATCH)
    except GradusError:
        return 1.0
    return network.loss(X, y) / unit


def without_dropout(spec: NetworkSpec) -> NetworkSpec:
    """Leave out dropout, which has no parameters and which methods of all rows do not take."""
    kept = tuple(layer for layer in spec.layers if not isinstance(layer, Dropout))
    return replace(spec, layers=kept)


def _has_short_rows(spec: NetworkSpec) -> bool:
    """Say whether Levenberg-Marquardt is quick; vectors of words make its matrix far larger."""
    return spec.loss == "squared_error" and not spec.embeddings


def _trained(
    network: Network,
    rows: tuple[Float64Array, Float64Array],
    rule: LevenbergMarquardt | LBFGS,
    n_threads: int | None,
) -> Network | None:
    try:
        network.train(*rows, rule, epochs=_ITERATIONS, early_stopping=_STOP, n_threads=n_threads)
    except GradusError:
        return None
    return network
