import numpy as np

from gradus.networks.layers import Dense
from gradus.networks.max_norm import limit_norms
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec


def test_columns_are_scaled_down_to_the_norm_and_never_up():
    spec = NetworkSpec(2, (Dense(3, max_norm=2.5), Dense(1)))
    params = np.array([3, 1.5, 0, 4, 2, 0, 100, 100, 100, 100, 100, 100, 100.0])
    before = params.copy()
    limited = views(spec, limit_norms(spec, params))
    assert limited["layer 1 weight"].tolist() == [[1.5, 1.5, 0], [2, 2, 0]]
    assert limited["layer 1 bias"].tolist() == [100, 100, 100]
    assert limited["layer 2 weight"].ravel().tolist() == [100, 100, 100]
    assert np.array_equal(params, before)


def test_without_a_limit_nothing_is_copied():
    params = np.ones(3)
    assert limit_norms(NetworkSpec(2, (Dense(1),)), params) is params
