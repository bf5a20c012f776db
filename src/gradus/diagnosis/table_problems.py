"""What is wrong with the rows, whatever learns from them: copies, contradictions, giveaways.

Trained networks must not be known here, but for their answers on rows they have not seen.
"""

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.diagnosis.case import Case
from gradus.diagnosis.finding import Finding
from gradus.diagnosis.measures import Measures
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec
from gradus.tables.checks import groups_of_copies
from gradus.verdict.paired_test import p_better

# From which share of copies among unseen rows on, from which share of the error that contradicting
# rows leave, and from which correlation on something is said.
_MOST_COPIES, _MOST_CONFLICT, _REPEATS = 0.05, 0.2, 0.9999
# Rows a giveaway is looked for in, and shuffles that a correlation must beat.
_MOST_ROWS, _N_SHUFFLES = 1000, 100
# Rows that tell quickly which inputs are no giveaways.
_FEW_ROWS = 50


def bad_data(case: Case) -> Finding | None:
    """Find copies among the unseen rows, contradictions and inputs that give the answer away."""
    rows = case.X if case.unseen is None else np.vstack([case.X, case.unseen[0]])
    groups = groups_of_copies(rows)
    return (
        _copies(case, groups[: case.n], groups[case.n :])
        or _conflicts(case, groups[: case.n])
        or _giveaway(case)
    )


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


def _copies(case: Case, learned: Int64Array, judged: Int64Array) -> Finding | None:
    """Find rows that judge among those learned from; both are told by groups of equal inputs."""
    if case.unseen is None:
        return None
    known = {(group, row.tobytes()) for group, row in zip(learned.tolist(), case.y, strict=True)}
    asked = zip(judged.tolist(), case.unseen[1], strict=True)
    share = float(np.mean([(group, row.tobytes()) in known for group, row in asked]))
    if share <= _MOST_COPIES:
        return None
    return Finding(
        "bad data",
        f"{100 * share:.0f} % of the rows that judge are copies of rows learned from.",
        {"share of copies": share},
        "keep copies on one side, or judge by rows that are no copies",
    )


def _conflicts(case: Case, groups: Int64Array) -> Finding | None:
    sizes = np.bincount(groups)
    if len(sizes) == case.n:
        return None
    codes = _codes(case, case.y)
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
    X, codes = case.X[:_MOST_ROWS], _codes(case, case.y[:_MOST_ROWS])
    if loss_of(case.spec.loss).classes(case.y) is None:
        found = np.abs(_correlations(X, codes)).max(axis=1)
        column = int(np.argmax(found))
        if found[column] <= _REPEATS:
            return None
        how, number = "correlation with the answer", float(found[column])
    else:
        y = case.y[: len(X), 0]
        telling = [j for j in _may_tell_apart(X, y, case.spec) if _tells_apart(X[:, j], y)]
        if not telling:
            return None
        column, how, number = telling[0], "share of rows it tells apart", 1.0
    return Finding(
        "bad data",
        f"Input {column} alone gives the answer away: {how} {number:.6g}.",
        {"column": float(column), how: number},
        "leave it out if it is not known before the answer is",
    )


def _may_tell_apart(X: Float64Array, y: Float64Array, spec: NetworkSpec) -> Int64Array:
    """Leave out inputs that do not tell a few rows apart, and so not all of them."""
    few = y[:_FEW_ROWS]
    order = np.argsort(X[:_FEW_ROWS, : spec.n_plain], axis=0, kind="stable")
    changes = np.count_nonzero(np.diff(few[order], axis=0), axis=0)
    return np.flatnonzero(changes < len(np.unique(few)))


def _tells_apart(x: Float64Array, y: Float64Array) -> bool:
    """Say whether cuts of a number, as many as classes less one, leave one class in each part."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    is_change = y[1:] != y[:-1]
    return int(is_change.sum()) == len(np.unique(y)) - 1 > 0 and (x[1:] != x[:-1])[is_change].all()


def _has_correlation(case: Case) -> bool:
    """Say whether an input goes with the answer more than in 100 tables of shuffled answers."""
    assert case.unseen is not None
    X = np.vstack([case.X[:_MOST_ROWS], case.unseen[0][:_MOST_ROWS]])
    codes = np.vstack([_codes(case, y[:_MOST_ROWS]) for y in (case.y, case.unseen[1])])
    inputs, answers = _standardized(X), _standardized(codes)
    random = np.random.default_rng(3)
    found = float(np.abs(inputs.T @ answers).max())
    by_luck = (
        float(np.abs(inputs.T @ random.permutation(answers)).max()) for _ in range(_N_SHUFFLES)
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


def _codes(case: Case, y: Float64Array) -> Float64Array:
    """Return targets as numbers, classes as one column each."""
    classes = loss_of(case.spec.loss).classes(y)
    if classes is None or case.spec.n_outputs == 1:
        return y
    return np.eye(case.spec.n_outputs)[y[:, 0].astype(np.int64)]


def _sums(groups: np.ndarray, codes: Float64Array) -> Float64Array:
    return np.column_stack([np.bincount(groups, weights=column) for column in codes.T])
