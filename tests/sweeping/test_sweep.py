"""Sweeps: their figures, their parts on the disk, and what their charts and words say."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from entitlement_sim import RunError, Scenario, Sweep, replicate, replications, sweep
from entitlement_sim.charts import alt_text, sweep_frontier, sweep_tornado
from entitlement_sim.metrics.intervals import mean_interval

TERMS, PRICE = "templates.ten-cases.total_terms", "templates.ten-cases.price"
DESIGNS: list[dict[str, Any]] = [
    {"name": "packs", TERMS: [8, 12], PRICE: [100, 150]},
    {"templates.ten-cases.restrict": False},
]


def test_figures_are_those_of_replications_of_each_offering_alone(
    base: Scenario, answer: Sweep
) -> None:
    own = answer.by_replication()
    for name, settings in [
        ("base", {}),
        ("packs: total_terms=8, price=150", {TERMS: 8, PRICE: 150}),
    ]:
        alone = replicate(base.with_(settings), 4, metrics=answer.metrics)
        beside = own[own["name"] == name].drop(columns=["name", "id"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(beside, alone.drop(columns="offering")[beside.columns])


def test_differences_are_paired_by_replication_with_limits_of_all_offerings(answer: Sweep) -> None:
    own = answer.by_replication().pivot(index="replication", columns="name", values="blocked")
    name = "packs: total_terms=8, price=100"
    expected = mean_interval(own[name] - own["base"], confidence=1 - 0.05 / 5)
    frame = answer.frame().set_index(["name", "metric"])
    row = frame.loc[(name, "blocked")]
    found = row["difference"], row["difference_low"], row["difference_high"]
    assert found == pytest.approx(tuple(expected))
    assert row["moved"]
    assert not frame.loc[("base", "blocked"), "moved"]


def test_settings_stand_in_the_frame_as_they_were_written(answer: Sweep) -> None:
    frame = answer.frame().drop_duplicates("name").set_index("name")
    assert frame.loc["packs: total_terms=12, price=100", [TERMS, PRICE]].tolist() == [12, 100]
    assert frame.loc["base", TERMS] is None


# ------------------------------------------------------------------- parts


def parts_of(folder: Path) -> dict[str, int]:
    return {part.name: part.stat().st_mtime_ns for part in (folder / "parts").iterdir()}


def test_what_is_finished_is_not_done_again(base: Scenario, answer: Sweep, folder: Path) -> None:
    before = parts_of(folder)
    told: list[tuple[int, int]] = []
    again = sweep(base, DESIGNS, 4, out=folder, progress=lambda *done: told.append(done))
    assert told == [(24, 24)]
    assert parts_of(folder) == before
    pd.testing.assert_frame_equal(again.frame(), answer.frame())


def test_an_interrupted_sweep_goes_on_with_what_is_missing(
    base: Scenario, answer: Sweep, tmp_path: Path
) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(done: int, total: int) -> None:
        if done >= 12:
            raise Interrupted

    out = tmp_path / "cut"
    with pytest.raises(Interrupted):
        sweep(base, DESIGNS, 4, out=out, progress=interrupt)
    assert len(parts_of(out)) == 2
    told: list[tuple[int, int]] = []
    whole = sweep(base, DESIGNS, 4, out=out, progress=lambda *done: told.append(done))
    assert told == [(12, 24), (18, 24), (24, 24)]
    pd.testing.assert_frame_equal(whole.frame(), answer.frame())


def test_more_offerings_and_replications_add_to_what_there_is(
    base: Scenario, tmp_path: Path
) -> None:
    out = tmp_path / "grows"
    sweep(base, [{TERMS: [8]}], 2, out=out)
    told: list[tuple[int, int]] = []
    grown = sweep(base, [{TERMS: [8, 9]}], 3, out=out, progress=lambda *done: told.append(done))
    assert told[0] == (4, 9)
    pd.testing.assert_frame_equal(grown.frame(), sweep(base, [{TERMS: [8, 9]}], 3).frame())


@pytest.mark.parametrize(
    ("changes", "how", "says"),
    [([], {"seed": 9}, "another seed"), (["calendar.days=400"], {}, "another scenario")],
)
def test_a_folder_of_another_sweep_is_refused(
    base: Scenario, answer: Sweep, folder: Path, changes: list[str], how: dict[str, Any], says: str
) -> None:
    with pytest.raises(RunError, match=f"holds a sweep with {says}: name another folder"):
        sweep(base.with_(changes), DESIGNS, 4, out=folder, **how)


def test_a_folder_with_something_else_in_it_is_refused(base: Scenario, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="something else than a sweep in it"):
        sweep(base, DESIGNS, 1, out=tmp_path)
    assert [place.name for place in tmp_path.iterdir()] == ["letter.txt"]


def test_a_damaged_part_is_named(base: Scenario, tmp_path: Path) -> None:
    out = tmp_path / "damaged"
    sweep(base, [{TERMS: 8}], 1, out=out)
    [part] = (out / "parts").iterdir()
    part.write_bytes(b"no Parquet at all")
    with pytest.raises(RunError, match="is no part of a sweep") as error:
        sweep(base, [{TERMS: 8}], 1, out=out)
    assert part.name in str(error.value)
    part.unlink()
    assert len(sweep(base, [{TERMS: 8}], 1, out=out).there) == 2


def test_what_is_asked_stands_in_the_folder_with_ids_and_reasons(
    base: Scenario, tmp_path: Path
) -> None:
    channels = [{"phone": 4}, {"phone": 8}]
    answer = sweep(
        base, [{TERMS: [5, 9], "templates.ten-cases.channels": channels}], 2, out=tmp_path / "some"
    )
    asked = json.loads((tmp_path / "some" / "sweep.json").read_text(encoding="utf-8"))
    assert [bool(design["reason"]) for design in asked["designs"]] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert [design["id"] for design in asked["designs"]] == [one.id for one in answer.designs]
    [failed] = answer.failed["name"]
    assert failed == "total_terms=5, channels={phone: 8}"
    assert failed not in {*answer.frame()["name"]}
    assert f"Came to nothing: {failed}." in str(answer)


def test_an_offering_that_fails_harms_no_other(
    base: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replications, "TOO_LARGE", 10**6)
    answer = sweep(base, [{PRICE: [1, 10_000]}], 2, metrics=["bookings"])
    assert answer.failed["name"].tolist() == ["price=10000"]
    assert "does not fit 64 bits" in answer.failed["reason"].iloc[0]
    assert [design.name for design in answer.there] == ["base", "price=1"]


# ------------------------------------------------------------------- swings, frontier


def test_a_swing_averages_over_the_other_settings(answer: Sweep) -> None:
    own = answer.by_replication().groupby("name")["bookings"].mean()
    swings = answer.swings("bookings").set_index(["path", "value"])
    cheap = (own["packs: total_terms=8, price=100"] + own["packs: total_terms=12, price=100"]) / 2
    dear = (own["packs: total_terms=8, price=150"] + own["packs: total_terms=12, price=150"]) / 2
    assert swings.loc[(PRICE, "100"), "difference"] == pytest.approx(cheap - own["base"])
    assert swings.loc[(PRICE, "150"), "swing"] == pytest.approx(dear - cheap)
    assert swings.loc[(TERMS, "8"), "swing"] == 0


def test_what_no_other_beats_is_on_the_frontier(answer: Sweep) -> None:
    best = answer.best("bookings", "-blocked").set_index("name")
    front = {*best.index[best["on_frontier"]]}
    assert front == {"packs: total_terms=12, price=150", "restrict=false"}
    assert best.loc["packs: total_terms=8, price=100", "beaten_by"] in front


def test_the_tornado_names_what_moves_a_metric_most(answer: Sweep) -> None:
    answer.tornado("blocked")
    text = alt_text(pyplot.gcf())
    assert text.startswith(f"{TERMS} moves asked in vain most, by up to ")
    assert "2 settings, the others averaged over" in text


def test_the_frontier_says_that_the_base_is_beaten(answer: Sweep) -> None:
    answer.frontier("bookings", "-blocked")
    text = alt_text(pyplot.gcf())
    assert text.startswith("2 of 6 offerings are beaten by no other in both")
    assert "restrict=false: bookings 0 and asked in vain 0%." in text


def test_charts_say_why_there_is_nothing_to_show() -> None:
    columns = ["crossing", "path", "value", "difference", "swing", "swing_low", "swing_high"]
    sweep_tornado(pd.DataFrame(columns=columns), "margin")
    assert alt_text(pyplot.gcf()) == (
        "What moves margin. Nothing to show: no setting takes several values."
    )
    empty = pd.DataFrame(columns=["name", "x", "y", "on_frontier", "beaten_by"])
    sweep_frontier(empty, ("margin", "covered"))
    assert alt_text(pyplot.gcf()) == (
        "margin and covered. Nothing to show: no offering has both of them."
    )


@pytest.mark.parametrize("chart", [sweep_tornado, sweep_frontier])
def test_a_frame_of_something_else_is_refused(chart: Any) -> None:
    with pytest.raises(ValueError, match="must be of a sweep"):
        chart(pd.DataFrame({"a": [1]}), ("a", "b") if chart is sweep_frontier else "a")


def test_it_prints_as_a_table_with_stars(answer: Sweep) -> None:
    lines = str(answer).splitlines()
    assert lines[0].split("  ")[0] == "offering"
    assert lines[1].startswith("base ")
    assert "*" not in lines[1]
    assert "*" in lines[2]
    assert lines[-1] == (
        "Means over 4 replications; * moved from the base, with limits of 95.0% for all offerings "
        "together."
    )


def test_where_prices_differ_it_says_that_nobody_reacts(answer: Sweep) -> None:
    assumed = "Customers (everyone) are assumed not to react to price."
    assert assumed in str(answer).splitlines()
    for draw in (
        lambda: answer.tornado("bookings"),
        lambda: answer.frontier("bookings", "blocked"),
    ):
        draw()
        assert assumed in alt_text(pyplot.gcf())


def test_where_no_price_differs_it_says_nothing_of_reactions(base: Scenario) -> None:
    assert "react" not in str(sweep(base, [{TERMS: [8, 12]}], 2))


@pytest.mark.parametrize("ask", ["swings", "tornado", "tornado_in_words"])
def test_an_unknown_metric_is_told_with_the_nearest(answer: Sweep, ask: str) -> None:
    with pytest.raises(ValueError, match="did you mean 'blocked'"):
        getattr(answer, ask)("bloked")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"replications": 0}, "must be at least 1"),
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"metrics": ["margn"]}, "metric 'margn'"),
    ],
)
def test_what_cannot_be_swept_is_said(base: Scenario, how: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sweep(base, DESIGNS, **how)


def test_one_replication_says_nothing_of_chance(base: Scenario) -> None:
    answer = sweep(base, [{TERMS: 8}], 1)
    assert np.isnan(answer.frame()["low"]).all()
    assert str(answer).endswith("Of one replication: nothing can be said of chance.")
