"""The sections of a report on rows whose answer is known: answers, their bounds, the worst rows."""

import numpy as np

from gradus.errors import DataError
from gradus.models.model import Model
from gradus.report.axes import MOST_POINTS, short
from gradus.report.class_pictures import ConfusionDisplay, HeldDisplay
from gradus.report.html import Section, figure, paragraph, side_by_side, table
from gradus.report.residuals import ResidualsDisplay
from gradus.report.svg import svg_of
from gradus.tables.convert import spelled, spelled_date
from gradus.tables.table import Column, Spelling
from gradus.tables.target import Classes
from gradus.verdict.intervals import COVERAGE
from gradus.verdict.words import number_text, percent_text
from gradus.workflow.review import JudgedRows, Review

_MOST_WORST, _MOST_CELLS, _MOST_CONFUSIONS = 10, 8, 10
_LONGEST_CELL = 40


def answers_section(found: Review) -> Section:
    """Show answers beside known values."""
    rows = rows_of(found)
    title = "Answers and known values"
    if isinstance(found.model.labels, Classes):
        return Section("answers", title, (paragraph(rows.sentence, "about"), _classes(found)))
    answers = ResidualsDisplay.from_predictions(rows.known, rows.answers)
    errors = ResidualsDisplay.from_predictions(rows.known, rows.answers, kind="errors")
    n, target = len(rows.known), found.model.target
    how = "Each dot is a row" if n <= MOST_POINTS else "The stronger a cell, the more rows it holds"
    off = rows.answers - rows.known
    typical = f"half of the answers are within {number_text(float(np.median(np.abs(off))))}"
    return Section(
        "answers",
        title,
        (
            paragraph(rows.sentence, "about"),
            side_by_side(
                [
                    figure(
                        svg_of(answers.figure_, f"Known {target} over its answers", "answers"),
                        f"{how}; on the dashed line answer and known value are equal.",
                    ),
                    figure(
                        svg_of(errors.figure_, "How many rows are how far off", "errors"),
                        f"How far off the answers are: {typical} of the known value. "
                        "The outermost bars hold all that is farther off.",
                    ),
                ]
            ),
        ),
    )


def rows_of(found: Review) -> JudgedRows:
    """Return the rows that can be judged.

    Raises
    ------
    DataError
        If there are none.
    """
    if found.rows is None:
        raise DataError(
            f"{found.table.name} must have a row with a known {found.model.target!r}; it has none."
        )
    return found.rows


def confusion_display(model: Model, rows: JudgedRows) -> ConfusionDisplay:
    """Draw known and answered classes."""
    assert isinstance(model.labels, Classes), "the caller has looked"
    answered = rows.answers.argmax(axis=1)
    return ConfusionDisplay.from_predictions(rows.codes, answered, model.labels.labels_as_words)


def _classes(found: Review) -> str:
    """Show which classes are taken for which."""
    drawn = confusion_display(found.model, rows_of(found))
    names, counts = drawn.class_names, drawn.counts
    share = float(np.trace(counts)) / max(int(counts.sum()), 1)
    picture = figure(
        svg_of(drawn.figure_, "Known classes over answered classes", "confusion"),
        f"{percent_text(share)} of the rows lie on the diagonal, in blue, where the answer is "
        "right. The stronger the orange, the larger the share of the known class that was "
        "taken for another.",
    )
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    pairs = [divmod(int(place), len(names)) for place in order if wrong.flat[place]]
    if pairs:
        of = counts.sum(axis=1)
        lines = [
            [short(names[i], 40), short(names[j], 40), f"{wrong[i, j]:,}", f"{of[i]:,}"]
            for i, j in pairs
        ]
        head = ["known", "answered", "rows", "of"]
        mistakes = table("The most frequent mistakes.", head, lines, numbers=(2, 3))
        return side_by_side([picture, mistakes])
    return picture


