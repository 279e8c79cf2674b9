"""How a change meets contracts that are open on its day: counted, said, and refused where wrong."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from entitlement_sim import DocumentError, RunError, Scenario, search, sweep, what_if
from entitlement_sim.comparison.alternatives import alternatives_to, revisions_of, standing
from entitlement_sim.comparison.answer import Comparison
from entitlement_sim.comparison.met_book import MetBook, met_in_words

BASE = """
scenario: packs
seed: 3
currency: EUR
calendar: { start: 2024-01-01, days: 730 }
templates:
  Pack:
    allocation: cases
    total_terms: 10
    decrease_on: creation
    restrict: true
    term: { months: 12 }
    price: 1500
segments:
  callers:
    customers: 40
    joins: { at_start: 0.7, over_days: 700 }
    holds: [{ template: Pack }]
    cases: { per_year: 12, shape: 0.6 }
    turned_away: 0.5
    renewal: { inclination: { constant: 0.8 } }
money: { hour_costs: 30 }
"""
EIGHT = {"templates.Pack.total_terms": 8, "templates.Pack.price": 1260}
DAY = dt.date(2024, 7, 1)


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.parse(BASE)


@pytest.fixture(scope="module", params=["new", "at_renewal", "all"])
def answer(base: Scenario, request: pytest.FixtureRequest) -> Iterator[Comparison]:
    how = {"applies": request.param, "from_": DAY, "replications": 3}
    with what_if(base, {"eight": EIGHT}, **how) as asked:
        yield asked


def test_the_contracts_that_a_change_meets_are_counted(answer: Comparison) -> None:
    [met] = answer.met_book().itertuples()
    sold = answer.runs[1].relation("entitlements").df()
    moment = pd.Timestamp(DAY)
    earlier = sold[sold["created_on"] < moment]
    open_then = earlier[earlier["ended_on"].isna() | (earlier["ended_on"] > moment)]
    assert (met.run, met.from_, met.templates) == ("eight", DAY, "Pack")
    assert met.open == len(open_then)
    renewed = open_then["entitlement_id"].isin(sold["predecessor_id"].dropna())
    assert met.renewed == renewed.sum() > 0
    assert met.kept + met.changed + met.edits_refused == met.open
    assert met.sold == (sold["predecessor_id"].isna() & (sold["created_on"] >= moment)).sum()
    if met.applies == "all":
        eight = (open_then["total_terms"] == 8).sum()
        assert (met.changed, met.edits_refused, met.kept) == (eight, len(open_then) - eight, 0)
        assert met.edits_refused > 0 < met.changed
    else:
        assert met.kept == met.open


def test_the_first_sentence_says_how_the_change_meets_the_book(answer: Comparison) -> None:
    [met] = answer.met_book().itertuples(index=False)
    words = met_in_words(MetBook(*met[1:]), is_of_first=True)
    assert answer.in_short()[0].endswith(f"; {words}.")
    assert "meets the book on 1 Jul 2024" in words


def test_until_the_change_both_come_to_the_same(answer: Comparison) -> None:
    query = f"""SELECT customer_id, created_at, outcome FROM cases
                WHERE created_at < DATE '{DAY}' ORDER BY ALL"""
    before, after = (run.sql(query) for run in answer.runs)
    assert len(before) > 50
    pd.testing.assert_frame_equal(before, after)


def test_sums_over_replications_are_those_of_the_runs(answer: Comparison) -> None:
    """The first of them is the runs themselves, played with rows."""
    for place in (0, 1):
        first, other = answer.cells_of(1)
        cells = (first, other)[place]
        own = answer.sums_of(place)
        drawn = cells[cells["replication"] == 0]
        assert drawn["bookings"].sum() == own["bookings"].sum()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            ("new", 312, 200, 0, 0, 312, 45),
            "for new sales alone: 312 contracts that were open keep their offerings, renewed too, "
            "and 45 have been sold since",
        ),
        (
            ("new", 1, 0, 0, 0, 1, 1),
            "for new sales alone: 1 contract that was open keeps its offering, renewed too, and 1 "
            "has been sold since",
        ),
        (
            ("at_renewal", 312, 200, 0, 0, 312, 45),
            "for new sales and at renewals: of 312 contracts that were open, 200 have been renewed "
            "since",
        ),
        (
            ("all", 312, 200, 300, 5, 7, 45),
            "for all contracts: of 312 contracts that were open, 300 changed on the day, 5 kept "
            "what they had, as the rules refuse the edit and 7 had nothing to change before their "
            "renewal",
        ),
        (("all", 0, 0, 0, 0, 0, 45), "for all contracts: no contract was open by then"),
    ],
)
def test_counts_are_said_in_words(counts: tuple[str, *tuple[int, ...]], words: str) -> None:
    applies, *numbers = counts
    met = MetBook(DAY, applies, "", *numbers)
    begins = "the change meets the book on 1 Jul 2024, "
    assert met_in_words(met, is_of_first=False) == f"{begins}{words}"
    first = words.replace(": ", ": in the first replication ", 1)
    assert met_in_words(met, is_of_first=True) == f"{begins}{first}"
    of_pack = met_in_words(met._replace(templates="Pack"), is_of_first=False)
    begins, _, ends = of_pack.partition(": ")
    assert re.search("contracts? of Pack (that )?(was|were) open", ends)
    assert of_pack.replace(" of Pack", "") == met_in_words(met, is_of_first=False)


# --------------------------------------------------------------------- from what to what


def test_what_is_set_for_all_holds_before_the_change_too(base: Scenario) -> None:
    offering = standing(base.with_({"templates.Pack.price": 1000}))
    [revised] = revisions_of(
        offering, alternatives_to(offering, {"eight": EIGHT}), "new", DAY
    ).values()
    assert revised.base.templates["Pack"].price == 1000
    assert revised.model.templates["Pack"].price == 1260


def test_an_alternative_from_a_file_of_its_own_is_a_revision_of_the_base(
    base: Scenario, tmp_path: Path
) -> None:
    place = tmp_path / "eight.yaml"
    place.write_text(BASE.replace("total_terms: 10", "total_terms: 8"), encoding="utf-8")
    others = {"eight": Scenario.load(place)}
    [revised] = revisions_of(base, others, "at_renewal").values()
    assert revised.base == base.model
    assert revised.model.templates["Pack"].total_terms == 8


def test_a_revision_comes_back_from_its_text(base: Scenario) -> None:
    revised = base.with_(EIGHT | {"revision": {"applies": "all", "from": DAY}})
    back = Scenario.parse(revised.text, base_text=revised.base_text)
    assert (back.model, back.base, back.hash) == (revised.model, revised.base, revised.hash)


def test_another_way_to_meet_the_book_is_another_hash(base: Scenario) -> None:
    ways = ({"applies": "new"}, {"applies": "all"}, {"applies": "all", "from": DAY})
    hashes = {base.with_(EIGHT | {"revision": way}).hash for way in ways}
    assert len(hashes) == 3


# -------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"applies": "some"}, "unknown way to apply a change 'some'; known: new, at_renewal, all"),
        ({"from_": DAY}, "from_ is the day of a change that 'applies' to contracts"),
    ],
)
def test_a_way_that_there_is_not_is_refused(
    base: Scenario, how: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        what_if(base, {"eight": EIGHT}, **how)


def test_a_change_that_sells_the_same_meets_no_contract(base: Scenario) -> None:
    dearer = {"money.hour_costs": 70}
    with pytest.raises(RunError, match="the alternative a sells what the base sells, so that"):
        what_if(base, {"a": dearer}, applies="new")


@pytest.mark.parametrize("day", [dt.date(2023, 12, 31), dt.date(2025, 12, 31)])
def test_a_day_outside_of_the_run_is_refused_where_it_is_written(
    base: Scenario, day: dt.date
) -> None:
    message = (
        f"--set revision.from={day}:1:15: revision.from: is {day}, but the run goes from "
        "2024-01-01 to 2025-12-30; write a day of it"
    )
    with pytest.raises(DocumentError) as refusal:
        what_if(base, {"eight": EIGHT}, applies="new", from_=day)
    assert str(refusal.value) == message


@pytest.mark.parametrize("day", [dt.date(2024, 1, 1), dt.date(2025, 12, 30)])
def test_the_first_and_the_last_day_are_days_of_the_run(base: Scenario, day: dt.date) -> None:
    assert (
        base.with_(EIGHT | {"revision": {"applies": "new", "from": day}}).model.revised_from == day
    )


def test_a_template_that_was_sold_before_stays(base: Scenario) -> None:
    other = {"Small": {"total_terms": 5}}
    changes = {"templates": other, "segments.callers.holds": [{"template": "Small"}]}
    with pytest.raises(
        DocumentError, match="lack 'Pack', of which contracts were sold before 2024"
    ):
        base.with_(changes | {"revision": {"applies": "new", "from": DAY}})


def test_offerings_of_a_sweep_meet_the_book_where_the_base_says_so(base: Scenario) -> None:
    """The base is then a revision in which nothing changes."""
    revised = Scenario.parse(f"{BASE}revision: {{ applies: new, from: 2025-12-30 }}\n")
    designs = [{"templates.Pack.price": [1500, 9000]}]
    frame = sweep(revised, designs, 3, metrics=["bookings"]).frame()
    assert frame["name"].tolist() == ["base", "price=1500", "price=9000"]
    assert frame["mean"].nunique() == 1
    at_once = {"revision.from": [None], "templates.Pack.price": [1500, 9000]}
    _, same, dearer = sweep(revised, [at_once], 3, metrics=["bookings"]).frame()["mean"]
    assert dearer == 6 * same


def test_a_search_finds_what_is_best_from_the_day_on(base: Scenario) -> None:
    terms = {"templates.Pack.total_terms": [6, 14]}
    found = {}
    for day in ("2024-01-01", "2025-12-30"):
        revised = Scenario.parse(f"{BASE}revision: {{ applies: new, from: {day} }}\n")
        points = search(revised, terms, "-refused", replications=5).points()
        found[day] = points["refused"].astype(float).tolist()
    small, large = found["2024-01-01"]
    assert small > large
    assert len(set(found["2025-12-30"])) == 1
