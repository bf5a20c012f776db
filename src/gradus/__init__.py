"""gradus trains feed-forward networks on tables and shows every number on the way.

The public names are listed here and nowhere else. `fill` is imported when it is first used,
because it reads files, and reading files loads what a network alone does not need.
"""

from typing import TYPE_CHECKING

from gradus.errors import (
    DataError,
    Diverged,
    EngineUnavailable,
    GradusError,
    InvalidParameter,
    ModelFileError,
    ShapeMismatch,
)
from gradus.models.model_file import load, save
from gradus.models.network import Network, Run
from gradus.networks.spec import Dense, Initializer, NetworkSpec
from gradus.optimizers.rules import Adam, AdamW, GradientDescent
from gradus.optimizers.schedules import Constant, Cosine, InverseScaling, Warmup
from gradus.training.plan import EarlyStopping

if TYPE_CHECKING:
    from gradus.workflow.fill import fill

__all__ = [
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "DataError",
    "Dense",
    "Diverged",
    "EarlyStopping",
    "EngineUnavailable",
    "GradientDescent",
    "GradusError",
    "Initializer",
    "InvalidParameter",
    "InverseScaling",
    "ModelFileError",
    "Network",
    "NetworkSpec",
    "Run",
    "ShapeMismatch",
    "Warmup",
    "fill",
    "load",
    "save",
]


def __getattr__(name: str) -> object:
    """Import `fill` when it is first asked for."""
    if name != "fill":
        raise AttributeError(f"module 'gradus' has no attribute {name!r}")
    from gradus.workflow.fill import fill

    globals()["fill"] = fill
    return fill


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
