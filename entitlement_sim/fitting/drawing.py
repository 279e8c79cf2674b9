"""A fitted scenario with its numbers drawn anew, each as far off as its standard error has it.

What a book tells of a number is a normal distribution on the number's own scale: of its logarithm
where it is above 0, of its log-odds where it is a share. Numbers that are told together, such as
alpha and beta of renewals or the parts of a mixture, are drawn together; others on their own.
"""

import copy
import datetime as dt
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from ..documents import parse_document
from ..scenario.checks import check_scenario
from ..scenario.models import ScenarioModel
from ..telling import iso_day
from .arrivals import LEAST_CUSTOMERS
from .durations import written_parts
from .fitted import Fitted
from .learned import Learned, Number, Path
from .seasons import YEAR
from .seen import Floats

#: How often numbers are drawn that no scenario can have, before it is given up.
_TRIES: Final = 50
#: Growth a year that is taken to be likely before a book is looked at, as a standard deviation:
#: cases of a customer become more or fewer by some per cent a year.
_USUAL_GROWTH: Final = 0.03
#: Shape of the rates of customers where they are too few to tell it, and its spread as that of a
#: logarithm: logs of support have shapes of some tenths to some ones.
_USUAL_SHAPE: Final = 1.0
_SHAPES: Final = 0.7
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Moves the number of a name by what was drawn for it; what was not drawn stays.
Move = Callable[[str, float], float]
#: Writes a value of a scenario with its numbers moved.
Write = Callable[[Any, Move], Any]


class Drawn(NamedTuple):
    """A scenario that a book may have come from.

    Attributes
    ----------
    model : ScenarioModel
    level : float
        What the level of all customers came to on the average of the book.
    """

    model: ScenarioModel
    level: float


class Drawing:
    """Draws scenarios that a book may have come from.

    Parameters
    ----------
    fitted : Fitted
        What the book told.
    """

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        self._learned = {each.path: each for each in fitted.learned}

    @cached_property
    def _data(self) -> Any:
        return parse_document(self._fitted.text, "fitted.yaml").data

    def likeliest(self) -> ScenarioModel:
        """Return the scenario that was fitted, in which customers differ even where they are few.

        A scenario without a spread would have it that nothing is to be learned of a customer from
        its own cases.
        """
        model = self._fitted.scenario.model
        shaped = {
            name: segment.model_copy(
                update={"cases": segment.cases.model_copy(update={"shape": _USUAL_SHAPE})}
            )
            for name, segment in model.segments.items()
            if name in self._few
        }
        return model.model_copy(update={"segments": {**model.segments, **shaped}})

    @cached_property
    def _few(self) -> list[str]:
        """Segments of which the book has cases, and too few customers to say how they differ."""
        return [
            path[1]
            for path, each in self._learned.items()
            if path[-1] == "shape" and each.status == "default" and 0 < each.n < LEAST_CUSTOMERS
        ]

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Return a scenario whose numbers are drawn anew.

        What no scenario can say is drawn once more.
        """
        for _ in range(_TRIES):
            data, level = self._drawn(rng)
            model, findings = check_scenario(data)
            if model is not None and not findings:
                return Drawn(model, level)
        return Drawn(self.likeliest(), 1.0)

    def _drawn(self, rng: np.random.Generator) -> tuple[Any, float]:
        data = copy.deepcopy(self._data)
        level, moved = self._slow(data["calendar"], rng)
        for path, each in self._learned.items():
            write = _WRITERS.get(path[-1])
            if each.status == "estimated" and write is not None:
                _put(data, path, write, _moving(each, rng))
        for name in self._few:
            cases = data["segments"][name].setdefault("cases", {})
            cases["shape"] = _USUAL_SHAPE * math.exp(_SHAPES * float(rng.standard_normal()))
        for segment in data["segments"].values():
            if "per_year" in segment.get("cases", {}):
                segment["cases"]["per_year"] *= moved / level
        return data, level

    def _slow(self, calendar: Any, rng: np.random.Generator) -> tuple[float, float]:
        """Draw level and growth, jointly.

        Where they are not told from none, they are not none for sure. What the book says of growth
        is held against what is usual. What a book tells are rates in the middle of it.

        Returns
        -------
        level : float
            What it came to on the average of the book.
        moved : float
            By which factor the growth moves rates of the first day.
        """
        learned = self._learned.get(("calendar", "level"))
        if learned is None or not learned.likely:
            return 1.0, 1.0
        sd, half_life, of_mean, slope, error = learned.likely[rng.integers(len(learned.likely))]
        level = {"sd": min(sd, 3.0), "half_life_days": min(max(half_life, 1.0), 36_525.0)}
        calendar["level"] = calendar.get("level", {}) | level
        weight = _USUAL_GROWTH**2 / (_USUAL_GROWTH**2 + error**2)
        drawn = weight * slope + math.sqrt(weight) * error * float(rng.standard_normal())
        before = float(calendar.get("growth", 0.0))
        calendar["growth"] = min(max(math.expm1(drawn), -0.9), 10.0)
        middle = calendar["days"] / YEAR / 2
        moved = float(((1.0 + before) / (1.0 + calendar["growth"])) ** middle)
        return math.exp(of_mean * float(rng.standard_normal())), moved


def _moving(each: Learned, rng: np.random.Generator) -> Move:
    """Draw how far the numbers of a key are off, beside what all rates share by the level."""
    noise = rng.standard_normal(len(each.numbers))
    if each.together:
        many = len(each.together)
        noise[:many] = _root(np.asarray(each.together)) @ noise[:many]
    found: dict[str, tuple[Number, float]] = {}
    for number, one in zip(each.numbers, noise.tolist(), strict=True):
        if number.is_drawn:
            spread = math.sqrt(max(number.spread**2 - each.of_level**2, 0.0))
            found[number.name] = number, spread * one

    def move(name: str, value: float) -> float:
        if name not in found:
            return value
        number, by = found[name]
        return number.moved(float(value), by)

    return move


def _root(correlation: Floats) -> Floats:
    """Return a root of a matrix of correlations, which may be singular."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _put(data: Any, path: Path, write: Write, move: Move) -> None:
    """Write the value at a path with its numbers moved, if there is one."""
    for key in path[:-1]:
        data = data.get(key, {})
    if path[-1] in data:
        data[path[-1]] = write(data[path[-1]], move)


