"""The answer of a model as a function of what feeds its networks, with its slopes, in float64.

Tables are not known here beyond columns that fit the model.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.engines.base import Engine
from gradus.engines.embedding import embed
from gradus.engines.input_slopes import input_slopes
from gradus.engines.registry import engine
from gradus.models.model import Model
from gradus.networks.losses import loss_of
from gradus.networks.params import layout
from gradus.networks.spec import NetworkSpec
from gradus.tables.table import Column
from gradus.tables.target import NumberTarget
from gradus.verdict.calibration import apply_temperature

#: What feeds each network: one array of shape (n, fan_in of layer 1) for each. They differ where
#: categories are embedded, since every network has learned numbers of its own for a level.
Fed = list[Float64Array]


@dataclass(frozen=True, eq=False)
class AnswerFunction:
    """What a model answers: a number in its own unit, or the probability of one class.

    Attributes
    ----------
    model
        Whose networks answer together.
    chosen
        The number of the class; None for numbers.
    """

    model: Model
    chosen: int | None

    @cached_property
    def spec(self) -> NetworkSpec:
        """The networks behind their embeddings."""
        spec = self.model.answerer.spec
        return replace(spec, n_inputs=spec.widths[0], embeddings=())

    @cached_property
    def networks(self) -> list[Float64Array]:
        """The parameters of each network behind its embeddings."""
        first = layout(self.model.answerer.spec)[len(self.model.answerer.spec.embeddings)].start
        return [one[first:].astype(np.float64) for one in self.model.answerer.answering]

    @cached_property
    def column_of_fed(self) -> Int64Array:
        """For each number that feeds a network the input column it is made from."""
        spec, places = self.model.answerer.spec, list(self.model.encoder.column_of_feature)
        learned = [
            place
            for place, embedding in zip(places[spec.n_plain :], spec.embeddings, strict=True)
            for _ in range(embedding.width)
        ]
        return np.array([*places[: spec.n_plain], *learned], dtype=np.int64)

    @property
    def label(self) -> str | None:
        """The class in words; None for numbers."""
        labels = self.model.labels
        if isinstance(labels, NumberTarget) or self.chosen is None:
            return None
        return labels.labels_as_words[self.chosen]

    @property
    def spread(self) -> float:
        """What a large difference between two answers is: the target's deviation, or 1."""
        labels = self.model.labels
        if not isinstance(labels, NumberTarget):
            return 1.0
        low, high = labels.restore(np.array([-1.0, 1.0]))
        return float(high - low) / 2 or labels.scale

    @property
    def stretch(self) -> float | None:
        """By what a difference of outputs is multiplied; None where answers bend with them."""
        labels = self.model.labels
        if not isinstance(labels, NumberTarget) or labels.is_log or labels.is_count:
            return None
        return float(labels.slope(np.zeros(1))[0])

    @property
    def by_network(self) -> "list[AnswerFunction]":
        """Functions whose mean it is, one for each network; itself alone where it is no mean.

        It is one where each network's output is only stretched and shifted.
        """
        answerer = self.model.answerer
        if self.stretch is None:
            return [self]
        alone = [replace(answerer, answering=one[None]) for one in answerer.answering]
        return [AnswerFunction(replace(self.model, answerer=one), None) for one in alone]

    def feed(self, columns: Sequence[Column]) -> Fed:
        """Return what feeds each network where these columns are read."""
        X = self.model.encoder.transform(columns)
        answerer = self.model.answerer
        return [
            embed(answerer.spec, params.astype(np.float64), X)[0] for params in answerer.answering
        ]

    def value(self, fed: Fed) -> Float64Array:
        """Return the answers, shape (n,)."""
        return self._combined(self._outputs(fed))[0]

    def slopes(self, fed: Fed) -> Fed:
        """Differentiate each answer by all that feeds each network."""
        outputs = self._outputs(fed)
        by_outputs = self._combined(outputs)[1]
        pairs = zip(self.networks, fed, outputs, by_outputs, strict=True)
        return [input_slopes(self._engine, self.spec, *one) for one in pairs]

    @cached_property
    def _engine(self) -> Engine:
        return engine("native")

    def _outputs(self, fed: Fed) -> list[Float64Array]:
        return [
            self._engine.outputs(self.spec, params, one).astype(np.float64)
            for params, one in zip(self.networks, fed, strict=True)
        ]

    def _combined(self, outputs: list[Float64Array]) -> tuple[Float64Array, list[Float64Array]]:
        """Return answers and their derivatives by the outputs of each network."""
        labels, n_networks = self.model.labels, len(outputs)
        if isinstance(labels, NumberTarget):
            z = np.mean(outputs, axis=0)[:, 0]
            by_output = labels.slope(z)[:, None] / n_networks
            return labels.restore(z), [by_output] * n_networks
        link = loss_of(self.spec.loss).link
        probabilities = [link(one) for one in outputs]
        mean, temperature = np.mean(probabilities, axis=0), self.model.answerer.temperature
        cooled = apply_temperature(mean, temperature)
        is_own = np.arange(mean.shape[1]) == self.chosen
        own = cooled[:, is_own]
        # p = softmax(log(mean) / T), so dp_c/dmean_j = p_c (1[j = c] - p_j) / (T mean_j).
        by_mean = own * (is_own - cooled) / (temperature * np.maximum(mean, 1e-300))
        if temperature == 1:
            by_mean = np.broadcast_to(is_own.astype(np.float64), mean.shape)
        lasts = [
            p * (by_mean - (by_mean * p).sum(axis=1, keepdims=True)) / n_networks
            for p in probabilities
        ]
        return own[:, 0], lasts


def function_of(model: Model, columns: Sequence[Column]) -> AnswerFunction:
    """Make the function of what a model answers for one row: of the class it answers, if classes.

    Parameters
    ----------
    model
        Of a table.
    columns
        In the encoder's order, with one row.
    """
    if isinstance(model.labels, NumberTarget):
        return AnswerFunction(model, None)
    probabilities = model.answer(columns).probabilities
    assert probabilities is not None, "of classes"
    return AnswerFunction(model, int(np.argmax(probabilities[0])))
