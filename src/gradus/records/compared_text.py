"""A comparison of two runs in lines of text; nothing is computed here."""

from typing import TYPE_CHECKING, Any

from gradus._words import aligned
from gradus.records.summary import as_table
from gradus.verdict.words import number_text, percent_text

if TYPE_CHECKING:
    from gradus.records.compare import AnswersApart, Comparison, Parting


def text_of(compared: "Comparison") -> str:
    """Say it in lines."""
    a, b = compared.runs
    lines = [as_table([a.summary, b.summary]), ""]
    if compared.settings:
        rows = [
            (name, *map(_value, values))
            for name, values in compared.settings.items()
            # Numbers that only one of two rules has say less than the names of the rules.
            if not (name.startswith("plan.rule.") and None in values)
        ]
        lines += ["What differs:", _indented(aligned([("", a.id, b.id), *rows]))]
    else:
        lines += ["No setting differs."]
    lines.append("")
    if compared.partings:
        lines += ["When they part:", *(f"  {_parting(one)}" for one in compared.partings), ""]
        lines += ["What came of it:", _indented(_losses(compared))]
    else:
        lines += ["Their networks have no weights to compare one by one.", "", "What came of it:"]
    lines += [f"  {run.id}: {run.verdict}" for run in compared.runs]
    answers = compared.answers
    lines += ["", compared.why_no_answers if answers is None else _answers(answers)]
    return "\n".join(lines)


def _value(value: Any) -> str:  # noqa: ANN401 whatever JSON can carry
    """Spell a value of a setting."""
    return "-" if value is None or value == "" else str(value)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _parting(one: "Parting") -> str:
    """Say when a network of both goes two ways."""
    said = f"Network {one.network}: "
    if one.weights_epoch is None:
        said += "the weights kept are the same"
    elif one.weights_distance is not None and one.weights_last_distance is not None:
        when = f"after epoch {one.weights_epoch}" if one.weights_epoch else "before the first step"
        said += (
            f"the weights first differ {when}, by {_percent(one.weights_distance)} of their "
            f"length, and after epoch {one.weights_last_epoch} by "
            f"{_percent(one.weights_last_distance)}"
        )
    if one.losses is None:
        return f"{said}; the losses are the same."
    first, second = one.losses
    losses = f"{first:.6g} and {second:.6g}"
    return f"{said}; the losses first differ in epoch {one.loss_epoch}: {losses}."


def _percent(share: float) -> str:
    """Spell a share; a small one with its digits."""
    return percent_text(share) if share >= 0.001 else f"{100 * share:.2g} %"


def _losses(compared: "Comparison") -> str:
    """Line up best epochs and validation losses."""
    a, b = (run.id for run in compared.runs)
    head = ("network", f"best epoch {a}", b, f"validation loss {a}", b)
    rows: list[tuple[str, ...]] = [head]
    for one in compared.partings:
        losses = one.validation_losses
        ours, theirs = ("-", "-") if losses is None else map(number_text, losses)
        rows.append((str(one.network), *map(str, one.best_epochs), ours, theirs))
    return aligned(rows, right=set(head))


def _answers(apart: "AnswersApart") -> str:
    """Say where the answers are furthest apart."""
    if apart.furthest == 0:
        return f"The answers for all {apart.n_rows:,} rows are the same."
    first, second = (one if isinstance(one, str) else number_text(one) for one in apart.answers)
    where = f"furthest apart in row {apart.row + 1}: {first} and {second}"
    if apart.n_other is None:
        return (
            f"Over {apart.n_rows:,} rows the answers are {number_text(apart.mean)} apart on "
            f"average, {where}."
        )
    return (
        f"{apart.n_other:,} of {apart.n_rows:,} rows get another class; the probabilities are "
        f"{where}, by {percent_text(apart.furthest)}."
    )
