"""The one table of hyperparameters: each name on each surface, default, range and one sentence.

The estimators' constraints and docstrings, the command line's options, the ranges that
`workflow.options` checks and the tables of docs/estimators.md are generated from it, and tests hold
networks to it. No library's classes and nothing that learns must be known here, nor NumPy: the
command line shows its help by it.
"""

from typing import Final

from gradus._names import ACTIVATION_NAMES, RULE_NAMES
from gradus.workflow.choices import ABSENT, Command, Hyperparameter, Only, Range, Words

_FLAG: Final = ("boolean",)
_COUNT: Final = Range(1, None, is_whole=True)
_AT_LEAST_0: Final = Range(0, None)
_ABOVE_0: Final = Range(0, None, closed="neither")
_BELOW_1: Final = Range(0, 1, closed="left")

#: What the estimators call an activation that networks call otherwise.
ACTIVATION_SPELLED: Final[dict[str, str]] = {"sigmoid": "logistic"}
#: The other way round.
ACTIVATION_OF: Final = {spelled: name for name, spelled in ACTIVATION_SPELLED.items()}
#: Activations of the estimators.
ACTIVATIONS: Final = tuple(ACTIVATION_SPELLED.get(name, name) for name in ACTIVATION_NAMES)
#: Solvers that step batch by batch.
FIRST_ORDER: Final = ("sgd", "adam", "adamw", "rmsprop", "adagrad")
#: The choice left to gradus, and solvers that networks have as plans.
PLANNED: Final = ("auto", "lm", "newton")
SOLVERS: Final = (*PLANNED, "lbfgs", *FIRST_ORDER)
#: Rules of tables: those of networks, one solver, and the choice left to gradus.
RULES: Final = (*RULE_NAMES, "levenberg_marquardt", "automatic")
# Each network has a seed of its own, the next ones after this; they stay below 2**64.
_SEED: Final = Range(0, 2**63, closed="both", is_whole=True)