def calibration_section(found: Review) -> Section | None:
    """Show whether probabilities and bounds hold what they promise; None where there are none."""
    rows = rows_of(found)
    drawn = calibration_display(found.model, rows)
    if drawn is None:
        return None
    by = "probability" if found.model.intervals is None else "answer"
    told = (
        f"Rows in the order of their {by}, cut into groups of equal size: a dot for each. On the "
        "dashed line a promise holds. The bars, 95 % intervals, are what luck does to so few rows: "
        "a group whose bar ends before the line does not hold its promise."
    )
    if found.model.intervals is None:
        title, label = "Do the probabilities hold?", "Share of rows over the probability told"
    else:
        title, label = "Do the bounds hold?", "Share of rows within the bounds over the answer"
        assert rows.held is not None, "bounds were drawn"
        share = float(np.average(rows.held.astype(np.float64), weights=rows.weights))
        told = f"In all {percent_text(share)} lie within the bounds made for 90 %. {told}"
    picture = figure(svg_of(drawn.figure_, label, "calibration"), f"{label}.")
    return Section("calibration", title, (side_by_side([picture, paragraph(told)]),))


def calibration_display(model: Model, rows: JudgedRows) -> HeldDisplay | None:
    """Draw how often promises held: the bounds, or the probability of the answer.

    Of two classes it is the probability of the second one. None where there are no bounds.
    """
    if not isinstance(model.labels, Classes):
        if rows.held is None:
            return None
        return HeldDisplay.of_bounds(rows.answers, rows.held, COVERAGE)
    names, p = model.labels.labels_as_words, rows.answers
    if len(names) == 2:
        return HeldDisplay.of_probabilities(p[:, 1], rows.codes == 1, short(names[1], 20))
    is_right = p.argmax(axis=1) == rows.codes
    return HeldDisplay.of_probabilities(p.max(axis=1), is_right, "the answer")


def worst_section(found: Review, important: list[str]) -> Section:
    """List the rows that are answered worst, with their cells.

    Parameters
    ----------
    found
        The table.
    important
        Names of the inputs, the most important first.
    """
    rows, model = rows_of(found), found.model
    order = np.argsort(-rows.badness, kind="stable")[:_MOST_WORST]
    inputs = [one for name in important for one in found.table.columns if one.name == name]
    inputs = inputs[:_MOST_CELLS]
    (target,) = (one for one in found.table.columns if one.name == model.target)
    classes = model.labels.labels_as_words if isinstance(model.labels, Classes) else None
    lines = []
    for place in order:
        row = int(rows.numbers[place])
        known, answer = rows.known[place], rows.answers[place]
        if classes is None:
            own = [_cell(target, row - 1), _number(answer, model.spelling)]
            own.append(number_text(float(answer - known)))
        else:
            j = int(answer.argmax())
            own = [classes[int(known)], percent_text(float(answer[int(known)]))]
            own += [classes[j], percent_text(float(answer[j]))]
        cells = [_cell(column, row - 1) for column in inputs]
        lines.append([f"{row:,}", *(short(cell, _LONGEST_CELL) for cell in (*own, *cells))])
    head = ["row", f"known {short(model.target, 30)}"]
    head += ["answer", "off by"] if classes is None else ["its share", "answer", "its share"]
    n_first = len(head)
    head += [short(column.name, 30) for column in inputs]
    kinds = [column.type == "number" for column in inputs]
    numbers = [0, 1, 2, 3] if classes is None else [0, 2, 4]
    numbers += [n_first + place for place, is_number in enumerate(kinds) if is_number]
    caption = "Rows count from 1 below the head of the table."
    if len(found.columns) > len(inputs):
        caption += f" Of the columns the {len(inputs)} that answers depend on most."
    return Section("worst", "The worst answers", (table(caption, head, lines, numbers=numbers),))


def _number(value: float, spelling: Spelling) -> str:
    """Spell a number of the target with its decimals, at most three more than it needs."""
    decimals = min(spelling.decimals, 6)
    text = f"{value:,.{decimals}f}" if 1e-4 <= abs(value) < 1e15 or value == 0 else f"{value:.4g}"
    return f"{spelling.prefix}{text}{spelling.suffix}"


def _cell(column: Column, row: int) -> str:
    """Spell a cell."""
    value = column.values[row]
    if column.type == "word":
        return value or ""
    if np.isnan(value):
        return ""
    if column.type == "date":
        return spelled_date(value)
    return f"{column.spelling.prefix}{spelled(value)}{column.spelling.suffix}"
