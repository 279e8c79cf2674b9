"""The answer to a question in five sentences: earned, refused, lost by whom, how sure, wrong if."""

import math
from typing import TYPE_CHECKING, Any, Final

from ..telling import (
    counted,
    day,
    limits_of_kind,
    listed,
    move_in_words,
    move_of_kind,
    number,
    percent,
    percent_tick,
    short_of_kind,
    signed_short_money,
)
from ..telling.tables import records
from .measures import METRICS, Metric
from .met_book import met_in_words
from .saying import status
from .until import Look, Until, is_reached
from .wrong_if import earned, in_short

if TYPE_CHECKING:
    import pandas as pd

    from .answer import Comparison

#: How money that has a horizon is said, in the order of what becomes of a sale.
_HORIZONS: Final = ("booked", "billed", "recognised", "spent")

#: Segments that a sentence names.
_MOST: Final = 3

#: Metrics of which a segment may lose while all customers together do not, and which way is a loss.
_LOST: Final = {"covered": -1, "turned_away": 1}

_BY_KEY: Final = {metric.key: metric for metric in METRICS}

#: Named by :func:`by_segment`.
OF_SEGMENTS: Final = [_BY_KEY[key] for key in _LOST]


def five_sentences(answer: "Comparison", place: int) -> list[str]:
    """Say in five sentences what becomes of one alternative.

    Parameters
    ----------
    answer : Comparison
    place : int
        Of the alternative.
    """
    rows = answer.rows_of(place)
    by_segment = answer.sure_by_segment(place)
    return [
        _earns(answer, place, rows),
        _refuses(rows, by_segment),
        _loses(answer, place, rows, by_segment),
        _how_sure(answer, place, rows),
        _wrong_if(answer, place, rows),
    ]


def _earns(answer: "Comparison", place: int, rows: "pd.DataFrame") -> str:
    row = earned(rows)
    if row is None:
        return f"What it earns: no money is compared{_met(answer, place)}."
    facts = answer.runs[0].manifest
    within = f"in the {counted(facts.days, 'day')} from {day(facts.start_date)}"
    parts = []
    of_money = [other for other in records(rows) if other.kind == "money" and other is not row]
    for horizon in _HORIZONS:
        own = [
            f"{other.name} {_moved_by(other, answer.currency)}"
            for other in of_money
            if other.horizon == horizon and other.metric != row.metric
        ]
        if own:
            parts.append(f"{horizon}: {listed(own)}")
    rest = f"; {'; '.join(parts)}" if parts else ""
    if row.horizon not in row.name:
        row = row._replace(name=f"{row.name} ({row.horizon})")
    return (
        f"What it earns: {within} {move_in_words(row, answer.currency)}{rest}{_met(answer, place)}."
    )


def _met(answer: "Comparison", place: int) -> str:
    """Say how the change meets the book, where it is one that does."""
    met = answer.met_book_of(place)
    if met is None:
        return ""
    return f"; {met_in_words(met, is_of_first=answer.replications is not None)}"


def _moved_by(row: Any, currency: str | None) -> str:
    if status(row) == "same":
        return "as before"
    moved = signed_short_money(row.difference, currency)
    return moved if status(row) == "moved" else f"{moved} (which cannot be told from none)"


def _refuses(rows: "pd.DataFrame", by_segment: "pd.DataFrame") -> str:
    by_metric = {row.metric: row for row in records(rows)}
    row = by_metric.get("turned_away")
    if row is None:
        return "Whom it refuses: no case is turned away in either."
    if status(row) == "same":
        return f"Whom it refuses: nobody else; {percent(row.first)} of {row.of} are turned away."
    text = f"Whom it refuses: {move_in_words(row)}"
    segments = [
        f"{own.segment} {move_of_kind('share', own.difference)} points"
        for own in _farthest(by_segment, "turned_away")
    ]
    return f"{text}; for sure in {listed(segments, most=_MOST)}." if segments else f"{text}."


