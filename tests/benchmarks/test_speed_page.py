"""The page of `benchmarks.speed` says what the file of results says."""

import copy
import math

import pytest
from benchmarks.speed import goals, page, table, w12
from benchmarks.speed.summary import lines


def sample(value, *, is_disturbed=False):
    return {
        "value": value,
        "calls": 1,
        "others": 0.0,
        "tries": 1,
        "is_disturbed": is_disturbed,
    }


def row(peer, values, check=0.5, **more):
    one = {
        "check": check,
        "note": "",
        "samples": [sample(value) for value in values],
        "compile_seconds": 0.0,
        "versions": {"numpy": "2.0"},
    }
    is_gradus = peer.startswith("gradus")
    return {
        "peer": peer,
        "is_gradus": is_gradus,
        "is_rival": not is_gradus,
        "note": "",
        "tolerance": None,
        "error": "",
        "rounds": [one],
        **more,
    }


def result(rows, name="W3a", **more):
    return {
        "name": name,
        "title": "8-64-64-1, one epoch",
        "unit": "one epoch",
        "measured_in": "s",
        "tolerance": 1e-3,
        "limit": 1e-3,
        "limit_says": "as told",
        "rows": rows,
        **more,
    }


ROWS = [
    row("gradus 1t", [2e-3, 2.1e-3, 1.9e-3]),
    row("jax scan", [8e-3, 7e-3, 9e-3]),
    row("wrong", [1e-6], check=0.6),
    row("torch", [], error="no module named torch", rounds=[]),
]
POINTS = [{"size": k, "row_parameters": 10.0 * k, "samples": [sample(k * 1e-6)]} for k in (1, 10)]
RESULTS = {
    "date": "2020-02-02",
    "machine": {
        "processor": "A processor",
        "processors": 2,
        "flags": ["avx2"],
        "memory_gb": 8.0,
        "system": "Linux",
        "python": "3.11",
    },
    "limits": {
        "clock": 4e9,
        **{f"{key}_{t}": 2e11 for key in ("peak", "product", "bandwidth") for t in (1, 2)},
    },
    "workloads": [
        result(ROWS),
        result(
            [row("gradus", [250.0]), row("numpy", [400.0])],
            name="W11",
            measured_in="MB",
            limit=None,
        ),
    ],
    "curves": [
        {
            "name": "rows",
            "title": "rows of the table",
            "rows": [
                {"peer": "gradus 1t", "error": "", "points": POINTS},
                {"peer": "jax scan", "error": "out of memory", "points": POINTS[:1]},
            ],
        }
    ],
}


def test_the_fastest_comes_first_and_ratios_are_to_the_best_peer_that_did_the_same():
    made = lines(result(ROWS))
    assert [line.peer for line in made] == ["wrong", "gradus 1t", "jax scan", "torch"]
    wrong, ours, rival, absent = made
    assert not wrong.is_same
    assert rival.to_best_peer == 1
    assert ours.to_best_peer == pytest.approx(0.25)
    assert (ours.median, ours.low, ours.high, ours.n) == (2e-3, 1.9e-3, 2.1e-3, 3)
    assert ours.to_limit == pytest.approx(2)
    assert math.isnan(absent.median)
    assert absent.error == "no module named torch"


def test_a_row_is_marked_where_others_were_busy():
    rows = copy.deepcopy(ROWS)
    rows[1]["rounds"][0]["samples"][0]["is_disturbed"] = True
    assert [line.is_disturbed for line in lines(result(rows))] == [False, False, True, False]


def test_goals_are_judged_by_ratio_and_by_limit():
    ahead, over = goals.judged("W3a", lines(result(ROWS)))
    assert (ahead.says, ahead.is_met) == ("3x ahead of the best peer", True)
    assert ahead.reached == pytest.approx(4)
    assert (over.says, over.is_met) == ("2.3x the limit", True)
    slower = [row("gradus 1t", [4e-3]), *ROWS[1:]]
    assert [goal.is_met for goal in goals.judged("W3a", lines(result(slower)))] == [False, False]


def test_ours_meets_no_goal_with_other_work():
    rows = [*ROWS[:2], row("gradus 2t", [1e-9], check=0.7)]
    made = lines(result(rows))
    assert made[0].peer == "gradus 2t"
    assert not made[0].is_same
    assert goals.judged("W3a", made) == goals.judged("W3a", lines(result(ROWS[:2])))


def test_a_goal_nobody_measured_is_not_met():
    (ahead, _) = goals.judged("W3a", lines(result(ROWS[:1])))
    assert math.isnan(ahead.reached)
    assert not ahead.is_met


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (1.5, "s", "1.5 s"),
        (0.0123, "s", "12.3 ms"),
        (4.2e-6, "s", "4.2 µs"),
        (5e-8, "s", "50 ns"),
        (268.4, "MB", "268 MB"),
        (1.5649, "ratio", "1.56"),
        (math.nan, "s", "–"),
    ],
)
def test_spelled(value, unit, told):
    assert table.spelled(value, unit) == told


def test_the_table_marks_what_differs():
    told = table.printed(result(ROWS))
    assert "0.6 DIFFERS" in told
    assert "no module named torch" in told
    assert "limit 1 ms: as told" in told


def test_the_page_holds_every_row_and_goal(tmp_path):
    page.written(RESULTS, tmp_path)
    told = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "| **gradus 1t** | 2 ms | 1.9 ms, 2.1 ms | 0.25 | 2.00 | 0.5 |  |" in told
    assert (
        "| 2 ms (gradus 1t) | 8 ms (jax scan) | 3× ahead of the best peer | 4.00× | met |" in told
    )
    assert "| | | | 2.3× the limit | 2.00× | met |" in told
    assert "at most the rows and 40 MB | 250 MB | not met |" in told
    assert "did not run: no module named torch" in told
    assert "| jax scan | 1 µs | – |" in told
    for picture in ("speed-limits.svg", "speed-growth.svg"):
        assert f"({picture})" in told
        assert (tmp_path / picture).read_text(encoding="utf-8").endswith("</svg>\n")


def test_the_page_of_few_workloads_has_no_empty_pictures(tmp_path):
    few = {**RESULTS, "workloads": RESULTS["workloads"][1:], "curves": [], "limits": {}}
    page.written(few, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["speed.md"]


def test_curves_are_told_in_lines():
    told = w12.printed(RESULTS["curves"])
    assert "gradus 1t  1: 1 µs (100 ns)  10: 10 µs (100 ns)" in told
    assert "out of memory" in told
