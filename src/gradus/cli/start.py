"""Where the command `gradus` begins: signals are heard before anything is imported for it.

What a command does must not be known here.
"""

import gc
import os
import signal
import sys
import time
from types import FrameType

#: Ctrl-C, the system's request to end, and a terminal that was closed.
_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
# A second signal so soon would cut the tidying of the first one short.
_DEAF_SECONDS = 1.0
# What imports make stays until the end: it is looked through for garbage once, not 160 times.
_OBJECTS_BEFORE_COLLECTION = 100_000


class _Ears:
    """Turns signals into KeyboardInterrupt and remembers the last one.

    Attributes
    ----------
    heard
        Its number, 0 for none.
    """

    def __init__(self) -> None:
        self.heard = 0
        self._since = -_DEAF_SECONDS

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Stop what is being done."""
        now = time.monotonic()
        if now - self._since >= _DEAF_SECONDS:
            self.heard, self._since = number, now
            raise KeyboardInterrupt


def main() -> None:
    """Run the command line and leave with its exit code, 128 + the signal's number if stopped."""
    ears = _Ears()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    # Idle threads of NumPy's BLAS sleep at once: by default they spin for 25 ms after each product
    # and take a core from the networks.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    # A shell has its background jobs ignore Ctrl-C, and nohup the closed terminal.
    numbers = [n for n in _SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
    code = 0
    try:
        for number in numbers:
            signal.signal(number, ears)
        from gradus.cli.main import run

        code = run()
    except BaseException:
        # An import that is interrupted may fail with an error of its own.
        if not ears.heard:
            raise
        code = 128 + ears.heard
        if sys.stderr is not None:
            sys.stderr.write("Stopped; nothing was written.\n")
    finally:
        # All is done and said; only Python's own end is left.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        # Python would look through all that is left for garbage, which takes 60 ms.
        gc.freeze()
    sys.exit(128 + ears.heard if code and ears.heard else code)
