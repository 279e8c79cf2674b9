"""For every field of a scenario: a small scenario, two values of the field, and what they change.

``MATTERS`` has one entry for each field, by its path without the names that the author makes up
(``segments.holds.share``). The kinds of distributions stand once, as ``distribution.…``, at the
place of billable minutes.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from lived import Tables, lived, merged

from entitlement_sim import DocumentError, Scenario, scorecard, simulate
from entitlement_sim.inference import check_expectations, churn_cost
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import Booking, CaseEvent, HappenedCase, HappenedCustomer
from entitlement_sim.rules.words import Action, CaseMove
from entitlement_sim.targets import TARGETS

#: What a measure does from the first value to the second, where its values are left to chance.
RISES = "rises"
FALLS = "falls"
#: What a measure does where another value draws everything anew.
MOVES = "moves"

Make = Callable[[], Scenario]

BASE: dict[str, Any] = {
    "scenario": "small",
    "calendar": {"start": pd.Timestamp("2025-01-01").date(), "days": 60},
    "products": ["A", "B"],
    "slas": {"gold": {"resolve_hours": 1}},
    "templates": {
        "Pack": {"total_terms": 10, "term": {"days": 20}},
        "Big": {"total_terms": 50, "term": {"days": 50}},
    },
    "segments": {
        "all": {
            "customers": 40,
            "cases": {"per_year": 100},
            "holds": [{"template": "Pack"}],
            "resolve_hours": {"fixed": 1},
            "reopened": 0,
            "renewal": {"inclination": {"constant": 1}},
        }
    },
}


class Matter(NamedTuple):
    """How a field matters.

    Attributes
    ----------
    first, second : object
        Two values of the field; the first is the default where it has one that fits.
    measure : callable
        What is looked at, from a function that makes the scenario.
    says : tuple of two, RISES or FALLS
        What the measure is with either value, or where it moves.
    base : dict
        How the scenario differs from BASE.
    where : str
        Path of the field in the scenario, where it is not the usual one.
    """

    first: Any
    second: Any
    measure: Callable[[Make], Any]
    says: tuple[Any, Any] | str
    base: dict[str, Any] = {}  # noqa: RUF012
    where: str = ""


def usual_place(field: str) -> str:
    """Path of a field in BASE: ``segments.all.holds[0].share`` for ``segments.holds.share``."""
    place = field.replace("distribution.", "segments.billable_minutes.")
    for names, name in (("segments", "all"), ("templates", "Pack"), ("slas", "gold")):
        place = re.sub(rf"^{names}\.", f"{names}.{name}.", place)
    return re.sub(r"\b(holds|holidays|bursts|mixture)\.", r"\1[0].", place)


def look(at: Callable[[Tables], Any]) -> Callable[[Make], Any]:
    """Look at the tables of a scenario."""
    return lambda make: at(lived(make()))


def remaining_after(*moves: CaseMove) -> Callable[[Make], Any]:
    """Look at what a pack has left of its terms after a case of a history and what it goes through.

    Nothing that is simulated marks an open case do-not-decrement; histories do.
    """

    def left(make: Make) -> int:
        model = make().model
        first = (model.calendar.start - dt.date(1970, 1, 1)).days
        bookings = [
            Booking(first, Action.CREATE, start=first, end=first + 20),
            Booking(first, Action.ACTIVATE, entitlement=0),
        ]
        minute = first * 1440
        events = [CaseEvent(minute + number, move) for number, move in enumerate(moves, start=1)]
        case = HappenedCase(minute, events, wants=0)
        block = replay(model, [HappenedCustomer(first, bookings, [case])]).block()
        return int(block["entitlements"]["remaining_terms"][0])

    return left


def prices_once_dearer(make: Make) -> set[float]:
    """Look at what contracts cost where the pack is dearer than in the base."""
    dearer = make().with_({"templates.Pack.price": 7})
    return set(lived(dearer)["entitlements"]["price"])


def values(table: str, column: str) -> Callable[[Make], Any]:
    """Look at the different values of a column."""
    return look(lambda tables: set(tables[table][column].dropna()))


def count(table: str) -> Callable[[Make], Any]:
    """Look at how many rows a table has."""
    return look(lambda tables: len(tables[table]))


def days_between(first: str, second: str) -> Callable[[Make], Any]:
    """Look at the different numbers of days between two columns of entitlements."""

    def at(tables: Tables) -> set[int]:
        rows = tables["entitlements"].merge(tables["customers"], on="customer_id")
        return set((rows[second] - rows[first]).dropna().dt.days)

    return look(at)


def _successors(tables: Tables) -> pd.DataFrame:
    entitlements = tables["entitlements"]
    return entitlements.merge(
        entitlements, left_on="predecessor_id", right_on="entitlement_id", suffixes=("", "_old")
    )


def _covered(tables: Tables) -> pd.DataFrame:
    return tables["cases"][tables["cases"]["outcome"] == "covered"]


def gaps(first: str, second: str) -> Callable[[Make], Any]:
    """Look at the different numbers of days from a day of the old one to one of its successor."""

    def at(tables: Tables) -> set[int]:
        rows = _successors(tables)
        return set((rows[second] - rows[f"{first}_old"]).dt.days)

    return look(at)


def minutes_of_day(table: str, column: str) -> Callable[[Make], Any]:
    """Look at the different minutes of the day in a column."""

    def at(tables: Tables) -> set[int]:
        times = tables[table][column].dropna()
        return set(times.dt.hour * 60 + times.dt.minute)

    return look(at)


def hours_between(table: str, first: str, second: str) -> Callable[[Make], Any]:
    """Look at the different numbers of hours between two columns."""
    return look(
        lambda tables: set(
            (tables[table][second] - tables[table][first]).dropna() / pd.Timedelta(hours=1)
        )
    )


def share_of_cases(of: Callable[[Any], Any]) -> Callable[[Make], Any]:
    """Look at the share of the cases that were created on such days."""
    return look(lambda tables: of(tables["cases"]["created_at"].dt).mean())


def amounts(reason: str) -> Callable[[Make], Any]:
    """Look at the different movements of balances for a reason."""
    return look(
        lambda tables: set(tables["ledger"]["amount"][tables["ledger"]["reason"] == reason])
    )


def moved(reason: str) -> Callable[[Make], Any]:
    """Look at what all movements of balances for a reason come to."""
    return look(
        lambda tables: tables["ledger"]["amount"][tables["ledger"]["reason"] == reason].sum()
    )


def longest_carried(tables: Tables) -> int:
    """Days of the longest block that was carried over, its last one left out."""
    carried = tables["balances"][tables["balances"]["kind"] == "carried"]
    return int((carried["ends"] - carried["starts"]).dt.days.max())


def longest_topped_up(tables: Tables) -> int:
    """Days of the longest top-up, its last one left out."""
    added = tables["balances"][tables["balances"]["kind"] == "topup"]
    return int((added["ends"] - added["starts"]).dt.days.max())


def early(column: str) -> Callable[[Make], Any]:
    """Look at the different values of cases that came days before the end of the run."""

    def at(tables: Tables) -> set[Any]:
        cases = tables["cases"]
        return set(cases[column][cases["created_at"] < pd.Timestamp("2025-02-20")].dropna())

    return look(at)


def covering(make: Make) -> set[str]:
    """Templates of the entitlements that cover cases."""
    tables = lived(make())
    return set(tables["cases"].merge(tables["entitlements"], on="entitlement_id")["template"])


def templates_renewed_into(make: Make) -> set[str]:
    """Templates of renewals."""
    return set(_successors(lived(make()))["template"])


def renewed_share(make: Make) -> float:
    """Share of the ended entitlements that were renewed."""
    tables = lived(make())
    return len(_successors(tables)) / int(tables["entitlements"]["ended_on"].notna().sum())


def amendment_stays(make: Make) -> set[int]:
    """Days that amendments kept entitlements in draft."""
    changes = lived(make())["transitions"]
    following = changes.groupby("entitlement_id").shift(-1)
    stays = (following["on_date"] - changes["on_date"])[changes["trigger"] == "deactivated"]
    return set(stays.dropna().dt.days)


def name_of_run(make: Make) -> str:
    """Name of the scenario in the run's books."""
    with simulate(make()) as run:
        return str(run.sql("SELECT scenario FROM run").iloc[0, 0])


