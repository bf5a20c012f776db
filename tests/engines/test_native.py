"""What only the compiled engine promises: threads, instruction sets, signals, forks, checked doors.

That it computes the right numbers is the contract suite's business.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from gradus import _core, _random
from gradus._names import LOSS_CODES, OPERATION_NAMES
from gradus.engines import native
from gradus.engines.base import Batches, EpochLog, RunStatus, TrainState
from gradus.engines.native import NativeEngine
from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop

RULES = [
    GradientDescent(),
    GradientDescent(momentum=0.9, nesterov=True),
    Adam(),
    AdamW(),
    RMSprop(momentum=0.9),
    Adagrad(),
]
# Twenty configurations: every activation, loss, rule and type, widths on both sides of the blocks.
CONFIGURATIONS = [
    (activation, loss, width, RULES[i % 4], ["float32", "float64"][i // 2 % 2], batch_size)
    for i, (activation, loss, width, batch_size) in enumerate(
        [
            ("identity", "squared_error", 5, 1500),
            ("sigmoid", "squared_error", 64, 1500),
            ("tanh", "squared_error", 65, 400),
            ("relu", "squared_error", 130, 1500),
            ("gelu", "squared_error", 300, 700),
            ("softplus", "squared_error", 500, 300),
            ("identity", "cross_entropy", 200, 1500),
            ("sigmoid", "cross_entropy", 500, 1499),
            ("tanh", "cross_entropy", 384, 1000),
            ("relu", "cross_entropy", 385, 256),
            ("gelu", "cross_entropy", 63, 1500),
            ("softplus", "cross_entropy", 257, 513),
            ("identity", "binary_cross_entropy", 256, 1500),
            ("sigmoid", "binary_cross_entropy", 129, 800),
            ("tanh", "binary_cross_entropy", 500, 1500),
            ("relu", "binary_cross_entropy", 700, 200),
            ("gelu", "binary_cross_entropy", 128, 1500),
            ("softplus", "binary_cross_entropy", 16, 1500),
            ("relu", "squared_error", 1000, 128),
            ("sigmoid", "cross_entropy", 1000, 64),
        ]
    )
]


def problem(activation, loss, width, dtype, rng, n=1500):
    n_outputs = {"squared_error": 3, "cross_entropy": 4, "binary_cross_entropy": 1}[loss]
    layers = (Dense(width, activation), Dense(width // 2 + 1, activation), Dense(n_outputs))
    spec = NetworkSpec(20, layers, loss=loss, l2=0.01)
    y = rng.normal(size=(n, 3)) if loss == "squared_error" else rng.integers(n_outputs, size=(n, 1))
    X, weights = rng.normal(size=(n, 20)), rng.uniform(size=n)
    params = initial_params(spec, 1)
    return spec, *(part.astype(dtype) for part in (params, X, y, weights))


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda c: f"{c[0]}-{c[1]}-{c[2]}")
def test_threads_change_no_bit(configuration, rng):
    activation, loss, width, rule, dtype, batch_size = configuration
    spec, params, X, y, weights = problem(activation, loss, width, dtype, rng)
    results = []
    for n_threads in (1, 2, 3, 5, 8):
        engine = NativeEngine(n_threads)
        state = TrainState.start(params, rule.n_slots)
        batches = Batches(X, y, weights, None, batch_size, 7)
        cancel, log = np.zeros(1, np.uint8), EpochLog()
        rates = np.full(3, 0.01)
        engine.run(spec, rule, batches, state, rates, 1.0, log, cancel=cancel, max_seconds=None)
        outputs = engine.outputs(spec, state.params, X)
        loss_and_measure = engine.evaluate(spec, state.params, X, y, weights)
        parts = (state.params, state.slots, state.totals, log.update_ratio, outputs)
        results.append((*(part.tobytes() for part in parts), loss_and_measure))
    assert all(result == results[0] for result in results)
    assert not np.array_equal(state.params, params)


@pytest.mark.parametrize(
    "configuration", CONFIGURATIONS[::3], ids=lambda c: f"{c[0]}-{c[1]}-{c[2]}"
)
def test_threads_change_no_bit_of_a_product(configuration, rng):
    activation, loss, width, _, dtype, _ = configuration
    spec, *batch = problem(activation, loss, width, dtype, rng, n=2500)
    v = rng.normal(size=batch[0].size).astype(dtype)
    for name in ("hvp", "ggn_vp"):
        engines = (NativeEngine(n_threads) for n_threads in (1, 2, 5))
        results = [getattr(engine, name)(spec, *batch, v).tobytes() for engine in engines]
        assert all(result == results[0] for result in results)


def test_the_shuffle_is_the_one_of_random():
    for n in (*range(1, 40), 1000, 65537):
        order = np.empty(n, dtype=np.int64)
        _core.permutation(12345678901234567890, 3, order)
        assert np.array_equal(order, _random.permutation(12345678901234567890, 3, n))


class TestInstructionSets:
    SCRIPT = """
