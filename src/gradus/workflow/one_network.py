"""One of the networks that answer together, as a person counts them."""

from gradus._validate import check_whole
from gradus.models.model import Model
from gradus.models.network import Network


def one_network(model: Model, number: int) -> tuple[int, int, Network]:
    """Take one of a model's answering networks.

    Parameters
    ----------
    model
        Of a table.
    number
        Counted from 1.

    Returns
    -------
    number, n_networks, network
        As given, of how many, and a copy of the network in its own type.

    Raises
    ------
    InvalidParameter
        If there is no such network.
    """
    answerer = model.answerer
    n_networks = len(answerer.answering)
    number = check_whole("network", number, at_least=1, at_most=n_networks)
    return number, n_networks, Network.from_params(answerer.spec, answerer.answering[number - 1])
