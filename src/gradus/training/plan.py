"""The plan of a training: every choice that is made before the first step, checked once.

A plan holds choices only; it knows no data, no weights and no files.
"""

from typing import get_args

from gradus._dataclasses import dataclass
from gradus._threads import MOST_THREADS
from gradus._validate import check_choice, check_number, check_whole
from gradus.engines.registry import ENGINE_NAMES
from gradus.errors import InvalidParameter
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.optimizers.second_order.problem import FullBatchRule

DTYPE_NAMES = ("float64", "float32")


@dataclass(frozen=True)
class EarlyStopping:
    """When to stop before the last epoch, judged on rows the training does not see ([Pre98]).

    Training ends after `patience` epochs in a row whose validation loss was not less than
    ``reference - min_delta``, where the reference is the last validation loss that was. The weights
    put back are those of the smallest validation loss, however small its lead.

    Parameters
    ----------
    fraction
        Share of the training rows held out to judge by, greater than 0 and less than 1. At least
        one row is held out. Not used where validation rows are handed over.
    patience
        Epochs, 1 or greater.
    min_delta
        In units of the loss, 0 or greater.

    Raises
    ------
    InvalidParameter
        If a value lies outside its range.
    """

    fraction: float = 0.1
    patience: int = 20
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_number("fraction", self.fraction, above=0, below=1)
        check_whole("patience", self.patience, at_least=1)
        check_number("min_delta", self.min_delta, at_least=0)


@dataclass(frozen=True)
class Plan:
    """How to train: the update rule, how long, on how many rows at once, and when to stop.

    Parameters
    ----------
    rule
        An update rule such as `Adam` with its numbers, or a method that looks at all rows in every
        step (`LBFGS`, `LevenbergMarquardt`, `TruncatedNewton`); that one takes neither batch_size
        nor max_grad_norm. `Automatic` chooses one, and the learning rate.
    epochs
        Passes over the training rows, 1 or greater.
    batch_size
        Rows per update, 1 or greater; at most all of them are used. None: all rows in every
        update. Batches smaller than the rows are drawn in a new order each epoch.
    early_stopping
        None trains all epochs.
    max_grad_norm
        Longest gradient (Euclidean norm over all parameters); a longer one is scaled down to it.
        None leaves gradients as they are.
    time_limit
        Seconds, greater than 0, for the whole call. None sets none.
    seed
        Decides the first weights, the order of rows and the rows held out; 0 or greater.
    dtype
        "float64" or "float32": the numbers training computes in.
    matmul_precision
        None makes all products in `dtype`. "bfloat16", for float32 and update rules alone, rounds
        both factors of the gradient's products to 8 significant bits (a relative error of up to
        2**-8 each) in layers of 32 inputs and outputs or more. Sums, biases, activations, losses
        and updates stay in float32, and what validates and answers is not rounded. Handwritten
        digits were learned as well as without (98.0 and 97.9 % right, six sigmoid layers 97.9 and
        97.9); least squares without noise ended at 5e-6 of the target's variance, 1e-6 to 1e-10
        without. The native engine needs a processor with AVX512_BF16 for it, and is slower on
        batches of a few rows, and on the Intel server it was tried on.
    engine
        "native" or "reference".
    n_threads
        From 1 to 1024. None takes what the system grants (see `gradus._threads`). Not one bit of
        the result depends on it.

    Raises
    ------
    InvalidParameter
        If a value is of a wrong kind or outside its range.
    """

    # Each by its name, as model files know no others.
    rule: Rule | FullBatchMethod | Automatic
    epochs: int = 200
    batch_size: int | None = None
    early_stopping: EarlyStopping | None = None
    max_grad_norm: float | None = None
    time_limit: float | None = None
    seed: int = 0
    dtype: str = "float64"
    engine: str = "native"
    n_threads: int | None = None
    matmul_precision: str | None = None

    def __post_init__(self) -> None:
        """Check kinds and ranges."""
        rules = (*get_args(Rule), FullBatchRule, Automatic)
        _check_kind("rule", self.rule, rules, "an update rule, a full-batch method or Automatic")
        check_whole("epochs", self.epochs, at_least=1)
        if self.batch_size is not None:
            check_whole("batch_size", self.batch_size, at_least=1)
        if self.early_stopping is not None:
            _check_kind(
                "early_stopping", self.early_stopping, (EarlyStopping,), "EarlyStopping or None"
            )
        if self.max_grad_norm is not None:
            check_number("max_grad_norm", self.max_grad_norm, above=0)
        if self.time_limit is not None:
            check_number("time_limit", self.time_limit, above=0)
        check_whole("seed", self.seed, at_least=0)
        check_choice("dtype", self.dtype, DTYPE_NAMES)
        check_choice("engine", self.engine, ENGINE_NAMES)
        if self.n_threads is not None:
            check_whole("n_threads", self.n_threads, at_least=1, at_most=MOST_THREADS)
        if self.matmul_precision is not None:
            _check_precision(self)
        if isinstance(self.rule, FullBatchRule):
            for name in ("batch_size", "max_grad_norm"):
                if getattr(self, name) is not None:
                    raise InvalidParameter(
                        f"{name} must be None with {type(self.rule).__name__}, whose steps look at "
                        f"all rows; got {getattr(self, name)!r}."
                    )


def _check_precision(plan: Plan) -> None:
    """Answer products that cannot be rounded with a sentence."""
    if plan.matmul_precision != "bfloat16":
        raise InvalidParameter(
            f"matmul_precision must be 'bfloat16' or None; got {plan.matmul_precision!r}."
        )
    if plan.dtype != "float32":
        raise InvalidParameter(
            f"matmul_precision='bfloat16' needs dtype='float32'; got {plan.dtype!r}."
        )
    if isinstance(plan.rule, FullBatchRule):
        raise InvalidParameter(
            f"matmul_precision must be None with {type(plan.rule).__name__}, which needs exact "
            f"products; got {plan.matmul_precision!r}."
        )


def _check_kind(name: str, value: object, kinds: tuple[type, ...], listed: str) -> None:
    """Answer a value of another class with a sentence."""
    if not isinstance(value, kinds):
        raise InvalidParameter(f"{name} must be {listed}; got {value!r}.")
