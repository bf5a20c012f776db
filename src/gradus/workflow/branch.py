"""Going on from a run that was kept: its weights at some epoch, on the same rows, otherwise.

Only weights are gone on from. What a rule remembered of earlier steps, how far the learning rate
had fallen and which epoch it was begin anew.
"""

from collections.abc import Sequence
from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.errors import InvalidParameter
from gradus.networks.layers import Dense
from gradus.networks.params import n_params
from gradus.workflow.options import Options
from gradus.workflow.prepare import Prepared
from gradus.workflow.settings import Settings

if TYPE_CHECKING:
    from gradus.records.run import RecordedRun


@dataclass(frozen=True, eq=False)
class Branch:
    """What a run goes on from.

    Attributes
    ----------
    run
        That was kept.
    name
        "RUN@EPOCH", or "RUN" for the weights that each network ended with.
    weights
        Shape (k, n_params): those of each network.
    """

    run: "RecordedRun"
    name: str
    weights: FloatArray = field(repr=False)

    def options(self, given: Options) -> Options:
        """Return the run's options, and those given that are not the usual ones in their place.

        Raises
        ------
        InvalidParameter
            If other widths are given, or another seed, which would share the rows out anew.
        """
        usual = Options()
        changed: dict[str, Any] = {
            one.name: getattr(given, one.name)
            for one in fields(Options)
            if getattr(given, one.name) != getattr(usual, one.name)
        }
        for name in {"hidden", "seed"} & changed.keys():
            raise InvalidParameter(
                f"{name} must be left out where a run goes on from the weights of another."
            )
        return Options.of(**{**self.run.settings, **changed})

    def settings(self, prepared: Prepared, usual: Sequence[Settings], options: Options) -> Settings:
        """Return what to train: the run's network, by the plan that these options ask for.

        Parameters
        ----------
        prepared
            Must be the rows of the run, shared out in the same way: its networks may have learned
            from rows that would judge them otherwise.
        usual
            What the options would train anew.
        options
            As `options` returned them. Another activation takes the place of the one the hidden
            layers had.

        Raises
        ------
        InvalidParameter
            If they are other rows.
        """
        if prepared.digest() != self.run.rows_digest:
            raise InvalidParameter(
                f"The rows must be those of run {self.run.id}, shared out in the same way, to go "
                "on from its weights: rows that judge must not have been learned from before."
            )
        spec, size = self.run.spec, n_params(self.run.spec)
        if options.activation is not None:
            *hidden, last = spec.layers
            layers = [
                replace(layer, activation=options.activation) if isinstance(layer, Dense) else layer
                for layer in hidden
            ]
            spec = replace(spec, layers=(*layers, last))
        alike = [one for one in usual if n_params(one.spec) == size] or usual
        return replace(alike[0], spec=spec, start=self.weights)


def find_branch(start: str) -> Branch:
    """Find the weights that "RUN@EPOCH" or "RUN" means.

    Raises
    ------
    InvalidParameter, ModelFileError
        If there is no such run, or no weights of that epoch were kept.
    """
    from gradus.records.find import find_weights

    run, epoch = find_weights(start)
    if not run.n_networks:
        raise InvalidParameter(f"start must be a run that trained a network; run {run.id} has not.")
    rows = [run.weights(epoch, network) for network in range(1, run.n_networks + 1)]
    name = run.id if epoch is None else f"{run.id}@{epoch}"
    weights: FloatArray = np.array(rows, dtype=run.plan.dtype)
    return Branch(run, name, weights)