import json, numpy as np
from gradus import _core
from gradus.engines.native import NativeEngine
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec
rng, worst = np.random.default_rng(0), {"float64": 0.0, "float32": 0.0}
ours, theirs = NativeEngine(2), ReferenceEngine()
def compare(dtype, spec, rows):
    X, y = rng.normal(size=(rows, spec.n_inputs)), rng.normal(size=(rows, 3))
    batch = initial_params(spec, 0), X, y
    v = rng.normal(size=batch[0].size)
    cast = [part.astype(dtype) for part in (*batch, v)]
    for got, expected in (
        (ours.gradient(spec, *cast[:3])[1], theirs.gradient(spec, *batch)[1]),
        (ours.hvp(spec, *cast[:3], None, cast[3]), theirs.hvp(spec, *batch, None, v)),
    ):
        error = float(np.abs(got - expected).max() / np.abs(expected).max())
        worst[dtype] = max(worst[dtype], error)
for f in _core.ACTIVATIONS:
    compare("float64", NetworkSpec(9, (Dense(70, f), Dense(33, f), Dense(3))), 300)
    compare("float32", NetworkSpec(99, (Dense(130, f), Dense(97, f), Dense(70, f), Dense(3))), 300)
print(json.dumps([_core.instruction_set(), worst]))
"""

    def run(self, isa):
        return subprocess.run(
            [sys.executable, "-c", self.SCRIPT],
            env={**os.environ, "GRADUS_ISA": isa},
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.mark.parametrize("isa", _core.INSTRUCTION_SETS)
    def test_each_one_here_computes_the_formulas(self, isa):
        name, worst = json.loads(self.run(isa).stdout)
        assert name == isa
        assert worst["float64"] < 1e-12
        assert worst["float32"] < 3e-6

    def test_the_best_one_is_taken(self):
        assert json.loads(self.run("").stdout)[0] == _core.INSTRUCTION_SETS[-1]

    def test_an_unknown_one_is_refused(self):
        message = (
            "gradus.errors.InvalidParameter: GRADUS_ISA must name an instruction set this "
            f"processor has ({', '.join(_core.INSTRUCTION_SETS)}); got 'sse9'."
        )
        assert self.run("sse9").stderr.strip().endswith(message)


def test_an_interrupt_lands_inside_a_step(rng):
    # One step here is 2.8e11 operations: half a second on two cores that do 2.5e11 a second each.
    spec = NetworkSpec(784, (*(Dense(1000, "sigmoid"),) * 6, Dense(10)), loss="cross_entropy")
    X = rng.normal(size=(8000, 784)).astype(np.float32)
    y = rng.integers(10, size=(8000, 1)).astype(np.float32)
    params = initial_params(spec, 0).astype(np.float32)
    state = TrainState.start(params, 0)
    batches = Batches(X, y, None, None, 8000, 7)
    interrupt = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    cancel = np.zeros(1, np.uint8)
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        NativeEngine(2).run(
            spec, GradientDescent(), batches, state, np.full(1000, 0.1), None, EpochLog(),
            cancel=cancel, max_seconds=None,
        )  # fmt: skip
    assert np.array_equal(state.params, params)
    assert state.cursor.tolist() == [0, 0, 0]


def test_a_flag_raised_by_another_thread_lands_inside_a_step(rng):
    spec, params, X, y, weights = problem("tanh", "squared_error", 1000, "float64", rng, n=20000)
    state = TrainState.start(params, 0)
    cancel = np.zeros(1, np.uint8)
    threading.Timer(0.1, cancel.fill, (1,)).start()
    status = NativeEngine(2).run(
        spec, GradientDescent(), Batches(X, y, weights, None, 20000, 7), state,
        np.full(10000, 0.01), None, EpochLog(), cancel=cancel, max_seconds=None,
    )  # fmt: skip
    assert status is RunStatus.CANCELLED
    assert state.cursor[2] < 10000


@pytest.mark.parametrize("product", [_core.hvp, _core.ggn_vp], ids=lambda f: f.__name__)
def test_an_interrupt_lands_inside_a_product(product, rng):
    spec = NetworkSpec(784, (*(Dense(1000, "sigmoid"),) * 6, Dense(10)), loss="cross_entropy")
    X = rng.normal(size=(8000, 784)).astype(np.float32)
    y = rng.integers(10, size=(8000, 1)).astype(np.float32)
    params = initial_params(spec, 0).astype(np.float32)
    whole, out = np.empty_like(params), np.full_like(params, np.nan)
    product(native._network(spec), params, X, y, None, params, whole, 2)
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        product(native._network(spec), params, X, y, None, params, out, 2)
    assert not np.array_equal(out, whole)  # it came back before the end


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, where it is loaded too
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_a_pool_of_its_own(rng):
    spec, params, X, y, weights = problem("tanh", "squared_error", 300, "float64", rng)
    before = NativeEngine(3).gradient(spec, params, X, y, weights)[1]
    child = os.fork()
    if child == 0:
        after = NativeEngine(3).gradient(spec, params, X, y, weights)[1]
        os._exit(0 if np.array_equal(before, after) else 1)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    if ended[0] == 0:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert ended == (child, 0)


def dense_network(n_inputs, width, loss="squared_error", numbers=(), program=()):
    own = _core.make_loss(LOSS_CODES.index(loss), numbers, program, None)
    network = _core.Network(n_inputs, own, 0.0, 0.0, [])
    network.add_dense(width, 0, has_bias=True, max_norm=np.inf)
    return network


class TestDoors:
    """The core checks what it is handed before it touches memory."""

    network = dense_network(2, 3)
    params = np.zeros(9)

    def test_wrong_shapes(self):
        X, out = np.zeros((4, 2)), np.zeros((4, 3))
        message = "params must have length 9; got 8."
        with pytest.raises(ShapeMismatch, match=f"^{message}$"):
            _core.outputs(self.network, np.zeros(8), X, out, 1)
        with pytest.raises(ShapeMismatch, match=r"^a row of X must have length 2; got 3\.$"):
            _core.outputs(self.network, self.params, np.zeros((4, 3)), out, 1)
        with pytest.raises(ShapeMismatch, match=r"^out must have length 4; got 5\.$"):
            _core.outputs(self.network, self.params, X, np.zeros((5, 3)), 1)

    @pytest.mark.parametrize("product", [_core.hvp, _core.ggn_vp], ids=lambda f: f.__name__)
    def test_wrong_shapes_of_products(self, product):
        batch = np.zeros((4, 2)), np.zeros((4, 3)), None
        with pytest.raises(ShapeMismatch, match=r"^v must have length 9; got 8\.$"):
            product(self.network, self.params, *batch, np.zeros(8), np.zeros(9), 1)
        with pytest.raises(ShapeMismatch, match=r"^out must have length 9; got 10\.$"):
            product(self.network, self.params, *batch, np.zeros(9), np.zeros(10), 1)
        with pytest.raises(ShapeMismatch, match=r"^weights must have length 4; got 3\.$"):
            product(self.network, self.params, *batch[:2], np.zeros(3), *[np.zeros(9)] * 2, 1)

    def test_no_hidden_copies(self):
        X, out = np.zeros((4, 2)), np.zeros((4, 3))
        for wrong in (X.astype(np.float32), np.asfortranarray(np.ones((4, 2))), X.tolist()):
            with pytest.raises(TypeError, match="incompatible function arguments"):
                _core.outputs(self.network, self.params, wrong, out, 1)
        out.flags.writeable = False
        with pytest.raises(TypeError, match="incompatible function arguments"):
            _core.outputs(self.network, self.params, X, out, 1)

    def test_numbers_out_of_range(self):
        with pytest.raises(InvalidParameter, match=r"^n_threads must be from 1 to 1024; got 0\.$"):
            _core.outputs(self.network, self.params, np.zeros((1, 2)), np.zeros((1, 3)), 0)
        with pytest.raises(InvalidParameter, match=r"^width must be 1 or more; got 0\.$"):
            dense_network(2, 0)
        with pytest.raises(InvalidParameter, match=r"^embeddings must be at most as many as inp"):
            _core.Network(1, _core.make_loss(0, [], [], None), 0.0, 0.0, [(2, 1), (2, 1)])

    @pytest.mark.parametrize(
        ("loss", "numbers", "program", "sentence"),
        [
            (99, [], [], "loss must be the code of a loss; got 99."),
            ("huber", [], [], "numbers must be those of the loss; got 0."),
            ("quantile", [0.5] * 100, [], "numbers must be those of the loss; got 100."),
            ("expression", [], [], "program must be given for an expression, and for nothing else"),
            ("poisson", [], [(0, 0.0)], "program must be given for an expression, and for nothing"),
            ("functions", [], [], "functions must be given for a loss of functions, and no other."),
            ("expression", [], [(99, 0.0)], "program must hold codes of operations; got 99."),
            ("expression", [], [(3, 0.0)], "program must have enough entries for each operation."),
            ("expression", [], [(0, 0.0)] * 2, "program must leave one entry."),
            ("expression", [], [(0, 0.0)] * 33, "program must need at most 32 entries at once."),
            ("expression", [], [(0, 0.0)] * 257, "program must have at most 256 steps; got 257."),
        ],
    )
    def test_losses_that_are_none(self, loss, numbers, program, sentence):
        code = loss if isinstance(loss, int) else LOSS_CODES.index(loss)
        with pytest.raises(InvalidParameter, match=f"^{sentence}"):
            _core.make_loss(code, numbers, program, None)

    def test_one_neuron_for_each_level(self):
        network = dense_network(2, 3, "quantile", numbers=[0.1, 0.9])
        X, y, grads = np.zeros((4, 2)), np.zeros((4, 1)), np.zeros(9)
        message = r"^the last layer must have one neuron for each of 2 levels; got 3\.$"
        with pytest.raises(InvalidParameter, match=message):
            _core.gradient(network, self.params, X, y, None, grads, 1)

    def test_any_program_is_refused_or_runs(self, rng):
        n_run = 0
        X, y = rng.normal(size=(3, 1)), rng.normal(size=(3, 1))
        for _ in range(3000):
            length = rng.integers(1, 12)
            codes = rng.integers(-1, len(OPERATION_NAMES) + 1, length).tolist()
            numbers = rng.choice([0.0, 0.5, -1.0, 3.0, 1e300, np.nan, np.inf, 65.5], length)
            try:
                program = [*zip(codes, numbers.tolist(), strict=True)]
                network = dense_network(1, 1, "expression", program=program)
            except InvalidParameter:
                continue
            n_run += 1
            _core.gradient(network, rng.normal(size=2), X, y, None, np.zeros(2), 1)
        assert n_run > 30

    @pytest.mark.parametrize("label", [-1.0, 3.0, np.nan])
    def test_labels_that_are_no_class(self, label):
        network = dense_network(2, 3, "cross_entropy")
        y = np.array([[0.0], [label]])
        with pytest.raises(InvalidParameter, match=r"^y must hold class numbers from 0 to 2; got "):
            _core.evaluate(network, self.params, np.zeros((2, 2)), y, None, 1)

    def test_rows_that_are_not_there(self, rng):
        spec, params, X, y, _ = problem("tanh", "squared_error", 3, "float64", rng, n=10)
        state = TrainState.start(params, 0)
        batches = Batches(X, y, None, np.array([3, 10]), 2, 7)
        with pytest.raises(InvalidParameter, match=r"^rows must be from 0 to 9; got 10\.$"):
            NativeEngine(1).run(
                spec, GradientDescent(), batches, state, np.full(1, 0.1), None, EpochLog(),
                cancel=np.zeros(1, np.uint8), max_seconds=None,
            )  # fmt: skip
