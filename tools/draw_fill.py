"""Draws docs/fill.svg: what a terminal shows while `gradus fill` runs, taken from a real run.

``python tools/draw_fill.py examples/bikes.csv docs/fill.svg`` starts the command on a pseudo
terminal in an empty folder, keeps the last state of its progress display and all it says at the
end, and adds the first answered row of the file it wrote. Must never invent a line.
"""

import io
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 116
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
BAR = re.compile(r"[^\r\n]*(network \d+), epoch \d+/\d+[^\r\n]*")
CONTROL = re.compile(r"\x1b\[(?:\?25[lh]|\d*[AK])")


def terminal_output(command: list[str], folder: Path) -> str:
    """Run a command on a pseudo terminal and return everything it wrote to it."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": str(COLUMNS), "LINES": "30", "TERM": "xterm-256color"}
    size["GRADUS_HOME"] = str(folder / "home")
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **size},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    chunks: list[bytes] = []
    try:
        while chunk := os.read(ours, 65536):
            chunks.append(chunk)
    except OSError:  # Linux says it this way that the other end is closed
        pass
    os.close(ours)
    if process.wait():
        raise SystemExit(b"".join(chunks).decode())
    return b"".join(chunks).decode()


def shown_lines(output: str) -> list[str]:
    """Take the sentences before, the last state of each progress line, and those after."""
    # rich hides the cursor while its lines live and shows it again when they are gone.
    begin, _, rest = output.partition(HIDE_CURSOR)
    live, _, end = rest.rpartition(SHOW_CURSOR)
    bars = {bar[1]: bar[0] for bar in BAR.finditer(CONTROL.sub("", live))}
    return [*_lines(begin), *(bars[network] for network in sorted(bars)), *_lines(end)]


def _lines(text: str) -> list[str]:
    """Split into lines that are not blank."""
    return [line for line in re.split(r"[\r\n]+", CONTROL.sub("", text)) if line.strip()]


def first_blank(table: Path) -> int:
    """Count the lines of a table up to the first whose last cell is blank."""
    lines = table.read_text(encoding="utf-8").splitlines()
    return 1 + next(i for i, line in enumerate(lines) if line.endswith(","))


def main() -> None:
    """Run, record, draw."""
    table, picture = Path(sys.argv[1]), Path(sys.argv[2])
    command = Path(sys.executable).with_name("gradus")
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / table.name
        shutil.copy(table, copy)
        console.print(Text(f"$ gradus fill {table.name}", style="bold"))
        for line in shown_lines(terminal_output([str(command), "fill", copy.name], Path(folder))):
            console.print(Text.from_ansi(line))
        look = ["sed", "-n", f"1p;{first_blank(copy)}p", f"{copy.stem}.filled.csv"]
        console.print(Text(f"$ {shlex.join(look)}", style="bold"))
        for line in terminal_output(look, Path(folder)).splitlines():
            console.print(Text(line))
    svg = console.export_svg(title="gradus fill", unique_id="fill")
    # Fonts from the network are no part of a picture in a repository.
    picture.write_text(re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
