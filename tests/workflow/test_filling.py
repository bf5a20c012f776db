"""Which columns stand beside the answers, and that a table without room for them is told early."""

import pandas as pd
import pytest

from gradus.errors import DataError
from gradus.tables.target import Classes, NumberTarget
from gradus.workflow.fill import fill
from gradus.workflow.filling import names_beside


def test_names_beside_numbers_and_classes():
    assert names_beside("y", NumberTarget(0.0, 1.0)) == ("y_low", "y_high", "y_flag")
    assert names_beside("y", Classes((1.0, 2.5))) == ("y_p_1", "y_p_2.5", "y_flag")
    assert names_beside("y", Classes(tuple(map(str, range(21))))) == ("y_p", "y_flag")


@pytest.mark.parametrize(
    ("beside", "answers"),
    [("y_flag", [1.5, 2.5, 4.0, 3.0, None]), ("y_p_b", ["a", "b", "a", "b", None])],
)
def test_a_name_that_is_taken_is_told_before_training(monkeypatch, beside, answers):
    monkeypatch.setattr("gradus.workflow.recording.learn", None)
    with pytest.raises(DataError) as caught:
        fill(pd.DataFrame({beside: [1.0, 2, 3, 4, 5], "y": answers}))
    assert str(caught.value) == (
        f"the table must have no column {beside!r}, which is where a column beside the answers "
        "goes. Rename it."
    )