TABLE: Final[tuple[Hyperparameter, ...]] = (
    Hyperparameter(
        "loss",
        "squared_error",
        "squared_error",
        (Words(("squared_error", "absolute_error", "poisson")), "loss"),
        "What training lowers. ``squared_error`` is half the squared error; ``poisson`` is half "
        "the deviance of counts, whose logarithm the network gives. `Huber`, in the target's unit, "
        "`Quantile`, which answers with a column for each level, `ExpressionLoss` and "
        "`FunctionLoss` are objects.",
        network="NetworkSpec.loss",
        owner="regressor",
    ),
    Hyperparameter(
        "hidden_layer_sizes",
        (100,),
        (100,),
        ("array-like", _COUNT),
        "Widths of the hidden layers, each 1 or greater; one number is one layer. `Dense`, "
        "`Dropout`, `LayerNorm` and `Residual` may stand among them.",
        network="NetworkSpec.layers",
        command=Command(
            "hidden",
            "WIDTHS",
            "Widths of the hidden layers, such as 64,64; the network then answers.",
            _COUNT,
        ),
    ),
    Hyperparameter(
        "activation",
        "relu",
        "relu",
        (Words(ACTIVATIONS),),
        "Of the hidden layers; ``logistic`` is what networks call sigmoid.",
        network="Dense.activation",
        command=Command(
            "activation",
            "NAME",
            "Of the hidden layers: gelu, relu, tanh, ...",
            Words(ACTIVATION_NAMES),
        ),
    ),
    Hyperparameter(
        "solver",
        "auto",
        "adam",
        (Words(SOLVERS),),
        "How the weights are found: batch by batch (``sgd``, ``adam``, ``adamw``, ``rmsprop``, "
        "``adagrad``) or from all rows at once (``lbfgs``; ``lm`` is Levenberg-Marquardt, "
        "``newton`` a truncated Newton method). "
        "``auto`` is ``adam`` with ``preprocess=None`` and where `learning_rate_init` is given; "
        "otherwise it chooses, needs no learning rate, and says what it chose in `solver_` and "
        "`solver_reason_`.",
        network="Plan.rule",
        command=Command(
            "rule",
            "NAME",
            f"How it learns: {', '.join(RULES[:-1])}, or {RULES[-1]}, which chooses.",
            Words(RULES),
        ),
    ),
    Hyperparameter(
        "alpha",
        "auto",
        0.0001,
        (_AT_LEAST_0, Words(("auto",))),
        "Strength of the penalty ``alpha / (2 n) * sum(weight**2)``, n the sum of weights of the "
        "batch's rows. ``auto`` is 1 where no rows judge, so that few rows are not learned by "
        "heart (times the mean weight of the rows where that is less than 1), and 0.0001 where "
        "some do, in `partial_fit` and with ``preprocess=None``.",
        network="NetworkSpec.l2",
    ),
    Hyperparameter(
        "batch_size",
        "auto",
        "auto",
        (Words(("auto",)), _COUNT),
        "Rows in a step; ``auto`` takes all, at most 200. ``lbfgs`` does not look at it.",
        network="Plan.batch_size",
        command=Command("batch_size", "N", "Rows in one step.", _COUNT),
    ),
    Hyperparameter(
        "learning_rate",
        "constant",
        "constant",
        (Words(("constant", "invscaling", "adaptive")),),
        "How the rate of ``sgd`` changes: not at all; ``learning_rate_init / t**power_t`` after t "
        "rows; or divided by 5 each time there is no progress.",
        network="rule.learning_rate",
    ),
    Hyperparameter(
        "learning_rate_init",
        "auto",
        0.001,
        (_ABOVE_0, Words(("auto",))),
        "The first rate; ``auto`` lets ``solver='auto'`` find one and is 0.001 elsewhere.",
        network="rule.learning_rate",
        command=Command("learning_rate", "RATE", "Largest factor of a step, above 0.", _ABOVE_0),
    ),
    Hyperparameter(
        "power_t",
        0.5,
        0.5,
        (_AT_LEAST_0,),
        "The exponent of ``invscaling``.",
        network="InverseScaling.power",
    ),
    Hyperparameter(
        "max_iter",
        200,
        200,
        (_COUNT,),
        "Most passes over the rows; most iterations of ``lbfgs`` and ``lm``.",
        network="Plan.epochs",
        command=Command("epochs", "N", "Most passes over the rows.", _COUNT),
    ),
    Hyperparameter(
        "shuffle",
        default=True,
        scikit_learn=True,
        allowed=_FLAG,
        doc="Whether batches are drawn in a new order each epoch.",
    ),
    Hyperparameter(
        "random_state",
        None,
        None,
        ("random_state",),
        "Decides the first weights, the order of rows and the rows held out.",
        network="Plan.seed",
        command=Command("seed", "N", "The same seed gives the same answers.", _SEED),
    ),
    Hyperparameter(
        "tol",
        1e-4,
        1e-4,
        (_AT_LEAST_0,),
        "Progress is a loss lower, or a validation score higher, by at least this; ``lbfgs`` ends "
        "where no entry of the gradient is larger.",
        network="EarlyStopping.min_delta",
    ),
    Hyperparameter(
        "verbose",
        default=False,
        scikit_learn=False,
        allowed=("verbose",),
        doc="Whether each epoch prints a line.",
    ),
    Hyperparameter(
        "warm_start",
        default=False,
        scikit_learn=False,
        allowed=_FLAG,
        doc="Whether `fit` goes on from the weights of the last one.",
    ),
    Hyperparameter(
        "momentum",
        0.9,
        0.9,
        (_BELOW_1,),
        "Of ``sgd``; scikit-learn allows 1 as well, which never comes to rest.",
        network="GradientDescent.momentum",
    ),
    Hyperparameter(
        "nesterovs_momentum",
        default=True,
        scikit_learn=True,
        allowed=_FLAG,
        doc="Whether ``sgd`` with momentum looks a step ahead.",
        network="GradientDescent.nesterov",
    ),
    Hyperparameter(
        "early_stopping",
        default="auto",
        scikit_learn=False,
        allowed=(*_FLAG, Words(("auto",))),
        doc="Whether rows are held out, and training ends where their score makes no progress. "
        "``auto`` holds none out below 500 rows, and none with ``preprocess=None``.",
        network="Plan.early_stopping",
    ),
    Hyperparameter(
        "validation_fraction",
        0.1,
        0.1,
        (_BELOW_1,),
        "Share of the rows held out.",
        network="EarlyStopping.fraction",
    ),
    Hyperparameter(
        "beta_1", 0.9, 0.9, (_BELOW_1,), "Memory of Adam's mean gradient.", network="Adam.beta_1"
    ),
    Hyperparameter(
        "beta_2",
        0.999,
        0.999,
        (_BELOW_1,),
        "Memory of Adam's mean squared gradient.",
        network="Adam.beta_2",
    ),
    Hyperparameter(
        "epsilon",
        1e-8,
        1e-8,
        (_ABOVE_0,),
        "What Adam adds to the root of the mean square before that is freed of its bias.",
        network="Adam.epsilon",
    ),
    Hyperparameter(
        "weight_decay",
        0.01,
        ABSENT,
        (_AT_LEAST_0,),
        "Part of a weight that ``adamw`` takes away at each step, in units of the rate.",
        network="AdamW.weight_decay",
    ),
    Hyperparameter(
        "n_iter_no_change",
        "auto",
        10,
        (_COUNT, Only(float("inf")), Words(("auto",))),
        "Epochs without progress after which training ends, or ``adaptive`` lowers the rate. "
        "``auto`` is 20 with ``solver='auto'``, whose rate needs time to fall, and 10 elsewhere.",
        network="EarlyStopping.patience",
    ),
    Hyperparameter(
        "max_fun",
        15000,
        15000,
        (_COUNT,),
        "Most times that ``lbfgs`` computes the loss.",
    ),
    Hyperparameter(
        "preprocess",
        "auto",
        ABSENT,
        (Words(("auto",)), None),
        "``auto`` standardizes numbers and the target of a regression, encodes categories, dates "
        "and truth values of data frames, and learns what a missing value means; `coefs_` are "
        "then in scaled units. None takes numbers as they are, as scikit-learn does.",
    ),
    Hyperparameter(
        "n_starts",
        1,
        ABSENT,
        (_COUNT,),
        "Networks trained at once, each from first weights of its own.",
    ),
    Hyperparameter(
        "starts",
        "best",
        ABSENT,
        (Words(("best", "average")),),
        "Which of them answers: the one with the smallest loss, on rows held out if there are any, "
        "or the mean of all.",
    ),
    Hyperparameter(
        "cv",
        None,
        ABSENT,
        ("cv_object",),
        "Parts of the rows, as a number or as scikit-learn has them; a network is trained without "
        "each of them, all at once, and the mean of all answers. `predict` with an interval then "
        "knows its bounds.",
        command=Command(
            "folds",
            "N",
            "Parts of the rows, each judged by a network.",
            Range(2, None, is_whole=True),
        ),
    ),
    Hyperparameter(
        "label_smoothing",
        0.0,
        ABSENT,
        (_BELOW_1,),
        "Part of each label that is spread evenly over all.",
        network="CrossEntropy.label_smoothing",
        owner="classifier",
    ),
    Hyperparameter(
        "class_weight",
        None,
        ABSENT,
        ("mapping", Words(("balanced",)), None),
        "``balanced`` lets every class count alike; a mapping gives labels their factors, 0 or "
        "greater, 1 where it names none.",
        command=Command(
            "class_weight", "WEIGHT", "balanced, or CLASS=WEIGHT with commas between or repeated."
        ),
        owner="classifier",
    ),
)

#: What the command line has, by its name in Python.
COMMANDS: Final = {entry.command.name: entry.command for entry in TABLE if entry.command}


def entries_of(owner: str) -> tuple[Hyperparameter, ...]:
    """Return the entries of one estimator in the order of its parameters.

    Parameters
    ----------
    owner
        "classifier" or "regressor".
    """
    return tuple(entry for entry in TABLE if entry.owner in {"both", owner})
