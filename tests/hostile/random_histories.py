"""Random small histories: a scenario's rules and templates, and customers with all they do.

Times come from a coarse grid, so that things often happen at the same minute; entitlements are
short and small, so that they often start, end and run dry within the run. ::

    python tests/hostile/random_histories.py 5000 --seed 7

plays so many at the desk and in the engine, and prints what they came to.
"""

import argparse
import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import accumulate, product
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.history import (
    ACTIONS,
    Booking,
    CaseEvent,
    HappenedCase,
    HappenedCustomer,
    Terms,
)
from entitlement_sim.replay.rows import rows_of
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.words import (
    BY_CUSTOM,
    NOTHING,
    Action,
    Allocation,
    CaseMove,
    DecreaseOn,
    Origin,
    Pick,
    PickKey,
    labels,
)
from entitlement_sim.scenario.models import RuleSwitches, ScenarioModel

DAY = 1440
_EPOCH = dt.date(1970, 1, 1)
PICKS: list[Any] = [
    *labels(Pick),
    ["priority", "soonest_ending", "oldest"],
    ["free_first", "narrowest", "most_remaining"],
    list(labels(PickKey)),
]
PRODUCTS = ["Mail", "Storage", "Gateway"]
ORIGIN_NAMES = labels(Origin)
#: Around a leap day, and around the changes to and from summer time.
STARTS = [dt.date(2024, 2, 20), dt.date(2024, 3, 25), dt.date(2023, 10, 25)]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
MINUTES = [0, 1, 9 * 60, 9 * 60 + 1, 15 * 60, DAY - 1]
WAITS = [0, 1, 30, 540, DAY, 3 * DAY, 3 * DAY, 9 * DAY]
DAYS = 24

# Drawing takes most of the time, so what can be drawn by one choice is.
_SWITCHES = [
    name
    for name, field in RuleSwitches.model_fields.items()
    if field.annotation is bool and name != "utc_midnight_mode"
]
_JOB_TIMES = ["00:00", "06:30", "23:59"]
_CLOCKS = [(zone, job, utc) for zone in ZONES for job in _JOB_TIMES for utc in (False, True)]
_ABOUT = list(product([0, 1, 2, 3, 9, -1], [0, 2, 1, -1], [0, 0, 1, 2, -1]))
_ENDINGS = [CaseMove.RESOLVE, CaseMove.RESOLVE, CaseMove.CANCEL]
_MARKS = [CaseMove.OPT_OUT, CaseMove.OPT_IN]
#: What people do beside closing: of these the numbers that are drawn choose the fields.
_WORK = [CaseMove.SAVE] * 4 + [CaseMove.MERGE] * 4 + [CaseMove.WORK, CaseMove.DELETE]
_STEPS = list(
    product(WAITS, [*_ENDINGS, *_ENDINGS, *_MARKS, *_WORK], [0, 1, 20, 30, 100], range(12))
)
_MOMENTS = [-1, -1, -1, 0, 9 * 60, 9 * 60 + 1, DAY - 1]
#: Fields of saves by their number, as functions of another one that is drawn.
_SAVES: list[dict[str, Any]] = [
    {"entitlement": "any"},
    {"entitlement": "any"},
    {"entitlement": NOTHING},
    {"customer": "any"},
    {"customer": "any", "contact": -1, "entitlement": "any"},
    {"contact": 0},
    {"contact": 2, "product": 1},
    {"product": 0},
    {"origin": 2},
    {"origin": -1, "decrement": 0},
    {"entitlement": "any", "decrement": 0},
    {"customer": "any", "contact": 0, "decrement": 1},
]
_LIMITS = list(product([[]] * 4 + [["Mail"], ["Mail", "Gateway"]], [None] * 4 + [1, 2]))
_TERMS = list(product([0, 0, 0, 0, 0, 1, 5], [0, 0, 0, -3, 2], [20, 16, 14, 9, 3, 0]))
_ACTIVATED = [None, *[(True, 0)] * 4, (True, 2), (False, 0), (False, 0)]
#: What is sold beyond a plain total: mostly nothing.
_PERIODS: list[Any] = [{"days": 2}, {"days": 3}, {"days": 5}, {"days": 30}, "month"]
_CARRIES: list[Any] = [
    None,
    {},
    {"at_most": 1},
    {"at_most": 3, "for": 2, "burns": "last"},
    {"share": 0.5, "for": 3},
]
_OVERAGES: list[Any] = [
    None,
    {"price": 40},
    {"price": 40, "free": 1, "at_most": 2},
    {"at_most": 1, "debt": "forgiven"},
    {"price": 40, "debt": "carried"},
    {"price": 40, "free": 1, "debt": "carried"},
]
_WEIGHTS: list[Any] = [
    None,
    None,
    {"outside_hours": 1.5, "weekend": 0.5, "holiday": 2, "severity": {1: 2, 3: 0}},
]
_CUTS: list[Any] = [
    {},
    {"anchor": "calendar"},
    {"anchor": "calendar", "first": "prorated", "last": "prorated"},
]
_OFFERS: list[dict[str, Any]] = [
    *[{}] * 60,
    *[{"total_terms": "unlimited"}] * 5,
    *[
        {"allowance": {"every": every, "carry": carry, **cut}, "overage": overage, "weighs": weighs}
        for every, carry, overage, weighs, cut in product(
            _PERIODS, _CARRIES, _OVERAGES, _WEIGHTS, _CUTS
        )
        if cut == {} or every == "month"
    ],
    *[{"overage": overage, "weighs": weighs} for overage, weighs in product(_OVERAGES, _WEIGHTS)],
]
#: Accounts that hold entitlements: mostly none.
_HOLDERS = [-1, -1, -1, -1, 1, -1, -1, 2, -1]
_TOTALS = [0, 100, 150, 200, 300, 700]
_ACTIONS = [
    *(action for action in ACTIONS if action != Action.CREATE),
    *[Action.TOP_UP] * 3,
]

