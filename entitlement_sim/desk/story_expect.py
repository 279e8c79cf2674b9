"""What a story may expect of a record, and how that is held against the desk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ..rules.amounts import terms
from ..rules.words import ActivityStatus, BalanceKind, CaseState, Origin, Reason, State
from .desk import Desk
from .records import Case, Entitlement
from .story_values import (
    Kind,
    Read,
    allocation,
    amount,
    as_written,
    calendar_day,
    decrease_on,
    flag,
    list_of,
    mapping_of,
    one_of,
    optional,
    reference,
    text,
    whole,
)


@dataclass(frozen=True, slots=True)
class Expectable:
    """A field that stories may expect: how it is written, and what it really is."""

    read: Read
    actual: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What was expected and what was found instead."""

    subject: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.subject}: expected {self.expected}, found {self.actual}"


def _exists(record: object) -> bool:
    return record is not None


def _moved(*reasons: Reason, sign: int = 1) -> Callable[[Entitlement], Decimal]:
    """Read what movements of some reasons came to on all blocks together."""

    def read(entitlement: Entitlement) -> Decimal:
        return terms(sign * sum(entitlement.moved.get(reason, 0) for reason in reasons))

    return read


def _carried(entitlement: Entitlement) -> Decimal:
    carried = [
        block.remaining for block in entitlement.open_blocks if block.kind == BalanceKind.CARRIED
    ]
    return terms(sum(carried))


def _channels(entitlement: Entitlement) -> dict[Origin, Any]:
    return {origin: row.remaining_terms for origin, row in entitlement.channels.items()}


def _channel_totals(entitlement: Entitlement) -> dict[Origin, Any]:
    return {origin: row.total_terms for origin, row in entitlement.channels.items()}


def _activities(case: Case) -> dict[ActivityStatus, int]:
    return {status: case.count(status) for status in ActivityStatus}


_EXISTS: Final = Expectable(flag, _exists)
_ROWS: Final = mapping_of(Origin, "origin", optional(amount))
_COUNT: Final = whole(0, 1_000_000)

#: What may be expected of each kind of record.
EXPECTABLE: Final[dict[Kind, dict[str, Expectable]]] = {
    Kind.TEMPLATE: {"exists": _EXISTS},
    Kind.ENTITLEMENT: {
        "state": Expectable(one_of(State, "state"), lambda entitlement: entitlement.state),
        "start": Expectable(calendar_day, lambda entitlement: entitlement.start),
        "end": Expectable(calendar_day, lambda entitlement: entitlement.end),
        "total": Expectable(optional(amount), lambda entitlement: entitlement.total_terms),
        "remaining": Expectable(optional(amount), lambda entitlement: entitlement.remaining_terms),
        "used": Expectable(amount, _moved(Reason.CONSUME, Reason.RESTORE, sign=-1)),
        "lapsed": Expectable(amount, _moved(Reason.EXPIRE, sign=-1)),
        "overage": Expectable(amount, _moved(Reason.OVERAGE)),
        "forgiven": Expectable(amount, _moved(Reason.FORGIVEN)),
        "carried": Expectable(amount, _carried),
        "channels": Expectable(_ROWS, _channels),
        "channel_totals": Expectable(_ROWS, _channel_totals),
        "allocation": Expectable(allocation, lambda entitlement: entitlement.allocation),
        "decrease_on": Expectable(decrease_on, lambda entitlement: entitlement.decrease_on),
        "restrict": Expectable(flag, lambda entitlement: entitlement.restrict),
        "products": Expectable(list_of(text), lambda entitlement: entitlement.products),
        "contacts": Expectable(list_of(text), lambda entitlement: entitlement.contacts),
        "sla": Expectable(optional(text), lambda entitlement: entitlement.sla),
        "default": Expectable(flag, lambda entitlement: entitlement.is_default),
        "account": Expectable(optional(_COUNT), lambda entitlement: entitlement.account),
        "exists": _EXISTS,
    },
    Kind.CASE: {
        "state": Expectable(one_of(CaseState, "state"), lambda case: case.state),
        "status": Expectable(whole(0, 1_000_000), lambda case: int(case.status)),
        "entitlement": Expectable(
            optional(reference(Kind.ENTITLEMENT)), lambda case: case.entitlement
        ),
        "customer": Expectable(text, lambda case: case.customer),
        "contact": Expectable(optional(text), lambda case: case.contact),
        "account": Expectable(optional(_COUNT), lambda case: case.account),
        "sla": Expectable(optional(text), lambda case: case.sla),
        "activities": Expectable(
            mapping_of(ActivityStatus, "status of an activity", _COUNT), _activities
        ),
        "exists": _EXISTS,
    },
}


def record_of(desk: Desk, kind: Kind, id: str) -> Any:
    """Return a record of the desk, or None."""
    records: Mapping[Kind, Mapping[str, object]] = {
        Kind.TEMPLATE: desk.templates,
        Kind.ENTITLEMENT: desk.entitlements,
        Kind.CASE: desk.cases,
    }
    return records[kind].get(id)


def differences(desk: Desk, kind: Kind, id: str, expected: Mapping[str, Any]) -> list[Difference]:
    """Hold what a story expects of a record against the desk."""
    record = record_of(desk, kind, id)
    if record is None:
        if dict(expected) == {"exists": False}:
            return []
        return [Difference(id, "a record", "none of that id")]
    unmet: list[Difference] = []
    for field, wanted in expected.items():
        actual = EXPECTABLE[kind][field].actual(record)
        unmet += _compared(f"{id}.{field}", wanted, actual)
    return unmet


def _compared(subject: str, wanted: Any, actual: Any) -> list[Difference]:
    if isinstance(wanted, Mapping):
        return [
            difference
            for key, wanted_part in wanted.items()
            for difference in _compared(
                f"{subject}.{as_written(key)}", wanted_part, actual.get(key)
            )
        ]
    if isinstance(wanted, list):
        same = sorted(wanted) == sorted(actual)
    else:
        same = wanted == actual
    return [] if same else [Difference(subject, as_written(wanted), as_written(actual))]
