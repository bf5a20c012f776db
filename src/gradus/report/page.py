"""One page about one model: everything known of it, in one file that needs nothing else."""

import os
from collections.abc import Sequence
from pathlib import Path

from gradus._version import VERSION
from gradus.models.model import Model
from gradus.report.html import Section, escaped, paragraph
from gradus.report.judged import answers_section, calibration_section, worst_section
from gradus.report.opened import (
    MOST_CURVES,
    network_section,
    responses_section,
    training_section,
)
from gradus.report.style import STYLE
from gradus.report.told import findings_section, reading_section, verdict_section
from gradus.report.write import write_page
from gradus.workflow.doctor import findings_of
from gradus.workflow.prepare import Notify
from gradus.workflow.responses import responses
from gradus.workflow.review import review

# A browser that obeys it fetches nothing at all.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_report(
    model: Model,
    table: str | os.PathLike[str] | object,
    output: str | os.PathLike[str],
    *,
    force: bool = False,
    notify: Notify | None = None,
) -> Path:
    """Write one HTML file about a model and a table, whole or not at all.

    It holds the verdict, how the table was read, how answers depend on each column, answers beside
    known values, whether bounds or probabilities hold, the worst rows, the training and the
    weights. Of the table that was learned from, each row is answered by a network that has not
    seen it. There is no script in it, and nothing is loaded from elsewhere. Equal models, tables
    and versions give equal bytes.

    Parameters
    ----------
    model
        Of a table.
    table
        The one that was learned from, or another; as in `Model.predict`.
    output
        Where to write.
    force
        Replace `output` if it exists.
    notify
        Called with "note" and a sentence where the table is not the one that was learned from.

    Returns
    -------
    Where it was written.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column that was learned from, or the file cannot be
        written.
    """
    return write_page(output, table, lambda: report_html(model, table, notify), force=force)


def report_html(
    model: Model,
    table: str | os.PathLike[str] | object,
    notify: Notify | None = None,
) -> str:
    """Return the page as text; see `write_report`."""
    found = review(model, table)
    if notify and found.rows is not None and not found.rows.is_out_of_fold:
        notify("note", found.rows.sentence)
    curves = responses(model, found.columns, MOST_CURVES)
    sections = [verdict_section(model)]
    findings = None if found.prepared is None else findings_of(model, found.prepared)
    if findings is not None:
        sections.append(findings_section(findings))
    if curves:
        sections.append(responses_section(found, curves))
    if found.rows is not None:
        sections.append(answers_section(found))
        calibration = calibration_section(found)
        sections += [calibration] if calibration else []
        sections.append(worst_section(found, [one.column for one in curves]))
    sections += [training_section(model), network_section(model), reading_section(found)]
    return _page(model, sections)


def _page(model: Model, sections: Sequence[Section]) -> str:
    """Put sections together."""
    origin = model.origin
    title = f"{model.target}, learned from {origin.table}"
    what = "a class" if model.task == "classes" else "a number"
    about = (
        f"{what[0].upper()}{what[1:]}, learned from {origin.n_complete:,} rows of {origin.table}."
    )
    links = "".join(f'<li><a href="#{one.key}">{escaped(one.title)}</a></li>' for one in sections)
    made = (
        f"Made by gradus {VERSION}; seed {origin.choices['seed']}, trained with the "
        f"kernels {origin.instruction_set}."
    )
    body = "\n".join(one.html() for one in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escaped(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{escaped(model.target)}</h1>
{paragraph(about, "about")}
</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main>
{body}
</main>
<footer>{paragraph(made)}</footer>
</body>
</html>
"""
