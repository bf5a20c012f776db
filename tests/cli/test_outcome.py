"""The closing sentences, and the answers as JSON."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gradus.cli.outcome import answers_as_json, filled_sentences, predicted_sentences
from tests.cli.helpers import numbers, words


def filled(predictions, output="houses.filled.csv", target="price"):
    place = None if output is None else Path(output)
    rows = np.arange(len(predictions))
    return SimpleNamespace(output=place, target=target, rows=rows, predictions=predictions)


@pytest.mark.parametrize(
    ("predictions", "sentence"),
    [
        (numbers(12.5), "Wrote houses.filled.csv: 1 cell of 'price' answered (12.5)."),
        (
            numbers(1, 20000, 3.14159),
            "Wrote houses.filled.csv: 3 cells of 'price' answered (1.00, 20,000, 3.14).",
        ),
        (numbers(1, 2, 3, 4), "Wrote houses.filled.csv: 4 cells of 'price' answered."),
        (numbers(*range(1234)), "Wrote houses.filled.csv: 1,234 cells of 'price' answered."),
        (words("yes", "no"), "Wrote houses.filled.csv: 2 cells of 'price' answered (yes, no)."),
    ],
)
def test_what_was_filled(predictions, sentence):
    assert filled_sentences(filled(predictions)) == [sentence]


def test_what_went_to_standard_output():
    assert filled_sentences(filled(numbers(12.5), output=None)) == [
        "Wrote the table to standard output: 1 cell of 'price' answered (12.5)."
    ]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["", "far", "", "far"], "2 of them are unlike"),
        (["", "far", "", ""], "1 of them is unlike"),
        (["far"], "It is unlike"),
    ],
)
def test_doubtful_answers_are_counted(flags, sentence):
    said = filled_sentences(filled(numbers(*range(len(flags)), flags=flags)))
    assert said[1:] == [f"{sentence} the rows learned from; column price_flag says why."]


def test_what_was_predicted():
    result = SimpleNamespace(
        output=Path("new.predicted.csv"),
        column="price_predicted",
        predictions=numbers(1, 2, 3, 4, flags=["", "", "", "far"]),
    )
    assert predicted_sentences(result, "price") == [
        "Wrote new.predicted.csv: 'price' of 4 rows answered.",
        ("1 of them is unlike the rows learned from; column price_predicted_flag says why."),
    ]


def test_numbers_as_json():
    predictions = numbers(2.5, 7, flags=["", "far"], low=[np.nan, 6])
    assert answers_as_json(np.array([4, 9]), predictions) == [
        {"row": 4, "answer": 2.5, "low": None, "high": 3.5, "flag": None},
        {"row": 9, "answer": 7.0, "low": 6.0, "high": 8.0, "flag": "far"},
    ]


def test_classes_as_json():
    assert answers_as_json(range(1), words("yes")) == [
        {"row": 0, "answer": "yes", "probabilities": {"no": 0.0, "yes": 1.0}, "flag": None}
    ]