def _number(value: Any, move: Move) -> Any:
    return move("", value)


def _whole(value: Any, move: Move) -> Any:
    return max(round(move("", value)), 0)


def _of(name: str, key: str, most: float = math.inf) -> Write:
    """Return a writer of one number of a part."""

    def write(value: Any, move: Move) -> Any:
        return value | {key: min(move(name, value[key]), most)} if key in value else value

    return write


def _in_turn(*writers: Write) -> Write:
    def write(value: Any, move: Move) -> Any:
        for each in writers:
            value = each(value, move)
        return value

    return write


def _within(key: str, writer: Write) -> Write:
    """Return a writer of what stands under a key of a part."""

    def write(value: Any, move: Move) -> Any:
        return (
            value | {key: writer(value[key], move)} if isinstance(value.get(key), dict) else value
        )

    return write


def _weekdays(value: Any, move: Move) -> Any:
    return [move(name, own) for name, own in zip(_WEEKDAYS, value, strict=True)]


def _hours(value: Any, move: Move) -> Any:
    return [100 * move(f"{hour:02d}", own / 100) for hour, own in enumerate(value)]


def _holidays(value: Any, move: Move) -> Any:
    return [day | {"factor": min(move("factor", day["factor"]), 10.0)} for day in value]


def _season(value: Any, move: Move) -> Any:
    month, day = (int(part) for part in str(value["peak"]).split("-"))
    by = round(move("peak day", 0.0))
    peak = dt.date(2001, month, day) + dt.timedelta(days=by)
    amplitude = min(move("amplitude", value["amplitude"]), 0.99)
    return {"amplitude": amplitude, "peak": f"{peak.month:02d}-{peak.day:02d}"}


def _steps(value: Any, move: Move) -> Any:
    return [
        step | {"factor": min(move(f"from {iso_day(step['date'])}", step["factor"]), 100.0)}
        for step in value
    ]


