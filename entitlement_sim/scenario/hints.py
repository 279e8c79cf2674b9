"""What somebody most likely means who writes one kind of value where another one belongs.

Each function takes what was written and returns how to write what it seems to mean, or an empty
text where that cannot be told.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeGuard

#: Words that people write for what has no end, or no limit.
_ENDLESS: Final = frozenset(
    {
        *("always", "endless", "evergreen", "forever", "indefinite", "inf", "infinite"),
        *("infinity", "none", "no-end", "no-limit", "open", "open-ended", "perpetual"),
        *("unbounded", "unlimited"),
    }
)
_NOTHING: Final = frozenset({"no", "none", "nothing", "never"})
_EVERYTHING: Final = frozenset({"all", "everything", "unlimited", "yes"})

_NUMBER: Final = r"(?P<number>[0-9]+(?:[.,][0-9]+)?)"
_PERCENT: Final = re.compile(_NUMBER + r" ?(%|percent|per cent)")
_TIMES: Final = re.compile(r"(?:x|\*)? ?" + _NUMBER + r" ?(?:x|\*|times)?")
_WITH_UNIT: Final = re.compile(r"[^0-9.,+-]{0,4}" + _NUMBER + r"[^0-9.,]{0,20}")
_UNIT: Final = r"(?P<unit>day|week|month|quarter|half-year|half year|year)s?"
_LENGTH: Final = re.compile(r"(?P<count>a|an|one|[0-9]+)?[ -]?" + _UNIT)
_PERIODICAL: Final = re.compile(
    _NUMBER + r" ?(?:cases?|hours?|h|terms?|units?)? ?(?:a|an|per|every|each|/) ?" + _UNIT
)
_ADVERBS: Final = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
}
_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "half year": 6, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}
_PERIODS: Final = {1: "month", 3: "quarter", 12: "year"}


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _lower(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def is_endless(value: object) -> bool:
    """Whether somebody seems to mean that there is no end or no limit."""
    if isinstance(value, float | Decimal):
        return math.isinf(value)
    return _lower(value).replace(" ", "-") in _ENDLESS


def number(value: object) -> str:
    """Find the number in a text such as ``40 EUR``."""
    found = _WITH_UNIT.fullmatch(_lower(value))
    if found is None or re.search(r",[0-9]{3}$", found["number"]):  # a thousand, or decimals?
        return ""
    return f"write {found['number'].replace(',', '.')}"


def whole(value: object) -> str:
    """Find the whole number in a text such as ``1 month``."""
    return "" if re.search(r"[.,]", _lower(value)) else number(value)


def severity(value: object) -> str:
    """Say how a severity is written as a key."""
    if _lower(value).isdigit():
        return "write it without quotes"
    return "1 is the most severe one, 2 the next" if isinstance(value, str) else ""


def total(value: object) -> str:
    """Say how a total without end is written, or so many terms every period."""
    if is_endless(value):
        return "write unlimited"
    return allowance(value) if _PERIODICAL.fullmatch(_lower(value)) else number(value)


def grant(value: object) -> str:
    """Say how it is written that there is no end of terms."""
    if is_endless(value):
        return "write total_terms: unlimited in place of an allowance"
    return number(value)


def limit(value: object) -> str:
    """Say how no limit is written."""
    return "leave it out where there is no limit" if is_endless(value) else number(value)


def share(value: object) -> str:
    """Write a percentage as a share."""
    found = _PERCENT.fullmatch(_lower(value))
    return f"{found['number']} % is {_as_share(found['number'])}" if found else ""


def _as_share(percentage: object) -> str:
    return f"{Decimal(str(percentage).replace(',', '.')) / 100:f}"


def weight(value: object) -> str:
    """Write how many times something counts as a number."""
    found = _TIMES.fullmatch(_lower(value))
    return f"write {found['number'].replace(',', '.')}" if found else share(value)


def _length(value: object) -> tuple[int, str] | None:
    """Read a length of time: how many, and of which unit."""
    text = _ADVERBS.get(_lower(value), _lower(value))
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    count = found["count"]
    return (int(count) if count and count.isdigit() else 1), found["unit"]


def term(value: object) -> str:
    """Say how the length of a term is written."""
    if is_endless(value):
        return "write open"
    if _is_number(value):
        return (
            f"write '{value} months' or '{value} days'" if value < 100 else f"write '{value} days'"
        )
    length = _length(value)
    if length is not None and length[0] > 0:
        count, unit = length
        if unit in _MONTHS:
            return f"write '{count * _MONTHS[unit]} months'"
        return f"write '{count * _DAYS[unit]} days'"
    if isinstance(value, date):
        return f"write {{ from: {value.year}-01-01, until: {value} }} for a fixed period"
    if re.fullmatch(r"[0-9]{2}-[0-9]{2}", _lower(value)):
        return f"write {{ until: {value} }} for terms that end on that day of the year"
    return ""


def period(value: object) -> str:
    """Say how the length of an allowance's periods is written."""
    match value:
        case {"months": int(months)} if months in _PERIODS:
            return f"write {_PERIODS[months]}"
        case {"weeks": int(weeks)}:
            return f"write {{ days: {7 * weeks} }}"
        case {"quarters": 1}:
            return "write quarter"
        case {"years": 1}:
            return "write year"
    if isinstance(value, int) and _is_number(value):
        return f"write {{ days: {value} }}" if value > 0 else ""
    length = _length(value)
    if length is None:
        return ""
    count, unit = length
    if unit in _DAYS:
        return f"write {{ days: {count * _DAYS[unit]} }}"
    months = count * _MONTHS[unit]
    return f"write {_PERIODS[months]}" if months in _PERIODS else ""


