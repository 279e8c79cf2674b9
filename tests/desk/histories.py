"""Random histories of a desk: any actions in any order, sensible or not."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from entitlement_sim.desk import Desk, Refused, UnknownRecord
from entitlement_sim.desk.records import ActivityStatus
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.words import Allocation, DecreaseOn, Origin

OPENING = date(2028, 2, 20)  # a leap year, some days before its leap day

Action = Callable[[Desk], object]

customers = st.sampled_from(["A", "A", "A", "A", "B", "A/P"])
contacts = st.sampled_from([None, "A/P", "B/Q"])
products = st.sampled_from([None, "X", "Y"])
origins = st.sampled_from([Origin.PHONE, Origin.PHONE, Origin.WEB, Origin.IOT, None])
rows = st.sampled_from([Origin.PHONE, Origin.WEB, Origin.IOT])
entitlements = st.sampled_from(["E1", "E2", "E3", "E4"])
new_entitlements = st.sampled_from(["E3", "E4", "E5", "E6"])
cases = st.sampled_from(["C1", "C2", "C3", "C4"])
new_cases = st.sampled_from(["C3", "C4", "C5", "C6", "C7", "C8"])
days = st.integers(-20, 30).map(lambda number: OPENING + timedelta(number))
later_days = st.integers(0, 15).map(lambda number: OPENING + timedelta(number))
totals = st.sampled_from([0, 1, 2, 3, 4, 6, 8, Decimal("0.01"), Decimal("2.5")])
minutes = st.integers(0, 400)

settings = st.builds(
    lambda children, **switches: Settings(**dict.fromkeys(children, True), **switches),
    st.sampled_from([[], ["close_children_with_parent"], ["children_block_parent"]]),
    auto_apply_on_create=st.booleans(),
    auto_apply_on_update=st.booleans(),
    gate_literal_below_zero=st.booleans(),
    minimal_dialog_bills_zero=st.booleans(),
    renew_marks_old_cancelled=st.booleans(),
    renew_copies_remaining=st.booleans(),
    allow_blank_total=st.booleans(),
    refund_on_detach=st.booleans(),
    gate_on_reactivate=st.booleans(),
    exclude_billed_minutes=st.booleans(),
    default_failure_blocks=st.booleans(),
    tz=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
    job_time=st.sampled_from(["00:00", "04:15"]),
    utc_midnight_mode=st.booleans(),
    contact_rolls_up_to_account=st.booleans(),
    opt_out_keeps_charge=st.booleans(),
    empty_default_is_skipped=st.booleans(),
    resolved_cases_locked=st.booleans(),
)


def _call(method: str, *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]) -> Any:
    return st.builds(
        lambda given, names: _Call(method, given, names),
        st.tuples(*arguments),
        st.fixed_dictionaries({}, optional=named),
    )


class _Call:
    """An action that prints as the line of Python that it is."""

    def __init__(self, method: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.method, self.given, self.named = method, given, named

    def __call__(self, desk: Desk) -> object:
        return getattr(desk, self.method)(*self.given, **self.named)

    def __repr__(self) -> str:
        words = [*map(repr, self.given), *(f"{key}={value!r}" for key, value in self.named.items())]
        return f"desk.{self.method}({', '.join(words)})"


_shapes = st.sampled_from(
    [
        {"decrease_on": DecreaseOn.CREATION},
        {"decrease_on": DecreaseOn.CREATION, "restrict": True},
        {"decrease_on": DecreaseOn.RESOLUTION},
        {"decrease_on": DecreaseOn.RESOLUTION, "restrict": True},
        {"allocation": Allocation.HOURS},
        {"allocation": Allocation.HOURS, "restrict": True},
    ]
)


def _create_entitlement(
    ids: st.SearchStrategy[str],
    starts: st.SearchStrategy[date],
    owners: st.SearchStrategy[str] = customers,
    terms: st.SearchStrategy[Any] = totals,
) -> Any:
    return st.builds(
        lambda id, start, length, customer, shape, named: _Call(
            "create_entitlement",
            (id,),
            {
                "customer": customer,
                "start": start,
                "end": start + timedelta(length),
                **shape,
                **named,
            },
        ),
        ids,
        starts,
        st.integers(0, 20),
        owners,
        _shapes,
        st.fixed_dictionaries(
            {"total_terms": terms},
            optional={
                "channels": st.dictionaries(rows, st.integers(0, 3), min_size=1, max_size=2),
                "products": st.sampled_from([(), ("X",)]),
                "sla": st.just("Gold"),
            },
        ),
    )


_open_case = _call(
    "create_case",
    new_cases,
    customer=st.just("A"),
    origin=origins,
    entitlement=entitlements,
    product=st.just("X"),
)

actions: st.SearchStrategy[Action] = st.one_of(
    _create_entitlement(new_entitlements, days),
    _call("activate", entitlements),
    _call("activate", entitlements),
    _call("deactivate", entitlements),
    _call("cancel", entitlements),
    _call("delete", entitlements),
    _call("set_default", entitlements),
    _call("renew", entitlements, new_entitlements),
    _call(
        "edit_entitlement",
        entitlements,
        total_terms=totals,
        remaining=totals,
        restrict=st.booleans(),
        decrease_on=st.sampled_from(DecreaseOn),
        allocation=st.sampled_from(Allocation),
        customer=customers,
        end=days,
    ),
    _call("edit_entitlement", entitlements, total_terms=st.integers(3, 9)),
    _call("add_channel", entitlements, rows, st.integers(0, 4)),
    _call("edit_channel", entitlements, rows, st.integers(0, 4)),
    _call("remove_channel", entitlements, rows),
    _call("add_contact", entitlements, st.just("A/P")),
    _call("add_product", entitlements, st.just("X")),
    _open_case,
    _open_case,
    _open_case,
    _call(
        "create_case",
        new_cases,
        customer=customers,
        contact=contacts,
        product=products,
        origin=origins,
        entitlement=entitlements,
        decrement=st.booleans(),
        privileged=st.booleans(),
        parent=cases,
    ),
    _call(
        "update_case",
        cases,
        entitlement=st.one_of(st.none(), entitlements),
        customer=customers,
        contact=contacts,
        product=products,
        origin=origins,
        decrement=st.booleans(),
        privileged=st.booleans(),
        parent=st.one_of(st.none(), cases),
    ),
    _call("update_case", cases, decrement=st.booleans(), parent=cases),
    _call("update_case", cases, entitlement=st.one_of(st.none(), entitlements)),
    _call("add_activity", cases, minutes, st.sampled_from(ActivityStatus)),
    _call(
        "resolve_case",
        cases,
        billable_minutes=st.one_of(st.none(), minutes),
        cancel_open_activities=st.just(True),
    ),
    _call("resolve_case", cases),
    _call("cancel_case", cases),
    _call("reactivate_case", cases),
    _call("reactivate_case", cases),
    _call("delete_case", cases),
    _call("merge_cases", cases, st.lists(cases, min_size=1, max_size=2)),
    _call("email_case", new_cases, st.sampled_from(["A/P", "B/Q"])),
    _call("advance_to", later_days),
)

#: Histories begin with entitlements in force and cases that use them, so that they get somewhere.
histories = st.tuples(
    _create_entitlement(st.just("E1"), st.just(OPENING), st.just("A"), st.integers(1, 4)),
    _create_entitlement(st.just("E2"), st.just(OPENING), st.just("A"), st.integers(3, 9)),
    _create_entitlement(st.just("E3"), days),
    st.just(_Call("activate", ("E1",), {})),
    st.just(_Call("activate", ("E2",), {})),
    _call("create_case", st.just("C1"), customer=st.just("A"), origin=origins),
    _call("update_case", st.just("C1"), entitlement=entitlements, product=products),
    *(
        st.builds(
            lambda id, entitlement, origin: _Call(
                "create_case",
                (id,),
                {"customer": "A", "entitlement": entitlement, "origin": origin, "product": "X"},
            ),
            st.just(id),
            st.sampled_from(["E1", "E2"]),
            origins,
        )
        for id in ("C2", "C3", "C4")
    ),
    st.lists(actions, min_size=12, max_size=40),
).map(lambda parts: [*parts[:-1], *parts[-1]])


def attempt(desk: Desk, action: Action) -> Refused | None:
    """Do an action if it can be done; return the refusal that it met.

    Ids that stand for nothing, ids in use and a clock that would go back are no history.
    """
    try:
        action(desk)
    except Refused as refused:
        return refused
    except (UnknownRecord, ValueError):
        return None
    return None
