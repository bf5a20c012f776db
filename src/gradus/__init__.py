"""gradus trains feed-forward networks on tables and shows every number on the way.

The public names are listed here and nowhere else. Those that read files are imported when they are
first used, because that loads what a network alone does not need.
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
from gradus.models.network import Network, Run
from gradus.networks.spec import Dense, Embedding, Initializer, NetworkSpec
from gradus.optimizers.rules import Adam, AdamW, GradientDescent
from gradus.optimizers.schedules import Constant, Cosine, InverseScaling, Warmup
from gradus.training.plan import EarlyStopping

if TYPE_CHECKING:
    from gradus.estimators.classifier import MLPClassifier
    from gradus.estimators.regressor import MLPRegressor
    from gradus.models.model import Model
    from gradus.models.model_file import load, save
    from gradus.models.predictions import Predictions
    from gradus.workflow.fill import FillResult, fill
    from gradus.workflow.train import train

# Imported when first used: they read files, which a network alone does not need.
_LATER = {
    "FillResult": "gradus.workflow.fill",
    "MLPClassifier": "gradus.estimators.classifier",
    "MLPRegressor": "gradus.estimators.regressor",
    "Model": "gradus.models.model",
    "Predictions": "gradus.models.predictions",
    "fill": "gradus.workflow.fill",
    "load": "gradus.models.model_file",
    "save": "gradus.models.model_file",
    "train": "gradus.workflow.train",
}

__all__ = [
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "DataError",
    "Dense",
    "Diverged",
    "EarlyStopping",
    "Embedding",
    "EngineUnavailable",
    "FillResult",
    "GradientDescent",
    "GradusError",
    "Initializer",
    "InvalidParameter",
    "InverseScaling",
    "MLPClassifier",
    "MLPRegressor",
    "Model",
    "ModelFileError",
    "Network",
    "NetworkSpec",
    "Predictions",
    "Run",
    "ShapeMismatch",
    "Warmup",
    "fill",
    "load",
    "save",
    "train",
]


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'gradus' has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(_LATER[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
