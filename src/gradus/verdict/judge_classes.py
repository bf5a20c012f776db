"""Which candidate answers where the target is a class, and the words for it.

All measures are over rows that the candidate has not learned from. How the candidates came about
must not be known here.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.choice import SIGNIFICANCE, Choice, choose, linear_wins, who_answers
from gradus.verdict.class_measures import class_measures, log_losses, recalls
from gradus.verdict.paired_test import p_better
from gradus.verdict.verdict import Verdict, finite
from gradus.verdict.words import NEIGHBORS_LEAD, listed, number_text, percent_text, rows_text

# Accuracy misleads where the largest class has more than this many times the rows of the smallest.
_UNBALANCED = 1.5
_MOST_LISTED = 10


def judge_classes(
    codes: Int64Array,
    folds: Int64Array,
    probabilities: Mapping[str, Float64Array],
    class_names: Sequence[str],
    weights: Float64Array | None = None,
    neighbors: tuple[Int64Array, Float64Array] | None = None,
    *,
    judged_on: str = "each answered by a model that had not seen it",
    network_is_asked_for: bool = False,
    diverged: bool = False,
) -> Verdict:
    """Choose who answers.

    The better of the linear model and the shares of the classes is what the network has to beat,
    at 5 % in a paired test over log losses; otherwise the simple one answers. Nearest neighbors
    never answer.

    Parameters
    ----------
    codes, folds
        Shape (n_samples,): class numbers from 0, and the fold of each row; -1 for rows not judged.
        At least one row is judged.
    probabilities
        By "network", "linear" and "mean" (the shares of the classes), shape (n_samples,
        n_classes), out of fold; "network" may be missing.
    class_names
        Of class 0, 1, ...
    weights
        Shape (n_samples,), at least 0.
    neighbors
        Row numbers and the nearest neighbors' probabilities for them.
    judged_on, network_is_asked_for, diverged
        See `judge_numbers`.
    """
    rows = np.flatnonzero(folds >= 0)
    w = None if weights is None else weights[rows]
    own, judged = codes[rows], {name: each[rows] for name, each in probabilities.items()}
    losses = {name: log_losses(own, each) for name, each in judged.items()}
    choice = choose(losses, w, network_is_asked_for=network_is_asked_for)
    found = {name: class_measures(own, each, w) for name, each in judged.items()}
    recall = recalls(own, judged[choice.answered_by], w)
    details = _details(own, found[choice.answered_by], recall, class_names)
    if neighbors is not None:
        its_rows, its_answers = neighbors
        its_weights = None if weights is None else weights[its_rows]
        found["neighbors"] = class_measures(codes[its_rows], its_answers, its_weights)
        ours = log_losses(codes[its_rows], probabilities[choice.answered_by][its_rows])
        theirs = log_losses(codes[its_rows], its_answers)
        if p_better(theirs, ours, its_weights) < SIGNIFICANCE:
            details.append(NEIGHBORS_LEAD)
    shares = np.bincount(own, w, len(class_names))
    largest = class_names[int(shares.argmax())]
    # What the share of each class answers need not be this one: where one row is left out, two
    # equal classes are answered the wrong way round.
    found["mean"]["accuracy"] = float(shares.max() / shares.sum())
    within = rows_text(len(rows), judged_on, None if neighbors is None else len(neighbors[0]))
    return Verdict(
        choice.answered_by,
        _sentence(choice, found, largest, within, diverged=diverged),
        len(rows),
        finite(found),
        tuple(details),
        {name: float(r) for name, r in zip(class_names, recall, strict=True) if math.isfinite(r)},
    )


def _details(
    codes: Int64Array,
    measures: Mapping[str, float],
    recall: Float64Array,
    class_names: Sequence[str],
) -> list[str]:
    """Put recall and balanced accuracy in words."""
    counts = np.bincount(codes, minlength=len(class_names))
    known = [
        (float(share), repr(name))
        for name, share in zip(class_names, recall, strict=True)
        if math.isfinite(share)
    ]
    told = [f"{percent_text(share)} of {name}" for share, name in sorted(known)]
    start = "Of each class it finds"
    if len(told) > _MOST_LISTED:
        told = told[:_MOST_LISTED]
        start = f"Of {len(class_names):,} classes it finds these {_MOST_LISTED} least often:"
    details = [f"{start} {listed(told)}."]
    if len(known) > 1 and counts.max() > _UNBALANCED * counts[counts > 0].min():
        details.append(
            "The classes are of unequal size; if each counted the same, "
            f"{percent_text(measures['balanced_accuracy'])} of the rows would be right."
        )
    return details


def _sentence(
    choice: Choice,
    measures: Mapping[str, Mapping[str, float]],
    largest: str,
    within: str,
    *,
    diverged: bool,
) -> str:
    """Put the verdict in words."""
    right = {name: percent_text(each["accuracy"]) for name, each in measures.items()}
    loss = {name: number_text(each["log_loss"]) for name, each in measures.items()}
    who = who_answers(choice, "the largest class")
    is_network = choice.best == "network"
    if "network" not in measures:
        start = "The network's training diverged" if diverged else "No network was trained"
        rest = _for_each(right, loss, largest)
        return f"{start}, so it cannot answer: {rest} ({within}); {who}."
    if not is_network and not choice.beats_mean:
        start = "Nothing here predicts it"
        if choice.best == "linear":
            start = "Nothing here is surely better than the share of each class"
        return f"{start}: {_for_each(right, loss, largest)} ({within}); {who}."
    start = linear_wins(measures["linear"]["log_loss"], measures["network"]["log_loss"])
    first, other, called = "linear", "network", "the network"
    if is_network or measures["network"]["log_loss"] < measures["linear"]["log_loss"]:
        start = "The network is worth it" if is_network else "The network is not surely better"
        first, other, called = "network", "linear", "a linear model"
    last = {"neighbors": "nearest neighbors", "mean": f"always the largest class ({largest!r})"}
    others = listed(
        [
            f"{called} is in {right[other]}",
            *(f"{last[name]} in {right[name]}" for name in last if name in right),
        ]
    )
    return (
        f"{start}: it is right in {right[first]} of the rows where {others}; its log loss "
        f"is {loss[first]} where {called}'s is {loss[other]} ({within})"
        f"{'' if is_network else f'; {who}'}."
    )


def _for_each(right: Mapping[str, str], loss: Mapping[str, str], largest: str) -> str:
    """List what each candidate has."""
    called = {"network": "the network", "linear": "a linear model"}
    called |= {"neighbors": "nearest neighbors", "mean": f"always the largest class ({largest!r})"}
    rights = listed([f"{right[name]} for {called[name]}" for name in called if name in right])
    called["mean"] = "the share of each class"
    losses = listed([f"{loss[name]} for {called[name]}" for name in called if name in loss])
    return f"the share of right rows is {rights}; the log loss is {losses}"
