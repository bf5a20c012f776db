"""The Gauss-Newton matrix and damped steps of every engine, against differences and formulas."""

import numpy as np
import pytest

from gradus._names import ACTIVATION_NAMES
from gradus.engines.reference_engine import ReferenceEngine
from gradus.engines.registry import engine as make_engine
from gradus.networks.losses import loss_of
from gradus.networks.params import weight_mask
from gradus.networks.spec import Dense, NetworkSpec
from tests.contracts.cases import (
    ENGINES,
    FIRST_LOSSES,
    LOSSES,
    draw_params,
    draw_rows,
    output_width,
)
from tests.contracts.test_layers import LAYERS

each_loss = pytest.mark.parametrize("loss", FIRST_LOSSES)
convex = {label: loss for label, loss in LOSSES.items() if loss_of(loss).is_convex}
each_activation = pytest.mark.parametrize("activation", ACTIVATION_NAMES)
#: Of the largest entry.
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}
each_type = pytest.mark.parametrize("dtype", TOLERANCE, ids=lambda dtype: dtype.__name__)


def relative(ours, exact):
    """The largest difference as a part of the largest entry."""
    return np.abs(ours - exact).max(initial=0) / np.abs(exact).max(initial=1e-300)


def by_differences(engine, spec, params, X, y, weights):
    """``J' H J`` plus penalty, J and H by central differences of outputs and output gradients."""
    jacobian = np.zeros((len(X), spec.n_outputs, params.size))
    for i, h in enumerate(np.finfo(float).eps ** (1 / 3) * np.maximum(1, np.abs(params))):
        unit = np.zeros(params.size)
        unit[i] = h
        up, down = params + unit, params - unit
        change = engine.outputs(spec, up, X) - engine.outputs(spec, down, X)
        jacobian[:, :, i] = change / (up[i] - down[i])
    outputs, h = engine.outputs(spec, params, X), 1e-5
    gradient = loss_of(spec.loss).output_gradient
    units = h * np.eye(spec.n_outputs)
    curvature = np.stack(
        [(gradient(outputs + u, y) - gradient(outputs - u, y)) / (2 * h) for u in units], axis=2
    )
    shares = weights / weights.sum()
    matrix = np.einsum("i,iop,ioq,iqr->pr", shares, jacobian, curvature, jacobian)
    return matrix + np.diag(spec.l2 * weight_mask(spec))


@pytest.mark.parametrize("loss", convex.values(), ids=list(convex))
def test_against_central_differences(engine, network, loss, rng):
    spec = network("tanh", loss, l2=0.3)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 9)
    weights = rng.uniform(0, 2, 9)
    loss_value, grads, matrix = engine.gauss_newton(spec, params, X, y, weights)
    assert relative(matrix, by_differences(engine, spec, params, X, y, weights)) < 1e-6
    loss_again, grads_again = engine.gradient(spec, params, X, y, weights)
    assert loss_value == loss_again
    assert np.array_equal(grads, grads_again)


def draw_problem(spec, rng, n_rows, dtype=np.float64):
    return draw_params(spec, rng, dtype), *draw_rows(spec, rng, n_rows, dtype)


def compare(engine, spec, *lent):
    """One engine's matrix against the formulas in float64."""
    dtype = lent[0].dtype.type
    matrix = engine.gauss_newton(spec, *lent)[2]
    doubles = [None if a is None else a.astype(np.float64) for a in lent]
    exact = ReferenceEngine().gauss_newton(spec, *doubles)[2]
    assert matrix.dtype == dtype
    assert np.array_equal(matrix, matrix.T)
    assert relative(matrix, exact) < TOLERANCE[dtype]


@each_loss
@each_activation
@each_type
def test_against_the_formulas(engine, network, activation, loss, dtype, rng):
    for l2, bias in ((0.0, True), (0.3, False)):
        spec = network(activation, loss, l2=l2, bias=bias)
        compare(engine, spec, *draw_problem(spec, rng, 11, dtype), None)
        weights = rng.uniform(0, 2, 11).astype(dtype)
        compare(engine, spec, *draw_problem(spec, rng, 11, dtype), weights)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
@each_type
def test_every_loss_against_the_formulas(engine, network, loss, dtype, rng):
    spec = network("tanh", loss, l2=0.1)
    weights = rng.uniform(0, 2, 11).astype(dtype)
    compare(engine, spec, *draw_problem(spec, rng, 11, dtype), weights)


