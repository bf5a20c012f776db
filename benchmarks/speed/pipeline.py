"""What W13's peer runs: ``python -m benchmarks.speed.pipeline TABLE FILLED``.

What somebody writes with pandas and scikit-learn to fill the blank cells of the last column: read
the table; columns of numbers get medians for blanks and are scaled, a price loses its sign, a date
becomes a number of days, words become one column each; one `MLPRegressor` with its defaults and
early stopping is fitted on the rows that have an answer; the others are predicted; the file is
written. Knows the columns of `benchmarks.measure.mixed_table` by name, which gradus finds out.
"""

import sys

import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

WORDS = ["town", "color", "member"]


def main() -> None:
    """Read, fit, answer, write."""
    table = pd.read_csv(sys.argv[1])
    frame = table.drop(columns="y")
    frame["cost"] = frame["cost"].str.lstrip("$").astype(float)
    frame["day"] = (pd.to_datetime(frame["day"]) - pd.Timestamp("2015-01-01")).dt.days
    numbers = [name for name in frame if name not in WORDS]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), WORDS),
    )
    network = MLPRegressor(early_stopping=True, random_state=0)
    scaled = TransformedTargetRegressor(network, transformer=StandardScaler())
    model = make_pipeline(columns, scaled)
    is_blank = table["y"].isna()
    model.fit(frame[~is_blank], table.loc[~is_blank, "y"])
    table.loc[is_blank, "y"] = model.predict(frame[is_blank])
    table.to_csv(sys.argv[2], index=False)


if __name__ == "__main__":
    main()
