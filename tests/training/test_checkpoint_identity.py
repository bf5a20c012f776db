"""A checkpoint of another network, plan or table is refused, and the sentence says what differs."""

from dataclasses import replace

import numpy as np
import pytest

from gradus import _core
from gradus.engines.registry import engine as make_engine
from gradus.errors import ModelFileError
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent
from gradus.optimizers.schedules import Cosine
from gradus.training import checkpoints, loop
from gradus.training.control import Control
from gradus.training.plan import EarlyStopping, Plan
from tests.training.helpers import SPEC, prepared, trained

ADAM = Plan(Adam(Cosine(0.05)), epochs=30, batch_size=16, early_stopping=EarlyStopping(0.3, 4))


@pytest.fixture
def path(tmp_path, problem):
    """The checkpoint of a finished run."""
    trained(ADAM, *problem, file=(tmp_path / "run.checkpoint", 1e9))
    return tmp_path / "run.checkpoint"


def refusal(path, X, y, plan=ADAM, **options):
    before = path.read_bytes()
    with pytest.raises(ModelFileError) as caught:
        trained(plan, X, y, file=(path, 0.0), **options)
    assert path.read_bytes() == before
    return str(caught.value)


OTHERS = {
    "epochs": (replace(ADAM, epochs=31), "its plan.epochs is 30, here it is 31"),
    "rule": (
        replace(ADAM, rule=GradientDescent(0.1)),
        "its plan.rule.kind is 'Adam', here it is 'GradientDescent'",
    ),
    "learning rate": (
        replace(ADAM, rule=Adam(Cosine(0.06))),
        "its plan.rule.learning_rate.rate is 0.05, here it is 0.06",
    ),
    "schedule": (
        replace(ADAM, rule=Adam(0.05)),
        "its plan.rule.learning_rate is absent, here it is 0.05",
    ),
    "batch size": (replace(ADAM, batch_size=None), "its plan.batch_size is 16, here it is None"),
    "patience": (
        replace(ADAM, early_stopping=EarlyStopping(0.3, 5)),
        "its plan.early_stopping.patience is 4, here it is 5",
    ),
    "clipping": (
        replace(ADAM, max_grad_norm=1.0),
        "its plan.max_grad_norm is None, here it is 1.0",
    ),
    "seed": (replace(ADAM, seed=1), "its plan.seed is 0, here it is 1"),
    "engine": (
        replace(ADAM, engine="reference"),
        "its plan.engine is 'native', here it is 'reference'",
    ),
    "dtype": (replace(ADAM, dtype="float32"), "its plan.dtype is 'float64', here it is 'float32'"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_plan_is_refused(problem, path, name):
    plan, difference = OTHERS[name]
    assert refusal(path, *problem, plan) == (
        f"{path} belongs to another run: {difference}. Name another file, or remove this one to "
        "begin anew."
    )


def test_another_instruction_set_is_refused(problem, path, monkeypatch):
    here = _core.instruction_set()
    monkeypatch.setattr(_core, "instruction_set", lambda: "sse9")
    assert refusal(path, *problem) == (
        f"{path} belongs to another run: its instruction set is {here!r}, here it is 'sse9'. "
        "Name another file, or remove this one to begin anew."
    )


SPECS = {
    "width": (
        NetworkSpec(3, (Dense(6, "tanh"), Dense(1)), l2=1e-3),
        "layers[0].width is 5, here it is 6",
    ),
    "activation": (
        NetworkSpec(3, (Dense(5, "relu"), Dense(1)), l2=1e-3),
        "layers[0].activation is 'tanh', here it is 'relu'",
    ),
    "penalty": (NetworkSpec(3, (Dense(5, "tanh"), Dense(1))), "l2 is 0.001, here it is 0.0"),
    "depth": (
        NetworkSpec(3, (Dense(5, "tanh"), Dense(1), Dense(1)), l2=1e-3),
        "layers[2].activation is absent, here it is 'identity'",
    ),
    "embedding": (
        replace(SPEC, embeddings=(Embedding(4, 2),)),
        "embeddings[0].kind is absent, here it is 'Embedding'",
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_another_network_is_refused(problem, path, name):
    spec, difference = SPECS[name]
    assert refusal(path, *problem, spec=spec) == (
        f"{path} belongs to another run: its network.{difference}. Name another file, or remove "
        "this one to begin anew."
    )


@pytest.mark.parametrize("name", ["X", "y", "weights"])
def test_other_data_are_refused(problem, path, name):
    X, y = (array.copy() for array in problem)
    weights = np.ones(len(X)) if name == "weights" else None
    if name != "weights":
        {"X": X, "y": y}[name][50, 0] = np.nextafter({"X": X, "y": y}[name][50, 0], 9)
    assert refusal(path, X, y, weights=weights) == (
        f"{path} belongs to another run: its data differ in {name}. Name another file, or "
        "remove this one to begin anew."
    )


def test_other_rows_are_refused(problem, path):
    X, y = problem
    params, batches, held = prepared(ADAM, X, y)
    batches.rows = batches.rows[::-1].copy()
    identity = checkpoints.identify(SPEC, batches, held, ADAM)
    with pytest.raises(ModelFileError, match=r": its data differ in rows\. "):
        loop.train_network(
            SPEC,
            params,
            batches,
            held,
            ADAM,
            engine=make_engine("reference"),
            control=Control(),
            checkpoint=checkpoints.Checkpoint(path, identity, 0.0),
        )


def test_other_products_are_refused(problem, tmp_path):
    plain = replace(ADAM, dtype="float32", engine="reference")
    path = tmp_path / "run.checkpoint"
    trained(plain, *problem, file=(path, 1e9))
    assert refusal(path, *problem, replace(plain, matmul_precision="bfloat16")) == (
        f"{path} belongs to another run: its plan.matmul_precision is None, here it is 'bfloat16'. "
        "Name another file, or remove this one to begin anew."
    )
