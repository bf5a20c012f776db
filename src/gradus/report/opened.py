"""The sections of a report that open the model: responses, its training, its weights."""

import re
from collections.abc import Sequence

from gradus.models.model import Model
from gradus.models.summary import shape
from gradus.report.axes import short
from gradus.report.html import Section, bullets, figure, listed, paragraph, side_by_side
from gradus.report.loss_curves import LossCurveDisplay
from gradus.report.network_picture import MOST_UNITS, NetworkDisplay
from gradus.report.response_curves import MOST_SINGLE, ResponseDisplay
from gradus.report.svg import svg_of
from gradus.tables.target import Classes
from gradus.verdict.words import number_text
from gradus.workflow.responses import MOST_CLASSES, Response
from gradus.workflow.review import Review

#: So many columns have a curve.
MOST_CURVES = 12
_LONGEST_NAME = 60
_NUMBERED = re.compile(r"^Network \d+ ")


def responses_section(found: Review, curves: Sequence[Response]) -> Section:
    """Show how answers change with the columns they depend on most."""
    model, n = found.model, len(found.columns)
    figures, ends = [], _shared_ends(curves)
    for number, one in enumerate(curves, 1):
        drawn = ResponseDisplay(response=one, name=model.target).plot()
        # One scale for all: a column that matters little looks so.
        drawn.ax_.set_ylim(*ends)
        label = f"How {model.target} changes with {one.column}"
        caption = f"{number}. {short(one.column, _LONGEST_NAME)}: {_range(one)}."
        figures.append(figure(svg_of(drawn.figure_, label, f"curve{number}"), caption))
    parts = [paragraph(_how(model, curves)), side_by_side(figures)]
    shown = {one.column for one in curves}
    others = [column.name for column in found.columns if column.name not in shown]
    if others:
        parts.append(
            paragraph(
                f"Of {n:,} columns the {len(curves)} that answers depend on most are shown. The "
                f"others: {listed(others)}.",
                "quiet",
            )
        )
    return Section("responses", "What the answers depend on", tuple(parts))


def _shared_ends(curves: Sequence[Response]) -> tuple[float, float]:
    """Return the least and the largest of what is drawn, and a little room."""
    drawn = [one.mean for one in curves] + [
        one.answers[:, :MOST_SINGLE] for one in curves if len(one.lines) == 1
    ]
    low = float(min(each.min() for each in drawn))
    high = float(max(each.max() for each in drawn))
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def _how(model: Model, curves: Sequence[Response]) -> str:
    """Say what the curves are."""
    n_rows = curves[0].answers.shape[1]
    one = curves[0]
    who = f"{n_rows:,} rows" if n_rows < one.n_known else f"all {n_rows:,} rows"
    drawn = ", drawn at random," if n_rows < one.n_known else ""
    what = "mean answer" if not isinstance(model.labels, Classes) else "mean probability"
    told = (
        f"Each column is varied over its values while all others stay as they are, in {who}{drawn} "
        f"of the table. Thick: the {what}. "
    )
    if one.n_looked_at < one.n_known:
        told += f"The values are quantiles of {one.n_looked_at:,} of them. "
    if len(one.lines) == 1:
        told += "Thin: single rows; where they go apart, the effect depends on other columns. "
        if any(each.kind == "word" for each in curves):
            told += "Of words, bars hold the middle 80 % of the rows. "
    elif isinstance(model.labels, Classes) and len(model.labels.names) > MOST_CLASSES:
        told += f"Of the {len(model.labels.names):,} classes the {MOST_CLASSES} likeliest. "
    return f"{told}Values are put together here that may never come together."


def _range(one: Response) -> str:
    """Say how far the mean answer goes."""
    means = one.mean
    line = int((means.max(axis=0) - means.min(axis=0)).argmax())
    low, high = float(means[:, line].min()), float(means[:, line].max())
    who = f" of {short(one.lines[line])}" if one.lines[line] else ""
    what = "mean probability" if one.lines[line] else "mean answer"
    ends = number_text(low), number_text(high)
    if ends[0] == ends[1]:
        return f"the {what}{who} stays at {ends[0]}"
    return f"the {what}{who} goes from {ends[0]} to {ends[1]}"


def training_section(model: Model) -> Section:
    """Show how the losses fell and why each training ended."""
    n = len(model.history)
    if not n or not any(len(one) for one in model.history):
        return Section("training", "Training", (paragraph("No network was trained."),))
    drawn = LossCurveDisplay.from_history([one for one in model.history if len(one)])
    who = "the network" if n == 1 else f"{n} networks"
    told = f"Loss of {who}, epoch by epoch, in the units the networks learn in."
    if drawn.ax_.get_yscale() == "log":
        told += " The axis is logarithmic."
    picture = figure(svg_of(drawn.figure_, f"Loss over epochs of {who}", "loss"), told)
    card = f"<div><h3>Why training ended</h3>{bullets(_stops(model.origin.stops))}</div>"
    parts = [side_by_side([picture, card])]
    if model.verdict.answered_by != "network":
        parts.insert(0, paragraph("The networks were trained, but a simpler model answers."))
    return Section("training", "Training", tuple(parts))


def _stops(stops: Sequence[str]) -> Sequence[str]:
    """Say once what is true of every network."""
    ends = {_NUMBERED.sub("", stop) for stop in stops}
    if len(stops) > 1 and len(ends) == 1:
        return (f"Each of the {len(stops)} networks {ends.pop()}",)
    return stops


def network_section(model: Model) -> Section:
    """Show the weights of the first network that answers."""
    drawn = network_display(model)
    n = len(model.answerer.answering)
    which = f"The first of the {n} networks whose mean answers" if n > 1 else "What answers"
    told = f"{which}: {shape(model.answerer.spec)}. {drawn.scale_text()}"
    if drawn.shown_as == "units":
        told += " Circles are filled by their bias."
    else:
        told += (
            f" Layers of more than {MOST_UNITS} units are drawn as matrices: a row for each unit "
            "before, a column for each unit behind; of large ones each cell is the strongest "
            "weight of a block."
        )
    label = f"The weights of a network of {shape(model.answerer.spec)}"
    svg = svg_of(drawn.figure_, label, "network")
    return Section("network", "The network", (figure(svg, told, "wide"),))


def network_display(model: Model) -> NetworkDisplay:
    """Draw the first network that answers."""
    spec, encoder = model.answerer.spec, model.encoder
    names = list(encoder.features[: spec.n_plain])
    for name, embedding in zip(encoder.features[spec.n_plain :], spec.embeddings, strict=True):
        names += [f"{name} {place}" for place in range(embedding.width)]
    labels = model.labels
    outputs = labels.labels_as_words if isinstance(labels, Classes) else (model.target,)
    return NetworkDisplay(
        spec=spec,
        params=model.answerer.answering[0],
        input_names=names,
        output_names=outputs,
    ).plot()
