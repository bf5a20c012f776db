"""Explanations as formulas with their numbers, in LaTeX and in MathML.

What is explained must not be known here.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from gradus.calculus.expressions import Application, Product, Quantity, Sum, Symbol
from gradus.calculus.render import opened_within, spelled


def as_latex(quantities: Sequence[Quantity], digits: int = 6) -> str:
    """Write quantities and all they open as one ``aligned`` block.

    Parameters
    ----------
    quantities, digits
        As in `render.as_text`.
    """
    lines = [_latex_line(one, digits) for one in _all_opened(quantities)]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def as_mathml(quantities: Sequence[Quantity], digits: int = 6) -> str:
    """Write quantities and all they open as one ``math`` element, a row for each.

    Parameters
    ----------
    quantities, digits
        As in `render.as_text`.
    """
    rows = [f"<mtr><mtd>{_mathml_line(one, digits)}</mtd></mtr>" for one in _all_opened(quantities)]
    return '<math display="block"><mtable columnalign="left">' + "".join(rows) + "</mtable></math>"


def _all_opened(quantities: Sequence[Quantity]) -> Iterator[Quantity]:
    """Give each quantity and what it opens, every name once."""
    seen: set[str] = set()
    waiting = list(reversed(quantities))
    while waiting:
        one = waiting.pop()
        if one.symbol.words not in seen:
            seen.add(one.symbol.words)
            yield one
            waiting += reversed(opened_within(one))


def _latex_line(quantity: Quantity, digits: int) -> str:
    value = _latex_plain(quantity.value, digits)
    steps = [_latex(quantity.symbol)]
    if isinstance(quantity.opened, Application):
        of = quantity.opened
        argument = _latex_plain(of.argument.value, digits)
        steps.append(f"\\mathrm{{{_function(of.function)}}}({argument})")
    elif quantity.opened is not None:
        steps.append(_written(quantity.opened, lambda one: _latex(one.symbol), " \\cdot "))
        steps.append(
            _written(
                quantity.opened,
                lambda one: _latex_number(one.value, digits),
                " \\cdot ",
                rest=lambda rest: _latex_number(rest, digits),
            )
        )
    return " &= ".join([steps[0], " = ".join([*steps[1:], value])])


def _mathml_line(quantity: Quantity, digits: int) -> str:
    equals, dot = "<mo>=</mo>", "<mo>&#x22C5;</mo>"
    value = _mathml_plain(quantity.value, digits)
    steps = [_mathml(quantity.symbol)]
    if isinstance(quantity.opened, Application):
        of = quantity.opened
        argument = _mathml_plain(of.argument.value, digits)
        steps.append(f"<mi>{escape(of.function)}</mi><mo>(</mo>{argument}<mo>)</mo>")
    elif quantity.opened is not None:
        plus = "<mo>+</mo>"
        steps.append(_written(quantity.opened, lambda one: _mathml(one.symbol), dot, plus))
        steps.append(
            _written(
                quantity.opened,
                lambda one: _mathml_number(one.value, digits),
                dot,
                plus,
                rest=lambda rest: _mathml_number(rest, digits),
            )
        )
    return f"<mrow>{equals.join([*steps, value])}</mrow>"


def _written(
    opened: Product | Sum,
    write: Callable[[Quantity], str],
    times: str,
    plus: str = " + ",
    rest: Callable[[float], str] = lambda _: "...",
) -> str:
    """Write a product, or a sum of products; `rest` writes what a sum leaves out."""
    if isinstance(opened, Product):
        return times.join(write(factor) for factor in opened.factors)
    terms = [times.join(write(factor) for factor in term.factors) for term in opened.terms]
    if opened.n_rest:
        terms.append(rest(opened.rest))
    return plus.join(terms)


def _latex_number(value: float, digits: int) -> str:
    """Write a number within a product or sum, in parentheses where it has a sign."""
    return f"({_latex_plain(value, digits)})" if value < 0 else _latex_plain(value, digits)


def _latex_plain(value: float, digits: int) -> str:
    """Write a number with its power of ten as one."""
    mantissa, _, power = spelled(value, digits).partition("e")
    return f"{mantissa} \\cdot 10^{{{int(power)}}}" if power else mantissa


def _mathml_number(value: float, digits: int) -> str:
    plain = _mathml_plain(value, digits)
    return f"<mo>(</mo>{plain}<mo>)</mo>" if value < 0 else plain


def _mathml_plain(value: float, digits: int) -> str:
    mantissa, _, power = spelled(value, digits).partition("e")
    sign = "<mo>-</mo>" if mantissa.startswith("-") else ""
    number = f"{sign}<mn>{mantissa.lstrip('-')}</mn>"
    ten = f"<mo>&#x22C5;</mo><msup><mn>10</mn><mn>{int(power)}</mn></msup>" if power else ""
    return number + ten


def _latex(symbol: Symbol) -> str:
    """Write a name: its letter, its index below, its layer above in parentheses."""
    if symbol.by is not None:
        return f"\\frac{{\\partial {symbol.letter}}}{{\\partial {_latex(symbol.by)}}}"
    index = ",".join(map(str, symbol.index))
    below = f"_{{{index}}}" if index else ""
    above = f"^{{({symbol.layer})}}" if symbol.layer else ""
    if symbol.letter == "f'":
        return f"f'(z{below}{above})"
    return f"{symbol.letter}{below}{above}"


def _mathml(symbol: Symbol) -> str:
    if symbol.by is not None:
        over = f"<mrow><mo>&#x2202;</mo><mi>{escape(symbol.letter)}</mi></mrow>"
        return f"<mfrac>{over}<mrow><mo>&#x2202;</mo>{_mathml(symbol.by)}</mrow></mfrac>"
    is_slope = symbol.letter == "f'"
    letter = f"<mi>{'z' if is_slope else escape(symbol.letter)}</mi>"
    index = f"<mn>{','.join(map(str, symbol.index))}</mn>" if symbol.index else "<mrow/>"
    layer = (
        f"<mrow><mo>(</mo><mn>{symbol.layer}</mn><mo>)</mo></mrow>" if symbol.layer else "<mrow/>"
    )
    named = (
        letter
        if not (symbol.index or symbol.layer)
        else f"<msubsup>{letter}{index}{layer}</msubsup>"
    )
    return (
        f"<msup><mi>f</mi><mo>&#x2032;</mo></msup><mo>(</mo>{named}<mo>)</mo>"
        if is_slope
        else named
    )


def _function(name: str) -> str:
    return name.replace("_", "\\_")
