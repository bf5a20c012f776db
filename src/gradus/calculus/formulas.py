"""Explanations as formulas with their numbers, in LaTeX and in MathML.

What is explained must not be known here.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from gradus._dataclasses import dataclass
from gradus.calculus.expressions import Application, Product, Quantity, Sum, Symbol
from gradus.calculus.render import opened_within, spelled


def as_latex(quantities: Sequence[Quantity], digits: int = 6) -> str:
    """Write quantities and all they open as one ``aligned`` block.

    Parameters
    ----------
    quantities, digits
        As in `render.as_text`.
    """
    lines = []
    for one in _all_opened(quantities):
        name, *steps = _LATEX.steps(one, digits)
        lines.append(f"{name} &= {' = '.join(steps)}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def as_mathml(quantities: Sequence[Quantity], digits: int = 6) -> str:
    """Write quantities and all they open as one ``math`` element, a row for each.

    Parameters
    ----------
    quantities, digits
        As in `render.as_text`.
    """
    rows = [
        f"<mtr><mtd><mrow>{'<mo>=</mo>'.join(_MATHML.steps(one, digits))}</mrow></mtd></mtr>"
        for one in _all_opened(quantities)
    ]
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


@dataclass(frozen=True)
class _Form:
    """How a language writes what formulas are made of.

    Attributes
    ----------
    plus, times, opening, closing
        Signs and parentheses.
    symbol, number, function
        Write a name, a number with its power of ten as one, and the name of a function.
    """

    plus: str
    times: str
    opening: str
    closing: str
    symbol: Callable[[Symbol], str]
    number: Callable[[float, int], str]
    function: Callable[[str], str]

    def steps(self, quantity: Quantity, digits: int) -> list[str]:
        """Write what stands between the equal signs: a name, what it is made of, and its value."""

        def inner(value: float) -> str:
            """Write a number within a product or sum, in parentheses where it has a sign."""
            number = self.number(value, digits)
            return self._enclosed(number) if value < 0 else number

        found, opened = [self.symbol(quantity.symbol)], quantity.opened
        if isinstance(opened, Application):
            argument = self._enclosed(self.number(opened.argument.value, digits))
            found.append(self.function(opened.function) + argument)
        elif opened is not None:
            found.append(self._made_of(opened, lambda one: self.symbol(one.symbol), "..."))
            rest = inner(opened.rest) if isinstance(opened, Sum) else ""
            found.append(self._made_of(opened, lambda one: inner(one.value), rest))
        return [*found, self.number(quantity.value, digits)]

    def _enclosed(self, text: str) -> str:
        return f"{self.opening}{text}{self.closing}"

    def _made_of(self, opened: Product | Sum, write: Callable[[Quantity], str], rest: str) -> str:
        """Write a product, or a sum of products; `rest` is what a sum leaves out."""
        terms = [opened] if isinstance(opened, Product) else opened.terms
        written = [self.times.join(map(write, term.factors)) for term in terms]
        is_cut = isinstance(opened, Sum) and opened.n_rest
        return self.plus.join([*written, rest] if is_cut else written)


def _latex_number(value: float, digits: int) -> str:
    mantissa, _, power = spelled(value, digits).partition("e")
    return f"{mantissa} \\cdot 10^{{{int(power)}}}" if power else mantissa


def _mathml_number(value: float, digits: int) -> str:
    mantissa, _, power = spelled(value, digits).partition("e")
    sign = "<mo>-</mo>" if mantissa.startswith("-") else ""
    number = f"{sign}<mn>{mantissa.lstrip('-')}</mn>"
    ten = f"<mo>&#x22C5;</mo><msup><mn>10</mn><mn>{int(power)}</mn></msup>" if power else ""
    return number + ten


def _latex_symbol(symbol: Symbol) -> str:
    """Write a name: its letter, its index below, its layer above in parentheses."""
    if symbol.by is not None:
        return f"\\frac{{\\partial {symbol.letter}}}{{\\partial {_latex_symbol(symbol.by)}}}"
    index = ",".join(map(str, symbol.index))
    below = f"_{{{index}}}" if index else ""
    above = f"^{{({symbol.layer})}}" if symbol.layer else ""
    if symbol.letter == "f'":
        return f"f'(z{below}{above})"
    return f"{symbol.letter}{below}{above}"


def _mathml_symbol(symbol: Symbol) -> str:
    if symbol.by is not None:
        over = f"<mrow><mo>&#x2202;</mo><mi>{escape(symbol.letter)}</mi></mrow>"
        return f"<mfrac>{over}<mrow><mo>&#x2202;</mo>{_mathml_symbol(symbol.by)}</mrow></mfrac>"
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


_LATEX = _Form(
    plus=" + ",
    times=" \\cdot ",
    opening="(",
    closing=")",
    symbol=_latex_symbol,
    number=_latex_number,
    function=lambda name: "\\mathrm{" + name.replace("_", "\\_") + "}",
)
_MATHML = _Form(
    plus="<mo>+</mo>",
    times="<mo>&#x22C5;</mo>",
    opening="<mo>(</mo>",
    closing="<mo>)</mo>",
    symbol=_mathml_symbol,
    number=_mathml_number,
    function=lambda name: f"<mi>{escape(name)}</mi>",
)
