"""A run that was kept: what was chosen, what came of it, and the weights on the way."""

from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus._validate import check_whole
from gradus.errors import InvalidParameter
from gradus.models.model import Model
from gradus.models.model_file import load
from gradus.models.network import Network
from gradus.networks.spec import NetworkSpec
from gradus.records.summary import RunSummary
from gradus.training.history import History
from gradus.training.plan import Plan
from gradus.training.snapshots import Snapshots


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """One call of `gradus.train` or `gradus.fill`, as it was kept.

    Attributes
    ----------
    summary
        What a list of runs says of it.
    table
        The file it learned from, with its folder; empty for standard input and data frames.
    table_digest
        BLAKE2b of that file's bytes, 32 hexadecimal digits; empty like `table`.
    rows_digest
        The same of what was learned: features, targets, weights and folds.
    settings
        The options as they were chosen, by their names in `workflow.options`.
    versions
        Of gradus, numpy and Python, and the instruction set.
    verdict
        Who answers and why, in a sentence; where training diverged, how.
    spec, plan
        What was trained, and how. Network k of a run has the seed ``plan.seed + k - 1``.
    histories, best_epochs
        One for each network that was trained; none where rows were too few.
    taken
        The weights of each on the way; see `snapshots`.
    model_path
        Where the model is kept.
    """

    summary: RunSummary
    table: str
    table_digest: str
    rows_digest: str
    settings: dict[str, Any] = field(repr=False)
    versions: dict[str, str] = field(repr=False)
    verdict: str
    spec: NetworkSpec = field(repr=False)
    plan: Plan = field(repr=False)
    histories: tuple[History, ...] = field(repr=False)
    best_epochs: tuple[int, ...]
    taken: tuple[Snapshots, ...] = field(repr=False)
    model_path: Path

    @property
    def id(self) -> str:
        """Eight hexadecimal digits."""
        return self.summary.id

    @property
    def n_networks(self) -> int:
        """How many networks were trained."""
        return len(self.histories)

    @cached_property
    def model(self) -> Model:
        """What came of it.

        Raises
        ------
        ModelFileError
            If it was too large to be kept, or its file is gone or damaged.
        """
        model = load(self.model_path)
        assert isinstance(model, Model), "no network is written there"
        return model

    def history(self, network: int = 1) -> History:
        """Return what each epoch of a network brought, counted from 1."""
        return self.histories[self._place(network)]

    def snapshots(self, network: int = 1) -> Snapshots:
        """Return the weights of a network on the way."""
        return self.taken[self._place(network)]

    def weights(self, epoch: int | None = None, network: int = 1) -> FloatArray:
        """Return the weights after an epoch, shape (n_params,).

        Parameters
        ----------
        epoch
            0 is before the first step; None is the best one, whose weights the network ended with.
        network
            Counted from 1.

        Raises
        ------
        InvalidParameter
            If there is no such network, or none are kept of that epoch.
        """
        best = self.best_epochs[self._place(network)]
        return self.snapshots(network).at(best if epoch is None else epoch)

    def network(self, at: int | None = None, network: int = 1) -> Network:
        """Make a network with the weights after an epoch; see `weights`.

        It takes encoded rows, as ``model.encoder`` makes them. Training it goes on from these
        weights, with nothing that the rule remembered of earlier steps.
        """
        return Network.from_params(
            self.spec, self.weights(at, network), self.plan.seed + network - 1
        )

    def _place(self, network: int) -> int:
        if not self.histories:
            raise InvalidParameter(f"run {self.id} trained no network.")
        return check_whole("network", network, at_least=1, at_most=self.n_networks) - 1
