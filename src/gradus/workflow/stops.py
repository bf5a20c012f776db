"""The early-stop card: one sentence for each network on why its training ended.

It tells which rows judged, by which measure, which epoch was best and what was put back.
"""

import numpy as np

from gradus._typing import FloatArray, Int64Array
from gradus.training.folds import holdout
from gradus.training.plan import Plan
from gradus.training.train import TrainResult

_ENDS = {
    "epochs": "all {epochs} epochs were done",
    "early_stopping": "{patience} epochs had brought nothing better",
    "time_limit": "the time limit was reached",
}


def stop_sentences(
    result: TrainResult,
    plan: Plan,
    folds: Int64Array | None,
    groups: Int64Array | None,
    order: Int64Array | None,
    classes: FloatArray | None,
) -> tuple[str, ...]:
    """Say of each network on which rows, when and why it stopped, and what was put back.

    Parameters
    ----------
    result
        Of the training.
    plan, folds, groups, order
        What it was given.
    classes
        Class numbers, shape (n,), or None.
    """
    sentences = []
    n = len(result.out_of_fold) if result.out_of_fold is not None else 0
    for k, history in enumerate(result.histories):
        last = int(history.epoch[-1]) if len(history) else 0
        best, why = result.best_epochs[k], result.stopped_because[k]
        patience = plan.early_stopping.patience if plan.early_stopping else 0
        end = _ENDS[why].format(epochs=plan.epochs, patience=patience)
        words = f"Network {k + 1} stopped after epoch {last} of {plan.epochs}: {end}."
        if plan.early_stopping is not None and folds is not None:
            rows = np.arange(n)[folds != k]
            fraction, seed = plan.early_stopping.fraction, plan.seed + k
            _, held = holdout(rows, fraction, seed, groups=groups, order=order, classes=classes)
            words += (
                f" The loss on {len(held):,} of its {len(rows):,} rows, held out to stop by, was "
                f"least after epoch {best}, whose weights were put back."
            )
        sentences.append(words)
    return tuple(sentences)
