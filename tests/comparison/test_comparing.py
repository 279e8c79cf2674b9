"""Runs held against each other: who is paired with whom, and what comes of it."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from entitlement_sim import Run, RunError, Scenario, simulate
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.comparison.compare import compare
from entitlement_sim.comparison.measures import METRICS
from entitlement_sim.comparison.page import page_of
from entitlement_sim.comparison.replicated import measured_by_replication, replications_of
from entitlement_sim.inference.replicating import METRICS as SUM_METRICS

LARGER = {"templates.Pack 10.total_terms": 14}
LARGER_PACK = {"templates.ten-cases.total_terms": 12}


def row_of(answer: Comparison, metric: str) -> pd.Series:
    return answer.metrics().set_index("metric").loc[metric]


def test_the_same_seed_and_customers_are_paired_and_it_says_so(paired: Comparison) -> None:
    [pairing] = paired.pairings
    assert pairing.is_paired
    assert pairing.words == (
        f"Paired by customer: the same {pairing.common} customers in both, with the same arrivals "
        "as drawn (those without any cover left may stay away)."
    )


def test_another_seed_is_compared_as_independent_and_it_says_so(chance: Comparison) -> None:
    [pairing] = chance.pairings
    assert not pairing.is_paired
    assert pairing.words.endswith("customers, of seeds 20230101 and 2.")
    assert (chance.metrics()["gain"] == 1).all()


def test_pairing_gains_where_the_customers_are_the_same(paired: Comparison) -> None:
    gains = paired.metrics().set_index("metric")["gain"]
    assert gains["refused"] > 2
    assert gains["cases"] > 2 or gains.isna()["cases"]


def test_a_difference_is_the_second_less_the_first(paired: Comparison) -> None:
    metrics = paired.metrics()
    assert (metrics["second"] - metrics["first"]).tolist() == metrics["difference"].tolist()


def test_a_larger_pack_leaves_more_unused_for_sure(paired: Comparison) -> None:
    unused = row_of(paired, "unused_cases")
    assert unused["difference"] > unused["low"] > 0
    assert unused["moved"]


def test_another_seed_alone_is_said_to_be_chance(chance: Comparison) -> None:
    assert "Nothing but chance is between the runs" in chance.verdict()
    assert "What moved" not in chance.verdict()


def test_where_each_run_has_its_own_level_replications_are_asked_for_before_any_claim(
    chance: Comparison,
) -> None:
    sentences = chance.sentences()
    [warned] = [place for place, text in enumerate(sentences) if "ask replications" in text]
    [claimed] = [place for place, text in enumerate(sentences) if "Nothing but chance" in text]
    assert sentences[warned].startswith("Limits hold given these days, these incidents and this le")
    assert warned < claimed
    assert sentences[claimed].endswith("would by chance among customers.")


def test_a_change_under_another_level_is_no_effect_before_replications(folder: Path) -> None:
    with compare(folder / "runs" / "larger", folder / "runs" / "seed2") as answer:
        sentences = answer.sentences()
    warned = [place for place, text in enumerate(sentences) if "may be no effect" in text]
    claims = [place for place, text in enumerate(sentences) if "moved:" in text or "rose" in text]
    assert len(warned) == 1
    assert all(warned[0] < claim for claim in claims)


def test_the_same_level_in_both_runs_is_no_cause_for_doubt(paired: Comparison) -> None:
    assert "may be no effect" not in paired.verdict()


def test_without_a_level_other_seeds_ask_for_no_replications(tmp_path: Path) -> None:
    changes = ["segments.everyone.customers=20", "calendar.days=100"]
    base = Scenario.load("reference", changes)
    for seed in (1, 2):
        simulate(base, seed=seed, out=tmp_path, name=f"seed{seed}").close()
    with compare(tmp_path / "seed1", tmp_path / "seed2") as answer:
        assert "may be no effect" not in answer.verdict()


def test_what_customers_share_is_left_out_of_the_limits_and_it_says_so(
    paired: Comparison,
) -> None:
    assert "given these days, these incidents and this level" in paired.verdict()
    command = "entitlement-sim compare base larger --replications 20"
    assert f"replications show: {command}." in paired.verdict()
    assert any(command in line for line in repr(paired).splitlines())


def test_segments_add_up_to_the_whole(paired: Comparison) -> None:
    by_segment = paired.by("segment")
    cases = by_segment[by_segment["metric"] == "cases"]
    assert cases["first"].sum() == row_of(paired, "cases")["first"]
    assert cases["segment"].tolist() == ["small", "midsize"]  # nobody else has a case


def test_templates_add_up_to_the_whole(paired: Comparison) -> None:
    by_template = paired.by("template")
    bookings = by_template[by_template["metric"] == "bookings"]
    assert bookings["second"].sum() == row_of(paired, "bookings")["second"]
    assert "covered" not in set(by_template["metric"])


def test_what_differs_is_found(paired: Comparison) -> None:
    assert paired.causes().to_numpy().tolist() == [
        ["larger", "scenario", "templates.Pack 10.total_terms", "10.00", "14.00"]
    ]


def test_movers_stand_with_what_they_had_in_both(paired: Comparison) -> None:
    movers = paired.movers(None)
    assert (movers["turned_away_second"] - movers["turned_away_first"]).tolist() == (
        movers["turned_away_difference"].tolist()
    )
    assert movers["turned_away_difference"].abs().is_monotonic_decreasing
    total = row_of(paired, "turned_away")
    moved = total["second"] * total["n_second"] - total["first"] * total["n_first"]
    assert movers["turned_away_difference"].sum() == pytest.approx(moved)


def test_rows_that_moved_a_customer_have_no_counterpart(paired: Comparison) -> None:
    customer = int(paired.movers(1)["customer_id"].iloc[0])
    rows = paired.moving_rows(customer)
    assert set(rows["run"]) == {"base", "larger"}
    allotted = rows[rows["reason"] == "allot"]
    assert set(allotted.loc[allotted["run"] == "larger", "amount"]) <= {14.0, 30.0}


def test_of_other_customers_nobody_can_be_followed(chance: Comparison) -> None:
    with pytest.raises(ValueError, match="no customer can be followed"):
        chance.movers()


def test_several_alternatives_have_wider_limits_and_it_says_so(folder: Path) -> None:
    runs = folder / "runs"
    with compare(runs / "base", runs / "larger", runs / "seed2") as answer:
        three = answer.metrics()
        text = answer.verdict()
    alone = three[three["run"] == "larger"].set_index("metric")
    with compare(runs / "base", runs / "larger") as answer:
        two = answer.metrics().set_index("metric")
    wide = alone.loc["refused", "high"] - alone.loc["refused", "low"]
    assert wide > two.loc["refused", "high"] - two.loc["refused", "low"]
    assert "each is of 97.5%, for 2 alternatives (Bonferroni)" in text


def test_changes_are_simulated_with_the_seed_of_the_first(folder: Path) -> None:
    with compare(folder / "runs" / "base", LARGER, names=["now", "then"]) as answer:
        assert answer.pairings[0].is_paired
        assert answer.names == ["now", "then"]
        moved = answer.metrics()
    with compare(folder / "runs" / "base", folder / "runs" / "larger") as answer:
        stored = answer.metrics()
    assert moved["second"].tolist() == stored["second"].tolist()


def test_equal_runs_in_two_places_have_not_moved(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder / "runs" / "base", tmp_path / "copy")
    with compare(folder / "runs" / "base", tmp_path / "copy") as answer:
        assert answer.verdict() == (
            "copy against base. Both runs hold the same rows: nothing moved."
        )


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["base", "base"], "the run base is named twice"),
        (["base", "larger", "base"], "the run base is named twice"),
        (["base", "larged"], "did you mean"),
    ],
)
def test_what_cannot_be_compared_is_said(folder: Path, named: list[str], message: str) -> None:
    with pytest.raises(RunError, match=message):
        compare(*(folder / "runs" / name for name in named))


def test_replications_give_limits_with_all_that_chance_does() -> None:
    base = Scenario.load("reference", ["segments.everyone.customers=30", "calendar.days=200"])
    changes = {"templates.ten-cases.total_terms": 4}
    with compare(base, changes, replications=4, metrics=["refused", "cases"]) as answer:
        metrics = answer.metrics().set_index("metric")
        text = answer.verdict()
    assert set(metrics["method"]) == {"replications"}
    assert metrics.loc["cases", "difference"] == 0
    assert metrics.loc["refused", "low"] > 0
    assert "Means over 4 replications, paired by their number" in text


@pytest.mark.parametrize("group", [None, "segment", "template"])
def test_replications_without_rows_say_what_whole_runs_do(scenario: Scenario, group: str) -> None:
    keys = [metric.key for metric in METRICS if metric.key in SUM_METRICS]
    with compare(scenario, LARGER, replications=2, metrics=keys) as answer:
        without_rows = answer.metrics() if group is None else answer.by(group)
        assert len(without_rows) > 8
        whole = replications_of(answer.runs, answer._sums, range(2), simulate)
    by_runs = measured_by_replication(*whole, confidence=0.95, by=group)
    of_sums = by_runs[by_runs["metric"].isin(keys)].reset_index(drop=True)
    pd.testing.assert_frame_equal(without_rows.drop(columns="run"), of_sums)


def test_replications_of_sums_simulate_no_run_beyond_those_compared() -> None:
    base = Scenario.load("reference", ["segments.everyone.customers=30", "calendar.days=200"])
    played = []

    def played_visibly(drawn: Scenario, **how: Any) -> Run:
        played.append(how.get("replication", 0))
        return simulate(drawn, **how)

    with compare(base, LARGER_PACK, replications=5, simulate=played_visibly) as answer:
        assert {"used_cases", "cases"} <= set(answer.metrics()["metric"]) <= SUM_METRICS.keys()
    assert played == [0, 0]


def test_replications_say_what_they_leave_out_and_how_to_ask_for_it(folder: Path) -> None:
    runs = folder / "runs" / "base", folder / "runs" / "larger"
    with compare(*runs, replications=2) as answer:
        assert (
            "Left out are metrics that need whole runs, which take longer (expired with nothing "
            "left, renewed by value, service level kept and 4 more): name those that matter, such "
            "as --metric ran_dry."
        ) in answer.verdict()
    with compare(*runs, replications=2, metrics=["bookings"]) as answer:
        assert "Left out" not in answer.verdict()


def test_only_the_metrics_that_are_asked_for_are_told(folder: Path) -> None:
    runs = folder / "runs"
    with compare(runs / "base", runs / "larger", metrics=["renewed", "covered"]) as answer:
        assert answer.metrics()["metric"].tolist() == ["covered", "renewed"]
    with pytest.raises(ValueError, match="unknown metric 'renewd'; did you mean 'renewed'"):
        compare(runs / "base", runs / "larger", metrics=["renewd"])


def test_names_are_letters_on_the_page_and_in_the_notebook(folder: Path) -> None:
    name = "<script>alert(1)</script> $x$ =2+3"
    with compare(
        folder / "runs" / "base", folder / "runs" / "larger", names=["base", name]
    ) as all_:
        assert "<script>" not in all_._repr_html_()
        page = page_of(all_)
    assert "<script>" not in page
    assert page.count("</html>") == 1


def test_the_page_is_the_same_each_time_and_written_whole(
    paired: Comparison, tmp_path: Path
) -> None:
    place = paired.report(tmp_path / "page.html")
    html = place.read_text(encoding="utf-8")
    assert html == page_of(paired)
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    for heading in ("In short", "What moved", "In one picture", "Who gained and who lost"):
        assert heading in html
