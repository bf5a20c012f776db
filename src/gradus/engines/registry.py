"""Find an engine by its name.

Engines are imported when they are asked for, so that one that cannot be loaded stops nobody else.
"""

from collections.abc import Callable

from gradus._threads import MOST_THREADS, default_n_threads
from gradus._typing import FloatArray
from gradus._validate import check_choice, check_whole
from gradus.engines.base import Engine
from gradus.engines.reference_engine import ReferenceEngine
from gradus.errors import EngineUnavailable
from gradus.networks.spec import NetworkSpec

ENGINE_NAMES = ("native", "reference")


def predictor(spec: NetworkSpec, dtype: str) -> Callable[[FloatArray, object], FloatArray | None]:
    """Make what answers rows of one network quickest; see `engines.native.Predictor`."""
    engine("native")
    from gradus.engines.native import Predictor

    return Predictor(spec, dtype)


def all_finite(array: FloatArray, n_threads: int | None) -> bool:
    """Say whether the core finds only finite numbers; False too where it cannot be loaded.

    Parameters
    ----------
    array
        C-contiguous.
    n_threads
        Threads it may use; None for what the system grants.
    """
    try:
        from gradus.engines.native import all_finite as look_through
    except ImportError:
        return False
    return look_through(array, default_n_threads() if n_threads is None else n_threads)


def engine(name: str = "native", n_threads: int | None = None) -> Engine:
    """Make an engine.

    Parameters
    ----------
    name
        "native", the compiled one, or "reference", the page of formulas.
    n_threads
        1 to 1024; None lets the engine choose. The reference engine does not look at it.

    Raises
    ------
    InvalidParameter
        If the name is unknown or n_threads is no whole number from 1 to 1024.
    EngineUnavailable
        If the engine cannot be loaded here.
    """
    check_choice("engine", name, ENGINE_NAMES)
    if n_threads is not None:
        check_whole("n_threads", n_threads, at_least=1, at_most=MOST_THREADS)
    if name == "reference":
        return ReferenceEngine(n_threads)
    try:
        from gradus.engines.native import NativeEngine
    except ImportError as cause:
        message = (
            "engine='native' needs the compiled module gradus._core, which cannot be loaded "
            f"({cause}). Install gradus with a C++ compiler at hand or use engine='reference'."
        )
        raise EngineUnavailable(message) from cause
    return NativeEngine(n_threads)
