"""What predictions put into a table: the answers, and the columns beside them.

How they are written must not be known here.
"""

import numpy as np

from gradus._typing import Int64Array
from gradus.models.model import Model
from gradus.models.predictions import Predictions
from gradus.tables.table import Column, ColumnType, Filling, Spelling
from gradus.tables.target import Classes, NumberTarget

#: With more classes than this only the probability of the answer is written.
MOST_CLASSES_WRITTEN = 20
_PROBABILITY = Spelling(decimals=4)


def make_filling(
    model: Model, rows: Int64Array, predictions: Predictions, answers_name: str, *, is_new: bool
) -> Filling:
    """Turn the predictions for some rows into cells.

    Beside the answer C stand, for numbers, C_low and C_high; for classes C_p_CLASS for each of
    them, or C_p for the answer alone where there are more than 20; and C_flag.

    Parameters
    ----------
    model
        That made them.
    rows
        Their places in the table, ascending.
    predictions
        One for each of these rows.
    answers_name
        C, the column that the answers go to.
    is_new
        Whether it is added to the table instead of being filled.
    """
    column_type: ColumnType = "word" if predictions.values.dtype == object else "number"
    answers = Column(answers_name, column_type, predictions.values, model.spelling)
    beside = _columns_beside(model, predictions, answers_name)
    if is_new:
        return Filling(rows, None, (answers, *beside))
    return Filling(rows, answers, beside)


def names_beside(name: str, labels: NumberTarget | Classes) -> tuple[str, ...]:
    """Return the names of the columns beside the answers in a column `name`."""
    if isinstance(labels, NumberTarget):
        return f"{name}_low", f"{name}_high", f"{name}_flag"
    words = labels.labels_as_words
    if len(words) > MOST_CLASSES_WRITTEN:
        return f"{name}_p", f"{name}_flag"
    return (*(f"{name}_p_{word}" for word in words), f"{name}_flag")


def _columns_beside(model: Model, predictions: Predictions, name: str) -> tuple[Column, ...]:
    """Return bounds or probabilities, and the flag."""
    flags = np.array([flag or None for flag in predictions.flags], dtype=object)
    *names, flag_name = names_beside(name, model.labels)
    spelling, p = _PROBABILITY, predictions.probabilities
    if p is None:
        assert predictions.low is not None, "numbers have bounds"
        assert predictions.high is not None, "numbers have bounds"
        spelling, numbers = model.spelling, [predictions.low, predictions.high]
    else:
        numbers = list(p.T) if len(names) > 1 else [p.max(axis=1)]
    return (
        *(
            Column(each, "number", values, spelling)
            for each, values in zip(names, numbers, strict=True)
        ),
        Column(flag_name, "word", flags),
    )
