"""Every number of a worksheet, computed again with plain NumPy and by differences."""

import numpy as np
import pandas as pd
import pytest

from gradus.calculus.expressions import Application, Product, Sum
from gradus.errors import DataError, InvalidParameter
from gradus.workflow.worksheet import make_worksheet
from tests.models.cases import table

KINDS = {
    "numbers": {"target": "number"},
    "two words": {"target": "pair", "hidden": 3, "rows": 4, "seed": 5},
    "zeros and ones": {"target": "pass", "hidden": 1, "rows": 1, "inputs": 1},
    "many": {"target": "price", "hidden": 4, "rows": 6, "inputs": 4, "seed": 2},
}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cut(sheet, params):
    """The parameters by layers: w1, b1, w2, b2."""
    i, h = len(sheet.inputs), sheet.spec.dense[0].width
    ends = np.cumsum([i * h, h, h, 1])
    w1, b1, w2, b2 = np.split(np.asarray(params), ends[:-1])
    return w1.reshape(i, h), b1, w2, b2[0]


def numbers_of_row(sheet, params, x, y):
    """All numbers of one row's pass forward and back, by their names."""
    w1, b1, w2, b2 = cut(sheet, params)
    is_class = sheet.spec.dense[1].activation == "sigmoid"
    z1 = x @ w1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ w2 + b2
    a2 = sigmoid(z2) if is_class else z2
    slope1, slope2 = a1 * (1 - a1), a2 * (1 - a2) if is_class else 1.0
    blame2 = 2 * (a2 - y)
    blame1 = w2 * slope2 * blame2
    found = {
        "z of layer 2 [0]": z2, "layer 2 [0]": a2, "loss": (a2 - y) ** 2,
        "slope of layer 2 [0]": slope2, "blame of layer 2 [0]": blame2, "error [0]": a2 - y,
        "minus expected [0]": -y, "2 / number of outputs": 2.0, "layer 2 bias [0]": b2,
    }  # fmt: skip
    for j in range(len(b1)):
        found |= {
            f"z of layer 1 [{j}]": z1[j], f"layer 1 [{j}]": a1[j], f"layer 1 bias [{j}]": b1[j],
            f"slope of layer 1 [{j}]": slope1[j], f"blame of layer 1 [{j}]": blame1[j],
            f"layer 2 weight [{j}, 0]": w2[j],
        }  # fmt: skip
        found |= {f"layer 1 weight [{i}, {j}]": w1[i, j] for i in range(len(x))}
    return found | {f"input [{i}]": value for i, value in enumerate(x)}


def loss_of(sheet, params, X, y):
    rows = [numbers_of_row(sheet, params, *one)["loss"] for one in zip(X, y, strict=True)]
    return np.array(rows)


def by_differences(sheet, params, X, y):
    """The derivatives of each row's loss by every parameter, shape (n_params, n)."""
    found = []
    for k in range(len(params)):
        step = np.zeros(len(params))
        step[k] = 1e-5
        sides = [loss_of(sheet, params + sign * step, X, y) for sign in (1, -1)]
        found.append((sides[0] - sides[1]) / 2e-5)
    return np.array(found)


