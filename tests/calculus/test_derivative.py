from xml.etree import ElementTree as ET

import numpy as np
import pytest

from gradus import Dense, Network
from gradus.calculus.derivative import differentiate
from gradus.calculus.expressions import Application, Product, Quantity, Sum
from gradus.engines.registry import engine
from gradus.errors import DataError, InvalidParameter, ShapeMismatch
from gradus.networks.activations import ACTIVATIONS
from gradus.networks.params import layout, views
from gradus.networks.spec import NetworkSpec
from tests.calculus.random_networks import random_network

N_NETWORKS = 500


def names_of(spec, random, count=3):
    """Draw some parameters, one of each kind of view at least where there are few."""
    chosen = []
    for view in random.permutation(np.array(layout(spec), dtype=object))[:count]:
        index = [int(random.integers(size)) for size in view.shape]
        chosen.append((f"{view.name} {index}", view, tuple(index)))
    return chosen


def walk(quantity):
    """Give a quantity and all it is made of."""
    yield quantity
    match quantity.opened:
        case Product(factors):
            parts = factors
        case Sum(terms):
            parts = [factor for term in terms for factor in term.factors]
        case Application(_, argument):
            parts = [argument]
        case None:
            parts = []
    for part in parts:
        yield from walk(part)


def worth(opened):
    """Compute what an opened quantity is equal to."""
    if isinstance(opened, Application):
        prime = opened.function.endswith("'")
        entry = ACTIVATIONS[opened.function.rstrip("'")]
        return float((entry.slope if prime else entry.value)(np.array([opened.argument.value]))[0])
    return opened.value


@pytest.mark.parametrize("first", range(0, N_NETWORKS, 50))
def test_ledgers_gradients_and_differences_agree(first):
    n_kinks = 0
    for seed in range(first, first + 50):
        spec, params, X, y, weights = random_network(seed)
        grads = views(spec, engine("native").gradient(spec, params, X, y, weights)[1])
        single = [None if a is None else a.astype(np.float32) for a in (params, X, y, weights)]
        in_single = views(spec, engine("native").gradient(spec, *single)[1])
        for name, view, index in names_of(spec, np.random.default_rng(seed)):
            found = differentiate(spec, params, X, y, weights, name, depth=3, most_terms=4)
            if len(X) == 1:  # a row by itself has no penalty
                continue
            largest = np.abs(grads[view.name]).max()
            assert found.value == pytest.approx(grads[view.name][index], abs=1e-10 * largest)
            # What cancels below 0.01 keeps, in float32, the rounding of its larger parts.
            tolerance = 1e-5 * max(largest, 0.01)
            assert abs(found.value - in_single[view.name][index]) <= tolerance, (seed, name)
            row = seed % len(X)
            of_row = differentiate(spec, params, X, y, weights, name, row=row, depth=3)
            assert of_row.value == found.by_row[row]
            for one in (of_row.ledger, *of_row.forward):
                for part in walk(one):
                    if part.opened is not None:
                        expected = pytest.approx(worth(part.opened), rel=1e-10, abs=1e-12)
                        assert part.value == expected, (seed, part.symbol.words)
            for tested in (found.check, of_row.check):
                if tested.is_kink:
                    n_kinks += 1
                    continue
                size = max(abs(tested.exact), 1e-3)
                assert abs(tested.exact - tested.central) <= 1e-6 * max(size, 1.0), (seed, name)
    assert n_kinks <= 6


def test_the_text_that_works_one_out_by_hand():
    # 2-2-1, all weights 1, all biases 0, the row (-2, -1) of which 1 was expected.
    network = Network(2, [Dense(2, "sigmoid"), Dense(1, "sigmoid")])
    network.params = [1, 1, 1, 1, 0, 0, 1, 1, 0]
    found = network.derivative("layer 1 weight [0, 0]", [[-2, -1]], [1])
    assert found.value == pytest.approx(0.0214695353, abs=1e-10)
    assert list(found.factors) == ["input [0]", "slope of layer 1 [0]", "blame of layer 1 [0]"]
    assert found.factors["input [0]"] == -2
    assert found.check.digits >= 8
    assert found.text(5).splitlines()[-1] == "Central difference: 0.0214695353; 9 digits agree."


