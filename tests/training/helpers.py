"""Short ways to say what the tests of training say often."""

import numpy as np

from gradus.engines.registry import engine as make_engine
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.training.checkpoints import Checkpoint, identify
from gradus.training.control import Control
from gradus.training.loop import train_network
from gradus.training.train import hold_out, make_batches

SPEC = NetworkSpec(3, (Dense(5, "tanh"), Dense(1)), l2=1e-3)


def prepared(plan, X, y, weights=None, spec=SPEC):
    """First parameters, batches and validation rows of a training on all rows."""
    X, y = X.astype(plan.dtype), y.astype(plan.dtype)
    rows, validation = hold_out(spec, X, y, weights, None, plan)
    params = initial_params(spec, plan.seed).astype(plan.dtype)
    return params, make_batches(X, y, weights, rows, plan), validation


def trained(plan, X, y, *, weights=None, spec=SPEC, engine=None, control=None, file=None):
    """Train one network in this thread; `file` is (path, interval) of a checkpoint."""
    params, batches, validation = prepared(plan, X, y, weights, spec)
    checkpoint = None
    if file:
        checkpoint = Checkpoint(file[0], identify(spec, batches, validation, plan), file[1])
    return train_network(
        spec,
        params,
        batches,
        validation,
        plan,
        engine=engine or make_engine(plan.engine, 1),
        control=control or Control(),
        checkpoint=checkpoint,
    )


def bits(outcome):
    """Everything an outcome holds except the time it took, as bytes that can be compared."""
    history = outcome.history
    columns = [getattr(history, name) for name in sorted(history.__dataclass_fields__)]
    arrays = [
        column
        for column in columns
        if isinstance(column, np.ndarray) and column is not history.seconds
    ]
    told = (history.measure_name, outcome.stopped_because, outcome.best_epoch)
    return (outcome.params.tobytes(), *(array.tobytes() for array in arrays), *told)
