from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import Step, steps


def test_dense_layers_alone_are_steps_of_their_own():
    spec = NetworkSpec(2, (Dense(3), Dense(1)))
    assert steps(spec) == (Step(Dense(3), 1, 3), Step(Dense(1), 2, 1))


def test_a_residual_stands_behind_its_layers_and_names_what_it_adds():
    first, second = Residual((Dropout(0.5), Dense(2))), Residual((LayerNorm(), Dense(2)))
    spec = NetworkSpec(2, (first, LayerNorm(), second, Dense(1)))
    assert steps(spec) == (
        Step(Dropout(0.5), 1, 2),
        Step(Dense(2), 1, 2),
        Step(first, 1, 2, source=0),
        Step(LayerNorm(), 1, 2),
        Step(LayerNorm(), 2, 2),
        Step(Dense(2), 2, 2),
        Step(second, 2, 2, source=4),
        Step(Dense(1), 3, 1),
    )
