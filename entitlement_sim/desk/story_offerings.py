"""Offerings in stories: allowance, overage, weights, top-ups, as scenarios write them too."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ..documents import DataPath
from ..rules.amounts import hundredths
from ..rules.balances import PLAIN_PRIORITY
from ..rules.burning import NO_LIMIT, WHOLE_SHARE
from ..rules.periods import MONTHS_OF_PERIOD
from ..rules.weights import SEVERITIES, UNWEIGHED
from ..rules.words import Debt
from ..telling import unknown
from .records import Allowance, Offering, Overage, TopUp, Weights
from .story_values import (
    MOST_MINUTES,
    Read,
    Reader,
    amount,
    as_written,
    below,
    fields,
    list_of,
    mapping,
    one_of,
    text,
    whole,
)

#: The word for a total that does not end.
UNLIMITED: Final = "unlimited"

_MOST_PERIODS: Final = 1200
_MOST_DAYS: Final = 36_525


def _word_of(*words: str) -> Read:
    """Read one of some words."""

    def read_word(reader: Reader, path: DataPath, value: Any) -> str | None:
        if value in words:
            return str(value)
        reader.complain(path, unknown("word", as_written(value), words))
        return None

    return read_word


def _period(reader: Reader, path: DataPath, value: Any) -> tuple[int, int] | None:
    """Read how long a period is: its months, or its days."""
    if isinstance(value, Mapping):
        days = fields(reader, path, value, {"days": whole(1, _MOST_DAYS)}, ["days"]).get("days")
        return None if days is None else (0, days)
    if value in MONTHS_OF_PERIOD:
        return (MONTHS_OF_PERIOD[value], 0)
    reader.complain(path, unknown("period", as_written(value), [*MONTHS_OF_PERIOD, "{days: n}"]))
    return None


def _share(reader: Reader, path: DataPath, value: Any) -> int | None:
    """Read a share of a grant."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        parts = Decimal(str(value)) * WHOLE_SHARE
        if 0 <= parts <= WHOLE_SHARE and parts == int(parts):
            return int(parts)
    reader.complain(
        path, f"must be a share from 0 to 1 with at most four decimals, not {as_written(value)}"
    )
    return None


_CARRY: Final[dict[str, Read]] = {
    "at_most": amount,
    "share": _share,
    "for": whole(1, _MOST_PERIODS),
    "burns": _word_of("first", "last"),
}
_ALLOWANCE: Final[dict[str, Read]] = {
    "terms": amount,
    "every": _period,
    "anchor": _word_of("start", "calendar"),
    "first": _word_of("whole", "prorated"),
    "last": _word_of("whole", "prorated"),
    "carry": lambda reader, path, value: fields(reader, path, value, _CARRY),
}


def allowance(reader: Reader, path: DataPath, value: Any) -> Allowance | None:
    """Read an allowance (rule B1)."""
    given = fields(reader, path, value, _ALLOWANCE, ["terms", "every"])
    if given.get("terms") is None or given.get("every") is None:
        return None
    months, days = given["every"]
    carry = given.get("carry")
    limits = carry or {}
    at_most, share = limits.get("at_most"), limits.get("share")
    return Allowance(
        terms=hundredths(given["terms"]),
        months=months,
        days=days,
        on_calendar=given.get("anchor") == "calendar",
        first_prorated=given.get("first") == "prorated",
        last_prorated=given.get("last") == "prorated",
        carries=carry is not None,
        carry_at_most=NO_LIMIT if at_most is None else hundredths(at_most),
        carry_share=NO_LIMIT if share is None else share,
        carry_for=limits.get("for") or 1,
        carried_burns_last=limits.get("burns") == "last",
    )


_OVERAGE: Final[dict[str, Read]] = {
    "price": amount,
    "at_most": amount,
    "free": amount,
    "debt": one_of(Debt, "what becomes of a debt"),
}