def description_of_run(make: Make) -> str:
    """Description in the scenario that the run keeps."""
    with simulate(make()) as run:
        return Scenario.parse(run.sql("SELECT scenario_yaml FROM run").iloc[0, 0]).model.description


def currency_of_run(make: Make) -> str | None:
    """Currency that the run writes its amounts with."""
    with simulate(make()) as run:
        return run.currency


def price_of_overage(make: Make) -> float:
    """Price of what goes over, in the run's books."""
    with simulate(make()) as run:
        return float(run.sql("SELECT max(overage_price) FROM templates").iloc[0, 0])


def refunded(make: Make) -> bool:
    """Whether anything is given back."""
    with simulate(make()) as run:
        return bool(run.sql("SELECT max(refunded) FROM entitlement_facts").iloc[0, 0] > 0)


def seed_of_run(make: Make) -> int:
    """Seed that draws the same rates of customers as the scenario does by itself."""
    with simulate(make()) as run:
        rates = run.sql("SELECT cases_per_year FROM customers")["cases_per_year"].to_numpy()
    return next(
        seed
        for seed in (1, 2)
        if np.array_equal(lived(make(), seed)["customers"]["cases_per_year"], rates)
    )


#: One row of the scorecard, declared.
DECLARED: dict[str, Any] = {"scorecard": [{"row": "weekend_share"}]}


def declared(column: str) -> Callable[[Make], Any]:
    """Look at a column of the scorecard where the scenario declares a row."""

    def at(make: Make) -> set[Any]:
        with simulate(make()) as run:
            card = scorecard(run)
        values = card[column][card["declared"]]
        return {None if value is None else value for value in values}

    return at


#: A pack that refuses what is beyond few terms, and nobody works on that.
SHORT: dict[str, Any] = {
    "templates": {"Pack": {"total_terms": 3, "restrict": True, "decrease_on": "creation"}},
    "segments": {"all": {"turned_away": 1}},
}


def expecting(*, of_template: bool = False, **said: Any) -> dict[str, Any]:
    """Let the scenario, or its pack, expect something, and sell to a second segment, too."""
    part = {"expect": {"refused_before": 1, "at_most": 0.1} | said}
    part["expect"] = {key: value for key, value in part["expect"].items() if value is not None}
    second = {"segments": {"others": BASE["segments"]["all"] | {"customers": 3}}}
    own = {"templates": {"Pack": part}} if of_template else part
    return merged(merged(SHORT, second), own)


def checked(column: str) -> Callable[[Make], Any]:
    """Look at what is said of the one expectation of a scenario."""
    return lambda make: check_expectations(make(), 2, threads=1).frame()[column].iloc[0]


def expectations(place: str) -> dict[str, Matter]:
    """Return the entries of an expectation: of the scenario, or of its templates."""
    of = {"of_template": place != "expect"}
    by_itself = {"refused_before": None}
    return {
        f"{place}.{name}": matter
        for name, matter in {
            "turned_away_before": Matter(
                0.1, 1, checked("happened"), RISES, expecting(**of, **by_itself)
            ),
            "refused_before": Matter(0.1, 1, checked("happened"), RISES, expecting(**of)),
            "exhausted_before": Matter(
                0.1, 1, checked("happened"), RISES, expecting(**of, **by_itself)
            ),
            "share_of": Matter(
                "customers", "contracts", checked("counted"), RISES, expecting(**of)
            ),
            "at_most": Matter(
                0, 1, checked("verdict"), ("does not hold", "holds"), expecting(**of)
            ),
            "at_least": Matter(
                0, 1, checked("verdict"), ("holds", "does not hold"),
                expecting(**of, at_most=None, refused_before=0.3),
            ),
            "sure": Matter(
                0.95, 0.6, checked("high"), FALLS, expecting(**of, refused_before=0.3)
            ),
            "template": Matter(
                None, "Pack" if of["of_template"] else "Big",
                is_accepted if of["of_template"] else checked("counted"),
                (True, False) if of["of_template"] else FALLS, expecting(**of),
            ),
            "segment": Matter(None, "others", checked("counted"), FALLS, expecting(**of)),
        }.items()
    }  # fmt: skip


def is_accepted(make: Make) -> bool:
    """Whether there can be such a scenario."""
    try:
        make()
    except DocumentError:
        return False
    return True


def dispersion(tables: Tables) -> float:
    """Variance of the days' numbers of cases over their mean."""
    counts = np.bincount(tables["cases"]["created_at"].dt.day_of_year, minlength=61)[1:]
    return float(counts.var() / counts.mean())


def change_by_week(tables: Tables) -> float:
    """Mean change of the logarithm of a week's number of cases from one week to the next."""
    weeks = tables["cases"]["created_at"].dt.isocalendar()
    counts = weeks.groupby(["year", "week"]).size().to_numpy()
    return float(np.abs(np.diff(np.log(counts[1:-1]))).mean())


def largest_share(tables: Tables) -> float:
    """Share of the cases that the customer with the most has."""
    counts = tables["cases"].groupby("customer_id").size()
    return float(counts.max() / counts.sum())


def products_of_a_customer(tables: Tables) -> float:
    """Share of a customer's cases that are about its most frequent product, on average."""
    counts = tables["cases"].groupby("customer_id")["product"].value_counts(normalize=True)
    return float(counts.groupby("customer_id").max().mean())


def close_together(tables: Tables) -> float:
    """Share of a customer's gaps between cases that are shorter than an hour."""
    gaps = tables["cases"].groupby("customer_id")["created_at"].diff().dropna()
    return float((gaps < pd.Timedelta(hours=1)).mean())


def days_without_cases(tables: Tables) -> set[str]:
    """Days of the run on which no case came."""
    days = pd.date_range("2025-01-01", periods=60).strftime("%Y-%m-%d")
    return set(days) - set(tables["cases"]["created_at"].dt.strftime("%Y-%m-%d"))


def segment(**says: Any) -> dict[str, Any]:
    """How a scenario differs in its segment."""
    return {"segments": {"all": says}}


def with_step() -> dict[str, Any]:
    """How a scenario differs that has a break in its level."""
    return {"calendar": {"level": {"steps": [{"date": "2025-01-15", "factor": 0}]}}}


def pack(**says: Any) -> dict[str, Any]:
    """How a scenario differs in its template."""
    return {"templates": {"Pack": says}}


