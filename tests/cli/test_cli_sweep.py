"""The commands that try many offerings, and find the best of them."""

import csv
import io

import pytest

TERMS = "templates.ten-cases.total_terms"
FEW = ("--set", "segments.everyone.customers=10", "--set", "calendar.days=400")


@pytest.fixture(scope="module", autouse=True)
def _file(folder):
    text = f"- name: packs\n  {TERMS}: [8, 12]\n- templates.ten-cases.restrict: false\n"
    (folder / "packs.yaml").write_text(text, encoding="utf-8")


def test_a_sweep_prints_every_offering_and_goes_on_where_it_was(say, folder):
    first = say("sweep", "reference", "packs.yaml", *FEW, "--replications", "3")
    assert first.status == 0
    names = [line.split("  ")[0] for line in first.out.splitlines()[1:5]]
    assert names == ["base", "packs: total_terms=8", "packs: total_terms=12", "restrict=false"]
    parts = {
        part.name: part.stat().st_mtime_ns for part in (folder / "sweeps/packs/parts").iterdir()
    }
    assert len(parts) == 3
    assert say("sweep", "reference", "packs.yaml", *FEW, "--replications", "3").out == first.out
    after = {
        part.name: part.stat().st_mtime_ns for part in (folder / "sweeps/packs/parts").iterdir()
    }
    assert after == parts


def test_a_sweep_says_what_moves_a_metric_and_what_no_other_beats(say):
    said = say(
        "sweep", "reference", "packs.yaml", *FEW, "--replications", "3",
        "--tornado", "refused", "--frontier=sold,-refused",
    )  # fmt: skip
    assert "refused for want of terms, from the base" in said.out
    assert f"packs: {TERMS}" in said.out
    assert "beaten by none in both" in said.out


def test_a_sweep_is_printed_for_programs(say):
    said = say(
        "sweep", "reference", "packs.yaml", *FEW, "--replications", "3", "--csv",
        "--metric", "refused",
    )  # fmt: skip
    rows = [*csv.DictReader(io.StringIO(said.out))]
    assert rows[0]["name"] == "base"
    assert {row["metric"] for row in rows} == {"refused"}
    assert rows[1][TERMS] == "8"
    assert rows[0][TERMS] == ""


def test_a_search_prints_the_winner_and_the_bound(say):
    said = say(
        "search", "reference", *FEW, "--most=-refused", "--free", f"{TERMS}=9..11",
        "--where", "covered>=1%", "--replications", "5",
    )  # fmt: skip
    assert said.status == 0
    assert "winner       total_terms=11" in said.out
    assert f"{TERMS} is the highest that was allowed, 11." in said.out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["sweep", "reference", "nowhere.yaml"], "nowhere.yaml:1:1: there is no such file"),
        (
            ["sweep", "reference", "packs.yaml", "--frontier", "sold"],
            "--frontier takes two metrics",
        ),
        (["sweep", "reference", "packs.yaml", "--metric", "sld"], "unknown metric 'sld'"),
        (["search", "reference", "--most", "sold", "--free", "a=b"], "--free takes PATH=LOW..HIGH"),
        (
            ["search", "reference", "--most", "sold", "--free", f"{TERMS}=8..9", "--where", "x"],
            "--where takes METRIC<=BOUND",
        ),
        (
            ["search", "reference", *FEW, "--most", "sld", "--free", f"{TERMS}=8..9"],
            "unknown metric 'sld'; did you mean 'sold'?",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(say, command, says):
    said = say(*command)
    assert said.status == 2
    assert says in said.errors
    assert "Traceback" not in said.errors
