"""The choice left to gradus: which method trains, and with which learning rate.

Only what a person may say about it stands here; the choice itself is made in `training.automatic`.
"""

from dataclasses import field
from typing import ClassVar, get_args

from gradus._dataclasses import dataclass
from gradus._validate import check_flag
from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adam, Rule


@dataclass(frozen=True)
class Automatic:
    """Train with Levenberg-Marquardt where it fits, otherwise with a rule whose rate is found.

    See `training.automatic.choose_rule` for how.

    Parameters
    ----------
    first_order
        The update rule to take where Levenberg-Marquardt does not fit; the learning rate it brings
        is not looked at.
    second_order
        Whether Levenberg-Marquardt may be chosen at all.

    Raises
    ------
    InvalidParameter
        If a value is of another kind.
    """

    first_order: Rule = field(default_factory=Adam)
    second_order: bool = True
    name: ClassVar[str] = "automatic"

    def __post_init__(self) -> None:
        rule: object = self.first_order
        if not isinstance(rule, get_args(Rule)):
            raise InvalidParameter(f"first_order must be an update rule; got {rule!r}.")
        check_flag("second_order", self.second_order)