def all_within(quantity):
    """A quantity and all it was made of."""
    yield quantity
    inner = []
    match quantity.opened:
        case Product(factors):
            inner = factors
        case Sum(terms):
            inner = [factor for term in terms for factor in term.factors]
        case Application(_, argument):
            inner = [argument]
    for one in inner:
        yield from all_within(one)


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_again(kind):
    sheet = make_worksheet(table(), **KINDS[kind])
    X = np.column_stack([one.values for one in sheet.inputs])
    y = sheet.target.values
    assert len(X) == KINDS[kind].get("rows", 3)
    params = sheet.passes[0].params.copy()
    assert np.array_equal(np.round(params, 1), params)
    for number, one in enumerate(sheet.passes):
        assert one.params == pytest.approx(params, abs=1e-9)
        # Updated by differences, which leave some 1e-11, from the second time on.
        assert one.loss == pytest.approx(loss_of(sheet, params, X, y).mean(), abs=1e-9)
        slopes = by_differences(sheet, params, X, y)
        for derivative, own in zip(one.derivatives, slopes, strict=True):
            assert derivative.by_row == pytest.approx(own, abs=1e-8)
            assert derivative.value == pytest.approx(own.mean(), abs=1e-8)
        moved = params - sheet.rate * slopes.mean(axis=1)
        if number < 2:
            shown = [float(line.rpartition("= ")[2]) for line in sheet.updates(number + 1)]
            # As many decimals are written as show four digits of the change.
            assert shown == pytest.approx(moved, rel=2e-4, abs=1e-5)
        params = moved
    assert sheet.passes[0].loss > sheet.passes[1].loss > sheet.passes[2].loss
    names = {one.name: k for k, one in enumerate(sheet.passes[0].derivatives)}
    start = sheet.passes[0].params
    slopes = by_differences(sheet, start, X, y)
    for row, opened in enumerate(sheet.opened):
        expected = numbers_of_row(sheet, start, X[row], y[row])
        expected |= {f"derivative by {name}": slopes[k, row] for name, k in names.items()}
        for derivative in opened:
            for whole in (*derivative.forward, derivative.ledger):
                for quantity in all_within(whole):
                    assert quantity.value == pytest.approx(
                        expected[quantity.symbol.words], abs=1e-8
                    )


def test_the_same_seed_gives_the_same_sheet():
    sheets = [make_worksheet(table(), "number", seed=seed) for seed in (3, 3, 4)]
    assert np.array_equal(sheets[0].rows, sheets[1].rows)
    assert np.array_equal(sheets[0].passes[2].params, sheets[1].passes[2].params)
    assert not np.array_equal(sheets[0].passes[0].params, sheets[2].passes[0].params)


def test_rows_and_columns_are_those_of_the_table():
    rows = table()
    sheet = make_worksheet(rows, "number", inputs=4)
    assert [one.name for one in sheet.inputs] == ["a", "b", "garden", "price"]
    for k, row in enumerate(sheet.rows):
        cells = rows.iloc[row - 1]
        assert sheet.inputs[1].cells[k] == repr(float(cells["b"]))
        assert sheet.inputs[2].values[k] == (cells["garden"] == "yes")
        assert not np.isnan(cells["a"])


def test_the_blanks_are_the_question():
    rows = table()
    rows.loc[50:, "line"] = np.nan
    assert make_worksheet(rows[["a", "b", "line"]].fillna({"a": 0})).target.name == "line"


def test_refusals():
    rows = table()
    with pytest.raises(DataError) as raised:
        make_worksheet(rows, "five")
    assert str(raised.value) == (
        "'five' must hold numbers or two different words to be worked by hand; it has 5 classes."
    )
    with pytest.raises(DataError, match=r"^the table must have a column of numbers or of yes and"):
        make_worksheet(rows[["town", "number"]], "number")
    blank = pd.DataFrame({"a": [1, None, 3, None], "b": [None, 2, None, 4], "y": [1, 2, 3, 4]})
    with pytest.raises(DataError, match=r"^the table must have a row without a blank in the col"):
        make_worksheet(blank, "y")
    with pytest.raises(InvalidParameter, match=r"^target must name the column of the table to le"):
        make_worksheet(rows[["b", "number"]])
    for given, sentence in (
        ({"rows": 7}, "rows must be a whole number from 1 to 6; got 7."),
        ({"hidden": 0}, "hidden must be a whole number from 1 to 4; got 0."),
        ({"inputs": 5}, "inputs must be a whole number from 1 to 4; got 5."),
        ({"seed": -1}, "seed must be a whole number, 0 or greater; got -1."),
    ):
        with pytest.raises(InvalidParameter) as refused:
            make_worksheet(rows, "number", **given)
        assert str(refused.value) == sentence
