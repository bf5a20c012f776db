"""Who answers is who the verdict names, judged by rows not learned from; all of it is told."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.errors import Diverged, InvalidParameter
from gradus.models.model_file import dump, parse
from gradus.workflow.learn import learn
from gradus.workflow.options import Options
from tests.models.cases import table
from tests.workflow.arrays import QUICK, contest, prepared


def learned(found, notify=None, **options):
    return learn(found, Options(**{**QUICK, **options}), None, notify)[0]


@pytest.mark.parametrize(
    ("target", "options", "answered_by"),
    [
        ("line", {"hidden": None, "epochs": 1}, "linear"),
        ("noise", {"hidden": None, "epochs": 20}, "mean"),
        ("line", {}, "network"),
    ],
)
def test_who_is_named_answers(target, options, answered_by):
    found = prepared(target)
    model = learned(found, **options)
    assert model.verdict.answered_by == answered_by
    chosen = contest(found, **options).candidates[answered_by].answerer
    assert model.answerer.spec == chosen.spec
    assert model.answerer.by_fold.tobytes() == chosen.by_fold.tobytes()
    assert model.answerer.answering.tobytes() == chosen.answering.tobytes()


def test_the_measures_are_those_of_rows_not_learned_from_in_the_unit_of_the_target():
    found = prepared("price")
    model = learned(found)
    candidates = contest(found).candidates
    for name in ("network", "linear", "mean"):
        z = candidates[name].out_of_fold[:, 0]
        labels = found.labels.with_smearing(found.y, z)
        errors = labels.restore(z) - found.known
        measures = model.verdict.measures[name]
        assert measures["typical_error"] == pytest.approx(np.sqrt(np.mean(errors**2)))
        assert measures["mean_absolute_error"] == pytest.approx(np.mean(np.abs(errors)))
        if name == "network":
            assert model.labels.smearing == labels.smearing != 1
    assert model.verdict.n_judged == 60


def test_probabilities_are_calibrated_on_rows_not_learned_from():
    found = prepared("pair")
    model = learned(found)
    temperature = model.answerer.temperature
    assert temperature != 1
    p = contest(found).candidates["network"].out_of_fold
    scaled = p ** (1 / temperature)
    scaled /= scaled.sum(axis=1, keepdims=True)
    own = scaled[np.arange(60), found.y.astype(np.int64)]
    log_loss = model.verdict.measures["network"]["log_loss"]
    assert log_loss == pytest.approx(-np.log(own).mean(), rel=1e-4)
    # A fitted temperature is no worse than none.
    assert log_loss <= -np.log(p[np.arange(60), found.y.astype(np.int64)]).mean() + 1e-6


def test_by_time_the_last_fifth_is_judged():
    model = learned(prepared(split="time:day"))
    assert model.verdict.n_judged == 12
    assert (
        "(12 rows, the last in time, each answered by a model of earlier rows)"
        in model.verdict.sentence
    )


def test_by_time_bounds_lie_around_the_answer_and_come_back():
    found = prepared(n=200, split="time:day")
    model = learned(found)
    again = parse(dump(model, "m"), "m")
    one, two = (each.predict(table(200)) for each in (model, again))
    assert one.low.tobytes() == two.low.tobytes()
    off = np.abs(found.y - contest(found).candidates["network"].out_of_fold[:, 0])
    steps = found.split.folds
    off, w = off[steps >= 0], 2.0 ** steps[steps >= 0]
    # Four steps of ten rows, each of which weighs twice what the one before does: as much as
    # 150**2 / 850 rows alike.
    assert (sorted(set(w)), len(w), w.sum(), w @ w) == ([1, 2, 4, 8], 40, 150, 850)
    level = 0.9 * (1 + 850 / 150**2) * 150
    width = min(each for each in off if w[off <= each].sum() >= level) * found.labels.scale
    assert one.high - one.values == pytest.approx(width, rel=1e-6)
    assert one.values - one.low == pytest.approx(width, rel=1e-6)


def test_by_group_no_row_of_its_group_was_seen():
    sentence = learned(prepared(split="group:town")).verdict.sentence
    assert "(60 rows, each answered by a model that had seen no row of its group)" in sentence


def test_two_groups_leave_none_to_hold_out():
    found = prepared(split="group:garden")
    model = learned(found)
    assert model.origin.choices["plan"]["early_stopping"] is None
    assert model.origin.stops == (
        "Network 1 stopped after epoch 3 of 3: all 3 epochs were done.",
        "Network 2 stopped after epoch 3 of 3: all 3 epochs were done.",
    )
    assert all(np.isnan(history.validation_loss).all() for history in model.history)


def test_too_few_rows_have_no_measures_and_no_bounds():
    model = learned(prepared(n=9), hidden=None)
    assert model.verdict.answered_by == "linear"
    assert (model.verdict.measures, model.verdict.n_judged) == ({}, 0)
    assert len(model.intervals.residuals) == 0
    assert model.verdict.details == ()
    assert model.history == ()


@pytest.mark.parametrize(
    ("target", "options"), [("number", {}), ("line", {"hidden": None, "epochs": 1})]
)
def test_the_bounds_are_as_wide_as_who_answers_was_wrong(target, options):
    found = prepared(target)
    model = learned(found, **options)
    chosen = contest(found, **options).candidates[model.verdict.answered_by]
    wrong = np.abs(found.y - chosen.out_of_fold[:, 0])
    assert sorted(model.intervals.residuals) == sorted(wrong)


def test_the_measured_coverage_is_a_detail():
    model = learned(prepared())
    share = model.intervals.measured_coverage
    assert model.verdict.details[-1] == (
        f"Bounds made this way held the true value in {100 * share:.0f} % of the judged rows; "
        "they are made for 90 %."
    )
    assert learned(prepared("pair")).intervals is None


def test_class_weights_change_the_training_and_not_how_rows_are_judged():
    found = prepared("five")
    plain, balanced = (learned(found, class_weight=w) for w in (None, "balanced"))
    assert (plain.answerer.by_fold != balanced.answerer.by_fold).any()
    # The mean counts rows by their factors, and is judged by the rows as they are.
    assert plain.verdict.n_judged == balanced.verdict.n_judged == 60
    accuracy = balanced.verdict.measures["mean"]["accuracy"]
    assert accuracy * 60 == pytest.approx(round(accuracy * 60))
    assert plain.verdict.measures["mean"]["accuracy"] >= accuracy
    equal = learned(found, class_weight={f"class {c}": 7 for c in range(5)})
    assert equal.answerer.by_fold == pytest.approx(plain.answerer.by_fold, rel=1e-4, abs=1e-6)


def test_class_weights_need_classes():
    with pytest.raises(InvalidParameter) as caught:
        learned(prepared(), class_weight="balanced")
    assert str(caught.value) == (
        "class_weight needs a target of classes; 'number' holds numbers. "
        "Say --as number=category if they stand for classes."
    )


def test_a_network_that_diverges_leaves_the_answer_to_the_simple_models():
    wild = {"rule": "gradient_descent", "learning_rate": 1e30, "epochs": 50}
    told = []
    model = learned(prepared(), hidden=None, notify=lambda kind, _: told.append(kind), **wild)
    assert "doctor" not in told
    assert model.verdict.answered_by in {"linear", "mean"}
    assert "network" not in model.verdict.measures
    assert "diverge" in " ".join((model.verdict.sentence, *model.verdict.details))
    with pytest.raises(Diverged):
        learned(prepared(), **wild)


def test_the_sentences_are_told_in_their_order():
    told = []
    model = learned(prepared(), notify=lambda *sentence: told.append(sentence))
    verdict = model.verdict
    expected = [("verdict", verdict.sentence), *(("detail", said) for said in verdict.details)]
    assert told[:-1] == expected
    assert told[-1][0] == "stop"
    told.clear()
    learned(prepared("line"), lambda *sentence: told.append(sentence), hidden=None, epochs=1)
    assert {kind for kind, _ in told} == {"verdict", "detail"}


def test_a_model_says_how_it_came_about():
    found = prepared()
    model = learned(found, seed=5, n_threads=2, batch_size=7)
    origin = model.origin
    assert (origin.table, origin.n_complete) == ("the table", 60)
    assert [(name, kind) for name, kind, _ in origin.columns] == [
        ("a", "number"), ("b", "number"), ("town", "category"), ("garden", "yes/no"),
        ("day", "date"),
    ]  # fmt: skip
    assert (origin.notes, origin.warnings) == (found.notes, found.warnings)
    choices = origin.choices
    assert (choices["seed"], choices["engine"], choices["split"]) == (5, "native", "random")
    assert (choices["plan"]["batch_size"], choices["plan"]["epochs"]) == (7, 3)
    # No bit depends on the threads.
    assert choices["plan"]["n_threads"] is None
    assert [layer["width"] for layer in choices["network"]["layers"]] == [4, 1]


def test_the_rows_are_kept_where_they_are_asked_for():
    found = prepared()
    assert learned(found).rows is None
    X, y = learned(found, keep_rows=True).rows
    assert (X.tobytes(), y.tobytes()) == (found.X.tobytes(), found.y.tobytes())
    assert X.tobytes() in dump(learned(found, keep_rows=True), "m")


def test_a_model_keeps_no_sentence_that_quotes_a_cell():
    found = prepared()
    found = replace(
        found,
        table=replace(found.table, notes=("Column 'day' holds dates ('2024-01-07').",)),
        notes=("Column 'day' holds dates ('2024-01-07').", "'a' is left out."),
    )
    assert learned(found).origin.notes == ("'a' is left out.",)
