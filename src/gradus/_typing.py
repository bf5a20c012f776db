"""Array types shared by every floor; only types live here, no behavior."""

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
