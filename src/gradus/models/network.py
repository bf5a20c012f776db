"""The public network: a description and its parameters, to be trained, asked and looked into.

Tables, columns and units are not known here; a network maps arrays to arrays.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gradus._typing import ArrayLike, Float64Array, FloatArray
from gradus._validate import check_choice, check_number, check_whole
from gradus.engines.base import Engine
from gradus.engines.registry import engine as make_engine
from gradus.engines.registry import predictor
from gradus.errors import ShapeMismatch
from gradus.models.given import read_rows, read_validation
from gradus.models.run import Run
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Embedding, Layer, listed
from gradus.networks.losses import LossOption, loss_of
from gradus.networks.params import n_params, views
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.training.arrays import read_inputs
from gradus.training.checkpoints import Checkpoint, identify
from gradus.training.control import Control, Progress
from gradus.training.loop import train_network
from gradus.training.outcome import Outcome
from gradus.training.plan import DTYPE_NAMES, EarlyStopping, Plan
from gradus.training.run_networks import run_networks
from gradus.training.snapshots import MOST_BYTES
from gradus.training.train import hold_out, make_batches

if TYPE_CHECKING:
    from gradus.calculus.derivative import Derivative


class Network:
    """A feed-forward network with its parameters.

    Parameters
    ----------
    inputs
        Number of columns of X, 1 or greater.
    layers
        `Dense`, `Dropout`, `LayerNorm` and `Residual` in their order; a `Dense` last, the output
        layer.
    loss
        "squared_error", ``1/n * sum of (output - y)**2`` averaged over outputs; "absolute_error";
        "poisson", for counts; "binary_cross_entropy", of one or more labels, or "cross_entropy",
        which work on logits. With numbers of their own: `Huber`, `Quantile`, and `CrossEntropy` or
        `BinaryCrossEntropy` with label smoothing. Of your own: `ExpressionLoss`, `FunctionLoss`.
    l2
        Factor of the penalty ``l2 / 2 * sum(weight**2)``, 0 or greater.
    seed
        Decides the first parameters, the order of rows and the rows held out; 0 or greater.
    dtype
        "float64" or "float32": what training and prediction compute in.
    embeddings
        One `Embedding` for each of the last columns of X, which then hold level numbers: categories
        as 0, 1, 2, ... The first layer is fed what is learnt about each level in their place.
    l1
        Factor of the penalty ``l1 * sum(abs(weight))``, 0 or greater.

    Raises
    ------
    InvalidParameter
        If an option has a value outside these ranges.

    Examples
    --------
    >>> from gradus.networks.layers import Dense
    >>> net = Network(inputs=2, layers=[Dense(3, "tanh"), Dense(1)])
    >>> net.params.shape
    (13,)
    """

    # Made when it is first needed, and not kept in a pickle.
    _predictor: Callable[[FloatArray, object], FloatArray | None] | None = None

    def __init__(
        self,
        inputs: int,
        layers: Sequence[Layer],
        loss: LossOption = "squared_error",
        l2: float = 0.0,
        seed: int = 0,
        dtype: str = "float64",
        embeddings: Sequence[Embedding] = (),
        l1: float = 0.0,
    ) -> None:
        inputs = check_whole("inputs", inputs, at_least=1)
        self.spec = NetworkSpec(
            inputs, listed("layers", layers), loss, l2, listed("embeddings", embeddings), l1
        )
        self.seed = check_whole("seed", seed, at_least=0)
        self.dtype = check_choice("dtype", dtype, DTYPE_NAMES)
        self._params: FloatArray = initial_params(self.spec, self.seed).astype(self.dtype)

    @classmethod
    def from_params(cls, spec: NetworkSpec, params: FloatArray, seed: int = 0) -> "Network":
        """Make a network of parameters that exist already; they are copied.

        Parameters
        ----------
        spec
            What they are the parameters of.
        params : float64 or float32 array of shape (n_params,)
            Its type becomes the network's.
        seed
            As in `Network`.

        Raises
        ------
        InvalidParameter, ShapeMismatch
            If type or shape do not fit.
        """
        network = cls.__new__(cls)
        network.spec = spec
        network.seed = check_whole("seed", seed, at_least=0)
        network.dtype = check_choice("dtype", str(params.dtype), DTYPE_NAMES)
        network.params = params
        return network

    def __getstate__(self) -> dict[str, object]:
        """Leave out what is made again when it is needed."""
        return {name: value for name, value in vars(self).items() if name != "_predictor"}

    @property
    def params(self) -> FloatArray:
        """All parameters as one vector of shape (n_params,), the network's own.

        To write into it is to change the network. An array assigned is copied and converted to the
        network's dtype; `ShapeMismatch` is raised if its shape differs.
        """
        return self._params

    @params.setter
    def params(self, values: ArrayLike) -> None:
        """Copy an array of shape (n_params,) into the network's own type."""
        copied = np.array(values, dtype=self.dtype)
        size = n_params(self.spec)
        if copied.shape != (size,):
            raise ShapeMismatch(
                f"params must have shape (n_params,) = ({size},); got {copied.shape}."
            )
        self._params = copied

    def views(self) -> dict[str, FloatArray]:
        """Name every parameter, as "layer 1 weight"; writing into one changes the network."""
        return views(self.spec, self._params)

    def train(
        self,
        X: ArrayLike,
        y: ArrayLike,
        rule: Rule | FullBatchMethod | Automatic,
        *,
        epochs: int = 200,
        batch_size: int | None = None,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        early_stopping: EarlyStopping | None = None,
        max_grad_norm: float | None = None,
        time_limit: float | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_interval: float = 30.0,
        n_threads: int | None = None,
        engine: str = "native",
        matmul_precision: str | None = None,
        snapshots: bool = False,
        callback: Callable[[Progress], None] | None = None,
    ) -> Run:
        """Train from the present parameters on, and keep the best ones.

        With validation rows, given or held out, the network ends with the parameters of the epoch
        that had the smallest validation loss; without, with those after the last step. That holds
        after Ctrl-C, a time limit and a divergence too.

        Parameters
        ----------
        X : array of shape (n, n_inputs)
        y : array of shape (n, n_targets) or (n,)
            For "cross_entropy" class ids 0, 1, ...
        rule
            An update rule, a full-batch method or `Automatic`; see `Plan`.
        epochs, batch_size
            See `Plan`.
        sample_weight : array of shape (n,), optional
            Weight of each row, 0 or greater; left out, every row weighs 1.
        X_val, y_val : arrays like X and y, optional
            Rows that judge each epoch, unweighted.
        early_stopping
            When to stop before the last epoch. Its `fraction` of the rows is held out of the
            training unless X_val and y_val are given.
        max_grad_norm, time_limit
            See `Plan`.
        checkpoint
            A file that keeps the run as it goes. If it exists and belongs to the same network,
            plan and data, the run continues from it, whatever the present parameters are, and ends
            with the bits of a run that was never stopped; a finished run is read and not repeated.
            The version before is kept as ``NAME.previous``.
        checkpoint_interval
            Seconds between two writes of that file, 0 or greater.
        n_threads, engine, matmul_precision
            See `Plan`.
        snapshots
            Whether the run keeps the parameters at the ends of some epochs; see `Snapshots`. No
            bit of the training depends on it.
        callback
            Called about ten times a second, and at the end, with a `Progress`.

        Returns
        -------
        Run
            Also after Ctrl-C, which `stopped_because` then tells as "interrupted".

        Raises
        ------
        InvalidParameter, ShapeMismatch, DataError
            If an argument is not as described.
        Diverged
            If the loss or the gradient stopped being finite; the parameters are the last good ones.
        ModelFileError
            If the checkpoint belongs to another run, is damaged, or cannot be written at the
            start. If writing fails later there is a RuntimeWarning, and training goes on.
        """
        plan = Plan(
            rule=rule,
            epochs=epochs,
            batch_size=batch_size,
            early_stopping=early_stopping,
            max_grad_norm=max_grad_norm,
            time_limit=time_limit,
            seed=self.seed,
            dtype=self.dtype,
            engine=engine,
            n_threads=n_threads,
            matmul_precision=matmul_precision,
        )
        X, y, weights = read_rows(self.spec, X, y, sample_weight, self.dtype, plan.n_threads)
        rows = None
        validation = read_validation(self.spec, X_val, y_val, self.dtype, plan.n_threads)
        if validation is None:
            rows, validation = hold_out(self.spec, X, y, weights, None, plan)
        batches = make_batches(X, y, weights, rows, plan)
        file = None
        if checkpoint is not None:
            interval = check_number("checkpoint_interval", checkpoint_interval, at_least=0)
            identity = identify(self.spec, batches, validation, plan)
            file = Checkpoint(Path(checkpoint), identity, interval)

        def job(control: Control, engine: Engine) -> tuple[Outcome, None]:
            given = (self.spec, self._params, batches, validation, plan)
            return train_network(*given, engine=engine, control=control, checkpoint=file), None

        ((outcome, _),) = run_networks([job], plan, callback, MOST_BYTES if snapshots else 0)
        self._params[:] = outcome.params
        if outcome.failure:
            raise outcome.failure
        return Run.of(outcome)

    def predict(self, X: ArrayLike, *, engine: str = "native") -> FloatArray:
        """Answer for new rows.

        Parameters
        ----------
        X : array of shape (n, n_inputs)
        engine
            "native" or "reference".

        Returns
        -------
        Array of shape (n, n_outputs) in the network's dtype: probabilities for the
        cross-entropies, means for "poisson", quantiles for `Quantile`, else the outputs.

        Raises
        ------
        ShapeMismatch, DataError
            If X does not fit.
        """
        if engine == "native" and not self.spec.embeddings:
            if self._predictor is None:
                self._predictor = predictor(self.spec, self.dtype)
            answers = self._predictor(self._params, X)
            if answers is not None:
                return answers
        X = read_inputs("X", X, self.spec, self.dtype)
        outputs = make_engine(engine).outputs(self.spec, self._params, X)
        predictions: FloatArray = loss_of(self.spec.loss).link(outputs)
        return predictions

    def loss(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        engine: str = "native",
    ) -> float:
        """Average the loss over rows, in float64 and without the penalty.

        Parameters
        ----------
        X, y, sample_weight
            As in `train`.
        engine
            "native" or "reference".

        Raises
        ------
        ShapeMismatch, DataError
            If the arrays do not fit.
        """
        rows = read_rows(self.spec, X, y, sample_weight, "float64")
        return make_engine(engine).evaluate(self.spec, self._exact_params(), *rows)[0]

    def gradient(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        engine: str = "native",
    ) -> dict[str, Float64Array]:
        """Differentiate loss plus penalty by every parameter, in float64.

        Parameters
        ----------
        X, y, sample_weight
            As in `train`.
        engine
            "native" or "reference".

        Returns
        -------
        New arrays by the names of `views`.

        Raises
        ------
        ShapeMismatch, DataError
            If the arrays do not fit.
        """
        rows = read_rows(self.spec, X, y, sample_weight, "float64")
        grads = make_engine(engine).gradient(self.spec, self._exact_params(), *rows)[1]
        return views(self.spec, grads)

    def derivative(
        self,
        name: str,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        row: int | None = None,
        depth: int = 1,
        most_terms: int = 8,
        columns: Sequence[str] = (),
    ) -> "Derivative":
        """Open the derivative of the loss by one parameter, in float64: the chain rule, by numbers.

        Of one row it is ``signal in * slope of the unit * blame from above``; of all rows the
        weighted mean of that, and the penalty's derivative. A central difference is beside it.

        Parameters
        ----------
        name
            Of the parameter, as "layer 1 weight [0, 2]": from input 0 to neuron 2.
        X, y, sample_weight
            As in `train`; at least one row.
        row, depth, most_terms, columns
            See `calculus.derivative.differentiate`, also for what is raised. Row None takes all
            rows, a number from 0 on one of them.
        """
        from gradus.calculus.derivative import differentiate

        rows = read_rows(self.spec, X, y, sample_weight, "float64")
        return differentiate(
            self.spec,
            self._exact_params(),
            *rows,
            name,
            row=row,
            depth=depth,
            most_terms=most_terms,
            columns=columns,
        )

    def _exact_params(self) -> Float64Array:
        return self._params.astype(np.float64)