@each_loss
def test_more_rows_than_a_chunk(network, loss, rng):
    spec = network("tanh", loss)
    for n_rows in (256, 257, 600):
        compare(make_engine("native"), spec, *draw_problem(spec, rng, n_rows), None)


def test_the_case_worked_by_hand(engine):
    """On a line ``G = 2/n X'X``, worked by hand in docs/derivations/levenberg_marquardt.md."""
    line = NetworkSpec(1, (Dense(1),))
    X, y = np.array([[1.0], [2], [3]]), np.array([[1.0], [3], [4]])
    _, grads, matrix = engine.gauss_newton(line, np.zeros(2), X, y)
    np.testing.assert_allclose(matrix, np.array([[28, 12], [12, 6]]) / 3, rtol=1e-15)
    np.testing.assert_allclose(grads, [-38 / 3, -16 / 3], rtol=1e-15)
    for by_rows in (False, True):
        system = engine.damped_system(line, np.zeros(2), X, y, None, by_rows=by_rows)
        damped = system.step(2.0)
        np.testing.assert_allclose(damped.step, [1, 1 / 3], rtol=1e-14)
        assert damped.fall == pytest.approx(25 / 3, rel=1e-14)
        assert system.mean_curvature == pytest.approx(17 / 3, rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
@each_type
def test_rows_and_matrix_give_one_step(engine, loss, dtype, rng):
    """Both forms against each other and the definition, down to small dampings."""
    layers = (Dense(8, "tanh"), Dense(5, "gelu", bias=False), Dense(output_width(loss)))
    for l2, n_rows in ((0.0, 11), (0.02, 40)):
        spec = NetworkSpec(4, layers, loss, l2)
        params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, n_rows, dtype)
        weights = rng.uniform(0, 2, n_rows).astype(dtype)
        weights[3], X[3] = 0, np.nan
        systems = [
            engine.damped_system(spec, params, X, y, weights, by_rows=by_rows)
            for by_rows in (False, True)
        ]
        curvatures = [system.mean_curvature for system in systems]
        assert curvatures[0] == pytest.approx(curvatures[1], rel=TOLERANCE[dtype])
        _, grads, matrix = engine.gauss_newton(spec, params, X, y, weights)
        for share in (10.0, 1e-2):
            damping = share * (curvatures[0] or 1.0)  # absolute errors have none
            (first, fall), (second, _) = (system.step(damping) for system in systems)
            assert first.dtype == second.dtype == dtype
            # The condition of G + damping is at most n_params / share.
            bound = TOLERANCE[dtype] * params.size / share
            assert relative(first, second) < bound
            damped = matrix.astype(float) + damping * np.eye(params.size)
            assert relative(damped @ first, -grads.astype(float)) < bound
            s = first.astype(float)
            assert fall == pytest.approx((damping * s - grads) @ s / 2, rel=1e-6)


def test_rows_and_matrix_to_nine_digits(engine, rng):
    spec = NetworkSpec(6, (Dense(12, "tanh"), Dense(2)), l2=1e-3)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 30)
    systems = [
        engine.damped_system(spec, params, X, y, None, by_rows=by_rows) for by_rows in (False, True)
    ]
    damping = 1e-3 * systems[0].mean_curvature
    assert relative(*(system.step(damping).step for system in systems)) < 1e-9


@each_type
def test_the_diagonal_of_the_inverse(engine, network, dtype, rng):
    spec = network("tanh", "squared_error", l2=0.1)
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 40, dtype)
    system = engine.damped_system(spec, params, X, y, None, by_rows=False)
    matrix = engine.gauss_newton(spec, params, X, y)[2].astype(np.float64)
    exact = np.diag(np.linalg.inv(matrix + 0.5 * np.eye(params.size)))
    assert relative(system.inverse_diagonal(0.5), exact) < 10 * TOLERANCE[dtype]
    assert system.inverse_diagonal(-1e3) is None
    assert system.step(-1e3) is None


@each_loss
def test_weight_2_is_the_row_twice(engine, network, loss, rng):
    spec = network("sigmoid", loss, l2=0.1)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 5)
    twice = [0, 1, 1, 3, 3, 3]
    X[[2, 4]] = np.where(np.arange(spec.n_inputs) < spec.n_plain, np.inf, X[[2, 4]])
    weighed = engine.gauss_newton(spec, params, X, y, np.array([1.0, 2, 0, 3, 0]))[2]
    assert relative(weighed, engine.gauss_newton(spec, params, X[twice], y[twice])[2]) < 1e-13


