"""What is trained follows from the size of the table and from what the person asks."""

from dataclasses import replace

import pytest

from gradus.networks.spec import Dense, Embedding, Initializer
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop
from gradus.optimizers.schedules import Cosine
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.workflow.options import Options
from gradus.workflow.settings import choose_second_order, choose_settings, embedding_width

LAST = Initializer("constant", value=0.0)


def settings(n=1_000, n_features=7, loss="squared_error", n_outputs=1, embedded=(), **options):
    return choose_settings(n, n_features, loss, n_outputs, embedded, Options(**options))


@pytest.mark.parametrize(
    ("n", "hidden", "batch_size", "epochs", "patience"),
    [
        (2, 64, None, 200, None),
        (29, 64, None, 200, None),
        (30, 64, 16, 200, 50),
        (1_000, 64, 16, 200, 50),
        (4_000, 64, 64, 200, 50),
        (9_999, 64, 128, 100, 25),
        (10_000, 128, 128, 100, 25),
        (50_000, 128, 256, 40, 10),
        (1_000_000, 128, 256, 40, 10),
    ],
)
def test_by_the_number_of_rows(n, hidden, batch_size, epochs, patience):
    chosen = settings(n)
    plan, stopping = chosen.plan, chosen.plan.early_stopping
    assert chosen.spec.widths == (7, hidden, hidden, 1)
    assert (plan.batch_size, plan.epochs) == (batch_size, epochs)
    assert (stopping and stopping.patience) == patience
    assert stopping is None or stopping.fraction == 0.1
    assert (plan.dtype, plan.engine) == ("float32", "native")


@pytest.mark.parametrize(
    ("n", "n_features", "loss", "decay"),
    [
        (1_000, 50, "squared_error", 0.05),
        (999, 50, "squared_error", 1.0),
        (10_000, 50, "squared_error", 0.1),
        (1_000, 50, "cross_entropy", 0.2),
        (999, 50, "cross_entropy", 1.0),
    ],
)
def test_weights_are_held_back_more_where_inputs_have_few_rows(n, n_features, loss, decay):
    assert settings(n, n_features, loss, 2).plan.rule == AdamW(Cosine(0.01), weight_decay=decay)


def test_training_sets_out_from_the_mean():
    assert settings(n_outputs=3).spec.layers == (
        Dense(64, "gelu"),
        Dense(64, "gelu"),
        Dense(3, initializer=LAST),
    )


@pytest.mark.parametrize(("n_levels", "width"), [(1, 1), (24, 4), (25, 5), (255, 15), (1000, 16)])
def test_an_embedding_is_as_wide_as_the_root_of_its_levels(n_levels, width):
    assert embedding_width(n_levels) == width
    assert settings(embedded=(n_levels,)).spec.embeddings == (Embedding(n_levels, width),)


def test_what_the_person_asks_for():
    plan = settings(
        epochs=3, batch_size=5, seed=9, n_threads=2, engine="reference", time_limit=60
    ).plan
    assert (plan.epochs, plan.batch_size, plan.seed, plan.n_threads) == (3, 5, 9, 2)
    assert (plan.engine, plan.time_limit) == ("reference", 60)
    assert plan.early_stopping.patience == 1
    assert settings(20, batch_size=5).plan.batch_size == 5
    layers = settings(hidden=[5, 4], activation="tanh").spec.layers
    assert layers == (Dense(5, "tanh"), Dense(4, "tanh"), Dense(1, initializer=LAST))


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"rule": "adam"}, Adam(Cosine(0.01))),
        ({"rule": "gradient_descent"}, GradientDescent(Cosine(0.05), momentum=0.9)),
        ({"rule": "rmsprop"}, RMSprop(Cosine(0.001))),
        ({"rule": "adagrad"}, Adagrad(Cosine(0.02))),
        ({"rule": "adam", "learning_rate": 0.5}, Adam(Cosine(0.5))),
        ({"learning_rate": 0.5}, AdamW(Cosine(0.5), weight_decay=0.05)),
    ],
)
def test_the_rule_the_person_asks_for(asked, rule):
    assert settings(**asked).plan.rule == rule


def test_levenberg_marquardt_where_the_person_asks_for_it():
    chosen = settings(rule="levenberg_marquardt", loss="cross_entropy", n_outputs=2)
    assert chosen.spec.layers == (Dense(50, "tanh"), Dense(2))
    plan = chosen.plan
    assert plan.rule == LevenbergMarquardt()
    assert (plan.epochs, plan.batch_size, plan.dtype) == (100, None, "float64")
    assert plan.early_stopping.patience == 10
    few = settings(20, rule="levenberg_marquardt", hidden=(5, 4), activation="relu", epochs=3)
    assert few.spec.layers == (Dense(5, "relu"), Dense(4, "relu"), Dense(1))
    assert (few.plan.epochs, few.plan.early_stopping) == (3, None)


def test_the_rule_left_to_gradus_is_tried_on_the_usual_network():
    usual, chosen = settings(), settings(rule="automatic")
    assert chosen.spec == usual.spec
    rule = Automatic(AdamW(weight_decay=0.05))
    assert chosen.plan == replace(usual.plan, rule=rule, dtype="float64")
    assert settings(rule="automatic", batch_size=9).plan.batch_size == 9


def second(n=1_000, n_features=7, loss="squared_error", n_outputs=1, **options):
    first = settings(n, n_features, loss, n_outputs, **options)
    return choose_second_order(first, n, Options(**options))


def test_a_small_table_of_numbers_gets_a_network_of_the_second_order_too():
    found = second()
    assert found.spec.layers == (Dense(50, "tanh"), Dense(1))
    assert found.plan.rule == LevenbergMarquardt()
    assert (found.plan.epochs, found.plan.batch_size, found.plan.dtype) == (100, None, "float64")
    assert found.plan.early_stopping.patience == 10
    assert second(epochs=7).plan.epochs == 7


@pytest.mark.parametrize(
    "other",
    [
        {"n": 29},
        {"n": 30_000},
        {"n_features": 400, "n": 10_000},
        {"loss": "cross_entropy", "n_outputs": 2},
        {"hidden": (64, 64)},
        {"activation": "relu"},
        {"rule": "adamw"},
        {"learning_rate": 0.01},
        {"batch_size": 32},
    ],
    ids=str,
)
def test_other_tables_and_people_with_wishes_get_none(other):
    assert second(**other) is None
