"""The tables of differences from scikit-learn and of spellings, as `docs/estimators.md` shows them.

``python -m gradus.estimators.differences docs/estimators.md`` writes them. What a parameter does
must not be known here.
"""

import re
import sys
from pathlib import Path

from gradus.estimators.parameters import in_words
from gradus.workflow.choices import ABSENT
from gradus.workflow.hyperparameters import TABLE


def differences() -> str:
    """Return a Markdown table: each parameter whose default differs, or that is only ours."""
    lines = ["| parameter | here | scikit-learn | may be | what it says |", "|---|---|---|---|---|"]
    for entry in TABLE:
        is_ours = entry.scikit_learn is ABSENT
        if not is_ours and entry.default == entry.scikit_learn:
            continue
        theirs = "none such" if is_ours else f"`{entry.scikit_learn!r}`"
        cells = [f"`{entry.name}`", f"`{entry.default!r}`", theirs, in_words(entry.allowed)]
        lines.append(f"| {' | '.join([*cells, entry.doc])} |".replace("``", "`"))
    return "\n".join(lines) + "\n"


def spellings() -> str:
    """Return a Markdown table: what each choice is called on each surface that has it."""
    lines = ["| estimators | networks and plans | command line |", "|---|---|---|"]
    for entry in TABLE:
        option = entry.command.option if entry.command else ""
        if entry.network or option:
            cells = (entry.name, entry.network, option)
            lines.append(f"| {' | '.join(f'`{cell}`' if cell else '' for cell in cells)} |")
    return "\n".join(lines) + "\n"


def with_tables(page: str) -> str:
    """Return a page with the tables at their places.

    Parameters
    ----------
    page
        Text that has two comments around each table.
    """
    for name, table in (("differences", differences()), ("spellings", spellings())):
        begin, end = rf"(<!-- {name}: [^\n]*-->\n)", f"<!-- end of {name} -->"
        page = re.sub(rf"{begin}.*?{end}", rf"\1\n{table}\n{end}", page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
