"""Single values of a scenario: what they may look like, said in the words of its author.

Every function takes what was written and returns what it means, or raises ``ValueError`` with a
sentence that says what would be right.
"""

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..rules.periods import MONTHS_OF_PERIOD
from ..rules.words import Origin, Pick, PickKey, RunsOut, labels
from ..telling import unknown
from . import hints

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Item = TypeVar("Item")

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?|[+-]?\.[0-9]+")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

_LENGTH = re.compile(r"(?P<count>[1-9][0-9]{0,4}) *(?P<unit>day|month|year)s?")

#: In place of a total: there is none.
UNLIMITED: Final = "unlimited"
#: In place of a term: it has no end.
OPEN: Final = "open"
#: Months of a year.

#: Days that a scenario may name.
FIRST_DATE: Final = dt.date(1970, 1, 1)
LAST_DATE: Final = dt.date(2199, 12, 31)

#: Origins by their names in scenarios, in the order of the product's option set.
_ORIGIN_ORDER = {origin.label: origin for origin in Origin}


def described(value: object) -> str:
    """Name a value that stands where it does not belong."""
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bytes):
        return "binary data"
    kind = next(
        name
        for of_type, name in (
            (str, "text"),
            (dt.datetime, "time"),
            (dt.date, "date"),
            (object, "number"),
        )
        if isinstance(value, of_type)
    )
    return f"the {kind} '{shown(value)}'" if kind == "text" else f"the {kind} {shown(value)}"


def shown(value: object) -> str:
    """Write a value, cut where it is long."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "with more than 38 digits"
    text = f"{value:f}" if isinstance(value, Decimal) and abs(value) < 10**38 else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def as_decimal(value: Any) -> Decimal:
    """Return an exact amount, from a whole number, a decimal number or its text."""
    return _exact(value, "a number such as 10 or 2.50", hints.number)


def as_limit(value: Any) -> Decimal:
    """The same for a limit, which is left out where there is none."""
    return _exact(value, "a number such as 10 or 2.50", hints.limit)


def as_grant(value: Any) -> Decimal:
    """The same for what a period grants, which is never without end."""
    return _exact(value, "a number such as 10 or 2.50", hints.grant)


def as_share(value: Any) -> Decimal:
    """The same for a share."""
    return _exact(value, "a share such as 0.4", hints.share)


def as_weight(value: Any) -> Decimal:
    """The same for how many times something counts."""
    return _exact(value, "a number of times such as 1.5", hints.weight)


def _exact(value: Any, kind: str, hint: Callable[[Any], str]) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    raise ValueError(hinted(f"must be {kind}, not {described(value)}", hint(value)))


def hinted(message: str, hint: str) -> str:
    """Add to a message what was probably meant, where that can be told."""
    return f"{message}; {hint}" if hint else message


def as_date(value: Any) -> Any:
    """Return the date of an ISO text; leave everything else for the type to judge."""
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"must be a date such as 2025-01-31, not {described(value)}") from None


def as_term_end(value: Any) -> dt.date | str:
    """Return the date of an ISO text or a day of the year, on which terms end."""
    if isinstance(value, str) and value.count("-") == 1:
        return month_day(value)
    try:
        date = dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        date = None
    if not isinstance(date, dt.date) or isinstance(date, dt.datetime):
        raise ValueError(
            "must be a month and day such as 12-31, or a date such as 2025-12-31, not "
            f"{described(value)}"
        )
    if not FIRST_DATE <= date <= LAST_DATE:
        raise ValueError(f"must lie between {FIRST_DATE} and {LAST_DATE}, not on {date}")
    return date


def as_term(value: Any) -> Any:
    """Return what words say of a term, such as "12 months" or "open", as a mapping."""
    if isinstance(value, Mapping):
        return value
    if value == OPEN:
        return {"open": True}
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if found:
        return {f"{found['unit']}s": int(found["count"])}
    right = f"must be a length such as '12 months' or {{ days: 90 }}, or {OPEN}"
    if value is None:
        raise ValueError(f"is blank, but {right}")
    raise ValueError(hinted(f"{right}, not {described(value)}", hints.term(value)))


def unlimited_or(value: Any, amount: Callable[[Any], Decimal]) -> Decimal | str:
    """Return an amount of terms, or the word that there is no end of them."""
    if value == UNLIMITED:
        return UNLIMITED
    return amount(_exact(value, f"a number such as 10 or 2.50, or {UNLIMITED}", hints.total))


def exhaustion_or(value: Any, left: Callable[[Any], Any]) -> Any:
    """Return when terms have run out: by a word, or by what is left of them."""
    words = [word for word in labels(RunsOut) if word != RunsOut.LEFT.label]
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, Mapping):
        return left(value)
    message = f"must be {', '.join(words)} or {{ left: n }}, not {described(value)}"
    raise ValueError(hinted(message, hints.exhaustion(value)))


def picks_or(value: Any, keys: Callable[[Any], list[str]]) -> str | list[str]:
    """Return an order of picks by its word, or as a list of what is compared."""
    if isinstance(value, list):
        return keys(value)
    words = labels(Pick)
    if isinstance(value, str) and value in words:
        return value
    meant = hints.picks(value)
    if isinstance(value, str) and not meant:
        raise ValueError(unknown("word", value, words))
    message = (
        f"must be {', '.join(words)}, or a list of {', '.join(labels(PickKey))}, not "
        f"{described(value)}"
    )
    raise ValueError(hinted(message, meant))


def keys_that_matter(keys: list[str]) -> list[str]:
    """Check that no key stands behind `oldest`, by which no two are equal."""
    oldest = PickKey.OLDEST.label
    if oldest in keys[:-1]:
        raise ValueError(
            f"'{keys[keys.index(oldest) + 1]}' stands behind {oldest}, by which no two are equal; "
            f"leave it out, or write {oldest} last"
        )
    return keys


def period_or(value: Any, period: Callable[[Any], Any]) -> Any:
    """Return a period of the calendar by its name, or one of so many days."""
    if isinstance(value, str) and value in MONTHS_OF_PERIOD:
        return value
    if isinstance(value, Mapping) and "days" in value:
        return period(value)
    message = f"must be {', '.join(MONTHS_OF_PERIOD)} or {{ days: n }}, not {described(value)}"
    raise ValueError(hinted(message, hints.period(value)))


def price_or(
    value: Any, pricing: Callable[[Any], Any], part: type[Any], amount: "TypeAdapter[Decimal]"
) -> Any:
    """Return the price of a term as an amount, or what it is reckoned by."""
    if isinstance(value, Mapping | part):
        return pricing(value)
    meant = hints.price(value)
    if meant:
        raise ValueError(
            f"must be a number such as 1500 or 99.50, or a mapping, not {described(value)}; {meant}"
        )
    return amount.validate_python(value)


def reference_or(
    value: Any, by_template: Callable[[Any], Any], amount: "TypeAdapter[Decimal]"
) -> Any:
    """Return one price for whatever is held, or one by template."""
    return by_template(value) if isinstance(value, Mapping) else amount.validate_python(value)


def spend_in_order(bands: dict[float, Decimal]) -> dict[float, Decimal]:
    """Sort bands of spend, whose ends are amounts of money."""
    for end in bands:
        if Decimal(repr(end)) * 100 % 1:
            raise ValueError(f"ends of bands may have at most 2 decimals, not {end}")
    return in_order(bands)


def as_list(value: Any) -> Any:
    """Let one number stand for a list of it."""
    if isinstance(value, list):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, or a list of them, not {described(value)}")
    return [value]


def as_parts(value: Any) -> Any:
    """Let one mapping stand for a list of it."""
    return [value] if isinstance(value, dict) else value


def currency_code(text: str) -> str:
    """Check the letters of a currency, such as EUR."""
    if not _CURRENCY.fullmatch(text):
        raise ValueError(
            f"must be the three capital letters of a currency, such as EUR, not '{shown(text)}'"
        )
    return text


def clock_time(text: str) -> str:
    """Check a time of the day."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"must be a time from 00:00 to 23:59, such as 09:30, not '{text}'")
    return text


