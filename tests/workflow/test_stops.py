"""The early-stop card tells the truth: who judged, which epoch was best, why training ended."""

import re
from dataclasses import replace

import numpy as np
import pytest

from gradus.models.model import predictions_of
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import AdamW
from gradus.optimizers.schedules import Cosine
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training.plan import EarlyStopping
from gradus.training.train import train
from gradus.workflow.stops import held_out_rows, stop_sentences, stop_summary
from tests.workflow.arrays import prepared, settings_for


def trained(found, **changes):
    """Train networks on a prepared table; return result, plan and their held-out rows."""
    settings = settings_for(found)
    plan = replace(settings.plan, **changes)
    X = found.X.astype(np.float32)
    y = found.y.astype(np.float32)[:, np.newaxis]
    split = found.split
    sides = {"groups": split.groups, "order": split.order}
    result = train(settings.spec, X, y, None, split.folds, plan, **sides)
    classes = None if settings.spec.loss == "squared_error" else y[:, 0]
    held_out = held_out_rows(split.folds, plan, split.groups, split.order, classes)
    return result, plan, held_out, settings.spec


@pytest.mark.parametrize(
    ("target", "split"),
    [("number", "random"), ("pair", "random"), ("number", "group:town"), ("number", "time:day")],
)
def test_the_rows_that_are_told_are_those_that_judged(target, split):
    found = prepared(target, split=split)
    # After one epoch what was put back is what was judged.
    result, _, held_out, spec = trained(found, epochs=1)
    for k, held in enumerate(held_out):
        outputs = predictions_of(spec, result.params[k : k + 1], found.X[held])[0]
        y = found.y[held]
        losses = (outputs[:, 0] - y) ** 2
        if target == "pair":
            losses = -np.log(outputs[np.arange(len(held)), y.astype(np.int64)])
        assert result.histories[k].validation_loss[0] == pytest.approx(losses.mean(), rel=1e-4)
        assert (found.split.folds[held] != k).all()


def test_a_tenth_is_held_out_whole_groups_the_latest_rows_and_every_class():
    for found in (prepared(), prepared("pair")):
        *_, held_out, _ = trained(found, epochs=1)
        assert [len(held) for held in held_out] == [5] * 5
    found = prepared(split="time:day")
    (held,) = trained(found, epochs=1)[2]
    learned = np.flatnonzero(found.split.folds < 0)
    latest = learned[np.argsort(found.split.order[learned])][-5:]
    assert sorted(held) == sorted(latest)
    found = prepared(split="group:town")
    for k, held in enumerate(trained(found, epochs=1)[2]):
        others = np.setdiff1d(np.flatnonzero(found.split.folds != k), held)
        assert not np.isin(found.split.groups[held], found.split.groups[others]).any()


def test_without_early_stopping_no_row_is_held_out():
    found = prepared()
    result, plan, held_out, _ = trained(found, early_stopping=None)
    assert [len(held) for held in held_out] == [0] * 5
    said = stop_sentences(result, plan, found.split.folds, held_out)
    assert said[4] == "Network 5 stopped after epoch 3 of 3: all 3 epochs were done."
    assert stop_summary(result, plan) == "The 5 networks stopped after 3 of 3 epochs."
    every = held_out_rows(np.full(60, -1), plan, None, None, None)
    assert [len(held) for held in every] == [0]


def test_the_sentence_names_the_epoch_whose_weights_were_put_back():
    found = prepared()
    patience = EarlyStopping(fraction=0.1, patience=4)
    result, plan, held_out, _ = trained(found, epochs=400, early_stopping=patience)
    sentences = stop_sentences(result, plan, found.split.folds, held_out)
    for k, (said, history) in enumerate(zip(sentences, result.histories, strict=True)):
        best = int(history.epoch[np.argmin(history.validation_loss)])
        last = int(history.epoch[-1])
        assert last == best + 4 < 400
        assert said == (
            f"Network {k + 1} stopped after epoch {last} of 400: 4 epochs had brought nothing "
            f"better. The loss on 5 of its 48 rows, held out to stop by, was least after epoch "
            f"{best}, whose weights were put back."
        )
    low, high = min(result.best_epochs), max(result.best_epochs)
    assert stop_summary(result, plan).endswith(
        " of 400 epochs, each judged by a tenth of its rows, held out to stop by; the weights of "
        f"epochs {low} to {high}, where the loss on them was least, were put back."
    )


def test_the_time_limit_is_told():
    found = prepared()
    result, plan, held_out, _ = trained(found, epochs=10**6, early_stopping=None, time_limit=1e-3)
    for said in stop_sentences(result, plan, found.split.folds, held_out, first=7):
        assert re.fullmatch(
            r"Network \d+ stopped after epoch \d+ of 1000000: the time limit was reached\.", said
        )
    assert stop_sentences(result, plan, found.split.folds, held_out, first=7)[0].startswith(
        "Network 7 "
    )


def test_one_network_is_spoken_of_as_one():
    found = prepared(split="time:day")
    result, plan, _, _ = trained(found)
    said = stop_summary(result, plan)
    assert re.fullmatch(
        r"The network stopped after [23] of 3 epochs, judged by a tenth of its rows, held out to "
        r"stop by; the weights of epoch [123], where the loss on them was least, were put back\.",
        said,
    )


def test_where_the_rule_was_left_open_the_one_that_trained_is_told_and_why():
    found = prepared()
    result, plan, held_out, _ = trained(found, rule=Automatic(AdamW()), epochs=6, dtype="float64")
    sentences = stop_sentences(result, plan, found.split.folds, held_out)
    for said, reason in zip(sentences, result.rule_reasons, strict=True):
        assert said.endswith(f" It was trained by {reason}")
    same = ("Adam with learning rate 0.02 falling to 0. Objective: 1.",) * 5
    told = stop_summary(replace(result, rule_reasons=same), plan)
    assert told.endswith(". Trained by Adam with learning rate 0.02 falling to 0.")
    rules = (*(AdamW(Cosine(rate)) for rate in (0.02, 0.01, 0.03, 0.01)), LevenbergMarquardt())
    reasons = (*(f"AdamW with learning rate {k}. " for k in range(4)), "Levenberg-Marquardt. ")
    told = stop_summary(replace(result, rules=rules, rule_reasons=reasons), plan)
    assert told.endswith(
        ". Trained by AdamW (4 of 5) and Levenberg-Marquardt (1 of 5), with learning rates from "
        "0.01 to 0.03."
    )


def test_levenberg_marquardt_that_was_chosen_stopped_by_its_own_epochs_and_patience():
    found = prepared()
    stopping = EarlyStopping(fraction=0.1, patience=4)
    result, plan, held_out, _ = trained(found, early_stopping=stopping)
    plan = replace(plan, rule=Automatic(), epochs=400)
    rules, because = (LevenbergMarquardt(),) * 5, ("early_stopping",) * 5
    result = replace(result, rules=rules, stopped_because=because)
    for said in stop_sentences(result, plan, found.split.folds, held_out):
        assert " of 100: 10 epochs had brought nothing better." in said
    assert " of 100 epochs, " in stop_summary(result, plan)
