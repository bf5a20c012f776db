"""The row that an answer is compared with: the usual value of each column, or a row of one's own.

What becomes of the comparison must not be known here.
"""

import numpy as np

from gradus.models.model import Model
from gradus.tables.convert import spelled_date
from gradus.tables.encode import Encoding
from gradus.tables.features.category import CategoryEncoding, YesNoEncoding
from gradus.tables.table import Column


def usual_row(model: Model) -> tuple[Column, ...]:
    """Return one row of the usual cells: the mean of numbers and dates, the most frequent word.

    The means are those of the rows learned from, blanks counted as the median.
    """
    means = dict(zip(model.encoder.features, model.novelty.means, strict=False))
    return tuple(_usual(encoding, means) for encoding in model.encoder.encodings)


def _usual(encoding: Encoding, means: dict[str, float]) -> Column:
    """Return a column of one usual cell."""
    if isinstance(encoding, CategoryEncoding):
        word = encoding.levels[0] if encoding.levels else None
        return Column(encoding.name, "word", np.array([word], dtype=np.object_))
    if isinstance(encoding, YesNoEncoding):
        # The mean of a feature that is 1 for yes and -1 for no.
        is_yes = means.get(encoding.features[0], 0.0) >= 0 or not encoding.no
        word = encoding.yes if is_yes else encoding.no
        return Column(encoding.name, "word", np.array([word], dtype=np.object_))
    is_number = hasattr(encoding, "bend")
    return Column(encoding.name, "number" if is_number else "date", np.array([encoding.line.mean]))


def cell_text(column: Column, digits: int) -> str:
    """Spell the cell of a column of one row; "blank" where it is."""
    if bool(column.is_missing[0]):
        return "blank"
    value = column.values[0]
    if column.type == "word":
        return str(value)
    return spelled_date(float(value)) if column.type == "date" else f"{float(value):.{digits}g}"
