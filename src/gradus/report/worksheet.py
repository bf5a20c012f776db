"""A worksheet as one page of HTML to be printed: the exercise, then its answers on other pages.

How the numbers came about is `workflow.worksheet`'s.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from gradus.calculus.formulas import as_mathml
from gradus.calculus.render import spelled
from gradus.report.html import escaped, paragraph, table
from gradus.report.write import write_page
from gradus.tables.convert import spelled as plain
from gradus.workflow.worksheet import N_UPDATES, Worksheet

#: Significant digits of the answers.
DIGITS = 4
_STYLE = """
body { font: 11pt/1.45 "Liberation Serif", "Times New Roman", serif; max-width: 46em;
  margin: 2em auto; padding: 0 1em; color: #111; background: #fff; }
h1 { font-size: 17pt; margin: 0 0 .3em; } h2 { font-size: 13pt; margin: 1.2em 0 .3em; }
table { border-collapse: collapse; margin: .4em 0 1em; break-inside: avoid; }
caption { text-align: left; font-style: italic; padding-bottom: .2em; }
th, td { border: 1px solid #777; padding: .25em .6em; text-align: left; font-weight: normal; }
td { min-width: 4.5em; height: 1.6em; } th.number, td.number { text-align: right; }
math { display: block; margin: .4em 0; font-size: 95%; math-style: normal; }
mtd { text-align: left; }
.scroll { overflow-x: auto; }
@media print { .answers { break-before: page; } body { margin: 0; max-width: none; } }
"""


def write_worksheet(
    sheet: Worksheet, source: object, output: str | os.PathLike[str], *, force: bool = False
) -> Path:
    """Write a worksheet as one HTML file, whole or not at all.

    Parameters
    ----------
    sheet
        As `make_worksheet` gave it.
    source
        The table it was made from, which is never written over.
    output
        Where to write.
    force
        Replace `output` if it exists.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    return write_page(output, source, lambda: worksheet_html(sheet), force=force)


def worksheet_html(sheet: Worksheet) -> str:
    """Return the page as text: equal sheets give equal texts."""
    title = f"Gradient descent by hand: {sheet.target.name}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f"<title>{escaped(title)}</title><style>{_STYLE}</style></head><body>",
            f"<section><h1>{escaped(title)}</h1>",
            *_given(sheet),
            *_asked(sheet),
            '</section><section class="answers">',
            f"<h1>Answers (sheet {sheet.seed})</h1>",
            *_answers(sheet),
            "</section></body></html>\n",
        ]
    )


def _given(sheet: Worksheet) -> list[str]:
    """Say the rows, the network and its first weights."""
    names = [one.name for one in sheet.inputs]
    rows = [
        [
            f"row {row}",
            *(one.cells[k] for one in columns),
            *(plain(one.values[k]) for one in columns),
        ]
        for columns in [(*sheet.inputs, sheet.target)]
        for k, row in enumerate(sheet.rows)
    ]
    xs = [f"x{j}" for j in range(len(names))]
    hidden = sheet.spec.dense[0].width
    last = sheet.spec.dense[1].activation
    end = "ŷ = sigmoid(z)" if last == "sigmoid" else "ŷ = z"
    return [
        paragraph(
            f"From {Path(sheet.table).name}. So that numbers are short, the cells were turned into "
            f"others: {'; '.join(one.how for one in (*sheet.inputs, sheet.target))}."
        ),
        table("Rows", ["", *names, sheet.target.name, *xs, "y"], rows),
        paragraph(
            f"The network has {_count(len(names), 'input')}, {_count(hidden, 'hidden neuron')} and "
            "one output. A hidden neuron j computes z = sum of w[i, j] times x[i] over the inputs "
            "i, plus its bias b[j], and gives a = sigmoid(z) = 1 / (1 + exp(-z)), whose slope is "
            f"a (1 - a). The output computes its z from the a's in the same way; {end}. Places are "
            "counted from 0. The loss of a row is (ŷ - y)², that of all rows is their mean, and "
            f"the learning rate is {plain(sheet.rate)}."
        ),
        table(
            "First weights and biases",
            ["", "value"],
            [
                [name, f"{value + 0.0:.1f}"]
                for name, value in zip(sheet.names, sheet.passes[0].params, strict=True)
            ],
            numbers=[1],
        ),
    ]


