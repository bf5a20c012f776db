"""From a file to the filled file: the whole way, on real engines."""

import gzip
import io
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.models.model_file import load
from gradus.tables.read import read_table
from gradus.workflow.fill import fill

ROOT = Path(__file__).parents[2]
QUICK = {"epochs": 5, "hidden": (8,)}
FIVE = b"x1,x2,x3,y\n3,4,7,13.5\n6,2,9,15.6\n8,10,12,27.4\n9,7,4,15.6\n7,6,3,\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(data, name="t.csv"):
        Path(name).write_bytes(data)
        return Path(name)

    return write


def bent_table(rng, n=80, end="\n"):
    """A table of n rows whose last column bends with the first two; every eighth is blank."""
    X = rng.normal(size=(n, 2)).round(3)
    y = (10 * X[:, 0] * X[:, 1] + 50).round(1)
    lines = ["a,b,y", *(f"{a},{b},{t}" for (a, b), t in zip(X, y, strict=True))]
    lines[8::8] = [line.rpartition(",")[0] + "," for line in lines[8::8]]
    return end.join(lines).encode(), y[7::8]


def test_the_five_rows_of_the_first_text(write):
    path = write(FIVE)
    result = fill(path)
    assert Path("t.filled.csv").read_bytes() == (
        b"x1,x2,x3,y,y_low,y_high,y_flag\n3,4,7,13.5,,,\n6,2,9,15.6,,,\n8,10,12,27.4,,,\n"
        b"9,7,4,15.6,,,\n7,6,3,12.5,,,\n"
    )
    assert path.read_bytes() == FIVE
    assert result.predictions.values == pytest.approx([12.5], abs=1e-9)
    assert np.isnan(result.predictions.low).all()
    assert (result.output, result.target, result.model.origin.n_complete) == (
        Path("t.filled.csv"),
        "y",
        4,
    )
    assert result.rows.tolist() == [4]
    verdict = result.model.verdict
    assert (verdict.answered_by, verdict.measures) == ("linear", {})
    assert verdict.sentence == (
        "4 complete rows are too few to judge by (10 are needed): a linear model answers, and its "
        "bounds stay empty."
    )