def test_without_weight_only_the_penalty_is_left(engine, network, rng):
    spec = network("tanh", "squared_error", l2=0.25)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 4)
    penalty = np.diag(0.25 * weight_mask(spec))
    assert np.array_equal(engine.gauss_newton(spec, params, X, y, np.zeros(4))[2], penalty)
    assert np.array_equal(engine.gauss_newton(spec, params, X[:0], y[:0])[2], penalty)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=list(LAYERS))
def test_every_kind_of_step(engine, embeddings, layers, rng):
    """Against differences, and as the matrix whose products `ggn_vp` makes."""
    width = 3 + sum(table.width for table in embeddings)
    spec = NetworkSpec(3 + len(embeddings), layers(width), l2=0.1, embeddings=embeddings)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 8)
    weights = rng.uniform(0, 2, 8)
    matrix = engine.gauss_newton(spec, params, X, y, weights)[2]
    assert relative(matrix, by_differences(engine, spec, params, X, y, weights)) < 1e-6
    products = [engine.ggn_vp(spec, params, X, y, weights, unit) for unit in np.eye(params.size)]
    assert relative(matrix, np.array(products)) < 1e-12


@pytest.mark.parametrize("name", ENGINES)
@each_type
def test_the_number_of_threads_changes_no_bit(name, embeddings, dtype, rng):
    spec = NetworkSpec(
        12 + len(embeddings), (Dense(25, "tanh"), Dense(3)), "cross_entropy", 0.01, embeddings
    )
    params, X, y = draw_problem(spec, rng, 290 if name == "native" else 20, dtype)
    results = set()
    for n_threads in (1, 2, 3, 5):
        engine = make_engine(name, n_threads)
        found = [engine.gauss_newton(spec, params, X, y)[2]]
        for by_rows in (False, True)[: 1 if embeddings else 2]:
            system = engine.damped_system(spec, params, X, y, None, by_rows=by_rows)
            found.append(system.step(0.01).step)
        results.add(b"".join(array.tobytes() for array in found))
    assert len(results) == 1


def test_a_raised_flag_ends_the_native_calls(rng):
    """Long calls come back at once; what they leave is not looked at."""
    spec = NetworkSpec(40, (Dense(60, "tanh"), Dense(1)))
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 3000)
    engine, cancel = make_engine("native", 1), np.zeros(1, dtype=np.uint8)
    system = engine.damped_system(spec, params, X, y, None, by_rows=False, cancel=cancel)
    before = system.step(1.0)
    cancel[0] = 1
    assert before is not None
    assert system.step(1.0) is None
    stopped = engine.damped_system(spec, params, X, y, None, by_rows=False, cancel=cancel)
    assert not np.array_equal(stopped.matrix, system.matrix)


@pytest.mark.oracle
@each_loss
def test_against_torch(engine, loss, rng):
    """J by reverse mode and H as the Hessian of the loss by the outputs."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    spec = NetworkSpec(4, (Dense(6, "tanh"), Dense({"s": 2, "b": 1, "c": 3}[loss[0]])), loss)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 7)

    def outputs(p):
        w1, b1, rest = p[:24].reshape(4, 6), p[24:30], p[30:]
        w2, b2 = rest[: -spec.n_outputs].reshape(6, -1), rest[-spec.n_outputs :]
        return torch.tanh(torch.tensor(X) @ w1 + b1) @ w2 + b2

    def mean_loss(out):
        target = torch.tensor(y)
        if loss == "squared_error":
            return functional.mse_loss(out, target)
        if loss == "binary_cross_entropy":
            return functional.binary_cross_entropy_with_logits(out, target)
        return functional.cross_entropy(out, target[:, 0].long())

    at = torch.tensor(params)
    J = torch.autograd.functional.jacobian(outputs, at).reshape(-1, params.size)
    H = torch.autograd.functional.hessian(mean_loss, outputs(at)).reshape(len(J), len(J))
    exact = (J.T @ H @ J).numpy()
    assert relative(engine.gauss_newton(spec, params, X, y)[2], exact) < 1e-12
