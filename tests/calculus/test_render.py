from gradus import Dense, Network
from gradus.calculus.expressions import Product, Quantity, Sum, Symbol
from gradus.calculus.formulas import as_latex, as_mathml
from gradus.calculus.render import as_text

TEXT = """\
z of layer 1 [0] = 1 * (-2) + 1 * (-1) + 0 = -3
layer 1 [0] = sigmoid(-3) = 0.04743
z of layer 1 [1] = 1 * (-2) + 1 * (-1) + 0 = -3
layer 1 [1] = sigmoid(-3) = 0.04743
z of layer 2 [0] = 1 * 0.04743 + 1 * 0.04743 + 0 = 0.09485
layer 2 [0] = sigmoid(0.09485) = 0.5237
loss = 0.2269

derivative by layer 1 weight [0, 0]
  = input [0] * slope of layer 1 [0] * blame of layer 1 [0]
  = -2 * 0.04518 * (-0.2376)
  = 0.02147
  slope of layer 1 [0] = sigmoid'(-3) = 0.04518
    z of layer 1 [0] = 1 * (-2) + 1 * (-1) + 0 = -3
  blame of layer 1 [0] = 1 * 0.2494 * (-0.9526) = -0.2376
    blame of layer 2 [0] = 2 / number of outputs * error [0] = 2 * (-0.4763) = -0.9526
      error [0] = 0.5237 - 1 = -0.4763

Central difference: 0.021469535; 9 digits agree."""


def number(name, value, opened=None):
    return Quantity(Symbol(name, "q"), value, opened)


def test_a_whole_ledger_as_text():
    network = Network(2, [Dense(2, "sigmoid"), Dense(1, "sigmoid")])
    network.params = [1, 1, 1, 1, 0, 0, 1, 1, 0]
    assert network.derivative("layer 1 weight [0, 0]", [[-2, -1]], [1]).text(4) == TEXT


def test_what_a_sum_leaves_out_is_counted():
    terms = [Product((number(f"part {k}", float(k - 3)),)) for k in range(6)]
    opened = Sum.of_largest(terms, 2)
    assert as_text([number("total", -3.0, opened)]) == (
        "total\n  - 3   (part 0)\n  - 2   (part 1)\n  + 2   (4 others)\n  = -3"
    )


def test_a_name_is_opened_once():
    inner = number("inner", 6.0, Product((number("a", 2.0), number("b", 3.0))))
    outer = number("outer", 36.0, Product((inner, inner)))
    assert as_text([outer]).count("inner = a * b") == 1


def test_numbers_of_other_sizes_in_formulas():
    one = number("x", -1.5e-9, Product((number("a", -1.5), number("b", 1e-9))))
    assert as_latex([one], 3) == (
        "\\begin{aligned}\nq &= q \\cdot q = (-1.5) \\cdot 1 \\cdot 10^{-9} = "
        "-1.5 \\cdot 10^{-9}\n\\end{aligned}"
    )
    assert "<msup><mn>10</mn><mn>-9</mn></msup>" in as_mathml([one], 3)


def test_names_are_escaped_in_mathml():
    assert "<mi>&lt;q&gt;</mi>" in as_mathml([Quantity(Symbol("x", "<q>"), 1.0)])
