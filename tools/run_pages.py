"""Runs the commands and the Python blocks of Markdown pages, as a reader would type them.

``python tools/run_pages.py README.md docs/examples.md`` clones the repository into an empty folder
and runs every ``bash`` and ``python`` block of each page there, in order. Where a ``text`` block
follows, it must be what was printed; ``...`` in it stands for anything. A block below the comment
``<!-- needs GRADUS_DATA -->`` runs only where that variable is set. Never imports gradus itself.
"""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r"^(?P<needs><!-- needs GRADUS_DATA -->\n+)?"
    r"^```(?P<language>bash|python)\n(?P<code>.*?)^```\n"
    r"(?:\n*^```text\n(?P<expected>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Block:
    """One block of a page: where it stands, what it runs and what that must print."""

    page: str
    line: int
    language: str
    code: str
    expected: str | None
    needs_data: bool

    def __str__(self) -> str:
        """Name the block in a complaint."""
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Find the bash and python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page.name,
            line=text.count("\n", 0, found.start("code")) + 1,
            language=found["language"],
            code=found["code"],
            expected=found["expected"],
            needs_data=found["needs"] is not None,
        )
        for found in FENCE.finditer(text)
    ]


def difference(block: Block, printed: str) -> str:
    """Say how what was printed differs from what the page shows; empty where it does not."""
    if block.expected is None:
        return ""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if doctest.OutputChecker().check_output(block.expected, printed, flags):
        return ""
    return f"{block} printed\n{printed}\nwhere the page shows\n{block.expected}"


def run_python(block: Block, scope: dict[str, object]) -> str:
    """Run a block after those before it; return a complaint, or nothing."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.code, str(block), "exec"), scope)  # noqa: S102 (that is its purpose)
    return difference(block, printed.getvalue())


def run_bash(block: Block) -> str:
    """Run the commands of a block, showing what they print; return a complaint, or nothing."""
    running = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block.code],
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert running.stdout is not None
    lines: list[str] = []
    for line in running.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if status := running.wait():
        return f"{block} ended with exit status {status}:\n{block.code}"
    return difference(block, "".join(lines))


def copy_of_the_repository(folder: Path) -> None:
    """Clone the repository and take over the changes not committed yet."""
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--modified"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, folder / name)


def run_page(page: Path) -> list[str]:
    """Run one page in a fresh copy of the repository; return the complaints."""
    complaints: list[str] = []
    scope: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy_of_the_repository(Path(folder))
        with contextlib.chdir(folder):
            for block in blocks_of(page):
                if block.needs_data and not os.environ.get("GRADUS_DATA"):
                    print(f"--- {block} left out: it needs GRADUS_DATA", flush=True)
                    continue
                print(f"--- {block}", flush=True)
                begin = time.perf_counter()
                complaint = (
                    run_python(block, scope) if block.language == "python" else run_bash(block)
                )
                print(f"--- {time.perf_counter() - begin:.1f} s", flush=True)
                complaints += [complaint] if complaint else []
    return complaints


def main() -> int:
    """Run the pages named on the command line; 1 where one of them is wrong."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # What the pages keep of their runs is nobody's record.
    os.environ["GRADUS_HOME"] = tempfile.mkdtemp()
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    wrong = [complaint for page in pages for complaint in run_page(page)]
    print("\n".join(wrong) if wrong else f"{len(pages)} pages run as they read")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
