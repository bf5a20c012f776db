"""The early-stop card: one sentence for each network on why its training ended.

It tells which rows judged, by which measure, which epoch was best and what was put back; where the
rule was left open, which one trained and why.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from gradus._typing import FloatArray, Int64Array
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.schedules import Cosine
from gradus.optimizers.second_order.problem import FullBatchRule
from gradus.training.folds import holdout
from gradus.training.plan import Plan
from gradus.training.train import TrainResult
from gradus.training.trials import plan_in_full

_ENDS = {
    "epochs": "all {epochs} epochs were done",
    "early_stopping": "{patience} epochs had brought nothing better",
    "converged": "no step lowered its loss any more",
    "evaluations": "it had looked at its loss as often as it may",
    "time_limit": "the time limit was reached",
}


def held_out_rows(
    folds: Int64Array,
    plan: Plan,
    groups: Int64Array | None,
    order: Int64Array | None,
    classes: FloatArray | None,
) -> tuple[Int64Array, ...]:
    """Return the rows that each network stopped by, none of them where the plan holds none out.

    Parameters
    ----------
    folds, plan, groups, order
        What `train` was given.
    classes
        Class numbers, shape (n,), or None.
    """
    # One that has no fold learns from all rows.
    n_networks = max(1, int(folds.max()) + 1)
    if plan.early_stopping is None:
        return (np.zeros(0, dtype=np.int64),) * n_networks
    fraction, held = plan.early_stopping.fraction, []
    for k in range(n_networks):
        rows, seed = np.flatnonzero(folds != k), plan.seed + k
        held.append(holdout(rows, fraction, seed, groups=groups, order=order, classes=classes)[1])
    return tuple(held)


def stop_sentences(
    result: TrainResult,
    plan: Plan,
    folds: Int64Array,
    held_out: Sequence[Int64Array],
    first: int = 1,
) -> tuple[str, ...]:
    """Say of each network on which rows, when and why it stopped, and what was put back.

    Parameters
    ----------
    result
        Of the training.
    plan, folds
        What it was given.
    held_out
        Of `held_out_rows`.
    first
        What the first network is numbered.
    """
    sentences = []
    for k, (history, held) in enumerate(zip(result.histories, held_out, strict=True)):
        own = _own_plan(result, plan, k)
        patience = own.early_stopping.patience if own.early_stopping else 0
        last = int(history.epoch[-1]) if len(history) else 0
        end = _ENDS[result.stopped_because[k]].format(epochs=own.epochs, patience=patience)
        words = f"Network {first + k} stopped after epoch {last} of {own.epochs}: {end}."
        if len(held):
            words += (
                f" The loss on {len(held):,} of its {int((folds != k).sum()):,} rows, held out to "
                f"stop by, was least after epoch {result.best_epochs[k]}, whose weights were put "
                "back."
            )
        if result.rule_reasons[k]:
            words += f" It was trained by {result.rule_reasons[k]}"
        sentences.append(words)
    return tuple(sentences)


def stop_summary(result: TrainResult, plan: Plan) -> str:
    """Say the same of all networks at once."""
    last = [int(history.epoch[-1]) if len(history) else 0 for history in result.histories]
    who, each = ("The network", "") if len(last) == 1 else (f"The {len(last)} networks", "each ")
    most = [_own_plan(result, plan, k).epochs for k in range(len(last))]
    said = f"{who} stopped after {_span(last)} of {_span(most)} epochs"
    if plan.early_stopping is not None:
        said += (
            f", {each}judged by a tenth of its rows, held out to stop by; the weights of "
            f"{_epochs(result.best_epochs)}, where the loss on them was least, were put back"
        )
    return " ".join([f"{said}.", *_chosen(result)])


def _own_plan(result: TrainResult, plan: Plan, k: int) -> Plan:
    """Return what one network was trained by: where the rule was left open, another plan."""
    return plan_in_full(plan, result.rules[k]) if isinstance(plan.rule, Automatic) else plan


def _chosen(result: TrainResult) -> list[str]:
    """Say which rules were chosen where that was left open, the most frequent one first."""
    # The first sentence of a reason names rule and rate; a point inside a number ends none.
    rules = [reason.partition(". ")[0] for reason in result.rule_reasons if reason]
    if len(set(rules)) < 2:
        return [f"Trained by {rule}." for rule in rules[:1]]
    names = Counter(rule.partition(" with ")[0] for rule in rules).most_common()
    said = " and ".join(f"{name} ({n} of {len(rules)})" for name, n in names)
    rates = [rule.learning_rate for rule in result.rules if not isinstance(rule, FullBatchRule)]
    first = [rate.rate for rate in rates if isinstance(rate, Cosine)]
    return [f"Trained by {said}, with learning rates from {min(first):.2g} to {max(first):.2g}."]


def _epochs(numbers: Sequence[int]) -> str:
    """Name one epoch or a span of them."""
    return f"epoch{'s' if len(set(numbers)) > 1 else ''} {_span(numbers)}"


def _span(numbers: Sequence[int]) -> str:
    """Spell the least and the largest of some numbers: 45 to 143, or 200."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
