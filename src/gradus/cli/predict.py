"""The command `gradus predict`: a model from a file answers every row of a table.

It knows nothing that the Python call does not know.
"""

from typing import Annotated

import typer

from gradus.cli.loading import load_for
from gradus.cli.options import AsJson, Force, ModelPlace, Quiet, TablePlace, Threads
from gradus.cli.outcome import answers_as_json, predicted_sentences
from gradus.cli.output import put_bytes, put_json
from gradus.cli.places import check_keeps_model, check_one_on_standard_output
from gradus.cli.voice import Voice


def predict(
    context: typer.Context,
    model: ModelPlace,
    table: TablePlace,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Where to write; NAME.predicted.EXT if left out, - is standard output.",
        ),
    ] = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Answer every row of a table by a model. The answers are written beside the table."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    check_one_on_standard_output(table, output, as_json=as_json)
    check_keeps_model(model, output)
    learned = load_for(voice, model, table)
    from gradus.workflow.predict import predict_table

    result = predict_table(learned, table, output, force=force, n_threads=threads, notify=voice)
    if result.data is not None:
        put_bytes(result.data)
    for sentence in predicted_sentences(result, learned.target):
        voice("written", sentence)
    if as_json:
        predictions = result.predictions
        put_json(
            {
                "output": str(result.output),
                "target": learned.target,
                "answers": answers_as_json(range(len(predictions)), predictions),
                "notes": list(predictions.notes),
            }
        )
