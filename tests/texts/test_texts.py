"""The beginner texts' worked numbers, through the public network and the native engine.

What the texts themselves worked by hand stands here as they printed it; the formulas behind it are
tested against differences and other libraries elsewhere.
"""

import numpy as np
import pytest

from gradus import Adam, Constant, Dense, Diverged, GradientDescent, Initializer, Network

# Text 1: five rows made by y = .5 x1 + .9 x2 + 1.2 x3, and its three starts.
ROWS = np.array([[3, 4, 7], [6, 2, 9], [8, 10, 12], [9, 7, 4], [7, 6, 3]], dtype=float)
OUTPUTS = np.array([13.5, 15.6, 27.4, 15.6, 12.5])
STARTS = [(0.2, 1.4, 30.0), (200.0, -14.0, 3456.0), (80000.0, -60000.0, 90000.0)]

# Text 2: weight - 135 and height - 66; 1 is F.
PEOPLE = np.array([[-2, -1], [25, 6], [17, 4], [-15, -6]], dtype=float)
GENDERS = np.array([1.0, 0.0, 0.0, 1.0])


def neuron(start, **options):
    """One linear neuron without bias, at the weights given."""
    given = Initializer("given", weight=[[weight] for weight in start])
    layer = Dense(1, bias=False, initializer=given)
    return Network(inputs=3, layers=[layer], **options)


def two_two_one(seed=0, **dense):
    return Network(inputs=2, layers=[Dense(2, "sigmoid", **dense), Dense(1, "sigmoid", **dense)],
                   seed=seed)  # fmt: skip


class TestLinearNeuron:
    @pytest.mark.parametrize("start", STARTS)
    def test_2000_updates_recover_the_weights(self, start):
        network = neuron(start)
        network.train(ROWS, OUTPUTS, GradientDescent(learning_rate=0.005), epochs=2000)
        assert network.params == pytest.approx([0.5, 0.9, 1.2], abs=5e-7)

    def test_first_guess_on_the_first_row(self):
        # .2*3 + 1.4*4 + 30*7 = 216.2 where 13.5 is expected: (216.2 - 13.5)^2 = 41087.29.
        network = neuron(STARTS[0])
        assert network.predict(ROWS[:1])[0, 0] == pytest.approx(216.2, abs=1e-12)
        assert network.loss(ROWS[:1], OUTPUTS[:1]) == pytest.approx(41087.29, abs=1e-9)

    def test_the_largest_rate_that_converges(self):
        # 1/n sum (Xw - y)^2 has the Hessian 2/n X'X, and descent is stable below 2 over its
        # largest eigenvalue.
        limit = 2 / np.linalg.eigvalsh(2 / len(ROWS) * ROWS.T @ ROWS)[-1]
        assert 0.0073 < limit < 0.0074
        below, above = neuron(STARTS[0]), neuron(STARTS[0])
        below.train(ROWS, OUTPUTS, GradientDescent(learning_rate=0.0073), epochs=20000)
        assert below.params == pytest.approx([0.5, 0.9, 1.2], abs=5e-7)
        with pytest.raises(Diverged, match="Lower learning_rate"):
            above.train(ROWS, OUTPUTS, GradientDescent(learning_rate=0.0074), epochs=200000)
        assert np.isfinite(above.params).all()
        assert above.loss(ROWS, OUTPUTS) > 1e100


class TestTwoTwoOne:
    def test_the_derivative_worked_by_hand(self):
        network = two_two_one(initializer=Initializer("constant", value=1.0))
        x, y = [[-2.0, -1.0]], [[1.0]]
        assert network.predict(x)[0, 0] == pytest.approx(0.524, abs=5e-4)
        # The text multiplies rounded factors, -0.952 * 0.249 * -0.0904 = 0.0214; unrounded it is:
        slope = network.gradient(x, y)["layer 1 weight"][0, 0]
        assert slope == pytest.approx(0.0214695, abs=5e-8)
        assert f"{slope:.5f}"[:6] == "0.0214"

    def test_emily_and_frank_from_the_default_initializer(self):
        right = 0
        for seed in range(100):
            network = two_two_one(seed)
            rule = GradientDescent(learning_rate=0.1)
            network.train(PEOPLE, GENDERS, rule, epochs=1000, batch_size=1)
            emily, frank = network.predict([[-7, -3], [20, 2]])[:, 0]
            right += emily > 0.9 and frank < 0.1
        assert right >= 95


def test_one_tanh_neuron():
    # Text 3: y = tanh(w1 x1 + w2 x2 + b); dL/dw1 = 2/n sum (y - expected) (1 - y^2) x1.
    network = Network(inputs=2, layers=[Dense(1, "tanh")])
    network.params = [0.3, -0.2, 0.1]
    X = np.array([[1.0, 2.0], [-0.5, 0.25], [2.0, -1.0]])
    expected = np.array([0.5, -0.3, 0.9])
    y = np.tanh(X @ [0.3, -0.2] + 0.1)
    share = 2 / 3 * (y - expected) * (1 - y**2)
    grads = network.gradient(X, expected)
    assert grads["layer 1 weight"][:, 0] == pytest.approx(X.T @ share, rel=1e-13)
    assert grads["layer 1 bias"][0] == pytest.approx(share.sum(), rel=1e-13)


def test_two_identity_layers_are_one():
    # Text 4: (X W1 + b1) W2 + b2 = X (W1 W2) + (b1 W2 + b2).
    two = Network(inputs=3, layers=[Dense(2), Dense(1)], seed=1)
    w = two.views()
    w["layer 1 bias"][:] = [0.5, -1.0]
    one = Network(inputs=3, layers=[Dense(1)])
    v = one.views()
    v["layer 1 weight"][:] = w["layer 1 weight"] @ w["layer 2 weight"]
    v["layer 1 bias"][:] = w["layer 1 bias"] @ w["layer 2 weight"] + w["layer 2 bias"]
    assert one.predict(ROWS) == pytest.approx(two.predict(ROWS), rel=1e-13)


@pytest.mark.parametrize("rule", [Adam(learning_rate=Constant(0.05)), GradientDescent(0.005)])
def test_in_float32_too(rule):
    network = neuron(STARTS[0], dtype="float32")
    network.train(ROWS, OUTPUTS, rule, epochs=20000)
    assert network.params == pytest.approx([0.5, 0.9, 1.2], abs=1e-3)
