"""The public network: trained, asked, looked into, and always left with its best weights."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gradus.errors import DataError, Diverged, InvalidParameter, ModelFileError, ShapeMismatch
from gradus.models.network import Network
from gradus.models.run import Run
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent
from gradus.training import control
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.train import train


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(60, 3))
    return X, np.sin(X).sum(axis=1)


def made(loss="squared_error", **options):
    width = {"squared_error": 1, "binary_cross_entropy": 1, "cross_entropy": 4}[loss]
    return Network(3, [Dense(5, "tanh"), Dense(width)], loss=loss, **options)


def test_its_inputs_are_called_as_they_were_typed():
    message = r"^inputs must be a whole number, 1 or greater; got 0\.$"
    with pytest.raises(InvalidParameter, match=message):
        Network(inputs=0, layers=[Dense(1)])


def test_a_new_network():
    network = Network(inputs=2, layers=[Dense(3, "relu"), Dense(1)], l2=0.5, seed=4)
    assert network.spec == NetworkSpec(2, (Dense(3, "relu"), Dense(1)), "squared_error", 0.5)
    assert network.params.tobytes() == initial_params(network.spec, 4).tobytes()
    assert list(network.views()) == [
        "layer 1 weight",
        "layer 1 bias",
        "layer 2 weight",
        "layer 2 bias",
    ]
    assert Network(2, [Dense(1)], dtype="float32").params.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": 1.5}, "seed must be a whole number, 0 or greater; got 1.5."),
        (
            {"dtype": "double"},
            "dtype must be 'float64' or 'float32'; got 'double'.",
        ),
        ({"layers": []}, "layers must hold at least one Dense layer; got none."),
    ],
)
def test_wrong_options(options, sentence):
    with pytest.raises(InvalidParameter) as caught:
        Network(**{"inputs": 2, "layers": [Dense(1)], **options})
    assert str(caught.value) == sentence


def test_parameters_can_be_changed_by_hand():
    network = made()
    network.views()["layer 2 bias"][0] = 7.5
    assert network.params[-1] == 7.5
    values = np.arange(26)
    network.params = values
    assert network.params.dtype == np.float64
    assert network.params.tolist() == values.tolist()
    values[0] = 99
    assert network.params[0] == 0
    network.params[0] = 3.0
    assert network.views()["layer 1 weight"][0, 0] == 3.0
    with pytest.raises(ShapeMismatch) as caught:
        network.params = np.zeros(25)
    assert str(caught.value) == "params must have shape (n_params,) = (26,); got (25,)."


def test_from_parameters_that_exist():
    spec = made().spec
    params = np.arange(26, dtype=np.float32)
    network = Network.from_params(spec, params, seed=3)
    params[0] = 99
    assert (network.spec, network.seed, network.dtype) == (spec, 3, "float32")
    assert network.params.tolist() == list(range(26))
    with pytest.raises(InvalidParameter, match=r"^dtype must be 'float64' or 'float32'; got"):
        Network.from_params(spec, np.arange(26))
    with pytest.raises(ShapeMismatch):
        Network.from_params(spec, np.zeros(3))


def test_training_is_what_the_seam_does(engine, rows):
    X, y = rows
    stopping = EarlyStopping(0.2, 5)
    options = {"epochs": 30, "batch_size": 8, "early_stopping": stopping, "max_grad_norm": 0.5}
    network = made(seed=3)
    run = network.train(X, y, Adam(0.02), engine=engine, **options)
    plan = Plan(Adam(0.02), seed=3, engine=engine, **options)
    result = train(network.spec, X, y, None, None, plan)
    assert isinstance(run, Run)
    assert network.params.tobytes() == result.params[0].tobytes()
    assert run.best_epoch == result.best_epochs[0]
    assert run.stopped_because == result.stopped_because[0]
    assert run.history.loss.tolist() == result.histories[0].loss.tolist()


def test_training_goes_on_from_the_present_parameters(engine, rows):
    once, twice = made(), made()
    once.train(*rows, GradientDescent(0.05), epochs=10, engine=engine)
    params = twice.params
    for _ in range(2):
        twice.train(*rows, GradientDescent(0.05), epochs=5, engine=engine)
    assert twice.params.tobytes() == once.params.tobytes()
    assert twice.params is params


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_change_no_bit(engine, rows, dtype):
    networks = []
    for n_threads in (1, 2, 3, 5, 8):
        network = made(dtype=dtype)
        network.train(*rows, Adam(0.01), epochs=5, n_threads=n_threads, engine=engine)
        networks.append(network.params.tobytes())
    assert len(set(networks)) == 1


def test_networks_trained_in_threads_of_the_caller_are_the_same(engine, rows):
    def work(seed):
        network = made(seed=seed)
        network.train(*rows, Adam(0.01), epochs=20, batch_size=16, engine=engine)
        return network.params.tobytes()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [work(seed) for seed in range(8)]


def test_validation_rows_decide_which_weights_stay(engine, rng):
    """On rows of pure noise the best epoch comes early; without validation rows the last stands."""
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    X_val, y_val = rng.normal(size=(30, 3)), rng.normal(size=30)
    network = made()
    run = network.train(X, y, Adam(0.05), epochs=120, X_val=X_val, y_val=y_val, engine=engine)
    assert run.stopped_because == "epochs"
    assert run.history.epoch[-1] == 120
    assert run.best_epoch == run.history.epoch[np.argmin(run.history.validation_loss)]
    assert network.loss(X_val, y_val, engine=engine) == run.history.validation_loss.min()
    unjudged = made()
    last = unjudged.train(X, y, Adam(0.05), epochs=run.best_epoch, engine=engine)
    assert last.best_epoch == run.best_epoch
    assert unjudged.params.tobytes() == network.params.tobytes()
    assert np.isnan(last.history.validation_loss).all()


def test_early_stopping_uses_the_validation_rows_given(engine, rng):
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    X_val, y_val = rng.normal(size=(30, 3)), rng.normal(size=30)
    run = made().train(
        X,
        y,
        Adam(0.1),
        epochs=2000,
        X_val=X_val,
        y_val=y_val,
        early_stopping=EarlyStopping(patience=10),
        engine=engine,
    )
    assert run.stopped_because == "early_stopping"
    assert run.history.epoch[-1] <= run.best_epoch + 10


def test_row_weights(engine, rows):
    X, y = rows
    weights = np.zeros(60)
    weights[:30] = 1.0
    half, weighted = made(), made()
    half.train(X[:30], y[:30], GradientDescent(0.1), epochs=5, engine=engine)
    weighted.train(X, y, GradientDescent(0.1), epochs=5, sample_weight=weights, engine=engine)
    assert weighted.params == pytest.approx(half.params, rel=1e-12)
    assert weighted.loss(X, y, weights, engine=engine) == pytest.approx(
        half.loss(X[:30], y[:30], engine=engine), rel=1e-12
    )


def test_predictions_of_every_loss(engine, rng):
    X = rng.normal(size=(20, 3))
    outputs = made().predict(X, engine=engine)
    assert outputs.shape == (20, 1)
    probabilities = made("binary_cross_entropy").predict(X, engine=engine)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    classes = made("cross_entropy").predict(X, engine=engine)
    assert classes.shape == (20, 4)
    assert classes.sum(axis=1) == pytest.approx(np.ones(20), rel=1e-14)
    assert made(dtype="float32").predict(X, engine=engine).dtype == np.float32
    assert made().predict(np.zeros((0, 3)), engine=engine).shape == (0, 1)


def test_engines_agree(rng):
    X, y = rng.normal(size=(20, 3)), rng.integers(0, 4, size=20)
    network = made("cross_entropy", l2=0.1)
    predictions = [network.predict(X, engine=name) for name in ("native", "reference")]
    assert predictions[0] == pytest.approx(predictions[1], rel=1e-12)
    losses = [network.loss(X, y, engine=name) for name in ("native", "reference")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    grads = [network.gradient(X, y, engine=name) for name in ("native", "reference")]
    for name, values in grads[0].items():
        assert values == pytest.approx(grads[1][name], rel=1e-10, abs=1e-13)


def test_gradients_are_named_and_match_differences(engine, rows):
    X, y = rows
    network = made(l2=0.3)
    found = network.gradient(X, y, engine=engine)
    assert {name: values.shape for name, values in found.items()} == {
        name: values.shape for name, values in network.views().items()
    }

    def objective():
        weights = [network.views()[f"layer {layer} weight"] for layer in (1, 2)]
        penalty = 0.15 * sum((weight**2).sum() for weight in weights)
        return network.loss(X, y, engine=engine) + penalty

    flat = np.concatenate([values.ravel() for values in found.values()])
    for place in range(network.params.size):
        kept = network.params[place]
        network.params[place] = kept + 6e-6
        above = objective()
        network.params[place] = kept - 6e-6
        below = objective()
        network.params[place] = kept
        assert (above - below) / 1.2e-5 == pytest.approx(flat[place], rel=1e-6, abs=1e-9)


def test_loss_and_gradient_are_float64_whatever_the_network_is(engine, rows):
    X, y = rows
    single = made(dtype="float32")
    double = Network.from_params(single.spec, single.params.astype(np.float64))
    assert single.loss(X, y, engine=engine) == double.loss(X, y, engine=engine)
    for name, values in single.gradient(X, y, engine=engine).items():
        assert values.dtype == np.float64
        assert np.array_equal(values, double.gradient(X, y, engine=engine)[name])


def test_a_divergence_keeps_the_weights_before_it(engine, rows):
    network = made()
    with pytest.raises(Diverged) as caught:
        network.train(*rows, GradientDescent(1e4), epochs=3000, batch_size=20, engine=engine)
    assert np.isfinite(network.params).all()
    n_steps = 3 * (caught.value.epoch - 1) + caught.value.step - 1
    assert n_steps > 1
    assert not np.array_equal(network.params, made().params)
    assert str(caught.value).endswith("The weights before that step are kept.")


def test_control_c_in_the_middle_keeps_the_best_weights(engine, rows):
    network = made()
    presser = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    presser.start()
    run = network.train(
        *rows, Adam(0.05), epochs=10**8, early_stopping=EarlyStopping(0.2, 10**8), engine=engine
    )
    presser.join()
    assert run.stopped_because == "interrupted"
    again = made()
    full = again.train(
        *rows,
        Adam(0.05),
        epochs=int(run.history.epoch[-1]),
        early_stopping=EarlyStopping(0.2, 10**8),
        engine=engine,
    )
    assert full.best_epoch == run.best_epoch
    assert again.params.tobytes() == network.params.tobytes()


def test_control_c_in_the_middle_of_a_step_drops_that_step(rng):
    """One step here is over 1e11 operations, which no single thread does in 0.1 seconds."""
    layers = [Dense(1000, "sigmoid")] * 6 + [Dense(10)]
    network = Network(784, layers, "cross_entropy", dtype="float32")
    X, y = rng.uniform(size=(4000, 784)), rng.integers(0, 10, size=4000)
    before = network.params.copy()
    presser = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    presser.start()
    run = network.train(X, y, Adam(), n_threads=1)
    presser.join()
    assert run.stopped_because == "interrupted"
    assert run.best_epoch == 0
    assert network.params.tobytes() == before.tobytes()


def test_a_time_limit_is_a_reason(engine, rows):
    run = made().train(*rows, GradientDescent(1e-9), epochs=10**9, time_limit=0.05, engine=engine)
    assert run.stopped_because == "time_limit"


def test_a_run_continues_from_its_checkpoint(engine, rows, tmp_path):
    options = {"epochs": 2000, "early_stopping": EarlyStopping(0.2, 2000), "engine": engine}
    whole = made()
    expected = whole.train(*rows, Adam(0.01), **options)
    part = made()
    path = tmp_path / "run.checkpoint"
    first = part.train(
        *rows, Adam(0.01), time_limit=0.005, checkpoint=path, checkpoint_interval=1e9, **options
    )
    assert first.stopped_because == "time_limit"
    # The network's present parameters are other ones now; the file decides.
    run = part.train(*rows, Adam(0.01), checkpoint=str(path), **options)
    assert run.best_epoch == expected.best_epoch
    assert run.history.loss.tolist() == expected.history.loss.tolist()
    assert part.params.tobytes() == whole.params.tobytes()


def test_a_checkpoint_of_another_seed_is_refused(rows, tmp_path):
    path = tmp_path / "run.checkpoint"
    made().train(*rows, Adam(), epochs=2, checkpoint=path, engine="reference")
    with pytest.raises(ModelFileError) as caught:
        made(seed=1).train(*rows, Adam(), epochs=2, checkpoint=path, engine="reference")
    assert str(caught.value) == (
        f"{path} belongs to another run: its plan.seed is 0, here it is 1. Name another file, or "
        "remove this one to begin anew."
    )


def test_trouble_with_the_checkpoint_is_a_warning(rows, tmp_path, monkeypatch):
    from gradus.training.checkpoints import Checkpoint

    monkeypatch.setattr(Checkpoint, "write_if_due", lambda *_args, **_options: "It was full.")
    with pytest.warns(RuntimeWarning, match=r"^It was full\.$"):
        made().train(*rows, Adam(), epochs=1, checkpoint=tmp_path / "c", engine="reference")


def test_the_callback_hears_the_end(engine, rows):
    heard = []
    made().train(*rows, Adam(), epochs=5, callback=heard.append, engine=engine)
    assert isinstance(heard[-1], control.Progress)
    assert (heard[-1].network, heard[-1].epoch, heard[-1].epochs) == (0, 5, 5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_levels_learn_their_effects(engine, dtype, rng):
    """y is a column plus a number of the level's own: 30 levels, 20 rows each."""
    levels, effects = np.arange(600) % 30, rng.normal(size=30)
    X = np.column_stack([rng.normal(size=600), levels])
    y = X[:, 0] + effects[levels]
    tables = [Embedding(30, 2)]
    network = Network(2, [Dense(8, "tanh"), Dense(1)], dtype=dtype, embeddings=tables)
    assert next(iter(network.views())) == "embedding 1 weight"
    network.train(X, y, Adam(0.02), epochs=100, batch_size=50, engine=engine)
    assert network.loss(X, y) < 0.02 * y.var()
    asked = np.column_stack([np.zeros(30), np.arange(30)])
    answers = network.predict(asked, engine=engine)[:, 0]
    assert np.corrcoef(answers, effects)[0, 1] > 0.99
    with pytest.raises(DataError, match=r"levels of embedding 1; got 30 in row 1\.$"):
        network.predict([[0, 29], [0, 30]], engine=engine)


def test_rounded_products_train_and_nothing_else(rng):
    X = rng.normal(size=(60, 32)).astype(np.float32)
    y = np.sin(X[:, :1])
    options = {"epochs": 3, "X_val": X[:9], "y_val": y[:9], "engine": "reference"}
    networks, runs = [], []
    for matmul_precision in (None, "bfloat16"):
        networks.append(Network(32, [Dense(40, "tanh"), Dense(1)], dtype="float32"))
        precision = {"matmul_precision": matmul_precision}
        runs.append(networks[-1].train(X, y, Adam(1e-9), **options, **precision))
    plain, rounded = runs
    # The rate is so small that only the pass forward of the training tells them apart.
    np.testing.assert_allclose(rounded.history.loss, plain.history.loss, rtol=2**-6)
    assert np.all(rounded.history.loss != plain.history.loss)
    np.testing.assert_allclose(
        rounded.history.validation_loss, plain.history.validation_loss, rtol=1e-6
    )
    np.testing.assert_allclose(networks[1].predict(X), networks[0].predict(X), atol=1e-6)
