"""Names and array types shared by every floor.

Only names and types live here, no behavior. The order of each tuple of names is the order of
the matching enum of the compiled core; a test compares them.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

#: An array of any namespace that follows the array API standard (NumPy, JAX, ...).
Array: TypeAlias = Any
#: What a caller may hand over where an array is expected.
ArrayLike: TypeAlias = npt.ArrayLike
#: A NumPy array of the two types the engines compute in.
FloatArray: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Float64Array: TypeAlias = npt.NDArray[np.float64]
Int64Array: TypeAlias = npt.NDArray[np.int64]
UInt64Array: TypeAlias = npt.NDArray[np.uint64]
UInt8Array: TypeAlias = npt.NDArray[np.uint8]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

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