def allowance(value: object) -> str:
    """Say how so many terms every period are written."""
    if _is_number(value):
        return f"for so many a month write {{ terms: {value}, every: month }}"
    found = _PERIODICAL.fullmatch(_lower(value))
    every = period(found["unit"]) if found else ""
    if found and every:
        terms = f"terms: {found['number']}, every: {every.removeprefix('write ')}"
        return f"write allowance: {{ {terms} }}"
    return ""


def carry(value: object) -> str:
    """Say how it is written that everything is carried, nothing, so many terms or a share."""
    percentage = _PERCENT.fullmatch(_lower(value))
    if percentage:
        return f"write {{ share: {_as_share(percentage['number'])} }}"
    if value is True or _lower(value) in _EVERYTHING:
        return "write {} where everything is carried"
    if value is False or _lower(value) in _NOTHING:
        return "leave it out where nothing is carried"
    if isinstance(value, float | Decimal) and 0 < value < 1:
        return f"write {{ share: {value} }}"
    return f"for so many terms write {{ at_most: {value} }}" if _is_number(value) else ""


def overage(value: object) -> str:
    """Say how the price of a unit is written."""
    if value is False or _lower(value) in _NOTHING:
        return "leave it out where there is none"
    if _is_number(value):
        return f"for a price a unit write {{ price: {value} }}"
    price = number(value).removeprefix("write ")
    return f"write {{ price: {price} }}" if price else ""


#: A price that comes back every period.
_FEE: Final = re.compile(
    r"[^0-9.,+-]{0,4}" + _NUMBER + r" ?[^0-9.,/ ]{0,4} ?(?:a|an|per|every|each|/) ?" + _UNIT
)


def price(value: object) -> str:
    """Say how a price for every period is written, or one that is a share of what is spent."""
    if value is False or _lower(value) in {"free", *_NOTHING}:
        return "write 0"
    fee = _FEE.fullmatch(_lower(value))
    every = period(fee["unit"]) if fee else ""
    if fee and every in {f"write {name}" for name in _PERIODS.values()}:
        amount = fee["number"].replace(",", ".")
        return f"write {{ amount: {amount}, every: {every.removeprefix('write ')} }}"
    percentage = _PERCENT.fullmatch(_lower(value))
    if percentage:
        share = _as_share(percentage["number"])
        return f"write {{ of_spend: {{ up_to: {{ 10000: {share} }}, above: {share} }} }}"
    return ""


def notice(value: object) -> str:
    """Say how so many days of notice are written."""
    if isinstance(value, int) and _is_number(value):
        return f"write {{ days: {value} }}" if value > 0 else "leave it out where there is none"
    if value is False or _lower(value) in _NOTHING:
        return "leave it out where there is none"
    length = _length(value)
    if length is None:
        return ""
    count, unit = length
    days = count * _DAYS[unit] if unit in _DAYS else count * _MONTHS[unit] * 30
    return f"write {{ days: {days} }}" if days else ""


def renews(value: object) -> str:
    """Say how it is written that a term renews itself."""
    if value is True or _lower(value) in {"auto", "automatic", "automatically", "itself", "yes"}:
        return "write { itself: true }"
    if value is False or _lower(value) in _NOTHING:
        return "leave it out where customers decide at the end"
    return ""