def test_slopes_on_both_sides_of_a_kink():
    network = Network(1, [Dense(1, "relu"), Dense(1, bias=False)], loss="squared_error")
    network.params = [1.0, 0.0, 2.0]  # z = 0 at x = 0, so the bias stands on the kink
    found = network.derivative("layer 1 bias [0]", [[0.0]], [1.0])
    assert found.value == 0
    assert found.check.left == pytest.approx(0, abs=1e-12)
    assert found.check.right == pytest.approx(-4, abs=1e-4)
    assert "kink" in found.text()


def test_names_of_columns_and_largest_terms_first():
    network = Network(4, [Dense(3, "tanh"), Dense(1)], seed=1)
    X, y = np.arange(8.0).reshape(2, 4), [1.0, 2.0]
    columns = ["area", "rooms", "age", "floor"]
    options = {"row": 1, "most_terms": 2, "columns": columns}
    found = network.derivative("layer 1 weight [2, 1]", X, y, **options)
    assert next(iter(found.factors)) == "age"
    z = next(one for one in found.forward if one.symbol.words == "z of layer 1 [0]")
    sizes = [abs(term.value) for term in z.opened.terms]
    assert len(sizes) == 2
    assert sizes[0] >= sizes[1]
    assert z.opened.n_rest == 3


def test_what_is_refused():
    network = Network(2, [Dense(2, "tanh"), Dense(1)])
    rows = [[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0]
    name = "layer 1 bias [1]"
    with pytest.raises(
        InvalidParameter, match=r"^row must be a whole number from 0 to 1; got 2\.$"
    ):
        network.derivative(name, *rows, row=2)
    with pytest.raises(InvalidParameter, match=r"^depth must be a whole number"):
        network.derivative(name, *rows, depth=-1)
    with pytest.raises(InvalidParameter, match=r"^a parameter must be written like"):
        network.derivative("layer 1", *rows)
    with pytest.raises(ShapeMismatch, match=r"^columns must name the 2 columns of X; got 1\.$"):
        network.derivative(name, *rows, columns=["a"])
    with pytest.raises(DataError, match=r"^X must hold at least one row to differentiate on"):
        network.derivative(name, np.empty((0, 2)), np.empty(0))
    with pytest.raises(InvalidParameter, match=r"^factors must be those of one row"):
        _ = network.derivative(name, *rows).factors


def test_a_row_that_weighs_nothing_may_hold_anything():
    network = Network(2, [Dense(2, "tanh"), Dense(1)])
    rows = np.array([[1.0, 2.0], [1e300, -1e300]]), [0.0, 1.0]
    found = network.derivative("layer 1 bias [1]", *rows, [1.0, 0.0])
    alone = network.derivative("layer 1 bias [1]", rows[0][:1], [0.0])
    assert found.value == pytest.approx(alone.value, rel=1e-12)


def test_json_and_formulas_carry_every_number():
    network = Network(2, [Dense(2, "sigmoid"), Dense(1)], l2=0.5)
    X, y = [[1.0, -2.0], [0.5, 3.0]], [0.2, 0.4]
    found = network.derivative("layer 1 weight [1, 0]", X, y, row=0)
    told = found.describe()
    assert told["derivative"] == found.value
    assert [one["value"] for one in told["ledger"]["product"]] == list(found.factors.values())
    latex = found.latex(4)
    assert r"\frac{\partial L}{\partial w_{1,0}^{(1)}}" in latex
    assert latex.count(r"\\") == latex.count("&=") - 1
    assert ET.fromstring(found.mathml(4)).tag == "math"  # noqa: S314 our own text
    mean = network.derivative("layer 1 weight [1, 0]", X, y)
    assert mean.describe()["ledger"]["sum"][-1][0]["name"] == "l2"


def test_a_spec_without_hidden_layers():
    spec = NetworkSpec(2, (Dense(1),))
    rows = np.array([[1.0, 2.0]]), np.array([[3.0]])
    found = differentiate(spec, np.array([0.5, 0.25, 0.0]), *rows, None, "layer 1 weight [1, 0]")
    assert found.value == 2 * 2.0 * (1.0 - 3.0)
    assert isinstance(found.ledger, Quantity)