_switched_on = st.tuples(
    st.lists(st.sampled_from(_SWITCHES), max_size=3, unique=True),
    st.sampled_from([[], [], [], ["auto_apply_on_update"], ["refund_on_detach"]]),
)
_clocks = st.sampled_from([("UTC", "00:00", False)] * 12 + _CLOCKS)
_channels = st.lists(st.tuples(st.sampled_from(ORIGIN_NAMES[:4]), st.integers(0, 4)), max_size=3)
_allotments = st.tuples(
    st.sampled_from(["creation", "creation", "resolution", "hours", "hours and a quarter"]),
    st.integers(0, 4),
    st.sampled_from([True, True, False]),
    _channels,
    st.sampled_from(_LIMITS),
    st.sampled_from(_OFFERS),
)
_sales = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(_TERMS),
        st.sampled_from(_ACTIVATED),
        st.sampled_from(_MOMENTS),
    ),
    min_size=1,
    max_size=5,
)
_more = st.lists(
    st.tuples(
        st.integers(0, DAYS - 1),
        st.sampled_from(list(product(_ACTIONS, _TOTALS, _MOMENTS))),
        st.integers(0, 7),
    ),
    max_size=6,
)
_cases = st.lists(
    st.tuples(
        st.integers(0, (DAYS - 7) * len(MINUTES) - 1),
        st.integers(0, 8),
        st.integers(0, 7),
        st.sampled_from(_ABOUT),
        st.lists(st.sampled_from(_STEPS), max_size=5),
    ),
    min_size=2,
    max_size=10,
)


def _template(drawn: tuple[Any, ...]) -> dict[str, Any]:
    """A template that the scenario's checks would let pass."""
    kind, total, restrict, channels, (products, contacts), offer = drawn
    in_hours = kind.startswith("hours")
    rows = {origin: min(amount, total) for origin, amount in channels}
    terms = f"{total}.25" if kind == "hours and a quarter" else f"{total}"
    sold = {name: value for name, value in offer.items() if value is not None}
    if "allowance" in sold:
        sold["allowance"] = {
            "terms": terms,
            **{name: value for name, value in offer["allowance"].items() if value is not None},
        }
    elif "total_terms" not in sold:
        sold["total_terms"] = terms
    if in_hours and len(channels) > 1:
        sold["minutes"] = {"at_least": 15, "step": 15}
    return {
        "allocation": "hours" if in_hours else "cases",
        **sold,
        "decrease_on": "resolution" if in_hours else kind,
        "restrict": restrict,
        "channels": {name: str(rows[name]) for name in ORIGIN_NAMES if name in rows},
        "products": products,
        "contacts": contacts,
        "priority": [100, 1, 200][total % 3],
        "price": total % 2,
    }


def _own_terms(number: int) -> Terms:
    """Terms that no template has."""
    return Terms(
        allocation=Allocation.CASES,
        decrease_on=DecreaseOn.CREATION if number % 2 else DecreaseOn.RESOLUTION,
        restrict=number % 3 > 0,
        total=100 * number,
        channels={2: 100 * min(number, 2), 9: 100 * min(number, 3)} if number % 4 else {},
        products=[0, 2] if number == 5 else [],
        contacts=[2] if number == 4 else [],
    )