def closing_time(text: str) -> str:
    """Check a time of the day that may be the end of it."""
    return text if text == "24:00" else clock_time(text)


def month_day(text: str) -> str:
    """Check a day of the year; 29 February is none that every year has."""
    try:
        if not re.fullmatch(r"[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        dt.date(2023, int(text[:2]), int(text[3:]))
    except ValueError:
        raise ValueError(
            f"must be a month and day that every year has, such as 01-15, not '{text}'"
        ) from None
    return text


def known_zone(name: str) -> str:
    """Check the name of a time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise ValueError(_unknown_zone(name)) from None
    return name


def _unknown_zone(name: str) -> str:
    zones = sorted(zoneinfo.available_timezones())
    by_city = [zone for zone in zones if zone.rpartition("/")[2].lower() == name.lower()]
    if by_city:
        return f"unknown time zone '{name}'; did you mean '{by_city[0]}'?"
    message, _, known = unknown("time zone", name, zones).partition("; known:")
    return message + ("; write one such as Europe/Berlin" if known else "")


def printable_name(text: str) -> str:
    """Check a name that ends up in tables, charts and messages."""
    if not text.isprintable() or text != text.strip():
        raise ValueError(f"must be printable text without blanks at its ends, not {text!r}")
    return text


def run_name(text: str) -> str:
    """Check a name that becomes a folder's."""
    if not _RUN_NAME.fullmatch(text):
        raise ValueError(
            "must be up to 64 letters, digits, '_', '.' or '-', beginning with a letter or digit, "
            f"not '{text}'"
        )
    return text


def some_weight(weights: list[float]) -> list[float]:
    """Check weights by position: at least one is above 0, and not as good as 0."""
    if not any(weights):
        raise ValueError("are all 0; at least one must be above 0")
    if max(weights) < 1e-9:
        raise ValueError("are all next to 0; at least one must be 0.000000001 or more")
    return weights


def some_share(weights: dict[str, float]) -> dict[str, float]:
    """Check weights by name: where there are some, at least one is above 0."""
    if weights:
        some_weight(list(weights.values()))
    return weights


def each_once(values: list[Item]) -> list[Item]:
    """Check that nothing stands twice in a list."""
    before: set[Item] = set()
    for value in values:
        if value in before:
            raise ValueError(f"'{value}' stands twice; write each one once")
        before.add(value)
    return values


def in_order(mapping: dict[Any, Item]) -> dict[Any, Item]:
    """Sort by key, so that the order in which a person wrote them means nothing."""
    return dict(sorted(mapping.items()))


def origins_in_order(mapping: dict[Any, Item]) -> dict[Any, Item]:
    """Sort origins as the product does, so that the order as written means nothing."""
    return dict(sorted(mapping.items(), key=lambda item: _ORIGIN_ORDER[item[0]]))
