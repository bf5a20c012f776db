import pickle

import pytest

from gradus import errors


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (errors.InvalidParameter, ValueError),
        (errors.ShapeMismatch, ValueError),
        (errors.DataError, ValueError),
        (errors.Diverged, ArithmeticError),
        (errors.EngineUnavailable, ImportError),
        (errors.ModelFileError, Exception),
    ],
)
def test_each_is_also_what_python_calls_it(kind, base):
    assert issubclass(kind, errors.GradusError)
    assert issubclass(kind, base)


def test_diverged_survives_the_way_between_processes():
    error = errors.Diverged("Loss became nan at epoch 3, step 412.", epoch=3, step=412, layer=2)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 our own bytes
    assert str(copy) == "Loss became nan at epoch 3, step 412."
    assert (copy.epoch, copy.step, copy.layer) == (3, 412, 2)
