"""One update of one parameter in the rule's own arithmetic, written out with its numbers.

The recurrences are those of `optimizers.rules`, to which the result is compared in the tests.
"""

import math
from collections.abc import Sequence

from gradus._dataclasses import dataclass
from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop, Rule

# So many digits of the change are shown.
_DIGITS = 4
_MOST_DIGITS = 17
_FEWEST_DECIMALS = 5


@dataclass(frozen=True)
class Update:
    """An update written out.

    Attributes
    ----------
    lines
        Equations with their numbers, such as ``0.50000 - 0.1 * (-0.7400) = 0.57400``, the new value
        of the parameter last.
    parameter
        That value.
    slots
        What the rule remembers afterwards.
    """

    lines: tuple[str, ...]
    parameter: float
    slots: tuple[float, ...]


def written_update(
    rule: Rule,
    parameter: float,
    gradient: float,
    rate: float,
    *,
    is_weight: bool,
    slots: Sequence[float] = (),
    step: int = 1,
) -> Update:
    """Write out an update.

    Parameters
    ----------
    rule
        Its formulas are in `optimizers.rules`.
    parameter, gradient
        Before the update; the gradient with its penalty, after clipping.
    rate
        The learning rate of this step.
    is_weight
        Whether decay acts on it.
    slots
        What the rule remembers of it; nothing is 0 everywhere.
    step
        Number of the update, from 1.
    """
    if not isinstance(rule, GradientDescent | Adam | AdamW | RMSprop | Adagrad):
        raise InvalidParameter(f"rule must be an update rule; got {rule!r}.")
    kept = tuple(slots) or (0.0,) * rule.n_slots
    writer = _Writer(parameter, gradient, rate)
    match rule:
        case GradientDescent():
            return writer.descent(rule, kept)
        case AdamW() | Adam():
            decay = rule.weight_decay if isinstance(rule, AdamW) and is_weight else 0.0
            return writer.adam(rule, kept, step, decay)
        case RMSprop():
            return writer.rmsprop(rule, kept)
        case _:
            return writer.adagrad(rule, kept)


def _short(value: float) -> str:
    return f"{value + 0.0:.6g}"


def _second(value: float) -> str:
    """Write a number behind an operator, in parentheses where it has a sign."""
    return f"({_short(value)})" if value < 0 else _short(value)


@dataclass(frozen=True)
class _Writer:
    parameter: float
    gradient: float
    rate: float

    def descent(self, rule: GradientDescent, slots: tuple[float, ...]) -> Update:
        change = -self.rate * self.gradient
        if not rule.momentum:
            text = f"{_short(self.rate)} * {_second(self.gradient)}"
            return self._ended([], text, -change, ())
        velocity = rule.momentum * slots[0] + change
        first = (
            f"velocity = {_short(rule.momentum)} * {_second(slots[0])} - "
            f"{_short(self.rate)} * {_second(self.gradient)} = {_short(velocity)}"
        )
        if not rule.nesterov:
            return self._ended([first], _second(-velocity), -velocity, (velocity,))
        ahead = rule.momentum * velocity + change
        second = (
            f"ahead = {_short(rule.momentum)} * {_second(velocity)} - "
            f"{_short(self.rate)} * {_second(self.gradient)} = {_short(ahead)}"
        )
        return self._ended([first, second], _second(-ahead), -ahead, (velocity,))

    def adam(self, rule: Adam | AdamW, slots: tuple[float, ...], step: int, decay: float) -> Update:
        g, (b1, b2) = self.gradient, (rule.beta_1, rule.beta_2)
        mean = b1 * slots[0] + (1 - b1) * g
        square = b2 * slots[1] + (1 - b2) * g * g
        free_mean, free_square = mean / (1 - b1**step), square / (1 - b2**step)
        lines = [
            _mean_line("mean", b1, slots[0], _second(g), mean),
            _mean_line("mean square", b2, slots[1], f"{_second(g)}^2", square),
            _free_line(mean, b1, step, free_mean),
            _free_line(square, b2, step, free_square),
        ]
        change = self.rate * free_mean / (math.sqrt(free_square) + rule.epsilon)
        text = (
            f"{_short(self.rate)} * {_second(free_mean)} / "
            f"(sqrt({_short(free_square)}) + {_short(rule.epsilon)})"
        )
        if decay:
            lost = self.rate * decay * self.parameter
            text = f"{_short(self.rate)} * {_short(decay)} * {_second(self.parameter)} - {text}"
            change += lost
        return self._ended(lines, text, change, (mean, square))

    def rmsprop(self, rule: RMSprop, slots: tuple[float, ...]) -> Update:
        g = self.gradient
        square = rule.decay * slots[0] + (1 - rule.decay) * g * g
        change = g / (math.sqrt(square) + rule.epsilon)
        lines = [_mean_line("mean square", rule.decay, slots[0], f"{_second(g)}^2", square)]
        quotient = f"{_second(g)} / (sqrt({_short(square)}) + {_short(rule.epsilon)})"
        if not rule.momentum:
            text = f"{_short(self.rate)} * {quotient}"
            return self._ended(lines, text, self.rate * change, (square,))
        velocity = rule.momentum * slots[1] + change
        lines.append(
            f"velocity = {_short(rule.momentum)} * {_second(slots[1])} + {quotient} = "
            f"{_short(velocity)}"
        )
        text = f"{_short(self.rate)} * {_second(velocity)}"
        return self._ended(lines, text, self.rate * velocity, (square, velocity))

    def adagrad(self, rule: Adagrad, slots: tuple[float, ...]) -> Update:
        g = self.gradient
        total = slots[0] + g * g
        root = math.sqrt(rule.initial_accumulator + total) + rule.epsilon
        line = f"sum of squares = {_short(slots[0])} + {_second(g)}^2 = {_short(total)}"
        inner = f"{_short(rule.initial_accumulator)} + " if rule.initial_accumulator else ""
        text = (
            f"{_short(self.rate)} * {_second(g)} / "
            f"(sqrt({inner}{_short(total)}) + {_short(rule.epsilon)})"
        )
        return self._ended([line], text, self.rate * g / root, (total,))

    def _ended(
        self, lines: list[str], text: str, change: float, slots: tuple[float, ...]
    ) -> Update:
        """Add the line of the parameter, with as many decimals as show the change."""
        new = self.parameter - change
        size = max(abs(change), math.ulp(self.parameter))
        decimals = _DIGITS - 1 - math.floor(math.log10(size))
        whole = math.floor(math.log10(max(1.0, abs(self.parameter), abs(new)))) + 1
        decimals = min(max(decimals, _FEWEST_DECIMALS), max(_MOST_DIGITS - whole, 0))
        last = f"{self.parameter:.{decimals}f} - {text} = {new:.{decimals}f}"
        return Update((*lines, last), new, slots)


def _mean_line(name: str, keep: float, before: float, new: str, value: float) -> str:
    first = f"{_short(keep)} * {_second(before)}"
    return f"{name} = {first} + {_short(1 - keep)} * {new} = {_short(value)}"


def _free_line(value: float, keep: float, step: int, free: float) -> str:
    return f"free of its bias: {_short(value)} / (1 - {_short(keep)}^{step}) = {_short(free)}"
