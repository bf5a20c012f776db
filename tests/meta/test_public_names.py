"""What `import gradus` offers: one list, in one place, every name of it documented."""

import inspect

import gradus
from tests.meta.sources import PACKAGE

# The public surface of this release; adding a name here is a decision.
PUBLIC = {
    "Adagrad", "Adam", "AdamW", "Automatic", "BinaryCrossEntropy", "Constant", "Cosine",
    "CrossEntropy", "DataError", "Dense", "Diverged", "Dropout", "EarlyStopping", "Embedding",
    "EngineUnavailable", "ExpressionLoss", "FillResult", "FunctionLoss", "GradCheckFailed",
    "GradientDescent", "GradusError", "Huber", "Initializer", "InvalidParameter", "InverseScaling",
    "LBFGS", "LayerNorm", "LevenbergMarquardt", "LossCurveDisplay", "MLPClassifier", "MLPRegressor",
    "Model", "ModelFileError", "Network", "NetworkDisplay", "NetworkSpec", "OneCycle",
    "Predictions", "Quantile", "RMSprop", "Residual", "ResidualsDisplay", "ResponseDisplay", "Run",
    "ShapeMismatch", "TruncatedNewton", "Warmup", "check_formula", "check_gradient", "compare",
    "curvature", "doctor", "examine", "fill", "find_run", "load", "loss_surface", "plot",
    "preflight", "runs", "save", "train",
    "write_report",
}  # fmt: skip


def test_the_list_is_the_surface():
    assert set(gradus.__all__) == PUBLIC
    assert len(gradus.__all__) == len(PUBLIC)


def test_dir_shows_the_list():
    assert set(gradus.__all__) <= set(dir(gradus))


def test_each_name_is_there_and_documented():
    silent = [key for key in gradus.__all__ if not inspect.getdoc(getattr(gradus, key))]
    assert silent == []


def test_types_are_shipped():
    assert (PACKAGE / "py.typed").is_file()
