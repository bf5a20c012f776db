"""Explanations as text and as JSON: each opened number with the numbers it is made of.

What is explained must not be known here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from gradus.calculus.expressions import Application, Product, Quantity, Sum

# Shorter sums and products go on one line.
_LINE = 88


def spelled(value: float, digits: int) -> str:
    """Write a number with so many significant digits.

    Examples
    --------
    >>> spelled(0.0214673, 4), spelled(-2.0, 6), spelled(1234567.0, 4)
    ('0.02147', '-2', '1.235e+06')
    """
    return f"{value + 0.0:.{digits}g}"


def as_text(quantities: Sequence[Quantity], digits: int = 6) -> str:
    """Write quantities, and indented below each those it opens; every name is opened once.

    Parameters
    ----------
    quantities
        In the order to write them in.
    digits
        Significant ones, 1 to 17.

    Returns
    -------
    Lines without a newline at the end.
    """
    seen: set[str] = set()
    return "\n".join(line for one in quantities for line in _paragraphs(one, digits, seen))


def as_json(quantity: Quantity) -> dict[str, Any]:
    """Return a quantity as names and values that JSON can carry, with all it opens.

    Beside "name" and "value" there is a "product", a list of quantities; or a "sum", a list of such
    lists, with the number and the sum of the "others"; or a "function" and its "argument".
    """
    found: dict[str, Any] = {"name": quantity.symbol.words, "value": quantity.value}
    match quantity.opened:
        case Product(factors):
            found["product"] = [as_json(factor) for factor in factors]
        case Sum(terms, n_rest, rest):
            found["sum"] = [[as_json(factor) for factor in term.factors] for term in terms]
            found["others"] = {"count": n_rest, "value": rest}
        case Application(function, argument):
            found |= {"function": function, "argument": as_json(argument)}
    return found


def _paragraphs(quantity: Quantity, digits: int, seen: set[str]) -> Iterator[str]:
    seen.add(quantity.symbol.words)
    yield from _paragraph(quantity, digits)
    for inner in opened_within(quantity):
        if inner.symbol.words not in seen:
            yield from (f"  {line}" for line in _paragraphs(inner, digits, seen))


def opened_within(quantity: Quantity) -> list[Quantity]:
    """List the quantities that one is made of and that are opened themselves."""
    match quantity.opened:
        case Product(factors):
            inner = list(factors)
        case Sum(terms):
            inner = [factor for term in terms for factor in term.factors]
        case Application(_, argument):
            inner = [argument]
        case None:
            inner = []
    return [one for one in inner if one.opened is not None]


def _paragraph(quantity: Quantity, digits: int) -> list[str]:
    name, value = quantity.symbol.words, spelled(quantity.value, digits)
    match quantity.opened:
        case None:
            return [f"{name} = {value}"]
        case Application(function, argument):
            return [f"{name} = {function}({spelled(argument.value, digits)}) = {value}"]
        case Product(factors):
            words = " * ".join(factor.symbol.words for factor in factors)
            numbers = _product(quantity.opened, digits)
            short = f"{name} = {words} = {numbers} = {value}"
            if len(short) <= _LINE:
                return [short]
            return [name, f"  = {words}", f"  = {numbers}", f"  = {value}"]
        case Sum() as opened:
            return _sum(name, value, opened, digits)


def _sum(name: str, value: str, opened: Sum, digits: int) -> list[str]:
    """Write a sum on one line where it fits, else term by term with their names."""
    if len(opened.terms) == 1 and len(opened.terms[0].factors) == 1 and not opened.n_rest:
        return [f"{name} = {opened.terms[0].factors[0].symbol.words} = {value}"]
    parts = [_product(term, digits) for term in opened.terms]
    if opened.n_rest:
        parts.append(spelled(opened.rest, digits))
    short = f"{name} = {' + '.join(parts).replace('+ -', '- ')} = {value}"
    if len(short) <= _LINE and not opened.n_rest:
        return [short]
    lines = [name]
    for term, numbers in zip(opened.terms, parts, strict=False):
        words = " * ".join(factor.symbol.words for factor in term.factors)
        made = f" = {spelled(term.value, digits)}" if len(term.factors) > 1 else ""
        lines.append(f"  {_signed(numbers)}{made}   ({words})")
    if opened.n_rest:
        others = "1 other" if opened.n_rest == 1 else f"{opened.n_rest} others"
        lines.append(f"  {_signed(parts[-1])}   ({others})")
    return [*lines, f"  = {value}"]


def _signed(text: str) -> str:
    return f"- {text[1:]}" if text.startswith("-") else f"+ {text}"


def _product(product: Product, digits: int) -> str:
    """Write factors, those behind a sign in parentheses."""
    first, *others = (spelled(factor.value, digits) for factor in product.factors)
    return " * ".join([first, *(f"({one})" if one.startswith("-") else one for one in others)])