def test_the_files_kept_in_the_repository(tmp_path):
    result = fill(ROOT / "examples" / "linear.csv", output=tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().rstrip().endswith(b",12.5,,,")
    assert result.predictions.values == pytest.approx([12.5], abs=1e-9)


@pytest.mark.slow
def test_concrete(tmp_path):
    result = fill(ROOT / "examples" / "concrete.csv", output=tmp_path / "out.csv")
    model, found = result.model, result.predictions
    assert (result.target, model.origin.n_complete, len(result.rows)) == ("strength", 1000, 30)
    assert model.verdict.sentence.startswith("The network is worth it: its typical error is ")
    errors = {name: its["typical_error"] for name, its in model.verdict.measures.items()}
    # Whatever the folds. On the bare numbers a linear model is off by 10.5; it is given what the
    # network is given, long tails bent.
    assert errors["linear"] == pytest.approx(7.1, abs=0.3)
    assert errors["mean"] == pytest.approx(16.7, abs=0.3)
    assert errors["network"] < 6
    assert (found.high > found.low).all()
    assert np.median(found.high - found.low) < 20


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_bent_table_is_answered_and_otherwise_untouched(write, rng, end):
    data, truth = bent_table(rng, 240, end=end)
    found = fill(write(data)).predictions
    filled = Path("t.filled.csv").read_bytes()
    assert filled.count(b"\r\n") == data.count(b"\r\n")
    lines, before = filled.split(end.encode()), data.split(end.encode())
    for row, (line, old) in enumerate(zip(lines, before, strict=True)):
        if row % 8 or row == 0:
            assert line == old + (b",y_low,y_high,y_flag" if row == 0 else b",,,")
        else:
            answer, low, high = (float(cell) for cell in line.split(b",")[2:5])
            k = row // 8 - 1
            assert (answer, low, high) == pytest.approx(
                (found.values[k], found.low[k], found.high[k]), abs=0.005
            )
    assert np.sqrt(np.mean((found.values - truth) ** 2)) < 0.7 * truth.std()


def test_the_same_table_gives_the_same_bytes_and_another_seed_others(write, rng):
    path = write(bent_table(rng, 40)[0])
    for name, seed, n_threads in (("a", 0, 1), ("b", 0, 2), ("c", 1, 1)):
        fill(path, output=name, seed=seed, n_threads=n_threads, **QUICK)
    assert Path("a").read_bytes() == Path("b").read_bytes()
    assert Path("a").read_bytes() != Path("c").read_bytes()


def test_a_text_or_a_path(write):
    write(FIVE)
    assert fill("t.csv", output="out.csv").output == Path("out.csv")
    assert Path("out.csv").is_file()


def test_missing_inputs_are_stood_in_for_and_said(write, rng):
    lines = ["a,b,y"]
    for i, x in enumerate(rng.normal(size=40)):
        known = "" if i % 5 == 0 else f"{x:.3f}"
        lines.append(f"{known},7,{'' if i in {3, 5} else f'{3 * x + 1:.3f}'}")
    result = fill(write("\n".join(lines).encode()), "y", epochs=5)
    assert result.rows.tolist() == [3, 5]
    assert result.model.notes == (
        "'b' is left out: one value in every row learned from.",
        "The column's median stands in where an input is blank: 'a' (8 rows).",
    )


def test_huge_and_tiny_numbers(write, rng):
    x = rng.normal(size=40)
    lines = ["a,b,y", *(f"{v * 1e140:.5e},{v * 1e-140:.5e},{v * 1e145:.5e}" for v in x)]
    lines[5] = lines[5].rpartition(",")[0] + ","
    result = fill(write("\n".join(lines).encode()), epochs=5)
    truth = [x[4] * 1e145]
    assert result.predictions.values == pytest.approx(truth, rel=1e-3)
    assert read_table(result.output).columns[2].values[4] == pytest.approx(truth[0], rel=1e-3)
    result.model.save("huge.gradus")
    assert load("huge.gradus").labels == result.model.labels


def test_an_asked_row_far_outside_gets_a_finite_answer_and_a_flag(write, rng):
    data, _ = bent_table(rng, 40)
    found = fill(write(data + b"\n1e150,-1e150,"), **QUICK).predictions
    assert np.isfinite([found.values, found.low, found.high]).all()
    assert re.match(r"a 1e\+150 is above all rows learned from \(.*\); b -1e", found.flags[-1])
    assert not any(found.flags[:-1])


def test_a_row_that_asks_changes_no_other_answer(write, rng):
    data, _ = bent_table(rng, 40)
    alone = fill(write(data), output="alone.csv", **QUICK).predictions
    beside = fill(write(data + b"\n1e6,-1e6,", "u.csv"), output="beside.csv", **QUICK).predictions
    assert beside.values[:-1].tobytes() == alone.values.tobytes()
    assert beside.low[:-1].tobytes() == alone.low.tobytes()


@pytest.mark.parametrize("n", [10, 29, 30, 31])
def test_tables_at_the_edges_of_the_small_ones(write, rng, n):
    rows = "".join(f"{a:.3f},{b:.3f},{a - b:.3f}\n" for a, b in rng.normal(size=(n, 2)))
    result = fill(write(f"a,b,y\n{rows}1,2,\n".encode()), epochs=3)
    found = result.predictions
    assert result.model.origin.n_complete == n
    assert len(result.model.history) == (n if n < 30 else 5)
    assert found.values == pytest.approx([-1], abs=0.01)
    assert np.isfinite([found.low, found.high]).all()


def test_words_are_answered_with_their_probabilities(write, rng):
    x = rng.normal(size=60)
    lines = ["a;side", *(f"{v:.3f};{'right' if v > 0 else 'left'}" for v in x), "2;", "-2;"]
    result = fill(write("\n".join(lines).encode()), epochs=3)
    found = result.predictions
    assert found.values.tolist() == ["right", "left"]
    assert found.classes == ("left", "right")
    assert (found.low, found.high) == (None, None)
    assert found.probabilities.sum(axis=1) == pytest.approx([1, 1])
    filled = Path("t.filled.csv").read_text().splitlines()
    assert filled[0] == "a;side;side_p_left;side_p_right;side_flag"
    assert re.fullmatch(r"2;right;0(\.\d+)?;(1|0\.\d+);", filled[-2])


def test_compressed_text_stays_compressed(write, rng):
    data, _ = bent_table(rng, 40)
    assert fill(write(gzip.compress(data), "t.csv.gz"), **QUICK).output == Path("t.filled.csv.gz")
    assert gzip.decompress(Path("t.filled.csv.gz").read_bytes()).startswith(b"a,b,y,y_low")


def test_frames_come_back_as_frames_of_their_kind(rng, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = rng.normal(size=40)
    y = np.where(np.arange(40) < 35, 2 * x, np.nan)
    frame = pd.DataFrame({"x": x, "y": y}, index=np.arange(40) * 3)
    before = frame.copy()
    result = fill(frame, epochs=2)
    assert (result.output, result.data) == (None, None)
    assert result.frame.columns.tolist() == ["x", "y", "y_low", "y_high", "y_flag"]
    assert result.frame.index.tolist() == frame.index.tolist()
    pd.testing.assert_frame_equal(frame, before)
    other = fill(pl.from_pandas(frame), epochs=2)
    assert isinstance(other.frame, pl.DataFrame)
    assert other.frame["y"].to_list() == result.frame["y"].tolist()
    assert list(tmp_path.iterdir()) == []


def test_standard_input_gives_bytes_for_standard_output(write, monkeypatch):
    standard = SimpleNamespace(buffer=io.BytesIO(FIVE), isatty=lambda: False)
    monkeypatch.setattr("sys.stdin", standard)
    result = fill("-")
    assert result.output is None
    assert result.data.endswith(b"7,6,3,12.5,,,\n")
    assert fill(write(FIVE), output="-").data == result.data
    assert [path.name for path in Path().iterdir()] == ["t.csv"]


# Refusals write nothing ------------------------------------------------------------------------


def refusal(kind, *arguments, **options):
    before = sorted(os.listdir())  # noqa: PTH208 names are what is compared
    with pytest.raises(kind) as caught:
        fill(*arguments, **options)
    assert sorted(os.listdir()) == before  # noqa: PTH208
    return str(caught.value)


def test_no_complete_row(write):
    assert refusal(DataError, write(b"a,y\n1,\n2,\n")) == (
        "t.csv has blanks only in 'y', which is empty in every row, so there is nothing to learn "
        "from."
    )


def test_one_complete_row(write):
    assert refusal(DataError, write(b"a,y\n1,5\n2,\n")) == (
        "Column 'y' must be known in at least two rows to learn from; it is known in one row only."
    )


def test_a_target_that_does_not_exist(write):
    assert refusal(InvalidParameter, write(FIVE), "Y") == (
        "target must be a column of t.csv; got 'Y'. Did you mean 'y'?"
    )


def test_a_bound_of_the_same_name(write, monkeypatch):
    # It is found before anything is trained for it.
    monkeypatch.setattr("gradus.workflow.recording.learn", None)
    assert refusal(DataError, write(b"y_low,y\n1,2\n2,3\n3,\n"), "y") == (
        "t.csv must have no column 'y_low', which is where a column beside the "
        "answers goes. Rename it."
    )


def test_the_output_through_a_link_is_still_the_table(write):
    path = write(FIVE)
    Path("other.csv").symlink_to(path)
    assert refusal(DataError, path, output="other.csv", force=True) == (
        "The output must not be the table itself; other.csv and t.csv are one file."
    )
    assert refusal(DataError, "other.csv", output=path, force=True) == (
        "The output must not be the table itself; t.csv and other.csv are one file."
    )
    assert path.read_bytes() == FIVE


def test_an_existing_output(write):
    path = write(FIVE)
    write(b"mine", "t.filled.csv")
    assert refusal(DataError, path) == "t.filled.csv already exists. Use --force to replace it."
    assert Path("t.filled.csv").read_bytes() == b"mine"
    fill(path, force=True)
    assert b"12.5" in Path("t.filled.csv").read_bytes()


def test_options_out_of_range_are_found_before_the_table_is_read(write):
    assert refusal(InvalidParameter, "missing.csv", epochs=0) == (
        "epochs must be a whole number, 1 or greater; got 0."
    )
    assert refusal(DataError, "missing.csv") == "missing.csv does not exist."


def test_a_stop_writes_nothing(write, rng):
    def stop(_progress):
        raise KeyboardInterrupt

    path = write(bent_table(rng)[0])
    with pytest.raises(KeyboardInterrupt):
        fill(path, epochs=100_000, hidden=(64,), callback=stop)
    assert [found.name for found in Path().iterdir()] == ["t.csv"]


# Real tables -------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "split", "limit"),
    [(name, split, limit) for name, limit in (("concrete", 6.5), ("energy", 0.9), ("yacht", 1.8))
     for split in (0, 7)],
)  # fmt: skip
def test_held_back_answers_of_real_tables(tmp_path, name, split, limit):
    folder = Path(os.environ["GRADUS_DATA"])
    lines = (folder / "tables" / f"uci_{name}.csv").read_text().splitlines()
    splits = np.loadtxt(
        folder / "splits" / f"uci_{name}_splits.csv", delimiter=",", skiprows=1, dtype=np.int64
    )
    is_held = splits[:, 1 + split] == 1
    truth = np.array([float(line.rpartition(",")[2]) for line in lines[1:]])[is_held]
    for row in np.flatnonzero(is_held) + 1:
        lines[row] = lines[row].rpartition(",")[0] + ","
    (tmp_path / "t.csv").write_text("\n".join(lines))
    result = fill(tmp_path / "t.csv")
    found = result.predictions
    assert result.model.verdict.answered_by == "network"
    # Twice the spread between splits above the mean over all twenty.
    assert np.sqrt(np.mean((found.values - truth) ** 2)) < limit
    assert ((found.low <= truth) & (truth <= found.high)).mean() > 0.75
