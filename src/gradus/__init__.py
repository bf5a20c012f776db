"""gradus trains feed-forward networks on tables and shows every number on the way.

The public names are listed here and nowhere else. Each is imported when it is first used, so that
`import gradus` costs nothing and a command can say its first word before NumPy is loaded.
"""

import importlib
from typing import TYPE_CHECKING

from gradus._version import VERSION

if TYPE_CHECKING:
    from gradus.calculus.formula_check import check_formula
    from gradus.diagnosis.examine import examine
    from gradus.diagnosis.preflight import preflight
    from gradus.errors import (
        DataError,
        Diverged,
        EngineUnavailable,
        GradCheckFailed,
        GradusError,
        InvalidParameter,
        ModelFileError,
        ShapeMismatch,
    )
    from gradus.estimators.classifier import MLPClassifier
    from gradus.estimators.regressor import MLPRegressor
    from gradus.models.curvature import curvature
    from gradus.models.gradient_check import check_gradient
    from gradus.models.model import Model
    from gradus.models.model_file import load, save
    from gradus.models.network import Network
    from gradus.models.predictions import Predictions
    from gradus.models.run import Run
    from gradus.models.surface import loss_surface
    from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
    from gradus.networks.layers import Dense, Dropout, Embedding, Initializer, LayerNorm, Residual
    from gradus.networks.number_losses import Huber, Quantile
    from gradus.networks.own_losses import ExpressionLoss, FunctionLoss
    from gradus.networks.spec import NetworkSpec
    from gradus.optimizers.automatic import Automatic
    from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop
    from gradus.optimizers.schedules import Constant, Cosine, InverseScaling, OneCycle, Warmup
    from gradus.optimizers.second_order.lbfgs import LBFGS
    from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
    from gradus.optimizers.second_order.truncated_newton import TruncatedNewton
    from gradus.records.compare import compare
    from gradus.records.find import find_run, runs
    from gradus.report.loss_curves import LossCurveDisplay
    from gradus.report.network_picture import NetworkDisplay
    from gradus.report.page import write_report
    from gradus.report.plot import plot
    from gradus.report.residuals import ResidualsDisplay
    from gradus.report.response_curves import ResponseDisplay
    from gradus.training.plan import EarlyStopping
    from gradus.workflow.doctor import doctor
    from gradus.workflow.fill import FillResult, fill
    from gradus.workflow.train import train

__version__ = VERSION

# The module of each public name, as the imports above tell it to a type checker.
_MODULES = {
    "Adagrad": "optimizers.rules",
    "Adam": "optimizers.rules",
    "AdamW": "optimizers.rules",
    "Automatic": "optimizers.automatic",
    "BinaryCrossEntropy": "networks.class_losses",
    "Constant": "optimizers.schedules",
    "Cosine": "optimizers.schedules",
    "CrossEntropy": "networks.class_losses",
    "DataError": "errors",
    "Dense": "networks.layers",
    "Diverged": "errors",
    "Dropout": "networks.layers",
    "EarlyStopping": "training.plan",
    "Embedding": "networks.layers",
    "EngineUnavailable": "errors",
    "ExpressionLoss": "networks.own_losses",
    "FillResult": "workflow.fill",
    "FunctionLoss": "networks.own_losses",
    "GradCheckFailed": "errors",
    "GradientDescent": "optimizers.rules",
    "GradusError": "errors",
    "Huber": "networks.number_losses",
    "Initializer": "networks.layers",
    "InvalidParameter": "errors",
    "InverseScaling": "optimizers.schedules",
    "LBFGS": "optimizers.second_order.lbfgs",
    "LayerNorm": "networks.layers",
    "LevenbergMarquardt": "optimizers.second_order.levenberg_marquardt",
    "LossCurveDisplay": "report.loss_curves",
    "MLPClassifier": "estimators.classifier",
    "MLPRegressor": "estimators.regressor",
    "Model": "models.model",
    "ModelFileError": "errors",
    "Network": "models.network",
    "NetworkDisplay": "report.network_picture",
    "NetworkSpec": "networks.spec",
    "OneCycle": "optimizers.schedules",
    "Predictions": "models.predictions",
    "Quantile": "networks.number_losses",
    "RMSprop": "optimizers.rules",
    "Residual": "networks.layers",
    "ResidualsDisplay": "report.residuals",
    "ResponseDisplay": "report.response_curves",
    "Run": "models.run",
    "ShapeMismatch": "errors",
    "TruncatedNewton": "optimizers.second_order.truncated_newton",
    "Warmup": "optimizers.schedules",
    "check_formula": "calculus.formula_check",
    "check_gradient": "models.gradient_check",
    "compare": "records.compare",
    "curvature": "models.curvature",
    "doctor": "workflow.doctor",
    "examine": "diagnosis.examine",
    "fill": "workflow.fill",
    "find_run": "records.find",
    "load": "models.model_file",
    "loss_surface": "models.surface",
    "plot": "report.plot",
    "runs": "records.find",
    "preflight": "diagnosis.preflight",
    "save": "models.model_file",
    "train": "workflow.train",
    "write_report": "report.page",
}

__all__ = [
    "LBFGS",
    "Adagrad",
    "Adam",
    "AdamW",
    "Automatic",
    "BinaryCrossEntropy",
    "Constant",
    "Cosine",
    "CrossEntropy",
    "DataError",
    "Dense",
    "Diverged",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "EngineUnavailable",
    "ExpressionLoss",
    "FillResult",
    "FunctionLoss",
    "GradCheckFailed",
    "GradientDescent",
    "GradusError",
    "Huber",
    "Initializer",
    "InvalidParameter",
    "InverseScaling",
    "LayerNorm",
    "LevenbergMarquardt",
    "LossCurveDisplay",
    "MLPClassifier",
    "MLPRegressor",
    "Model",
    "ModelFileError",
    "Network",
    "NetworkDisplay",
    "NetworkSpec",
    "OneCycle",
    "Predictions",
    "Quantile",
    "RMSprop",
    "Residual",
    "ResidualsDisplay",
    "ResponseDisplay",
    "Run",
    "ShapeMismatch",
    "TruncatedNewton",
    "Warmup",
    "check_formula",
    "check_gradient",
    "compare",
    "curvature",
    "doctor",
    "examine",
    "fill",
    "find_run",
    "load",
    "loss_surface",
    "plot",
    "preflight",
    "runs",
    "save",
    "train",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module 'gradus' has no attribute {name!r}")
    thing: object = getattr(importlib.import_module(f"gradus.{_MODULES[name]}"), name)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
