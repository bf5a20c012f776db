"""A derivative on a person's own rows: the gradient of training, and refusals in words."""

import numpy as np
import pytest

from gradus.engines.registry import engine
from gradus.errors import DataError, InvalidParameter
from gradus.networks.params import locate
from gradus.workflow.explain import explain_parameter
from tests.models.cases import model_of, table

WEIGHT = "layer 1 weight [0, 0]"


@pytest.mark.parametrize("kind", ["a number", "logarithms", "two classes", "five classes"])
def test_the_mean_over_rows_is_the_gradient_of_training(kind):
    model, rows = model_of(kind), table()
    found = explain_parameter(model, rows, WEIGHT, network=2)
    read = model.read(rows)
    X = model.encoder.transform(model.encoder.match(read)[0])
    column = next(one for one in read.columns if one.name == model.target)
    is_number = model.task == "regression"
    y = model.labels.learn(column.values) if is_number else model.labels.codes(column)
    params = model.answerer.answering[1].astype(np.float64)
    spec, y = model.answerer.spec, y.reshape(-1, 1).astype(np.float64)
    grads = engine("reference").gradient(spec, params, X, y)[1]
    assert found.derivative.value == pytest.approx(grads[locate(spec, WEIGHT)], abs=1e-12)
    assert found.derivative.check.digits >= 5
    assert (found.network, found.n_networks) == (2, len(model.answerer.answering))


def test_one_row_is_called_by_its_columns():
    found = explain_parameter(model_of("a number"), table(), WEIGHT, row=28, learning_rate=0.1)
    assert next(iter(found.derivative.factors)) == "a"
    assert found.describe()["row"] == 27
    value, moved = found.derivative.parameter, found.derivative.value
    assert found.update.parameter == pytest.approx(value - 0.1 * moved, rel=1e-15)
    assert found.text().splitlines()[-2] == found.update.lines[-1]


def test_float32_stands_beside_float64():
    found = explain_parameter(model_of("a number"), table(), WEIGHT, row=3)
    assert model_of("a number").answerer.answering.dtype == np.float32
    assert found.single == pytest.approx(found.derivative.value, rel=1e-4)
    assert "In float32" in found.text()


def refused(rows, **options):
    with pytest.raises((DataError, InvalidParameter)) as caught:
        explain_parameter(model_of("a number"), rows, WEIGHT, **options)
    return str(caught.value)


def test_refusals():
    rows = table()
    rows.loc[4, "number"] = np.nan
    assert refused(rows, row=5) == (
        "Row 5 has no 'number' to compare an answer with; the loss needs one. Choose a row that "
        "has."
    )
    assert refused(rows, row=61) == "row must be a whole number from 1 to 60; got 61."
    assert refused(rows, row=0) == "row must be a whole number from 1 to 60; got 0."
    assert refused(rows, network=9) == "network must be a whole number from 1 to 5; got 9."
    assert refused(rows.drop(columns="number")) == (
        "the table must have the column 'number', with which answers are compared; it has none."
    )
    rows["number"] = np.nan
    assert refused(rows) == "the table must have a row with a 'number'; it has none."


def test_rows_without_an_answer_are_left_out_of_the_mean():
    rows = table()
    rows.loc[:49, "number"] = np.nan
    found = explain_parameter(model_of("a number"), rows, WEIGHT)
    assert len(found.derivative.by_row) == 10
    names = [term.factors[1].symbol.words for term in found.derivative.ledger.opened.terms]
    assert all(int(name.split()[-1]) > 50 for name in names)


def test_logarithms_of_what_is_not_above_0():
    rows = table()
    rows.loc[2, "price"] = -1.0
    message = "^'price' must be above 0, since its logarithm is learned; row 3 has -1.$"
    with pytest.raises(DataError, match=message):
        explain_parameter(model_of("logarithms"), rows, WEIGHT)