def overage(reader: Reader, path: DataPath, value: Any) -> Overage | None:
    """Read what becomes of what goes over (rule B3); a desk writes no bills."""
    given = fields(reader, path, value, _OVERAGE)
    at_most, free = given.get("at_most"), given.get("free")
    return Overage(
        free=0 if free is None else hundredths(free),
        at_most=NO_LIMIT if at_most is None else hundredths(at_most),
        debt=given.get("debt") or Debt.BILLED,
    )


_STEPS: Final[dict[str, Read]] = {"at_least": whole(0, MOST_MINUTES), "step": whole(1, 100_000)}


def steps_of_minutes(reader: Reader, path: DataPath, value: Any) -> tuple[int, int]:
    """Read how minutes are rounded up (rule B4): at least so many, in such steps."""
    given = fields(reader, path, value, _STEPS)
    return given.get("at_least") or 0, given.get("step") or 1


def _weight(reader: Reader, path: DataPath, value: Any) -> int | None:
    weight = amount(reader, path, value)
    return None if weight is None else hundredths(weight)


def _severities(reader: Reader, path: DataPath, value: Any) -> dict[int, int]:
    severities: dict[int, int] = {}
    for severity, written in mapping(reader, path, value).items():
        here = below(path, severity)
        weight = _weight(reader, here, written)
        if severity in range(1, SEVERITIES + 1) and weight is not None:
            severities[severity] = weight
        elif weight is not None:
            reader.complain(here, f"a severity is a number from 1 to {SEVERITIES}", at_key=True)
    return severities


_WEIGHTS: Final[dict[str, Read]] = {
    "outside_hours": _weight,
    "weekend": _weight,
    "holiday": _weight,
    "severity": _severities,
}


def weights(reader: Reader, path: DataPath, value: Any) -> Weights:
    """Read what counts more than once (rule B4)."""
    given = fields(reader, path, value, _WEIGHTS)
    by_time = {
        key: UNWEIGHED if given.get(key) is None else given[key]
        for key in ("outside_hours", "weekend", "holiday")
    }
    return Weights(**by_time, severity=given.get("severity") or {})


def total_terms(reader: Reader, path: DataPath, value: Any) -> Any:
    """Read a total, or that there is none (rule B5)."""
    return UNLIMITED if value == UNLIMITED else amount(reader, path, value)


#: A priority is a whole number in these bounds.
priority: Final = whole(-1_000_000, 1_000_000)

#: Fields of a template or an entitlement that say what is sold beyond a plain total.
OFFERING_FIELDS: Final[dict[str, Read]] = {
    "allowance": allowance,
    "overage": overage,
    "minutes": steps_of_minutes,
    "weighs": weights,
    "priority": priority,
    "price": amount,
}
#: Those of a template beyond: what it is added to, and when it ends.
TOP_UP_FIELDS: Final[dict[str, Read]] = {
    "adds_to": list_of(text),
    "ends": _word_of("with_contract", "own"),
}


def with_offering(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of an action with what is sold in one: as a desk takes it."""
    given = dict(arguments)
    known = (*OFFERING_FIELDS, *TOP_UP_FIELDS)
    sold = {key: given.pop(key) for key in known if key in given}
    unlimited = given.get("total_terms") == UNLIMITED
    if unlimited:
        del given["total_terms"]
    if sold or unlimited:
        at_least, step = sold.get("minutes", (0, 1))
        adds_to, price = sold.get("adds_to"), sold.get("price")
        given["offering"] = Offering(
            unlimited=unlimited,
            allowance=sold.get("allowance"),
            overage=sold.get("overage"),
            at_least=at_least,
            step=step,
            weights=sold.get("weighs"),
            priority=PLAIN_PRIORITY if sold.get("priority") is None else sold["priority"],
            price=0 if price is None else hundredths(price),
            top_up=None if adds_to is None else TopUp(tuple(adds_to), sold.get("ends") == "own"),
        )
    return given