def _loses(
    answer: "Comparison", place: int, rows: "pd.DataFrame", by_segment: "pd.DataFrame"
) -> str:
    hidden = _hidden(rows, by_segment)
    rest = f"; {hidden}" if hidden else ""
    pairing = answer.pairings[place - 1]
    if not pairing.is_paired:
        return f"Who loses: no customer can be followed from run to run, {pairing.why}{rest}."
    outcomes = answer.outcomes()
    outcomes = outcomes[outcomes["run"] == answer.names[place]]
    *segments, everybody = records(outcomes)
    of_all = f"of {counted(everybody.customers, 'customer')}"
    parts = []
    for column, words in (("covered_fewer", "fewer cases covered"), ("pay_more", "more to pay")):
        count = getattr(everybody, column)
        if not count:
            parts.append(f"nobody has {words}")
            continue
        own = [
            f"{segment.segment} {number(getattr(segment, column))} of {number(segment.customers)}"
            for segment in sorted(segments, key=lambda each: -getattr(each, column))
            if getattr(segment, column)
        ]
        among = f" ({listed(own, most=_MOST)})" if own else ""
        parts.append(f"{counted(count, 'has', 'have')} {words}{among}")
    return f"Who loses: {of_all}, {' and '.join(parts)}{rest}."


def _hidden(rows: "pd.DataFrame", by_segment: "pd.DataFrame") -> str:
    """Say in which segments it is worse for sure although it is not in all."""
    totals = {row.metric: row for row in records(rows)}
    texts = []
    for metric, sign in _LOST.items():
        total = totals.get(metric)
        if total is None or (status(total) == "moved" and total.difference * sign > 0):
            continue
        worse = [own for own in _farthest(by_segment, metric) if own.difference * sign > 0]
        texts += [
            f"the total hides that in {own.segment} {own.name} "
            f"{'rise' if sign > 0 else 'fall'} by {move_of_kind('share', own.difference)[1:]} "
            f"points ({limits_of_kind('share', own.low, own.high)})"
            for own in worse[:_MOST]
        ]
    return "; ".join(texts)


def _farthest(by_segment: "pd.DataFrame", metric: str) -> list[Any]:
    own = [row for row in records(by_segment) if row.metric == metric and status(row) == "moved"]
    return sorted(own, key=lambda row: abs(row.difference), reverse=True)


def _how_sure(answer: "Comparison", place: int, rows: "pd.DataFrame") -> str:
    if answer.replications is None:
        return f"How sure: {_first_small(answer.pairings[place - 1].words)}"
    pairs = f"{counted(answer.replications, 'pair')} of replications"
    of_all = "" if len(answer.runs) == 2 else ", of all alternatives together"
    means = f"How sure: means over {pairs}, limits of {percent_tick(answer.confidence)}{of_all}"
    if answer.until is not None:
        return f"{means}; {stopped_in_words(answer.until, answer.looks, answer.currency)}."
    row = earned(rows)
    if row is None or row.method != "replications" or not row.high > row.low:
        return f"{means}."
    half = (row.high - row.low) / 2
    return (
        f"{means}, those of {row.name} within {short_of_kind(row.kind, half, answer.currency)} of "
        f"the mean; --until {row.metric}=N goes on until that is N or less."
    )


def stopped_in_words(until: Until, looks: list[Look], currency: str | None) -> str:
    """Say how close limits were at each look, and why it stopped."""
    parts = []
    for key, asked in until.half_widths.items():
        metric = _BY_KEY[key]
        widths = [
            f"{_half(metric, look.half_widths[key], currency)} at {number(look.pairs)}"
            for look in looks[-2:]
        ]
        parts.append(f"of {metric.name} {listed(widths)} (asked: {_half(metric, asked, currency)})")
    if is_reached(until, looks):
        why = "it stopped as this was close enough at two looks in a row"
    else:
        why = f"it stopped at {number(looks[-1].pairs)} pairs, the most, and is not as close yet"
    return f"half of the width of limits {'; '.join(parts)}; {why}"


def _half(metric: Metric, value: float, currency: str | None) -> str:
    if math.isnan(value):
        return "unknown"
    if metric.kind == "share":
        return f"{move_of_kind('share', value).lstrip('+')} points"
    return short_of_kind(metric.kind, value, currency)


def _wrong_if(answer: "Comparison", place: int, rows: "pd.DataFrame") -> str:
    begins = "What would have to be true for it to be wrong:"
    row = earned(rows)
    if row is None or status(row) == "same":
        return f"{begins} nothing that moves money, as none moved."
    if status(row) != "moved":
        return f"{begins} nothing, as it cannot be told whether {row.name} rises or falls."
    found = answer.break_evens_of(place)
    conditions = in_short(found, answer.currency)
    unreached = [each.on for each in found if math.isnan(each.value)]
    rest = []
    if "demand" in unreached:
        rest.append("neither half of the cases nor twice as many turn it")
    if "hour_costs" in unreached:
        rest.append("no cost of an hour turns it")
    text = "; ".join(part for part in (conditions, *rest) if part)
    return f"{begins} {text or 'nothing that was tried'}."


def _first_small(text: str) -> str:
    return text[0].lower() + text[1:]
