"""Exact Shapley values of a game of few players, from the worth of all its coalitions.

Who the players are must not be known here.
"""

from math import factorial

import numpy as np

from gradus._typing import BoolArray, Float64Array

#: Of so many players all coalitions are asked: 4,096.
MOST_PLAYERS = 12


def coalitions(n_players: int) -> BoolArray:
    """List all coalitions, shape (2**n_players, n_players); the empty one first, the whole last."""
    numbers = np.arange(2**n_players)
    return np.asarray((numbers[:, None] >> np.arange(n_players)) & 1 == 1)


def shapley_values(worth: Float64Array, n_players: int) -> Float64Array:
    """Share the worth of the whole among its players ([Sha53]).

    ``phi_j = sum over S without j of |S|! (n - |S| - 1)! / n! * (worth(S and j) - worth(S))``: what
    j adds, averaged over all orders in which the players may come. Their sum is the worth of the
    whole less that of nobody.

    Parameters
    ----------
    worth : array of shape (2**n_players,)
        In the order of `coalitions`.
    n_players
        0 to 12.

    Returns
    -------
    New array of shape (n_players,).

    Examples
    --------
    Of two players, each worth 1 alone and both together 5:

    >>> shapley_values(np.array([0.0, 1.0, 1.0, 5.0]), 2).tolist()
    [2.5, 2.5]
    """
    sizes = coalitions(n_players).sum(axis=1)
    n = factorial(n_players)
    shares = [factorial(s) * factorial(n_players - s - 1) / n for s in range(n_players)]
    numbers = np.arange(2**n_players)
    found = np.empty(n_players)
    for j in range(n_players):
        without = numbers[(numbers >> j) & 1 == 0]
        added = worth[without | (1 << j)] - worth[without]
        found[j] = np.array(shares)[sizes[without]] @ added
    return found