def _shares(value: Any, move: Move) -> Any:
    """Write shares of words, which a scenario has in per cent."""
    return {word: 100 * move(str(word), own / 100) for word, own in value.items()}


def _holds(value: Any, move: Move) -> Any:
    return [own | {"share": move(own["template"], own["share"])} for own in value]


def _bursts(value: Any, move: Move) -> Any:
    drawn = []
    for burst in value:
        product = burst["product"]
        own = dict(burst)
        for key, name, most in (
            ("per_year", "per year", math.inf),
            ("hits", "hits", 1.0),
            ("cases", "cases", 100.0),
            ("over_hours", "over hours", math.inf),
        ):
            own[key] = min(move(f"{product} {name}", burst[key]), most)
        drawn.append(own)
    return drawn


def _follow_ups(value: Any, move: Move) -> Any:
    early, late = value["hours"]["mixture"]
    first = min(max(move("share of early ones", early["share"]), 0.001), 0.999)
    hours = [
        {"share": first, "exponential": move("mean hours of early ones", early["exponential"])},
        late | {"share": 1.0 - first},
    ]
    return {"mean": min(move("mean", value["mean"]), 0.9), "hours": {"mixture": hours}}


def _inclination(value: Any, move: Move) -> Any:
    if "constant" in value:
        return value | {"constant": move("", value["constant"])}
    own = value["beta_geometric"]
    return {"beta_geometric": {name: move(name, own[name]) for name in ("alpha", "beta")}}


def _duration(value: Any, move: Move) -> Any:
    """Write a duration: an exponential, or parts of which some are timers, by word."""
    more = {
        key: {word: move(f"{key} {word}", own) for word, own in of_words.items()}
        for key, of_words in value.items()
        if key in ("by_product", "by_origin")
    }
    if "exponential" in value:
        return value | more | {"exponential": move("mean", value["exponential"])}
    if "lognormal" in value:
        own = value["lognormal"]
        drawn = {name: move(f"{name} 1", own[name]) for name in ("median", "sigma")}
        return value | more | {"lognormal": drawn | {"sigma": min(drawn["sigma"], 5.0)}}
    if "mixture" not in value:
        return value | more
    parts = [
        {name: move(f"{name} {place}", own) for name, own in part.items()}
        for place, part in enumerate(value["mixture"], start=1)
    ]
    total = sum(part["share"] for part in parts)
    return value | more | written_parts([part | {"share": part["share"] / total} for part in parts])


_DAYS: Final = _within("days", _of("mean days", "exponential"))

#: How what was drawn is written, by the last part of a segment's key, or the name of another.
_WRITERS: Final[Mapping[str, Write]] = {
    "weekdays": _weekdays,
    "hours": _hours,
    "holidays": _holidays,
    "season": _season,
    "day_spread": _number,
    "steps": _steps,
    "bursts": _bursts,
    "customers": _whole,
    "holds": _holds,
    "life": _within("ends", _of("mean days", "exponential", 1e6)),
    "ramp_up_days": _whole,
    "never_covered": _number,
    "per_year": _number,
    "shape": _number,
    "follow_ups": _follow_ups,
    "key_accounts": _in_turn(_of("share", "share"), _of("factor", "factor", 1000.0)),
    "origins": _shares,
    "products": _shares,
    "severities": _shares,
    "products_spread": _number,
    "cancelled": _number,
    "reopened": _number,
    "cancelled_reactivated": _number,
    "do_not_decrement": _number,
    "turned_away": _number,
    "resolve_hours": _duration,
    "billable_minutes": _duration,
    "respond_hours": _duration,
    "reopened_after_hours": _duration,
    "cancellation": _of("", "per_year", 100.0),
    "left_in_draft": _of("share", "share"),
    "amendments": _of("per year", "per_year", 100.0),
    "inclination": _inclination,
    "moved_by": _of("utilisation", "utilisation"),
    "late": _in_turn(_of("share", "share"), _DAYS),
    "returns": _in_turn(_of("share", "share"), _DAYS),
    "after_cancellation": _number,
}
