"""The update rules: how a gradient changes the parameters.

A rule is a frozen set of numbers with a pure `update`. What it must remember between steps stands
in `slots`, an array of shape (n_slots, n_params) that starts at zero and belongs to the caller.
A mean or velocity that decays past the smallest normal number of its type is 0 from there on: it
moves nothing, and processors take many times as long over what lies below. So is, where a rule
remembers means that it divides by or goes on with, a parameter whose square lies there. Nothing
here knows layers, losses or rows; `decay_mask` says what is a weight.
"""

import math
from typing import ClassVar, TypeAlias

from gradus._dataclasses import dataclass
from gradus._typing import Array
from gradus._validate import check_flag, check_number
from gradus.errors import InvalidParameter
from gradus.optimizers.schedules import Schedule, check_learning_rate


def _decayed(mean: Array) -> Array:
    """Make 0 of what is below the smallest normal number; nan stays."""
    return _zero_below(_smallest_normal(mean), mean)


def _vanished(params: Array) -> Array:
    """Make 0 of parameters whose square is below the smallest normal number; nan stays."""
    return _zero_below(math.sqrt(_smallest_normal(params)), params)


def _smallest_normal(x: Array) -> float:
    return float(x.__array_namespace__().finfo(x.dtype).smallest_normal)


def _zero_below(least: float, x: Array) -> Array:
    xp = x.__array_namespace__()
    return xp.where(xp.abs(x) < least, xp.zeros_like(x), x)


@dataclass(frozen=True)
class GradientDescent:
    """Step against the gradient: ``theta = theta - rate * g``; with momentum, remember the way.

    With momentum mu ([SMDH13]; the velocity holds the rate, as in scikit-learn, not as in
    PyTorch): ``v = mu * v - rate * g`` and ``theta = theta + v``; with `nesterov`,
    ``theta = theta + mu * v - rate * g`` with the new v.

    Parameters
    ----------
    learning_rate
        Greater than 0, or a schedule.
    momentum
        From 0 to less than 1.
    nesterov
        Look one step of momentum ahead; needs momentum.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.
    """

    learning_rate: float | Schedule = 0.1
    momentum: float = 0.0
    nesterov: bool = False
    name: ClassVar[str] = "gradient_descent"

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_number("momentum", self.momentum, at_least=0.0, below=1.0)
        if check_flag("nesterov", self.nesterov) and self.momentum == 0:
            message = "nesterov=True needs momentum greater than 0; got momentum=0."
            raise InvalidParameter(message)

    @property
    def n_slots(self) -> int:
        """1 for the velocity, 0 without momentum."""
        return int(self.momentum > 0)

    def update(
        self,
        params: Array,
        grads: Array,
        slots: Array,
        rate: float,
        step: int,  # noqa: ARG002 every rule has one signature
        decay_mask: Array,  # noqa: ARG002
    ) -> tuple[Array, Array]:
        """Make one step.

        Parameters
        ----------
        params, grads : arrays of shape (n_params,)
        slots : array of shape (n_slots, n_params)
            The velocity v.
        rate
            The learning rate of this step.
        step
            Counted from 1; this rule does not look at it.
        decay_mask
            True where a parameter is a weight; this rule does not look at it.

        Returns
        -------
        params, slots : new arrays; the ones handed in stay as they are
        """
        change = -rate * grads
        if self.momentum == 0:
            return params + change, slots
        velocity = _decayed(self.momentum * slots[0] + change)
        step_taken = self.momentum * velocity + change if self.nesterov else velocity
        return _vanished(params + step_taken), velocity[None, :]


