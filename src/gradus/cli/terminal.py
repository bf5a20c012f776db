"""What a stream can show: how wide it is, whether colors are welcome, which characters are safe.

What is said must not be known here.
"""

import contextlib
import os
import re
import textwrap
from typing import TextIO

# Characters that steer a terminal, and halves of characters that no encoding can write.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_USUAL_WIDTH = 80
_NARROWEST = 10


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether somebody watches the stream."""
    return stream is not None and not stream.closed and stream.isatty()


def is_styled(stream: TextIO | None) -> bool:
    """Return whether control characters are welcome: a capable terminal, and no NO_COLOR."""
    is_capable = os.environ.get("TERM", "dumb") != "dumb"
    return is_terminal(stream) and is_capable and not os.environ.get("NO_COLOR")


def width(stream: TextIO) -> int:
    """Return the columns of the terminal behind the stream; COLUMNS overrules it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns):
        return int(columns)
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    return _USUAL_WIDTH


def shown(line: str, stream: TextIO) -> str:
    """Return a line as the stream should get it: harmless, and on a terminal wrapped at words.

    A word longer than the terminal is wide stays whole, so that paths can be copied. Further lines
    of an indented line are indented alike.
    """
    line = _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), line)
    if not is_terminal(stream):
        return line
    indent = " " * (len(line) - len(line.lstrip(" ")))
    return textwrap.fill(
        line,
        max(_NARROWEST, width(stream)),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