def _bookings(drawn: tuple[Any, ...], start: int, templates: int) -> list[Booking]:
    """What is done with the entitlements, lawful or not, in the order of the days."""
    sales, more = drawn
    booked = []
    for number, (template, (on, lead, length), activated, minute) in enumerate(sales):
        day = start + on
        begins = day + lead
        booked.append(
            Booking(
                day,
                Action.CREATE,
                template=template % templates,
                start=begins,
                end=begins + length,
                minute=minute,
                terms=_own_terms(template) if template > 2 else None,
                renews=number if template % 2 else -1,
                account=_HOLDERS[(day + template + length) % len(_HOLDERS)],
            )
        )
        if activated is not None:
            becomes_default, later = activated
            booked.append(Booking(day, Action.ACTIVATE, entitlement=number, minute=minute))
            if becomes_default:
                booked.append(Booking(day + later, Action.SET_DEFAULT, entitlement=number))
    made = len(sales) + sum(action == Action.RENEW for _, (action, *_), _ in more)
    for on, (action, total, minute), number in more:
        booked.append(
            Booking(
                start + on,
                action,
                entitlement=number % made,
                total=total,
                minute=minute,
                origin=[-1, -1, 2, 9][number % 4],
                amount=total if action == Action.TOP_UP else total - 150,
                ends=start + on + [*range(5), 99][number % 6],
                priority=[100, 100, 1][number % 3],
                price=number,
            )
        )
    booked.sort(key=lambda booking: booking.day)
    numbers = accumulate(booking.may_create for booking in booked)
    return [
        replace(booking, renews=max(-1, min(booking.renews, number - 2)))
        for booking, number in zip(booked, numbers, strict=True)
    ]


def _save(number: int, worked: int, people: tuple[int, int]) -> dict[str, int]:
    """Fields of a save; entitlements and customers are any of the history's."""
    customers, made = people
    anyone = {"customer": (number + worked) % customers, "entitlement": (number + worked) % made}
    return {
        name: anyone[name] if value == "any" else value for name, value in _SAVES[number].items()
    }


def _scripts(
    drawn: list[tuple[Any, ...]], start: int, made: int, people: tuple[int, int, int]
) -> list[HappenedCase]:
    """Cases with what becomes of them; none moves on the last day of the run."""
    customers, entitlements, cases = people
    last = (start + DAYS - 1) * DAY
    found = []
    for moment, wants, marks, (origin, product_id, contact), story in drawn:
        day, minute = divmod(moment, len(MINUTES))
        at = created = (start + day) * DAY + MINUTES[minute]
        events: list[CaseEvent] = []
        is_open = True
        is_merged = False
        for wait, move, worked, number in story:
            at += wait
            if at >= last:
                break
            fields: dict[str, int] = {}
            if move == CaseMove.SAVE:
                fields = _save(number, worked, (customers, entitlements))
            elif move == CaseMove.MERGE:
                fields = {"into": (number + worked) % cases}
                is_merged = True
            elif move in _ENDINGS:
                move = move if is_open or is_merged else CaseMove.REACTIVATE
                is_open = not is_open
                fields = {"billed": worked - 1 if number > 9 else -1}
            has_work = move in (CaseMove.RESOLVE, CaseMove.WORK)
            events.append(CaseEvent(at, move, worked if has_work else 0, **fields))
        asked = BY_CUSTOM if marks % 2 or marks == 6 else wants % (made + 1) - 1
        found.append(
            HappenedCase(
                created,
                events,
                wants=asked,
                origin=origin,
                product=product_id,
                contact=contact,
                decrement=marks != 7,
                leaves=marks in (2, 3),
                severity=(wants + marks) % 5,
                account=[-1, 1, 2][moment % 3],
            )
        )
    return sorted(found, key=lambda case: case.created)


def _merged_into_others(cases: list[HappenedCase], first: int, count: int) -> list[HappenedCase]:
    """Cases of which none is merged into itself, but into the next one."""
    return [
        replace(
            case,
            events=[
                replace(event, into=(number + 1) % count) if event.into == number else event
                for event in case.events
            ],
        )
        for number, case in enumerate(cases, start=first)
    ]


_templates = st.lists(_allotments.map(_template), min_size=1, max_size=3)
_people = st.lists(
    st.tuples(
        st.tuples(_sales, _more), _cases, st.sampled_from([0, 0, 0, 0, *range(1, len(PICKS))])
    ),
    min_size=1,
    max_size=3,
)


@dataclass(frozen=True)
class History:
    """A history as it was drawn: what its scenario says, and its customers."""

    start: dt.date
    zone: str
    rules: RuleSwitches
    templates: list[dict[str, Any]]
    customers: list[HappenedCustomer]
    at_desk: list[str]

    def settings(self) -> Settings:
        """The switches, those that no scenario has among them."""
        switched_off = dict.fromkeys(self.at_desk, False)
        return Settings(tz=self.zone, **self.rules.model_dump(), **switched_off)

    def model(self) -> ScenarioModel:
        """The scenario."""
        return ScenarioModel.model_validate(
            {
                "scenario": "history",
                "calendar": {
                    "start": self.start,
                    "days": DAYS,
                    "zone": self.zone,
                    "holidays": [{"date": self.start + dt.timedelta(days=9)}],
                },
                "products": PRODUCTS,
                "templates": {f"T{number}": one for number, one in enumerate(self.templates)},
                "segments": {
                    f"S{number}": {"customers": 0, "cases": {"per_year": 0}, "picks": picks}
                    for number, picks in enumerate(PICKS)
                },
                "rules": self.rules,
            }
        )


