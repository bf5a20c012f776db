"""The table of differences from scikit-learn, as `docs/estimators.md` shows it.

``python -m gradus.estimators.differences docs/estimators.md`` writes it. What a parameter does must
not be known here.
"""

import re
import sys
from pathlib import Path

from gradus.estimators.parameters import in_words
from gradus.workflow.hyperparameters import ABSENT, TABLE

_PLACE = re.compile(r"(<!-- differences: [^\n]*-->\n).*?(<!-- end of differences -->)", re.DOTALL)


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


def with_differences(page: str) -> str:
    """Return a page with the table at its place.

    Parameters
    ----------
    page
        Text that has the two comments between which the table stands.
    """
    return _PLACE.sub(lambda found: f"{found[1]}\n{differences()}\n{found[2]}", page)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_differences(path.read_text(encoding="utf-8")), encoding="utf-8")