def _asked(sheet: Worksheet) -> list[str]:
    """Set the exercise, with room for the answers."""
    rows = [f"row {row}" for row in sheet.rows]
    hidden = sheet.spec.dense[0].width
    heads = [f"{letter}{j}" for letter in ("z", "a") for j in range(hidden)]
    after = [f"after update {k}" for k in range(1, N_UPDATES + 1)]
    return [
        "<h2>1. The pass forward</h2>",
        table(
            "Pass forward, to be filled in",
            ["", *heads, "ŷ", "(ŷ - y)²"],
            [[one] + [""] * (2 * hidden + 2) for one in rows],
        ),
        paragraph("The loss of all rows, their mean: ______________"),
        "<h2>2. The gradient</h2>",
        paragraph(
            "Differentiate the loss of each row by each weight and bias with the chain rule: what "
            "comes in, times the slope of the neuron, times what the loss makes of the neuron. The "
            "gradient is the mean over the rows."
        ),
        table(
            "Gradient, to be filled in",
            ["by", *rows, "mean"],
            [[n, *[""] * (len(rows) + 1)] for n in sheet.names],
        ),
        "<h2>3. Two updates</h2>",
        paragraph(
            "Take the learning rate times the gradient off every weight and bias; then find the "
            "gradient there and do so again. By how much does the loss of all rows fall?"
        ),
        table(
            "After each update, to be filled in",
            ["", *after],
            [[n, *[""] * N_UPDATES] for n in (*sheet.names, "loss")],
        ),
    ]


def _answers(sheet: Worksheet) -> list[str]:
    """Write the numbers, and formulas for each row."""
    found = [
        paragraph(
            f"Computed with all digits and written with {DIGITS}; whoever rounds on the way may "
            "differ in the last of them. In the formulas w and b with (1) above belong to the "
            "hidden neurons, with (2) to the output; a with (2) is ŷ, L the loss of the row, f' a "
            "slope, e is ŷ - y, and N the number of outputs, 1."
        ),
        "<h2>1. The pass forward</h2>",
    ]
    for row, opened in zip(sheet.rows, sheet.opened, strict=True):
        found += [f"<h3>Row {row}</h3>", as_mathml(opened[0].forward, DIGITS)]
    found.append(paragraph(f"The loss of all rows is {_number(sheet.passes[0].loss)}."))
    found.append("<h2>2. The gradient</h2>")
    for row, opened in zip(sheet.rows, sheet.opened, strict=True):
        found.append(f"<h3>Row {row}</h3>")
        found += [one.mathml(DIGITS) for one in opened]
    found.append(_gradients(sheet, 0, "The whole gradient"))
    found.append("<h2>3. Two updates</h2>")
    for number in range(1, N_UPDATES + 1):
        if number > 1:
            caption = f"The gradient after update {number - 1}"
            found.append(_gradients(sheet, number - 1, caption))
        lines = list(zip(sheet.names, sheet.updates(number), strict=True))
        found.append(table(f"Update {number}", ["", "new value"], lines))
    losses = [_number(one.loss) for one in sheet.passes]
    heads = ["", "at first", *(f"after update {k}" for k in range(1, N_UPDATES + 1))]
    found.append(table("Loss of all rows", heads, [["loss", *losses]]))
    return found


def _gradients(sheet: Worksheet, number: int, caption: str) -> str:
    """Return the table of all derivatives of one pass."""
    lines = [
        [one.name, *map(_number, one.by_row.tolist()), _number(one.value)]
        for one in sheet.passes[number].derivatives
    ]
    heads = ["by", *(f"row {row}" for row in sheet.rows), "mean"]
    return table(caption, heads, lines, numbers=range(1, len(heads)))


def _number(value: float) -> str:
    return spelled(value, DIGITS)


def _count(n: int, what: str) -> str:
    names: Sequence[str] = ("one", "two", "three", "four")
    return f"{names[n - 1]} {what}{'' if n == 1 else 's'}"
