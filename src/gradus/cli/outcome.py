"""What came out: the closing sentence of a command, and the same for programs as JSON.

How it came about must not be known here.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradus._words import counted

if TYPE_CHECKING:
    from gradus._typing import Int64Array
    from gradus.models.predictions import Predictions
    from gradus.workflow.fill import FillResult
    from gradus.workflow.predict import PredictResult

#: Up to this many answers are shown as well as written.
_MOST_SHOWN = 3


def filled_sentences(result: "FillResult") -> list[str]:
    """Say what `fill` has written where, and how many answers are doubtful."""
    cells = counted(len(result.rows), "cell")
    said = f"{cells} of {result.target!r} answered{_shown(result.predictions)}"
    return [
        f"Wrote {_place(result.output)}: {said}.",
        *_flagged(result.predictions, result.target),
    ]


def predicted_sentences(result: "PredictResult", target: str) -> list[str]:
    """Say what `predict` has written where, and how many answers are doubtful."""
    rows = counted(len(result.predictions), "row")
    said = f"{target!r} of {rows} answered{_shown(result.predictions)}"
    return [f"Wrote {_place(result.output)}: {said}.", *_flagged(result.predictions, result.column)]


def answers_as_json(rows: "Int64Array | range", predictions: "Predictions") -> list[dict[str, Any]]:
    """Return one object for each answered row; the first row below the header is row 0."""
    answers = [
        {"row": int(row), "answer": _plain(value)}
        for row, value in zip(rows, predictions.values, strict=True)
    ]
    if predictions.low is not None and predictions.high is not None:
        for answer, low, high in zip(answers, predictions.low, predictions.high, strict=True):
            answer |= {"low": _plain(low), "high": _plain(high)}
    if predictions.probabilities is not None:
        for answer, shares in zip(answers, predictions.probabilities.tolist(), strict=True):
            answer["probabilities"] = dict(zip(predictions.classes, shares, strict=True))
    for answer, flag in zip(answers, predictions.flags, strict=True):
        answer["flag"] = flag or None
    return answers


def _place(output: Path | None) -> str:
    """Say where a table went."""
    return "the table to standard output" if output is None else str(output)


def _plain(value: object) -> object:
    """Return a word as it is and a number as JSON can hold it: nan becomes None."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def _shown(predictions: "Predictions") -> str:
    """Show the answers in parentheses where they are few."""
    if not 0 < len(predictions) <= _MOST_SHOWN:
        return ""
    return f" ({', '.join(_spelled(predictions.values))})"


def _spelled(values: Iterable[object]) -> list[str]:
    """Spell numbers with three digits and leave words as they are."""
    from gradus.verdict.words import number_text

    return [
        value if isinstance(value, str) else number_text(float(value))  # type: ignore[arg-type]
        for value in values
    ]


def _flagged(predictions: "Predictions", target: str) -> list[str]:
    """Say how many answered rows are unlike the rows learned from."""
    n = sum(bool(flag) for flag in predictions.flags)
    if not n:
        return []
    which = "It is" if len(predictions) == 1 else f"{n:,} of them {'is' if n == 1 else 'are'}"
    return [f"{which} unlike the rows learned from; column {target}_flag says why."]
