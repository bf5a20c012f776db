"""The parts of a page as text: every word is escaped here and nowhere else.

What a report says must not be known here.
"""

import html
from collections.abc import Iterable, Sequence

from gradus._dataclasses import dataclass
from gradus.report.axes import printable, short

_MOST_LISTED, _LONGEST_NAME = 200, 60


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading.

    Attributes
    ----------
    key
        What links to it.
    title
        The heading, as plain text.
    parts
        Finished HTML.
    """

    key: str
    title: str
    parts: tuple[str, ...]

    def html(self) -> str:
        """Return the whole section."""
        body = "\n".join(self.parts)
        return (
            f'<section id="{self.key}" aria-labelledby="{self.key}-title">\n'
            f'<h2 id="{self.key}-title">{escaped(self.title)}</h2>\n{body}\n</section>'
        )


def escaped(text: str) -> str:
    """Return text that no browser takes for anything else."""
    # A line must not end between a number and its percent sign.
    return html.escape(printable(text).replace(" %", "\u00a0%"), quote=True)


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text; nothing for none."""
    start = f'<p class="{kind}">' if kind else "<p>"
    return f"{start}{escaped(text)}</p>" if text else ""


def listed(names: Sequence[str]) -> str:
    """Join names with commas, at most 200 of them, and count the rest."""
    more = f" and {len(names) - _MOST_LISTED:,} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(short(name, _LONGEST_NAME) for name in names[:_MOST_LISTED]) + more


def bullets(sentences: Iterable[str], kind: str = "") -> str:
    """Return a list of plain sentences; nothing for none."""
    items = "".join(f"<li>{escaped(one)}</li>" for one in sentences)
    start = f'<ul class="{kind}">' if kind else "<ul>"
    return f"{start}{items}</ul>" if items else ""


def figure(svg: str, caption: str, kind: str = "") -> str:
    """Return a drawing with the plain text below it."""
    start = f'<figure class="{kind}">' if kind else "<figure>"
    # What is wider than a small screen can be moved by keys.
    moved = f' tabindex="0" role="group" aria-label="{escaped(caption[:80])}"' if kind else ""
    return (
        f'{start}<div class="drawing"{moved}>{svg}</div>'
        f"<figcaption>{escaped(caption)}</figcaption></figure>"
    )


def side_by_side(figures: Iterable[str]) -> str:
    """Return figures beside one another where there is room."""
    return f'<div class="figures">{"".join(figures)}</div>'


def table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    marked: int | None = None,
) -> str:
    """Return a table of plain text; the first cell of each row names the row.

    Parameters
    ----------
    caption
        What it shows.
    head, rows
        Cells.
    numbers
        Places of the columns that are aligned to the right.
    marked
        The row that stands out.
    """
    look = dict.fromkeys(numbers, ' class="number"')
    heads = "".join(
        f'<th scope="col"{look.get(place, "")}>{escaped(cell)}</th>'
        for place, cell in enumerate(head)
    )
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(
            f"<td{look.get(place, '')}>{escaped(cell)}</td>"
            for place, cell in enumerate(row[1:], 1)
        )
        start = '<tr class="marked">' if number == marked else "<tr>"
        first = f'<th scope="row"{look.get(0, "")}>{escaped(row[0])}</th>'
        lines.append(f"{start}{first}{cells}</tr>")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(caption)}"><table>'
        f"<caption><span>{escaped(caption)}</span></caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def cards(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a few large numbers with what they are."""
    items = "".join(
        f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>" for name, value in pairs
    )
    return f'<dl class="cards">{items}</dl>' if items else ""
