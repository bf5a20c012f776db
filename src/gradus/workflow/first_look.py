"""What the doctor says of a table's first network: found out once, as soon as a thread is free.

Which networks there are and who answers must not be known here.
"""

from dataclasses import replace

from gradus._blas import alone
from gradus._typing import Float64Array, FloatArray
from gradus.training.history import History
from gradus.workflow.prepare import Prepared
from gradus.workflow.settings import Settings


class FirstLook:
    """What was wrong with the first network's training, if anything was.

    Parameters
    ----------
    prepared
        The table.
    weights
        Shape (n_complete,) or None: how much each row counts in training.
    """

    def __init__(self, prepared: Prepared, weights: Float64Array | None) -> None:
        self._prepared, self._weights = prepared, weights
        self._said: tuple[str, ...] | None = None

    def says(self, settings: Settings, end: FloatArray, history: History) -> tuple[str, ...]:
        """Say it in one sentence, or in none; asked again it says the same.

        Parameters
        ----------
        settings
            How the networks were trained.
        end : array of shape (n_params,)
            What training left of the first one.
        history
            Its own.
        """
        if self._said is None:
            self._said = self._look(settings, end, history)
        return self._said

    def beside(self, settings: Settings, end: FloatArray, history: History) -> None:
        """Find it out on this thread alone, the others being busy."""
        with alone():
            self.says(replace(settings, plan=replace(settings.plan, n_threads=1)), end, history)

    def _look(self, settings: Settings, end: FloatArray, history: History) -> tuple[str, ...]:
        # Loaded here, where a thread is free while networks are trained.
        from gradus.diagnosis.doctor import diagnose
        from gradus.workflow.examined import first_case

        start = None if settings.start is None else settings.start[0]
        trained = settings.spec, settings.plan, start, end, history
        case = first_case(self._prepared, self._weights, *trained)
        finding = None if case is None else diagnose(case, looks_at_rows=False)
        if finding is None:
            return ()
        return (f"In training, {finding.problem}: {finding.sentence} Cure: {finding.remedy}.",)