def _history(drawn: tuple[Any, ...]) -> History:
    first, (zone, job_time, utc), (switched_on, at_desk), offers, people = drawn
    start = (first - _EPOCH).days
    customers: list[HappenedCustomer] = []
    booked = [_bookings(bookings, start, len(offers)) for bookings, _, _ in people]
    made = [sum(booking.may_create for booking in of_one) for of_one in booked]
    all_cases = sum(len(cases) for _, cases, _ in people)
    for number, (_, cases, segment) in enumerate(people):
        scripts = _scripts(cases, start, made[number], (len(people), sum(made), all_cases))
        before = sum(len(customer.cases) for customer in customers)
        scripts = _merged_into_others(scripts, before, all_cases)
        keeps = segment == 0 and len(cases) % 2 == 0
        customers.append(
            HappenedCustomer(start, booked[number], scripts, segment, keeps_default=keeps)
        )
    rules = RuleSwitches(
        **dict.fromkeys(switched_on, True), job_time=job_time, utc_midnight_mode=utc
    )
    return History(first, zone, rules, offers, customers, at_desk)


#: A scenario and one to three customers.
histories = st.tuples(st.sampled_from(STARTS), _clocks, _switched_on, _templates, _people).map(
    _history
)


# ---------------------------------------------------------------------------------- two players


@dataclass
class Figures:
    """What a number of histories came to."""

    histories: int = 0
    customers: int = 0
    cases: int = 0
    events: int = 0
    bookings: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    switches: Counter[str] = field(default_factory=Counter)
    disagreements: int = 0

    def __str__(self) -> str:
        return (
            f"{self.histories} histories of {self.customers} customers, {self.bookings} bookings, "
            f"{self.cases} cases, {self.events} events; {sum(self.rows.values())} rows compared, "
            f"{sum(self.refusals.values())} cases refused\n{self.disagreements} disagreements"
        )

    def count(self, history: History, rows: dict[str, list[Any]]) -> None:
        self.histories += 1
        for customer in history.customers:
            self.customers += 1
            self.bookings += len(customer.bookings)
            self.cases += len(customer.cases)
            self.events += sum(len(case.events) for case in customer.cases)
        self.rows.update({table: len(of_table) for table, of_table in rows.items()})
        self.rules.update(row[8] for row in rows["ledger"])
        self.refusals.update(row[6] for row in rows["cases"] if row[6] is not None)
        self.switches.update(name for name in _SWITCHES if getattr(history.rules, name) is True)


class Apart(AssertionError):
    """The desk and the engine make different rows of a history."""


def compare(history: History, figures: Figures) -> None:
    """Play a history at the desk and in the engine, and hold every row against the other's."""
    model = history.model()
    block = replay(model, history.customers, history.settings()).block()
    by_engine, by_desk = rows_of(block), play_at_desk(model, history.customers, history.settings())
    figures.count(history, by_engine)
    for table, rows in by_engine.items():
        if rows != by_desk[table]:
            raise Apart(f"{table}: the engine has {rows}, the desk {by_desk[table]}")
    entries: Counter[int] = Counter()
    of_ledger = (block["ledger"][name].tolist() for name in ("entitlement_id", "entry"))
    for entitlement, entry in zip(*of_ledger, strict=True):
        entries[entitlement] += 1
        if entry != entries[entitlement]:
            raise Apart(f"entry {entry} of entitlement {entitlement} is its {entries[entitlement]}")


def play(examples: int, start: int = 0, figures: Figures | None = None) -> Figures:
    """Play random histories, and count what they come to beside what earlier ones came to.

    As many from the same start are mostly, not always, the same ones: Hypothesis draws numbers
    that stand in the modules that happen to be loaded, too.

    Raises
    ------
    Apart
        Of the smallest history found that makes different rows.
    """
    figures = Figures() if figures is None else figures

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(histories)
    def compare_one(history: History) -> None:
        compare(history, figures)

    compare_one()
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("histories", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    done = play(chosen.histories, chosen.seed)
    print(done)
    print(f"{time.process_time():.0f} s of CPU time")
    for name, counts in (("rows", done.rows), ("rules", done.rules), ("refused", done.refusals)):
        print(f"{name}:", dict(counts.most_common()))
    print("switched on:", dict(done.switches.most_common()))
