"""What is wrong with the rows, whatever learns from them: copies, contradictions, giveaways.

Trained networks must not be known here, but for their answers on rows they have not seen.
"""

import numpy as np

from gradus._typing import Float64Array
from gradus.diagnosis.case import Case
from gradus.diagnosis.finding import Finding
from gradus.diagnosis.measures import Measures
from gradus.networks.losses import loss_of
from gradus.tables.checks import groups_of_copies
from gradus.verdict.paired_test import p_better

# From which share of copies among unseen rows on, from which share of the error that contradicting
# rows leave, and from which correlation on something is said.
_MOST_COPIES, _MOST_CONFLICT, _REPEATS = 0.05, 0.2, 0.9999
# Rows a giveaway is looked for in, and shuffles that a correlation must beat.
_MOST_ROWS, _N_SHUFFLES = 1000, 100


def bad_data(case: Case) -> Finding | None:
    """Find copies among the unseen rows, contradictions and inputs that give the answer away."""
    return _copies(case) or _conflicts(case) or _giveaway(case)


def nothing_to_learn(measures: Measures) -> Finding | None:
    """Find that neither networks nor a correlation tell more than one answer for all rows."""
    case = measures.case
    if case.unseen is None or p_better(measures.unseen, measures.unseen_constant) < 0.05:
        return None
    if p_better(measures.unseen_attainable, measures.unseen_constant) < 0.05:
        return None
    if _has_correlation(case):
        return None
    own, constant = float(measures.unseen.mean()), float(measures.unseen_constant.mean())
    return Finding(
        "nothing to learn",
        f"On rows it has not seen the network's loss is {own:.3g}, that of one answer for all "
        f"{constant:.3g}; simple networks do no better, and no input goes with the answer more "
        f"than in {_N_SHUFFLES} tables with shuffled answers.",
        {"loss": own, "loss of one answer": constant},
        "answer with the mean, or find columns that have to do with it",
    )


def _copies(case: Case) -> Finding | None:
    if case.unseen is None:
        return None
    known = {row.tobytes() for row in np.column_stack([case.X, case.y])}
    rows = np.column_stack(case.unseen)
    share = float(np.mean([row.tobytes() in known for row in rows]))
    if share <= _MOST_COPIES:
        return None
    return Finding(
        "bad data",
        f"{100 * share:.0f} % of the rows that judge are copies of rows learned from.",
        {"share of copies": share},
        "keep copies on one side, or judge by rows that are no copies",
    )


def _conflicts(case: Case) -> Finding | None:
    groups = groups_of_copies(case.X)
    sizes = np.bincount(groups)
    if len(sizes) == case.n:
        return None
    codes = _codes(case)
    error = codes - _sums(groups, codes)[groups] / sizes[groups][:, None]
    floor = float(np.sum(error**2)) / max(float(np.sum((codes - codes.mean(axis=0)) ** 2)), 1e-300)
    if floor <= _MOST_CONFLICT:
        return None
    return Finding(
        "bad data",
        f"Rows with the same inputs have different answers: {100 * floor:.0f} % of the squared "
        "error of one answer for all can never be learned.",
        {"share of the error": floor},
        "look at these rows, or add the column that tells them apart",
    )


def _giveaway(case: Case) -> Finding | None:
    """Find an input that repeats a number, or that alone tells all classes apart."""
    X, codes = case.X[:_MOST_ROWS], _codes(case)[:_MOST_ROWS]
    if loss_of(case.spec.loss).classes(case.y) is None:
        found = np.abs(_correlations(X, codes)).max(axis=1)
        column = int(np.argmax(found))
        if found[column] <= _REPEATS:
            return None
        how, number = "correlation with the answer", float(found[column])
    else:
        telling = [j for j in range(case.spec.n_plain) if _tells_apart(X[:, j], case.y[:, 0])]
        if not telling:
            return None
        column, how, number = telling[0], "share of rows it tells apart", 1.0
    return Finding(
        "bad data",
        f"Input {column} alone gives the answer away: {how} {number:.6g}.",
        {"column": float(column), how: number},
        "leave it out if it is not known before the answer is",
    )


def _tells_apart(x: Float64Array, y: Float64Array) -> bool:
    """Say whether cuts of a number, as many as classes less one, leave one class in each part."""
    y = y[: len(x)]
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    is_change = y[1:] != y[:-1]
    return int(is_change.sum()) == len(np.unique(y)) - 1 > 0 and (x[1:] != x[:-1])[is_change].all()


def _has_correlation(case: Case) -> bool:
    """Say whether an input goes with the answer more than in 100 tables of shuffled answers."""
    X, codes = case.X[:_MOST_ROWS], _codes(case)[:_MOST_ROWS]
    random = np.random.default_rng(3)
    found = float(np.abs(_correlations(X, codes)).max())
    by_luck = (
        float(np.abs(_correlations(X, random.permutation(codes))).max()) for _ in range(_N_SHUFFLES)
    )
    return all(found > one for one in by_luck)


def _correlations(X: Float64Array, codes: Float64Array) -> Float64Array:
    """Return Pearson's correlations, shape (n_inputs, n_codes); 0 where something is constant."""
    found: Float64Array = _standardized(X).T @ _standardized(codes) / len(X)
    return found


def _standardized(a: Float64Array) -> Float64Array:
    apart = a - a.mean(axis=0)
    spread = a.std(axis=0)
    is_constant = spread <= 1e-9 * np.abs(a).max(axis=0)
    scaled: Float64Array = apart / np.where(is_constant, 1.0, spread)
    return np.where(is_constant, 0.0, scaled)


def _codes(case: Case) -> Float64Array:
    """Return targets as numbers, classes as one column each."""
    classes = loss_of(case.spec.loss).classes(case.y)
    if classes is None or case.spec.n_outputs == 1:
        return case.y
    return np.eye(case.spec.n_outputs)[case.y[:, 0].astype(np.int64)]


def _sums(groups: np.ndarray, codes: Float64Array) -> Float64Array:
    return np.column_stack([np.bincount(groups, weights=column) for column in codes.T])
