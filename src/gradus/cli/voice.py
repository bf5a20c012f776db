"""What gradus says while it works: sentences on standard error, each as soon as it is known.

Why something is said must not be known here.
"""

import os
import re
import sys

from gradus._names import STANDARD
from gradus.cli.output import silence
from gradus.cli.terminal import is_styled, shown

_BOLD, _YELLOW, _RED, _PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
# Up to the first colon, comma, semicolon or full stop that is not inside a number.
_FIRST_CLAUSE = re.compile(r".+?(?=[:;,.](?:\s|$))|.+", re.DOTALL)


class Voice:
    """Says sentences; called with the kind of each and the sentence.

    Attributes
    ----------
    is_quiet
        Whether everything but errors is kept back.
    has_written
        Whether a sentence has told of a file that was written.
    """

    def __init__(self) -> None:
        self.is_quiet = False
        self.has_written = False
        self._read: set[str] = set()

    def reading(self, place: str) -> None:
        """Say at once what is being read, before anything heavy is imported for it.

        What does not exist is not being read; the reader's error will say so.
        """
        if place == STANDARD:
            self("reading", "Reading standard input.")
        elif os.path.exists(place):  # noqa: PTH110 a text with a zero byte is no path, but no error
            self("reading", f"Reading {place}.")

    def __call__(self, kind: str, sentence: str) -> None:
        """Say one sentence; what is being read is said once."""
        if kind == "reading":
            if sentence in self._read:
                return
            self._read.add(sentence)
        self.has_written |= kind == "written"
        if self.is_quiet:
            return
        if kind == "warning":
            _put(f"Warning: {sentence}", "Warning:", _YELLOW)
        elif kind == "verdict":
            found = _FIRST_CLAUSE.match(sentence)
            _put(sentence, found[0] if found else "", _BOLD)
        else:
            _put(sentence)

    def error(self, sentence: str) -> None:
        """Say one sentence even where everything else is kept back."""
        _put(sentence)


def _put(sentence: str, marked: str = "", style: str = _PLAIN) -> None:
    """Write one sentence; its beginning `marked` is set apart where the terminal can do that.

    A listener who has left, or a full disk behind the stream, must not cost anybody the work.
    """
    stream = sys.stderr
    if stream is None or stream.closed:
        return
    text = shown(sentence, stream)
    if marked and is_styled(stream):
        # Wrapping has put line ends where spaces stood, so it is counted in characters.
        text = f"{style}{text[: len(marked)]}{_PLAIN}{text[len(marked) :]}"
    try:
        print(text, file=stream, flush=True)
    except OSError:
        silence(stream)