@dataclass(frozen=True)
class Adam:
    """Step by the mean gradient over its root mean square ([KB15], algorithm 1).

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g**2``, and with both freed of their bias
    towards zero, ``theta = theta - rate * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + epsilon)``.
    Epsilon stands outside the root, as in PyTorch and Optax.

    Parameters
    ----------
    learning_rate
        Greater than 0, or a schedule.
    beta_1, beta_2
        Memory of mean and mean square, from 0 to less than 1.
    epsilon
        Greater than 0, in units of the gradient.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.
    """

    learning_rate: float | Schedule = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"
    n_slots: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_number("beta_1", self.beta_1, at_least=0.0, below=1.0)
        check_number("beta_2", self.beta_2, at_least=0.0, below=1.0)
        check_number("epsilon", self.epsilon, above=0.0)

    def update(
        self,
        params: Array,
        grads: Array,
        slots: Array,
        rate: float,
        step: int,
        decay_mask: Array,  # noqa: ARG002
    ) -> tuple[Array, Array]:
        """Make one step; `slots` holds m and v. See `GradientDescent.update`."""
        xp = params.__array_namespace__()
        m = _decayed(self.beta_1 * slots[0] + (1 - self.beta_1) * grads)
        v = _decayed(self.beta_2 * slots[1] + (1 - self.beta_2) * grads * grads)
        m_unbiased = m / (1 - self.beta_1**step)
        v_unbiased = v / (1 - self.beta_2**step)
        params = params - rate * m_unbiased / (xp.sqrt(v_unbiased) + self.epsilon)
        return _vanished(params), xp.stack([m, v])


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with weight decay taken out of the gradient ([LH19], scaled as in PyTorch).

    First ``weight = weight - rate * weight_decay * weight``, then Adam's step. Biases do not
    decay, which is where PyTorch needs parameter groups.

    Parameters
    ----------
    learning_rate, beta_1, beta_2, epsilon
        As in `Adam`.
    weight_decay
        0 or greater; the part of a weight lost per step is rate * weight_decay.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.
    """

    weight_decay: float = 0.01
    name: ClassVar[str] = "adamw"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("weight_decay", self.weight_decay, at_least=0.0)

    def update(
        self, params: Array, grads: Array, slots: Array, rate: float, step: int, decay_mask: Array
    ) -> tuple[Array, Array]:
        """Make one step; `slots` holds m and v. See `GradientDescent.update`."""
        xp = params.__array_namespace__()
        decayed = params - rate * self.weight_decay * params
        params = xp.where(decay_mask, decayed, params)
        return super().update(params, grads, slots, rate, step, decay_mask)


@dataclass(frozen=True)
class RMSprop:
    """Step by the gradient over its root mean square ([TH12]).

    ``v = decay * v + (1 - decay) * g**2`` and ``theta = theta - rate * g / (sqrt(v) + epsilon)``.
    With momentum mu, ``b = mu * b + g / (sqrt(v) + epsilon)`` and ``theta = theta - rate * b``: the
    rate stays outside of what is remembered, as in PyTorch, while `GradientDescent` and Optax take
    it inside; the two differ where the rate changes. Epsilon stands outside the root, as in
    PyTorch; Optax can do both. v starts at 0 and is not freed of its bias, so that the first step
    is ``1 / sqrt(1 - decay)`` times the rate in every direction.

    Parameters
    ----------
    learning_rate
        Greater than 0, or a schedule.
    decay
        Memory of the mean square, from 0 to less than 1; 0.9 as in the source, where PyTorch's
        `alpha` is 0.99.
    epsilon
        Greater than 0, in units of the gradient.
    momentum
        From 0 to less than 1.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.
    """

    learning_rate: float | Schedule = 1e-3
    decay: float = 0.9
    epsilon: float = 1e-8
    momentum: float = 0.0
    name: ClassVar[str] = "rmsprop"

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_number("decay", self.decay, at_least=0.0, below=1.0)
        check_number("epsilon", self.epsilon, above=0.0)
        check_number("momentum", self.momentum, at_least=0.0, below=1.0)

    @property
    def n_slots(self) -> int:
        """1 for v, and 1 more for b with momentum."""
        return 1 + int(self.momentum > 0)

    def update(
        self,
        params: Array,
        grads: Array,
        slots: Array,
        rate: float,
        step: int,  # noqa: ARG002
        decay_mask: Array,  # noqa: ARG002
    ) -> tuple[Array, Array]:
        """Make one step; `slots` holds v, then b. See `GradientDescent.update`."""
        xp = params.__array_namespace__()
        v = _decayed(self.decay * slots[0] + (1 - self.decay) * grads * grads)
        change = grads / (xp.sqrt(v) + self.epsilon)
        if self.momentum == 0:
            return _vanished(params - rate * change), v[None, :]
        b = _decayed(self.momentum * slots[1] + change)
        return _vanished(params - rate * b), xp.stack([v, b])


@dataclass(frozen=True)
class Adagrad:
    """Step by the gradient over the root of the sum of all its squares so far ([DHS11]).

    ``s = s + g**2`` and ``theta = theta - rate * g / (sqrt(initial + s) + epsilon)`` with s from 0
    and ``initial = initial_accumulator``: steps become smaller, the sooner where gradients are
    large. Epsilon stands outside the root, as in PyTorch; Optax has it inside.

    Parameters
    ----------
    learning_rate
        Greater than 0, or a schedule.
    initial_accumulator
        What the sum starts from, 0 or greater, in units of the squared gradient. With 0 the first
        step is the rate in every direction, as in PyTorch; Optax and TensorFlow start from 0.1.
    epsilon
        Greater than 0, in units of the gradient.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.
    """

    learning_rate: float | Schedule = 1e-2
    initial_accumulator: float = 0.0
    epsilon: float = 1e-10
    name: ClassVar[str] = "adagrad"
    n_slots: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_number("initial_accumulator", self.initial_accumulator, at_least=0.0)
        check_number("epsilon", self.epsilon, above=0.0)

    def update(
        self,
        params: Array,
        grads: Array,
        slots: Array,
        rate: float,
        step: int,  # noqa: ARG002
        decay_mask: Array,  # noqa: ARG002
    ) -> tuple[Array, Array]:
        """Make one step; `slots` holds s. See `GradientDescent.update`."""
        s = slots[0] + grads * grads
        root = params.__array_namespace__().sqrt(self.initial_accumulator + s)
        return params - rate * grads / (root + self.epsilon), s[None, :]


Rule: TypeAlias = GradientDescent | Adam | AdamW | RMSprop | Adagrad