def weekly(**says: Any) -> dict[str, Any]:
    """How a scenario differs in which the template grants something every week."""
    every = {"terms": 3, "every": {"days": 7}}
    return pack(total_terms=None, decrease_on="creation", allowance=every | says)


def renewal(**says: Any) -> dict[str, Any]:
    """How a scenario without cases differs in its renewals."""
    return segment(renewal=says, cases={"per_year": 0})


AT_THREE = {"calendar": {"hours": [0, 0, 0, 1] + [0] * 20}}
ONCE = segment(renewal={"inclination": {"constant": 0}})
YEAR = {"calendar": {"days": 365}}
PROMISED = pack(sla="gold")
SEVERE = {
    "slas": {"gold": {"severity": {1: {"resolve_hours": 1}}}},
    **segment(severities={1: 1}),
}
SPENDING = {
    **pack(price={"of_spend": {"up_to": {100: 0.5}, "above": 0.1}}),
    **segment(spend={"fixed": 200}),
}
DISCOUNTED = {
    **pack(price=100),
    **segment(holds=[{"template": "Pack", "discount": {"off": 0.2}}]),
}
ANSWERING = {
    **pack(price=200),
    **segment(
        holds=[{"template": "Pack", "share": 0.5}],
        answers_price={"reference": 100, "buying": -1, "renewing": -0.5},
    ),
}
OVER = pack(overage={"price": 40})
HOURS = {**pack(allocation="hours"), **segment(billable_minutes={"fixed": 6})}
USED_UP = pack(total_terms=2, restrict=True, decrease_on="creation")
#: What is bought where a pack is used up: another one, unless it adds to that.
ADDED = {"total_terms": 3, "adds_to": ["Pack"]}
TOPPED_UP = {
    "templates": {"Pack": USED_UP["templates"]["Pack"], "More": {"total_terms": 3}},
    **segment(buys_more={"when": {"left": 1}, "share": 1, "template": "More"}),
}
INCIDENTS = {
    "bursts": [{"product": "A", "per_year": 100, "hits": 1, "cases": 2, "over_hours": 1}],
    **segment(products={"A": 1, "B": 1}, cases={"per_year": 0}),
}
BILLED = values("cases", "billable_minutes")
MEAN_BILLED = look(lambda tables: tables["cases"]["billable_minutes"].astype(float).mean())
RESPONDED = {
    **PROMISED,
    "slas": {"gold": {"first_response_hours": 1, "resolve_hours": 8}},
    **segment(respond_hours={"fixed": 0.5}, resolve_hours={"fixed": 90}),
}
LAST_CASE = look(lambda tables: tables["cases"]["created_at"].dt.day_of_year.max())
CREATED = days_between("joined_on", "created_on")
LEAD = days_between("created_on", "start_date")
ALLOTTED_AT = minutes_of_day("ledger", "happened_at")


def reckoned(query: str) -> Callable[[Make], float]:
    """Return what measures a number that views reckon with the money of a run."""

    def measure(make: Make) -> float:
        with simulate(make()) as run:
            return round(float(run.sql(query).iloc[0, 0]), 2)

    return measure


def residual_margin(make: Make) -> float:
    """Margin that those who left were expected to bring."""
    with simulate(make()) as run:
        return float(churn_cost(run)["residual_margin"].sum())


#: Twenty days of forty customers; half hold nothing, and one of two of their cases is turned
#: away. Each case takes an hour.
PRICED: dict[str, Any] = {
    "money": {"hour_costs": 60},
    "calendar": {"days": 20},
    "templates": {"Pack": {"price": 200}},
    "segments": {
        "all": {
            "holds": [{"template": "Pack", "share": 0.5}],
            "turned_away": 0.5,
            "billable_minutes": {"fixed": 60},
        }
    },
}


def also(*differences: dict[str, Any]) -> dict[str, Any]:
    """Put differences together; each is about another part."""
    together: dict[str, Any] = {}
    for one in differences:
        together |= one
    return together


