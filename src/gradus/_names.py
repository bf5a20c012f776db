"""The closed vocabularies shared by every floor: names, and nothing that takes long to load.

The order of each tuple is the order of the matching enum of the compiled core; a test compares
them. What a name stands for must not be known here.
"""

#: What stands for standard input and standard output.
STANDARD = "-"
ACTIVATION_NAMES = (
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "gelu",
    "softplus",
    "leaky_relu",
    "elu",
    "selu",
    "silu",
    "mish",
    "softsign",
)
#: Losses a name is enough for, then those that come as an object with numbers or functions.
LOSS_NAMES = (
    "squared_error",
    "absolute_error",
    "poisson",
    "binary_cross_entropy",
    "cross_entropy",
)
LOSS_CODES = (*LOSS_NAMES, "huber", "quantile", "expression", "functions")
#: What a loss given as a formula is made of.
OPERATION_NAMES = (
    "output",
    "target",
    "number",
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "negative",
    "exp",
    "log",
    "log1p",
    "sqrt",
    "abs",
    "tanh",
    "cosh",
    "maximum",
    "minimum",
    "less",
    "less_equal",
    "where",
)
RULE_NAMES = ("gradient_descent", "adam", "adamw", "rmsprop", "adagrad")

#: Initializers have no native twin: the first parameters are always drawn in Python.
INITIALIZER_NAMES = (
    "auto",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "uniform",
    "constant",
    "given",
    "deep_sigmoid",
)