def discount(value: object) -> str:
    """Say how so much off is written."""
    if value is False or _lower(value) in _NOTHING:
        return "leave it out where there is none"
    percentage = _PERCENT.fullmatch(_lower(value))
    if percentage:
        return f"write {{ off: {_as_share(percentage['number'])} }}"
    if _is_number(value) and 0 < value < 1:
        return f"write {{ off: {value} }}"
    return f"write {{ off: {_as_share(value)} }}" if _is_number(value) and value <= 100 else ""


def minutes(value: object) -> str:
    """Say how steps of minutes are written."""
    step = str(value) if _is_number(value) else number(value).removeprefix("write ")
    if not step:
        return ""
    return f"for steps of so many minutes write {{ at_least: {step}, step: {step} }}"


def weighing(value: object) -> str:
    """Say how it is written that cases of some kind weigh more."""
    times = str(value) if _is_number(value) else weight(value).removeprefix("write ")
    return f"say which cases, such as {{ outside_hours: {times} }}" if times else ""


def by_severity(value: object) -> str:
    """Say how numbers by severity are written."""
    if isinstance(value, list):
        pairs = ", ".join(f"{place}: {item}" for place, item in enumerate(value, 1))
        return f"write {{ {pairs} }}"
    return f"write a number for each, such as {{ 1: {value} }}" if _is_number(value) else ""


def promise(value: object) -> str:
    """Say how the hours of a severity are written."""
    hours = str(value) if _is_number(value) else number(value).removeprefix("write ")
    return f"for hours until the resolution write {{ resolve_hours: {hours} }}" if hours else ""


def promises(value: object) -> str:
    """Say how the hours of severities are written."""
    return f"write {{ 1: {{ resolve_hours: {value} }} }}" if _is_number(value) else ""


#: Words of other trades for keys and words of scenarios.
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "after_hours": ("outside_hours",),
    "out_of_hours": ("outside_hours",),
    "cap": ("at_most",),
    "max": ("at_most",),
    "maximum": ("at_most",),
    "limit": ("at_most",),
    "min": ("at_least",),
    "minimum": ("at_least",),
    "rounded_to": ("step",),
    "increment": ("step",),
    "amount": ("terms", "price"),
    "quantity": ("terms",),
    "cost": ("price",),
    "rate": ("price",),
    "per": ("every",),
    "period": ("every",),
    "rollover": ("carry",),
    "carry_over": ("carry",),
    "expires_after": ("for",),
    "multiplier": ("weighs",),
    "multipliers": ("weighs",),
    "charged": ("billed",),
    "invoiced": ("billed",),
    "waived": ("forgiven",),
    "written_off": ("forgiven",),
    "rolled_over": ("carried",),
    "auto": ("itself",),
    "automatic": ("itself",),
    "auto_renews": ("renews",),
    "auto_renew": ("renews",),
    "autorenew": ("renews",),
    "escalator": ("rise",),
    "uplift": ("rise",),
    "increase": ("rise",),
    "notice_days": ("notice",),
    "notice_period": ("notice",),
    "percent": ("off",),
    "rebate": ("discount",),
    "minimum_fee": ("at_least",),
    "elasticity": ("answers_price",),
    "24/7": ("always",),
    "24x7": ("always",),
    "around_the_clock": ("always",),
    "round_the_clock": ("always",),
    "elapsed": ("always",),
    "business": ("working",),
    "business_hours": ("working",),
    "respond_hours": ("first_response_hours",),
    "response_hours": ("first_response_hours",),
    "resolution_hours": ("resolve_hours",),
    "priority": ("severity",),
}


def synonym(word: object, known: Iterable[str]) -> str | None:
    """Return the known word that another word means, or None."""
    meant = _SYNONYMS.get(_lower(word).replace(" ", "_").replace("-", "_"), ())
    return next((name for name in known if name in meant), None)


#: What somebody means who writes something else in the place of a part, by the part's name.
OF_PARTS: Final[dict[str, Callable[[Any], str]]] = {
    "Allowance": allowance,
    "Carry": carry,
    "Overage": overage,
    "Minutes": minutes,
    "Weighing": weighing,
    "Notice": notice,
    "Renews": renews,
    "Discount": discount,
    "SlaOfSeverity": promise,
}