MATTERS: dict[str, Matter] = {
    "scenario": Matter("here", "there", name_of_run, ("here", "there")),
    "description": Matter("", "busy", description_of_run, ("", "busy")),
    "seed": Matter(1, 2, seed_of_run, (1, 2), segment(cases={"per_year": 9, "shape": 1})),
    "currency": Matter(None, "EUR", currency_of_run, (None, "EUR")),
    # ------------------------------------------------------------------- calendar
    "calendar.start": Matter(
        "2025-01-01", "2025-02-01",
        look(lambda tables: str(tables["customers"]["joined_on"].min().date())),
        ("2025-01-01", "2025-02-01"),
    ),
    "calendar.days": Matter(20, 60, count("entitlements"), (40, 120)),
    "calendar.zone": Matter(
        "UTC", "Asia/Kolkata", ALLOTTED_AT, ({0}, {330}),
        also({"rules": {"utc_midnight_mode": True}}, segment(cases={"per_year": 0})),
    ),
    "calendar.weekdays": Matter(
        [1] * 7, [0, 1, 0, 0, 0, 1, 0],
        look(lambda tables: set(tables["cases"]["created_at"].dt.day_of_week)),
        (set(range(7)), {1, 5}),
    ),
    "calendar.hours": Matter(
        [1] * 24, [0] * 8 + [1, 2] + [0] * 14,
        look(lambda tables: set(tables["cases"]["created_at"].dt.hour)), (set(range(24)), {8, 9}),
    ),
    "calendar.season.amplitude": Matter(
        0, 0.9, share_of_cases(lambda days: days.month <= 2), RISES, YEAR
    ),
    "calendar.season.peak": Matter(
        "01-15", "07-15", share_of_cases(lambda days: days.month <= 2), FALLS,
        {"calendar": {"days": 365, "season": {"amplitude": 0.9}}},
    ),
    "calendar.growth": Matter(0, 4, share_of_cases(lambda days: days.month > 6), RISES, YEAR),
    "calendar.day_spread": Matter(0, 2, look(dispersion), RISES),
    "calendar.holidays.date": Matter(
        "2025-01-10", "2025-01-11", look(days_without_cases), ({"2025-01-10"}, {"2025-01-11"}),
        also(
            {"calendar": {"holidays": [{"date": "2025-01-10", "factor": 0}]}},
            segment(cases={"per_year": 500}),
        ),
    ),
    "calendar.holidays.factor": Matter(
        0.15, 5, share_of_cases(lambda days: days.day_of_year == 10), RISES,
        {"calendar": {"holidays": [{"date": "2025-01-10"}]}},
    ),
    "calendar.level.sd": Matter(0, 2, look(dispersion), RISES),
    "calendar.level.half_life_days": Matter(
        1, 20_000, look(change_by_week), FALLS,
        {"calendar": {"days": 300, "level": {"sd": 1.5}}},
    ),
    "calendar.level.steps.date": Matter(
        "2025-01-10", "2025-01-20", count("cases"), RISES, with_step(),
        "calendar.level.steps[0].date",
    ),
    "calendar.level.steps.factor": Matter(
        0, 3, count("cases"), RISES, with_step(), "calendar.level.steps[0].factor"
    ),
    "calendar.level.steps.segment": Matter(
        "all", "other", count("cases"), RISES,
        also(with_step(), {"segments": {"other": {"customers": 0, "cases": {"per_year": 0}}}}),
        "calendar.level.steps[0].segment",
    ),
    "calendar.business_hours.days": Matter(
        ["mon", "tue", "wed", "thu", "fri"], ["sun"],
        look(lambda tables: set(tables["cases"]["sla_due_at"].dropna().dt.day_of_week)),
        ({0, 1, 2, 3, 4}, {6}), PROMISED,
    ),
    "calendar.business_hours.opens": Matter(
        "09:00", "10:30", minutes_of_day("cases", "sla_due_at"), ({600}, {690}),
        also(AT_THREE, PROMISED),
    ),
    "calendar.business_hours.closes": Matter(
        "17:00", "12:00", minutes_of_day("cases", "sla_due_at"), ({780}, {600}),
        also(AT_THREE, PROMISED, {"slas": {"gold": {"resolve_hours": 4}}}),
    ),
    "calendar.business_hours.on_holidays": Matter(
        False, True,
        look(lambda tables: tables["cases"]["sla_due_at"].dt.day.min()), (2, 1),
        also(AT_THREE, PROMISED, {"calendar": {"days": 1, "holidays": [{"date": "2025-01-01"}]}}),
    ),
    # ------------------------------------------------- products and service levels
    "products": Matter(
        ["A", "B"], ["B", "A"], values("cases", "product_id"), ({1}, {2}),
        segment(products={"A": 1}),
    ),
    "slas.clock": Matter(
        "working", "always",
        look(lambda tables: set(tables["cases"]["sla_due_at"].dropna().dt.hour)), ({10}, {4}),
        also(AT_THREE, PROMISED),
    ),
    "slas.first_response_hours": Matter(
        None, 0.5, minutes_of_day("cases", "response_due_at"), (set(), {570}),
        also(AT_THREE, PROMISED),
    ),
    "slas.resolve_hours": Matter(
        1, 2.5, minutes_of_day("cases", "sla_due_at"), ({600}, {690}), also(AT_THREE, PROMISED)
    ),
    "slas.severity.first_response_hours": Matter(
        None, 0.5, minutes_of_day("cases", "response_due_at"), (set(), {570}),
        also(AT_THREE, PROMISED, SEVERE), "slas.gold.severity[1].first_response_hours",
    ),
    "slas.severity.resolve_hours": Matter(
        1, 2.5, minutes_of_day("cases", "sla_due_at"), ({600}, {690}),
        also(AT_THREE, PROMISED, SEVERE), "slas.gold.severity[1].resolve_hours",
    ),
    # ------------------------------------------------------------------ templates
    "templates.allocation": Matter(
        "cases", "hours", amounts("consume"), ({-1}, {-0.5}),
        segment(billable_minutes={"fixed": 30}),
    ),
    "templates.total_terms": Matter(10, 12, values("entitlements", "total_terms"), ({10}, {12})),
    "templates.allowance.terms": Matter(
        3, 5, values("balances", "total_terms"), ({3}, {5}), weekly()
    ),
    "templates.allowance.every.days": Matter(
        {"days": 7}, "month", count("balances"), FALLS, weekly(),
        where="templates.Pack.allowance.every",
    ),
    "templates.allowance.anchor": Matter(
        "start", "calendar", count("balances"), RISES, weekly(every="month")
    ),
    "templates.allowance.first": Matter(
        "whole", "prorated", moved("allot"), FALLS, weekly(every="month", anchor="calendar")
    ),
    "templates.allowance.last": Matter("whole", "prorated", moved("allot"), FALLS, weekly()),
    "templates.allowance.carry.at_most": Matter(
        None, 1, moved("rollover_in"), FALLS, weekly(carry={})
    ),
    "templates.allowance.carry.share": Matter(
        None, 0.4, moved("rollover_in"), FALLS, weekly(carry={})
    ),
    "templates.allowance.carry.for": Matter(1, 2, look(longest_carried), RISES, weekly(carry={})),
    "templates.allowance.carry.burns": Matter(
        "first", "last", moved("expire"), FALLS, weekly(carry={})
    ),
    "templates.overage.price": Matter(0, 40, price_of_overage, (0, 40), pack(overage={})),
    "templates.overage.at_most": Matter(
        None, 1, moved("overage"), FALLS, merged(pack(total_terms=3), OVER)
    ),
    "templates.overage.free": Matter(
        0, 1, moved("overage"), FALLS, merged(pack(total_terms=3), OVER)
    ),
    "templates.overage.debt": Matter(
        "billed", "carried", moved("overage"), FALLS,
        merged(weekly(terms=1), OVER),
    ),
    "templates.priority": Matter(
        100, 1, covering, ({"Big"}, {"Pack"}),
        also(
            {"calendar": BASE["calendar"] | {"days": 19}},
            segment(holds=[{"template": "Big"}, {"template": "Pack"}], picks=["priority"]),
        ),
    ),
    "templates.adds_to": Matter(
        None, ["Pack"], moved("topup"), RISES, TOPPED_UP, "templates.More.adds_to"
    ),
    "templates.ends": Matter(
        None, "own", look(longest_topped_up), FALLS,
        merged(TOPPED_UP, {"templates": {"Pack": {"term": {"days": 500}}, "More": ADDED}}),
        "templates.More.ends",
    ),
    "templates.minutes.at_least": Matter(
        0, 15, amounts("consume"), ({-0.1}, {-0.25}), merged(HOURS, pack(minutes={"step": 1}))
    ),
    "templates.minutes.step": Matter(
        1, 15, amounts("consume"), ({-0.1}, {-0.25}), merged(HOURS, pack(minutes={"at_least": 0}))
    ),
    "templates.weighs.outside_hours": Matter(
        None, 2, amounts("consume"), ({-1}, {-1, -2}), pack(weighs={"weekend": 1})
    ),
    "templates.weighs.weekend": Matter(
        None, 2, amounts("consume"), ({-1}, {-1, -2}), pack(weighs={"outside_hours": 1})
    ),
    "templates.weighs.holiday": Matter(
        None, 2, amounts("consume"), ({-1}, {-1, -2}),
        also(
            pack(weighs={"outside_hours": 1}),
            {"calendar": {"holidays": [{"date": "2025-01-06", "factor": 1}]}},
        ),
    ),
    "templates.weighs.severity": Matter(
        {}, {2: 3}, amounts("consume"), ({-1}, {-1, -3}),
        also(pack(weighs={"outside_hours": 1}), segment(severities={1: 1, 2: 1})),
    ),
    "templates.decrease_on": Matter(
        "resolution", "creation", amounts("consume"), (set(), {-1}),
        segment(resolve_hours={"fixed": 9000}),
    ),
    "templates.restrict": Matter(
        False, True, values("cases", "refusal"), (set(), {"CannotCreateCase"}),
        pack(total_terms=0),
    ),
    "templates.term.days": Matter(20, 10, days_between("start_date", "end_date"), ({19}, {9})),
    "templates.term.months": Matter(
        1, 2, days_between("start_date", "end_date"), ({30}, {58}),
        also(pack(term={"days": None, "months": 1}), {"calendar": BASE["calendar"] | {"days": 30}}),
    ),
    "templates.term.years": Matter(
        1, 2, days_between("start_date", "end_date"), ({364}, {729}), pack(term={"days": None})
    ),
    "templates.term.open": Matter(
        {"days": 20}, "open", count("entitlements"), FALLS, where="templates.Pack.term"
    ),
    "templates.term.until": Matter(
        "01-31", "03-31", values("entitlements", "end_date"),
        ({pd.Timestamp("2025-01-31")}, {pd.Timestamp("2025-03-31")}),
        also(ONCE, pack(term={"days": None})),
    ),
    "templates.term.from": Matter(
        dt.date(2025, 1, 1), dt.date(2025, 1, 11), values("entitlements", "start_date"),
        ({pd.Timestamp("2025-01-01")}, {pd.Timestamp("2025-01-11")}),
        also(ONCE, pack(term={"days": None, "until": dt.date(2025, 1, 31)})),
    ),
    "templates.channels": Matter(
        {}, {"email": 3}, values("entitlement_channels", "total_terms"), (set(), {3})
    ),
    "templates.products": Matter(
        [], ["B"], values("cases", "outcome"), ({"covered"}, {"uncovered"}),
        segment(products={"A": 1}),
    ),
    "templates.contacts": Matter(
        None, 2,
        look(lambda tables: set(_covered(tables)["contact"])),
        ({0, 1, 2, 3}, {0, 1}), segment(contacts=4),
    ),
    "templates.price.amount": Matter(
        0, 99.5, values("entitlements", "price"), ({0}, {99.5}), where="templates.Pack.price"
    ),
    "templates.price.every": Matter(
        "year", "month", values("entitlements", "price"), ({3.35}, {39.45}),
        also(ONCE, pack(price={"amount": 61.15})),
    ),
    "templates.price.of_spend.up_to": Matter(
        {100: 0.5}, {100: 0.25}, values("entitlements", "price"), ({60}, {35}), SPENDING
    ),
    "templates.price.of_spend.above": Matter(
        0.1, 0.2, values("entitlements", "price"), ({60}, {70}), SPENDING
    ),
    "templates.price.of_spend.at_least": Matter(
        0, 80, values("entitlements", "price"), ({60}, {80}), SPENDING
    ),
    "templates.prorate": Matter(
        "nothing", "both", values("entitlements", "total_terms"), ({10}, {8}),
        also(ONCE, pack(term={"days": None, "until": "10-31"})),
    ),
    "templates.refund": Matter(
        "none", "unused", refunded, (False, True),
        also(pack(price=100), segment(cancellation={"per_year": 100})),
    ),
    "templates.renews.itself": Matter(
        False, True, gaps("ended_on", "created_on"), ({3}, {0}),
        also(pack(renews={"rise": 0.1}), renewal(late={"share": 1, "days": {"fixed": 3}})),
    ),
    "templates.renews.notice.days": Matter(
        1, 9, days_between("decided_on", "end_date"), ({1}, {9}), pack(renews={"itself": True})
    ),
    "templates.renews.rise": Matter(
        0, 0.1, values("entitlements", "price"), ({100}, {100, 110, 121}),
        pack(price=100, renews={"itself": True}),
    ),
    "templates.renews.into": Matter(
        None, "Big", templates_renewed_into, ({"Pack"}, {"Big"}), pack(renews={"itself": True})
    ),
    "templates.sla": Matter(
        None, "gold", minutes_of_day("cases", "sla_due_at"), (set(), {600}), AT_THREE
    ),
    "templates.moves_up_to": Matter(
        None, "Big", templates_renewed_into, ({"Pack"}, {"Big"}),
        renewal(up_above=0, down_below=0),
    ),
    "templates.moves_down_to": Matter(
        None, "Big", templates_renewed_into, ({"Pack"}, {"Big"}), renewal()
    ),
    **expectations("templates.expect"),
    # ------------------------------------------------------------------- segments
    "segments.customers": Matter(40, 41, count("customers"), (40, 41)),
    "segments.drawn_as": Matter(
        None, "other", look(lambda tables: list(tables["cases"]["created_at"])), MOVES
    ),
    "segments.joins.at_start": Matter(
        1, 0, look(lambda tables: tables["customers"]["joined_on"].nunique()), RISES
    ),
    "segments.joins.over_days": Matter(
        None, 3, look(lambda tables: tables["customers"]["joined_on"].nunique()), FALLS,
        segment(joins={"at_start": 0}),
    ),
    "segments.holds.template": Matter(
        "Pack", "Big", values("entitlements", "template"), ({"Pack"}, {"Big"})
    ),
    "segments.holds.share": Matter(1, 0, count("entitlements"), (120, 0)),
    "segments.holds.sold_after_days.least": Matter(
        0, 5, CREATED, (set(range(6)), {5}),
        segment(
            customers=300,
            cases={"per_year": 0},
            holds=[{"template": "Big", "sold_after_days": {"most": 5}}],
            renewal={"inclination": {"constant": 0}},
        ),
    ),
    "segments.holds.sold_after_days.most": Matter(
        0, 3, CREATED, ({0}, set(range(4))),
        segment(
            customers=300,
            cases={"per_year": 0},
            holds=[{"template": "Big"}],
            renewal={"inclination": {"constant": 0}},
        ),
    ),
    "segments.holds.lead_days.least": Matter(
        0, 5, LEAD, (set(range(6)), {5}),
        segment(
            customers=300,
            cases={"per_year": 0},
            holds=[{"template": "Big", "lead_days": {"most": 5}}],
            renewal={"inclination": {"constant": 0}},
        ),
    ),
    "segments.holds.lead_days.most": Matter(
        0, 3, LEAD, ({0}, set(range(4))),
        segment(
            customers=300,
            cases={"per_year": 0},
            holds=[{"template": "Big"}],
            renewal={"inclination": {"constant": 0}},
        ),
    ),
    "segments.holds.starts": Matter(
        "after_lead", "with_contract", days_between("start_date", "end_date"), ({49, 19}, {49}),
        segment(
            holds=[{"template": "Pack"}, {"template": "Big"}],
            renewal={"inclination": {"constant": 0}},
        ),
    ),
    "segments.holds.discount.share": Matter(
        1, 0.5, values("entitlements", "price"), ({80}, {80, 100}), DISCOUNTED
    ),
    "segments.holds.discount.off": Matter(
        0, 0.2, values("entitlements", "price"), ({100}, {80}), DISCOUNTED
    ),
    "segments.left_in_draft.share": Matter(
        0, 1, values("transitions", "to_state"), ({"draft", "active", "expired"}, {"draft"})
    ),
    "segments.left_in_draft.days": Matter(
        None, 7, days_between("created_on", "activated_on"), (set(), {7}),
        segment(left_in_draft={"share": 1}),
    ),
    "segments.accounts.each": Matter(
        1, 3, values("cases", "account"), ({1}, {1, 2, 3}), segment(accounts={"each": 2})
    ),
    "segments.accounts.hold": Matter(
        "one", "own", values("entitlements", "account"), (set(), {1, 2}),
        segment(accounts={"each": 2}),
    ),
    "segments.contacts": Matter(1, 3, values("cases", "contact"), ({0}, {0, 1, 2})),
    "segments.cases.per_year": Matter(100, 200, count("cases"), RISES),
    "segments.cases.shape": Matter(
        None, 1, look(lambda tables: tables["customers"]["cases_per_year"].nunique()), (1, 40)
    ),
    "segments.cases.key_accounts.share": Matter(
        0, 0.2, look(lambda tables: tables["customers"]["cases_per_year"].nunique()), (1, 2)
    ),
    "segments.cases.key_accounts.factor": Matter(
        1, 50, look(largest_share), RISES,
        segment(cases={"per_year": 100, "key_accounts": {"share": 0.2}}),
    ),
    "segments.cases.follow_ups.mean": Matter(
        0, 0.8, look(close_together), RISES, segment(cases={"per_year": 100})
    ),
    "segments.cases.follow_ups.hours": Matter(
        {"fixed": 300}, {"fixed": 0.1}, look(close_together), RISES,
        segment(cases={"per_year": 100, "follow_ups": {"mean": 0.5}}),
    ),
    "segments.life.ends": Matter(
        None, {"fixed": 3}, LAST_CASE, (60, 23), segment(renewal={"inclination": {"constant": 0}})
    ),
    "segments.life.never_covered": Matter(
        0, 1, count("entitlements"), FALLS, segment(holds=[{"template": "Big"}])
    ),
    "segments.life.ramp_up_days": Matter(0, 60, count("cases"), FALLS),
    "segments.origins": Matter(
        {"phone": 1}, {"web": 1, "iot": 2}, values("cases", "origin"), ({"phone"}, {"web", "iot"})
    ),
    "segments.products": Matter({}, {"B": 1}, values("cases", "product"), (set(), {"B"})),
    "segments.products_spread": Matter(
        None, 0.5, look(products_of_a_customer), RISES, segment(products={"A": 1, "B": 1})
    ),
    "segments.billable_minutes": Matter({"fixed": 30}, {"fixed": 45}, BILLED, ({30}, {45})),
    "segments.billable_minutes.clock": Matter(
        "elapsed", "working", BILLED, ({90}, {60}),
        also(
            {"calendar": BASE["calendar"] | {"business_hours": "always"}},
            segment(billable_minutes={"fixed": 90}),
        ),
    ),
    "segments.billable_minutes.by_product": Matter(
        {}, {"A": 2}, BILLED, ({30}, {60}),
        segment(products={"A": 1}, billable_minutes={"fixed": 30}),
    ),
    "segments.billable_minutes.by_origin": Matter(
        {}, {"phone": 2}, BILLED, ({30}, {60}), segment(billable_minutes={"fixed": 30})
    ),
    "segments.resolve_hours": Matter(
        {"fixed": 1}, {"fixed": 2.5}, hours_between("cases", "created_at", "resolved_at"),
        ({1}, {2.5}),
    ),
    "segments.resolve_hours.clock": Matter(
        "elapsed", "working", minutes_of_day("cases", "resolved_at"),
        (set(range(240, 300)), {600}), AT_THREE,
    ),
    "segments.resolve_hours.by_product": Matter(
        {}, {"A": 2.5}, hours_between("cases", "created_at", "resolved_at"), ({1}, {2.5}),
        segment(products={"A": 1}),
    ),
    "segments.resolve_hours.by_origin": Matter(
        {}, {"phone": 2.5}, hours_between("cases", "created_at", "resolved_at"), ({1}, {2.5})
    ),
    "segments.respond_hours": Matter(
        {"fixed": 0.5}, {"fixed": 0.75}, hours_between("cases", "created_at", "responded_at"),
        ({0.5}, {0.75}),
        also(PROMISED, {"slas": {"gold": {"first_response_hours": 1, "resolve_hours": 8}}}),
    ),
    "segments.respond_hours.clock": Matter(
        "elapsed", "working", minutes_of_day("cases", "responded_at"),
        (set(range(210, 270)), {570}), also(AT_THREE, RESPONDED),
    ),
    "segments.respond_hours.by_product": Matter(
        {}, {"A": 0.5}, hours_between("cases", "created_at", "responded_at"), ({0.5}, {0.25}),
        merged(RESPONDED, segment(products={"A": 1})),
    ),
    "segments.respond_hours.by_origin": Matter(
        {}, {"phone": 0.5}, hours_between("cases", "created_at", "responded_at"),
        ({0.5}, {0.25}), RESPONDED,
    ),
    "segments.cancelled": Matter(0, 1, early("state"), ({"resolved"}, {"cancelled"})),
    "segments.cancelled_reactivated": Matter(
        0, 1, early("state"), ({"cancelled"}, {"resolved"}),
        segment(cancelled=1, reopened_after_hours={"fixed": 1}),
    ),
    "segments.reopened": Matter(
        0, 1, early("reopened"), ({0}, {7}), segment(reopened_after_hours={"fixed": 1})
    ),
    "segments.reopened_after_hours": Matter(
        {"fixed": 1}, {"fixed": 2.5}, hours_between("reactivations", "ended_at", "happened_at"),
        ({1}, {2.5}), segment(reopened=1),
    ),
    "segments.do_not_decrement": Matter(0, 1, amounts("consume"), ({-1}, set())),
    "segments.picks": Matter(
        "default", "soonest_ending", covering, ({"Big"}, {"Pack"}),
        also(
            {"calendar": BASE["calendar"] | {"days": 19}},
            segment(holds=[{"template": "Big"}, {"template": "Pack"}]),
        ),
    ),
    "segments.buys_more.when.left": Matter(
        1, 3, moved("topup"), RISES,
        merged(TOPPED_UP, {"templates": {"Pack": {"total_terms": 5}, "More": ADDED}}),
    ),
    "segments.buys_more.share": Matter(
        0, 1, moved("topup"), RISES, merged(TOPPED_UP, {"templates": {"More": ADDED}})
    ),
    "segments.buys_more.template": Matter(
        "More", "Much", amounts("topup"), ({3}, {9}),
        merged(
            TOPPED_UP, {"templates": {"More": ADDED, "Much": ADDED | {"total_terms": 9}}}
        ),
    ),
    "segments.buys_more.within_days": Matter(
        0, 15, moved("topup"), FALLS, merged(TOPPED_UP, {"templates": {"More": ADDED}})
    ),
    "segments.severities": Matter(
        {1: 1}, {1: 1, 2: 1}, amounts("consume"), ({-3}, {-1, -3}),
        pack(weighs={"severity": {1: 3}}),
    ),
    "segments.accepts_overage": Matter(
        1, 0, moved("overage"), FALLS, merged(pack(total_terms=3), OVER)
    ),
    "segments.spend": Matter(
        {"fixed": 100}, {"fixed": 200}, values("entitlements", "price"), ({50}, {60}), SPENDING
    ),
    "segments.answers_price.reference": Matter(100, 200, count("entitlements"), RISES, ANSWERING),
    "segments.answers_price.buying": Matter(0, -1, count("entitlements"), FALLS, ANSWERING),
    "segments.answers_price.renewing": Matter(0, -1, renewed_share, FALLS, ANSWERING),
    "segments.turned_away": Matter(
        0, 1, values("cases", "outcome"), ({"uncovered"}, {"turned_away"}), segment(holds=[])
    ),
    "segments.cancellation.per_year": Matter(
        0, 100, values("entitlements", "ended_by"), ({"expiry"}, {"cancellation"}),
        segment(renewal={"inclination": {"constant": 1}, "after_cancellation": 0}, customers=10),
    ),
    "segments.amendments.per_year": Matter(0, 100, amounts("adjust"), RISES),
    "segments.amendments.change": Matter(
        [0.5], [1, -0.5], amounts("adjust"), ({5}, {10, -5}),
        also(
            {"calendar": BASE["calendar"] | {"days": 19}},
            segment(amendments={"per_year": 100}, cases={"per_year": 0}),
        ),
    ),
    "segments.amendments.days_in_draft.least": Matter(
        0, 3, amendment_stays, ({0, 1, 2, 3}, {3}),
        segment(amendments={"per_year": 100, "days_in_draft": {"most": 3}}),
    ),
    "segments.amendments.days_in_draft.most": Matter(
        0, 2, amendment_stays, ({0}, {0, 1, 2}), segment(amendments={"per_year": 100})
    ),
    # ------------------------------------------------------------------- renewals
    "segments.renewal.inclination.constant": Matter(1, 0, renewed_share, (1, 0)),
    "segments.renewal.inclination.beta_geometric.alpha": Matter(
        0.01, 100, renewed_share, FALLS,
        renewal(inclination={"constant": None, "beta_geometric": {"alpha": 1, "beta": 1}}),
    ),
    "segments.renewal.inclination.beta_geometric.beta": Matter(
        0.01, 100, renewed_share, RISES,
        renewal(inclination={"constant": None, "beta_geometric": {"alpha": 1, "beta": 1}}),
    ),
    "segments.renewal.after_cancellation": Matter(
        0, 1, renewed_share, RISES, segment(cancellation={"per_year": 100})
    ),
    "segments.renewal.moved_by.utilisation": Matter(
        0, 20, renewed_share, FALLS, renewal(inclination={"constant": 0.5})
    ),
    "segments.renewal.moved_by.around": Matter(
        0.6, 0, renewed_share, RISES,
        renewal(inclination={"constant": 0.5}, moved_by={"utilisation": 20}),
    ),
    "segments.renewal.moved_by.refusals": Matter(
        0, 20, renewed_share, RISES,
        also(
            pack(total_terms=0, restrict=True),
            segment(renewal={"inclination": {"constant": 0.5}}),
        ),
    ),
    "segments.renewal.moved_by.missed_slas": Matter(
        0, 20, renewed_share, RISES,
        also(
            PROMISED,
            segment(
                renewal={"inclination": {"constant": 0.5}},
                cases={"per_year": 400},
                resolve_hours={"fixed": 90},
            ),
        ),
    ),
    "segments.renewal.moved_by.price_rise": Matter(
        0, -1000, renewed_share, FALLS,
        also(pack(price=100, renews={"rise": 0.1}), renewal(inclination={"constant": 0.5})),
    ),
    "segments.renewal.moved_by.paid_per_use": Matter(
        0, -20, renewed_share, FALLS,
        also(
            pack(total_terms=0, price=10, overage={"price": 40}),
            segment(renewal={"inclination": {"constant": 0.5}}),
        ),
    ),
    "segments.renewal.moved_by.missed_notice": Matter(
        0, -20, count("entitlements"), FALLS,
        also(
            pack(
                total_terms=0,
                restrict=True,
                term={"days": 10},
                renews={"itself": True, "notice": {"days": 9}},
            ),
            segment(
                renewal={"inclination": {"constant": 0.5}, "moved_by": {"refusals": -20}},
                cases={"per_year": 36},
            ),
        ),
    ),
    "segments.renewal.late.share": Matter(
        0, 1, gaps("ended_on", "created_on"), ({0}, {3}), renewal(late={"days": {"fixed": 3}})
    ),
    "segments.renewal.late.days": Matter(
        {"fixed": 3}, {"fixed": 4}, gaps("ended_on", "created_on"), ({3}, {4}),
        renewal(late={"share": 1}),
    ),
    "segments.renewal.returns.share": Matter(
        0, 1, gaps("ended_on", "created_on"), (set(), {5}),
        renewal(inclination={"constant": 0}, returns={"days": {"fixed": 5}}),
    ),
    "segments.renewal.returns.days": Matter(
        {"fixed": 5}, {"fixed": 6}, gaps("ended_on", "created_on"), ({5}, {6}),
        renewal(inclination={"constant": 0}, returns={"share": 1}),
    ),
    "segments.renewal.dates": Matter(
        "product", "contiguous", gaps("end_date", "start_date"), ({4}, {1}),
        renewal(late={"share": 1, "days": {"fixed": 3}}),
    ),
    "segments.renewal.up_above": Matter(
        1, 0, templates_renewed_into, ({"Pack"}, {"Big"}),
        also(pack(moves_up_to="Big"), renewal(down_below=0)),
    ),
    "segments.renewal.down_below": Matter(
        0.25, 0, templates_renewed_into, ({"Big"}, {"Pack"}),
        also(pack(moves_down_to="Big"), renewal()),
    ),
    # --------------------------------------------------------------------- bursts
    "bursts.name": Matter(
        None, "outage", look(lambda tables: list(tables["cases"]["created_at"])), MOVES, INCIDENTS
    ),
    "bursts.product": Matter("A", "B", values("cases", "product"), ({"A"}, {"B"}), INCIDENTS),
    "bursts.per_year": Matter(100, 0, count("cases"), FALLS, INCIDENTS),
    "bursts.hits": Matter(
        1, 0, look(lambda tables: tables["cases"]["customer_id"].nunique()), (40, 0), INCIDENTS
    ),
    "bursts.scaled_by": Matter(
        "nothing", "rate", look(largest_share), RISES,
        {**INCIDENTS, **segment(products={"A": 1}, cases={"per_year": 0.01, "shape": 0.1})},
    ),
    "bursts.cases": Matter(1, 20, count("cases"), RISES, INCIDENTS),
    "bursts.size": Matter({"fixed": 1}, {"fixed": 4}, count("cases"), RISES, INCIDENTS),
    "bursts.over_hours": Matter(
        8, 300, look(lambda tables: tables["cases"]["created_at"].dt.day_of_year.nunique()), RISES,
        also(
            INCIDENTS,
            {"bursts": [{"product": "A", "per_year": 20, "hits": 1, "cases": 2}]},
        ),
    ),
    # ---------------------------------------------------------------------- rules
    "rules.gate_literal_below_zero": Matter(
        False, True, look(lambda tables: tables["entitlements"]["remaining_terms"].min()), (0, -1),
        also(USED_UP, segment(cases={"per_year": 400})),
    ),
    "rules.renew_marks_old_cancelled": Matter(
        False, True, look(lambda tables: set(_successors(tables)["state_old"])),
        ({"expired"}, {"cancelled"}),
    ),
    "rules.renew_copies_remaining": Matter(
        False, True, amounts("allot"), ({2}, {2, 0}),
        also(USED_UP, segment(cases={"per_year": 400})),
    ),
    "rules.allow_blank_total": Matter(
        False, True, is_accepted, (False, True), pack(total_terms=None, restrict=True)
    ),
    "rules.gate_on_reactivate": Matter(
        False, True,
        look(lambda tables: _covered(tables)["reopened"].max()),
        (7, 0),
        also(
            pack(total_terms=1, restrict=True, decrease_on="creation"),
            segment(reopened=1, reopened_after_hours={"fixed": 1}),
        ),
    ),
    "rules.exclude_billed_minutes": Matter(
        False, True, early("billable_minutes"), ({240}, {30}),
        segment(billable_minutes={"fixed": 30}, reopened=1, reopened_after_hours={"fixed": 1}),
    ),
    "rules.default_failure_blocks": Matter(
        False, True, values("cases", "outcome"), ({"uncovered"}, {"turned_away"}),
        also(pack(products=["A"]), segment(products={"B": 1})),
    ),
    "rules.opt_out_keeps_charge": Matter(
        False, True, remaining_after(CaseMove.OPT_OUT), (1000, 900), pack(decrease_on="creation")
    ),
    "rules.empty_default_is_skipped": Matter(
        False, True, values("cases", "refusal"),
        ({"CannotCreateCase"}, {"InvalidEntitlementAssociationToCase"}),
        pack(total_terms=0, restrict=True),
    ),
    "rules.resolved_cases_locked": Matter(
        False, True,
        remaining_after(
            CaseMove.RESOLVE, CaseMove.OPT_OUT, CaseMove.REACTIVATE, CaseMove.RESOLVE
        ),
        (1000, 900),
    ),
    "rules.minimal_dialog_bills_zero": Matter(
        False, True, BILLED, ({30}, {0}), segment(billable_minutes={"fixed": 30})
    ),
    "rules.job_time": Matter(
        "00:00", "07:30", ALLOTTED_AT, ({0}, {450}), segment(cases={"per_year": 0})
    ),
    "rules.utc_midnight_mode": Matter(
        False, True, ALLOTTED_AT, ({0}, {330}),
        also({"calendar": BASE["calendar"] | {"zone": "Asia/Kolkata"}},
             segment(cases={"per_year": 0})),
    ),
    # --------------------------------------------------------------------- history
    "history.years": Matter(
        1, 4, look(lambda tables: 2025 - tables["customers"]["joined_on"].min().year), (1, 4),
        {"history": {"years": 1}},
    ),
    "history.growth": Matter(
        0.0, 2.0, look(lambda tables: (tables["customers"]["joined_on"].dt.year >= 2024).mean()),
        RISES, {"history": {"years": 4}},
    ),
    # -------------------------------------------------------------------- revision
    "revision.from": Matter(
        None, dt.date(2025, 1, 11), prices_once_dearer, ({7.0}, {0.0, 7.0}),
        {"revision": {"applies": "at_renewal"}},
    ),
    "revision.applies": Matter(
        "new", "at_renewal", prices_once_dearer, ({0.0}, {0.0, 7.0}),
        {"revision": {"applies": "new", "from": dt.date(2025, 1, 11)}},
    ),
    # ------------------------------------------------------------------ scorecard
    "scorecard.row": Matter(
        "weekend_share", "reopened", declared("row"), ({"weekend_share"}, {"reopened"}),
        DECLARED, where="scorecard[0].row",
    ),
    "scorecard.segment": Matter(
        None, "all", declared("segment"), ({None}, {"all"}), DECLARED,
        where="scorecard[0].segment",
    ),
    "scorecard.target": Matter(
        None, 0.3, declared("target"), ({0.05}, {0.3}), DECLARED, where="scorecard[0].target",
    ),
    "scorecard.tolerance": Matter(
        None, 0.01, declared("high"), ({0.08}, {0.06}), DECLARED,
        where="scorecard[0].tolerance",
    ),
    "scorecard.source": Matter(
        "", "our desk", declared("source"), ({TARGETS["weekend_share"].source}, {"our desk"}),
        DECLARED, where="scorecard[0].source",
    ),
    # --------------------------------------------------------------- expectations
    **expectations("expect"),
    # ---------------------------------------------------------------------- money
    "money.currency": Matter(
        None, "EUR", currency_of_run, (None, "EUR"), {"money": {"hour_costs": 60}},
    ),
    "money.hour_costs": Matter(
        0, 60, reckoned("SELECT sum(work_cost) / sum(minutes) FROM cost_to_serve"), (0, 1), PRICED,
    ),
    "money.case_costs": Matter(
        {}, {"phone": 9}, reckoned("SELECT sum(case_cost) / sum(cases) FROM cost_to_serve"),
        (0, 9), PRICED,
    ),
    "money.uncovered.case": Matter(
        0, 150, reckoned("SELECT sum(uncovered_revenue) / sum(uncovered) FROM leakage"),
        (0, 150), PRICED,
    ),
    "money.uncovered.hour": Matter(
        0, 90, reckoned("SELECT sum(uncovered_revenue) * 60 / sum(minutes) FROM leakage"),
        (0, 90), PRICED,
    ),
    "money.turned_away_costs": Matter(
        0, 20,
        reckoned(
            "SELECT sum(turned_away_cost) / (SELECT count(*) FROM cases WHERE "
            "outcome = 'turned_away') FROM margin_by_month"
        ),
        (0, 20), PRICED,
    ),
    "money.discount_rate": Matter(
        0.1, 0.9, residual_margin, FALLS,
        {
            "money": {"hour_costs": 1}, "calendar": {"days": 300}, **pack(price=100),
            **segment(customers=100, renewal={"inclination": {"constant": 0.5}}),
        },
    ),
    "money.margin_method": Matter(
        "straight_line", "remote", reckoned("SELECT sum(recognised) FROM margin_by_month"),
        MOVES, PRICED | {"calendar": {"days": 15}},
    ),
    # -------------------------------------------------------------- distributions
    "distribution.fixed": Matter(
        30, 45, BILLED, ({30}, {45}), segment(billable_minutes={"fixed": 30})
    ),
    "distribution.exponential": Matter(
        30, 300, MEAN_BILLED, RISES, segment(billable_minutes={"exponential": 30})
    ),
    "distribution.uniform": Matter(
        30, 300, MEAN_BILLED, RISES, segment(billable_minutes={"uniform": 30})
    ),
    "distribution.lognormal.median": Matter(
        30, 300, BILLED, ({30}, {300}),
        segment(billable_minutes={"lognormal": {"median": 30, "sigma": 0}}),
    ),
    "distribution.lognormal.sigma": Matter(
        0, 1, MEAN_BILLED, RISES,
        segment(billable_minutes={"lognormal": {"median": 30, "sigma": 0}}),
    ),
    "distribution.mixture.median": Matter(
        9, 18, BILLED, ({9}, {18}),
        segment(billable_minutes={"mixture": [{"share": 1, "median": 9, "sigma": 0}]}),
    ),
    "distribution.mixture.sigma": Matter(
        0, 1, MEAN_BILLED, RISES,
        segment(billable_minutes={"mixture": [{"share": 1, "median": 9, "sigma": 0}]}),
    ),
    "distribution.mixture.fixed": Matter(
        9, 18, BILLED, ({9}, {18}), segment(billable_minutes={"mixture": [{"share": 1}]})
    ),
    "distribution.mixture.exponential": Matter(
        9, 90, MEAN_BILLED, RISES, segment(billable_minutes={"mixture": [{"share": 1}]})
    ),
    "distribution.mixture.uniform": Matter(
        9, 90, MEAN_BILLED, RISES, segment(billable_minutes={"mixture": [{"share": 1}]})
    ),
    "distribution.mixture.share": Matter(
        [{"share": 0.5, "median": 9, "sigma": 0}, {"share": 0.5, "median": 90, "sigma": 0}],
        [{"share": 0.1, "median": 9, "sigma": 0}, {"share": 0.9, "median": 90, "sigma": 0}],
        MEAN_BILLED, RISES, segment(billable_minutes={"mixture": []}),
        "segments.all.billable_minutes.mixture",
    ),
    "distribution.quantiles": Matter(
        {0: 10, 0.5: 10, 1: 10}, {0: 20, 0.5: 40, 1: 40},
        look(lambda tables: (tables["cases"]["billable_minutes"].min() >= 20,
                             tables["cases"]["billable_minutes"].max())),
        ((False, 10), (True, 40)), segment(billable_minutes={"quantiles": {0: 1, 1: 1}}),
    ),
}  # fmt: skip
