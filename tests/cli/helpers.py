"""A terminal that remembers, a stream whose reader has left, and a model that learned nothing."""

import io
from types import SimpleNamespace

import numpy as np

from gradus.models.predictions import Predictions


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Broken(io.StringIO):
    def write(self, _text):
        raise BrokenPipeError(32, "Broken pipe")


def numbers(*values, flags=None, low=None):
    """Predictions of numbers with bounds one below and one above."""
    values = np.array(values, dtype=np.float64)
    flags = np.array(flags or [""] * len(values), dtype=object)
    low = values - 1 if low is None else np.array(low, dtype=np.float64)
    return Predictions(values, low, values + 1, None, (), flags, ("A note.",))


def words(*values, classes=("no", "yes")):
    """Predictions of classes, sure of each."""
    probabilities = np.array([[float(value == name) for name in classes] for value in values])
    flags = np.array([""] * len(values), dtype=object)
    answers = np.array(values, dtype=object)
    return Predictions(answers, None, None, probabilities, classes, flags, ())


class Fake(SimpleNamespace):
    """What a model is to the command line."""

    def save(self, place):
        with open(place, "wb") as file:  # noqa: PTH123
            file.write(b"model")

    def describe(self):
        return {"target": self.target}

    def summary(self):
        return "First line.\n\nSecond line."
