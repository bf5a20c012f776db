"""The sections of a report that are words and numbers: verdict, reading of the table, findings."""

from collections.abc import Sequence

from gradus.diagnosis.finding import Finding
from gradus.models.model import Model
from gradus.models.summary import measure_rows
from gradus.report.axes import short
from gradus.report.html import Section, bullets, cards, escaped, listed, paragraph, table
from gradus.verdict.words import number_text, percent_text
from gradus.workflow.review import ColumnRead, Review

# More columns than this are told together.
_MOST_COLUMNS = 40
_LONGEST_NAME = 60


def verdict_section(model: Model) -> Section:
    """Say who answers and how good the answers are."""
    verdict = model.verdict
    rows = measure_rows(model)
    places = [
        name for name in ("network", "linear", "neighbors", "mean") if name in verdict.measures
    ]
    marked = places.index(verdict.answered_by) if verdict.answered_by in places else None
    measured = ""
    if verdict.measures:
        caption = "Measures on rows not learned from. Who answers is in bold."
        head = ["who", *rows[0][1:]]
        numbers = range(1, len(head))
        measured = table(caption, head, rows[1:], numbers=numbers, marked=marked)
    return Section(
        "verdict",
        "Verdict",
        (
            paragraph(verdict.sentence, "lead"),
            cards(_large(model)),
            bullets(verdict.details),
            measured,
        ),
    )


def _large(model: Model) -> list[tuple[str, str]]:
    """Choose the numbers to be seen first."""
    own = model.verdict.measures.get(model.verdict.answered_by, {})
    chosen = {
        "typical_error": ("typical error", number_text),
        "r2": ("R²", number_text),
        "accuracy": ("right answers", percent_text),
        "balanced_accuracy": ("each class counted alike", percent_text),
        "log_loss": ("log loss", number_text),
    }
    found = [(name, spell(own[key])) for key, (name, spell) in chosen.items() if key in own]
    if model.intervals is not None and model.intervals.measured_coverage >= 0:
        found.append(("within the 90 % bounds", percent_text(model.intervals.measured_coverage)))
    return found


def reading_section(found: Review) -> Section:
    """Say what was made of each column."""
    columns = sorted(found.reading, key=lambda one: one.use != "asked for")
    shown, others = columns[:_MOST_COLUMNS], columns[_MOST_COLUMNS:]
    has_blanks = any(one.n_blank is not None for one in shown)
    head = ["column", "kind", "use", *(["blank"] if has_blanks else []), "why"]
    rows = [_column_row(one, has_blanks=has_blanks) for one in shown]
    size = f"{found.table.n_rows:,} rows, {len(found.table.columns):,} columns"
    kinds: dict[str, list[str]] = {}
    for one in others:
        kinds.setdefault(f"{one.kind}, {one.use}", []).append(one.name)
    numbers = (3,) if has_blanks else ()
    parts = [
        paragraph(f"{short(found.table.name.rpartition('/')[2], 80)}: {size}.", "about"),
        table("Columns, and what was made of each.", head, rows, numbers=numbers),
        *(
            paragraph(f"{len(names):,} more ({kind}): {listed(names)}.", "quiet")
            for kind, names in kinds.items()
        ),
    ]
    if found.warnings:
        parts += ["<h3>Warnings</h3>", bullets(found.warnings, "warnings")]
    if found.notes:
        parts += ["<h3>Notes</h3>", bullets(found.notes)]
    return Section("table", "The table", tuple(parts))


def _column_row(one: ColumnRead, *, has_blanks: bool) -> list[str]:
    """Line up what is known of a column."""
    blank = [f"{one.n_blank:,}" if one.n_blank else ""] if has_blanks else []
    return [short(one.name, _LONGEST_NAME), one.kind, one.use, *blank, one.reason]


def findings_section(findings: Sequence[Finding]) -> Section:
    """Say what the diagnosis found."""
    if not findings:
        return Section("findings", "Diagnosis", (paragraph("Nothing wrong was found."),))
    items = []
    for one in findings:
        evidence = "; ".join(f"{name} {number_text(v)}" for name, v in one.evidence.items())
        items.append(
            f"<li><h3>{escaped(one.problem.capitalize())}</h3>{paragraph(one.sentence)}"
            f"{paragraph(evidence, 'quiet')}{paragraph(f'To do: {one.remedy}.')}</li>"
        )
    return Section("findings", "Diagnosis", (f'<ul class="findings">{"".join(items)}</ul>',))
