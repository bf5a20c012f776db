"""Ask whether a network's gradient is right on rows of one's own.

How it is compared stands in `calculus.gradient_check`.
"""

from gradus._typing import ArrayLike
from gradus._validate import check_whole
from gradus.calculus.gradient_check import GradientCheck, compare_gradient
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError
from gradus.models.given import read_rows
from gradus.models.network import Network


def check_gradient(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    most: int = 200,
    engine: str = "native",
) -> GradientCheck:
    """Compare the gradient that trains a network with central differences of its objective.

    With ``h = eps**(1/3) * max(1, abs(p))`` the difference ``(L(p + h) - L(p - h)) / 2h`` must be
    within 1e-6 of max(|g|, |L| / 1000), all in float64. Where the slopes left and right of p
    differ, a ReLU's kink for instance, there is nothing to compare.

    Parameters
    ----------
    network
        Any network, with any loss; its parameters stay as they are.
    X : array of shape (n, n_inputs), n > 0
    y : array of shape (n, n_targets) or (n,)
    sample_weight : array of shape (n,), optional
    most
        How many parameters are looked at, 1 or more; where there are more, so many are drawn.
    engine
        Whose gradient: "native" or "reference".

    Raises
    ------
    InvalidParameter, ShapeMismatch, DataError
        If an argument is not as described.

    Examples
    --------
    >>> from gradus.networks.layers import Dense
    >>> network = Network(inputs=2, layers=[Dense(3, "tanh"), Dense(1)])
    >>> check_gradient(network, [[1.0, 2.0], [3.0, -1.0]], [0.5, 0.25]).is_right
    True
    """
    most = check_whole("most", most, at_least=1)
    X, y, weights = read_rows(network.spec, X, y, sample_weight, "float64")
    if len(X) == 0:
        raise DataError("X must hold at least one row to check on; got none.")
    params = network.params.astype("float64")
    rows = X, y, weights
    grads = make_engine(engine).gradient(network.spec, params, *rows)[1]
    return compare_gradient(network.spec, params, *rows, grads, most=most)
