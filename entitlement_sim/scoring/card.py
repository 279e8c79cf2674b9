"""The scorecard: what a run comes to beside targets, another run, or numbers of one's own."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import pandas as pd

from ..parameters import TEXT, of_types, takes
from ..scenario.models import Declaration
from ..store.run import RUN, Run
from ..targets import TARGETS, Goal, Target
from ..telling import unknown
from . import arrivals, inequality, integrity, renewals, resolutions
from .figures import Figures, Measured

Measure = Callable[[Figures, str | None], list[Measured]]

#: How each row is measured: for a segment, or for all customers where that is None.
MEASURES: Final[Mapping[str, Measure]] = {
    "weekday_index": arrivals.weekday_index,
    "weekend_share": arrivals.weekend_share,
    "holiday_factor": arrivals.holiday_factor,
    "day_dispersion": arrivals.day_dispersion,
    "day_variation": arrivals.day_variation,
    "weekend_variation": arrivals.weekend_variation,
    "lag_1": arrivals.lag_1,
    "hour_profile": arrivals.hour_profile,
    "channel_mix": arrivals.channel_mix,
    "shape": inequality.shape,
    "seen_shape": inequality.seen_shape,
    "gini": inequality.gini,
    "account_gini": inequality.gini,
    "top_tenth": inequality.top_tenth,
    "weekly_dispersion": inequality.weekly_dispersion,
    "short_gaps": inequality.short_gaps,
    "same_day": inequality.same_day,
    "resolution_hours": resolutions.resolution_hours,
    "resolved_within": resolutions.resolved_within,
    "weekend_resolutions": resolutions.weekend_resolutions,
    "reopened": resolutions.reopened,
    "excess_minutes": resolutions.excess_minutes,
    "renewal_curve": renewals.renewal_curve,
    "integrity": integrity.integrity,
}

#: Rows whose target is a rule, whatever another run comes to.
_BY_RULE: Final = ("excess_minutes", "integrity")

#: Values that differ from a limit by less than this share of it lie on it.
_ROUNDING: Final = 1e-9
#: Figures of a value that hold on any number of threads.
_FIGURES: Final = 12

#: Columns that a frame of targets must have.
_NEEDED: Final = ("row", "target")

COLUMNS: Final = (
    "row", "part", "segment", "value", "target", "low", "high", "verdict", "declared", "n", "base",
    "unit", "moved_by", "words", "source", "why",
)  # fmt: skip


class _Aim(NamedTuple):
    """What a number should be, between which limits; NaN for what is not said."""

    target: float
    low: float
    high: float
    source: str


@takes(run=RUN, against=TEXT | RUN | of_types("a frame", pd.DataFrame))
def scorecard(
    run: Run, against: Literal["targets"] | Run | pd.DataFrame = "targets"
) -> pd.DataFrame:
    """Hold a run against what real logs come to, against another run, or against a frame.

    A row that the scenario declares under ``scorecard:`` is measured for the segments that it
    names, every other row for all customers together.

    Parameters
    ----------
    run : Run
    against : "targets", Run or DataFrame
        - ``"targets"``: those of :mod:`entitlement_sim.targets`, or those that the scenario
          declares in their place.
        - a run: the same rows, measured on it; their limits move along. What the rulebook demands
          stays.
        - a frame with the columns `row` and `target`; which part of a row and which segment are in
          `part` and `segment` (missing: every part, every segment), and how far the value may be
          off in `tolerance`, or in `low` and `high` (missing: as far as the row's own limits are
          from its own target). A scorecard is such a frame.

    Returns
    -------
    DataFrame
        One row for each number, in the order of the targets:

        - `row`, `part`, `segment`: which number it is (`part` is empty where the row has one
          number, `segment` missing where it is of all customers);
        - `value`; `target`, `low`, `high`: what it should be, and the limits of what hits, both
          included (NaN: a side is open); shares are from 0 to 1;
        - `verdict`: ``hit``, ``miss``, ``not measurable`` or ``no target``;
        - `declared`: whether the scenario means to meet it;
        - `n`, `base`: how many of what it rests on;
        - `unit`: ``share``, ``number`` or ``hours``;
        - `moved_by`: keys of a scenario that move it; `words`: what is measured; `source` of the
          target;
        - `why`: why it cannot be measured, or what it leaves out of account.

    Raises
    ------
    ValueError
        The frame lacks a column, names a row or a part that there is not, or says the same number
        twice; or `against` is another word.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=20"]), seed=7)
    >>> card = scorecard(run)
    >>> print(card[card["row"] == "weekend_share"][["value", "target", "verdict"]].round(3))
       value  target verdict
    7  0.266    0.05    miss
    """
    figures = Figures(run)
    aims = _aims_of(against)
    declarations = _declarations(figures)
    rows = [
        row
        for name, target in TARGETS.items()
        for segment, declaration in _segments(name, declarations)
        for row in _rows(figures, name, target, segment, declaration, aims)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"declared": bool, "n": "int64"})


#: Finds what a number should be: of a row, its goal, its segment, its declaration, its value.
_Aims = Callable[[str, Goal, str | None, Declaration | None, Measured], _Aim]


def _rows(
    figures: Figures,
    name: str,
    target: Target,
    segment: str | None,
    declaration: Declaration | None,
    aims: _Aims,
) -> Iterator[tuple[object, ...]]:
    numbers = MEASURES[name](figures, segment)
    for goal, measured in zip(target.goals, numbers, strict=True):
        aim = aims(name, goal, segment, declaration, measured)
        value = _rounded(measured.value)
        yield (
            name, goal.part, segment, value, _rounded(aim.target), _rounded(aim.low),
            _rounded(aim.high), _verdict(value, aim), declaration is not None, measured.n,
            target.base, target.unit, target.moved_by, target.words, aim.source, measured.why,
        )  # fmt: skip


def _rounded(value: float) -> float:
    return float(f"{value:.{_FIGURES}g}")


def _verdict(value: float, aim: _Aim) -> str:
    if math.isnan(value):
        return "not measurable"
    if math.isnan(aim.low) and math.isnan(aim.high):
        return "no target"
    slack = [_ROUNDING * abs(limit) for limit in (aim.low, aim.high)]
    misses = value < aim.low - slack[0] or value > aim.high + slack[1]
    return "miss" if misses else "hit"


def _declarations(figures: Figures) -> Mapping[str, list[Declaration]]:
    declared: dict[str, list[Declaration]] = {}
    for declaration in () if figures.model is None else figures.model.scorecard:
        declared.setdefault(declaration.row, []).append(declaration)
    return declared


def _segments(
    name: str, declarations: Mapping[str, list[Declaration]]
) -> list[tuple[str | None, Declaration | None]]:
    """Segments for which a row is measured, each with its declaration."""
    declared = declarations.get(name)
    if not declared:
        return [(None, None)]
    return [(declaration.segment, declaration) for declaration in declared]


# --------------------------------------------------------------------- what numbers should be


def _aims_of(against: object) -> _Aims:
    if isinstance(against, Run):
        return _aims_of_run(Figures(against))
    if isinstance(against, pd.DataFrame):
        return _aims_of_frame(against)
    if against != "targets":
        raise ValueError(f'a run is held against "targets", a run or a frame, not {against!r}')
    return _own_aim


def _own_aim(
    name: str, goal: Goal, segment: str | None, declaration: Declaration | None, measured: Measured
) -> _Aim:
    """What the scenario declares, or else the target."""
    target, source = goal.target, TARGETS[name].source
    if declaration is not None:
        source = declaration.source or source
        if declaration.target is not None:
            parts = [each.part for each in TARGETS[name].goals]
            target = declaration.target[parts.index(goal.part)]
    wanted = measured.target if target is None else target
    if declaration is not None and declaration.tolerance is not None:
        tolerance = declaration.tolerance
        return _Aim(wanted, wanted - tolerance, wanted + tolerance, source)
    return _moved(name, goal, wanted, source)


def _moved(name: str, goal: Goal, target: float, source: str) -> _Aim:
    """Move the limits of a goal along with its target, in proportion or by as much."""
    own = 0.0 if goal.target is None else goal.target
    if TARGETS[name].is_relative:
        low, high = (
            math.nan if limit is None else limit / own * target for limit in (goal.low, goal.high)
        )
    else:
        low, high = (
            math.nan if limit is None else limit - own + target for limit in (goal.low, goal.high)
        )
    return _Aim(target, low, high, source)


def _aims_of_run(other: Figures) -> _Aims:
    measured_there: dict[tuple[str, str | None], list[Measured]] = {}

    def aim(
        name: str, goal: Goal, segment: str | None, declaration: Declaration | None,
        measured: Measured,
    ) -> _Aim:  # fmt: skip
        if name in _BY_RULE:
            return _own_aim(name, goal, segment, declaration, measured)
        key = (name, segment)
        if key not in measured_there:
            measured_there[key] = MEASURES[name](other, segment)
        place = TARGETS[name].goals.index(goal)
        there = measured_there[key][place].value
        return _moved(name, goal, there, f"run {other.run.name}")

    return aim


def _aims_of_frame(frame: pd.DataFrame) -> _Aims:
    requirements = _requirements(frame)

    def aim(
        name: str, goal: Goal, segment: str | None, declaration: Declaration | None,
        measured: Measured,
    ) -> _Aim:  # fmt: skip
        keys = [(name, part, whom) for whom in (segment, None) for part in (goal.part, None)]
        requirement = next((requirements[key] for key in keys if key in requirements), None)
        if requirement is None:
            return _Aim(math.nan, math.nan, math.nan, "")
        if not math.isnan(requirement.tolerance):
            low, high = (
                requirement.target - requirement.tolerance,
                requirement.target + requirement.tolerance,
            )
            return _Aim(requirement.target, low, high, requirement.source)
        if math.isnan(requirement.low) and math.isnan(requirement.high):
            return _moved(name, goal, requirement.target, requirement.source)
        return _Aim(requirement.target, requirement.low, requirement.high, requirement.source)

    return aim


class _Requirement(NamedTuple):
    """A row of a frame of targets; NaN for what it does not say."""

    target: float
    tolerance: float
    low: float
    high: float
    source: str


#: Row, part and segment; None stands for every part, and for every segment.
_Key = tuple[str, str | None, str | None]


def _requirements(frame: pd.DataFrame) -> dict[_Key, _Requirement]:
    missing = [column for column in _NEEDED if column not in frame.columns]
    if missing:
        raise ValueError(f"a frame of targets needs the columns row and target; no {missing[0]}")
    requirements: dict[_Key, _Requirement] = {}
    for record in frame.to_dict("records"):
        row, part, segment = (_text(record.get(column)) for column in ("row", "part", "segment"))
        if row is None or row not in TARGETS:
            raise ValueError(unknown("row", row, list(TARGETS)))
        parts = [goal.part for goal in TARGETS[row].goals]
        if part is not None and part not in parts:
            raise ValueError(unknown(f"part of {row}", part, parts))
        if (row, part, segment) in requirements:
            raise ValueError(f"the frame says twice what {row} should be")
        requirements[row, part, segment] = _Requirement(
            target=_number(record, "target"),
            tolerance=_number(record, "tolerance"),
            low=_number(record, "low"),
            high=_number(record, "high"),
            source=_text(record.get("source")) or "frame",
        )
    return requirements


def _number(record: Mapping[Hashable, Any], name: str) -> float:
    value = record.get(name)
    try:
        return math.nan if pd.isna(value) else float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} of {record['row']} must be a number, not {value!r}") from None


def _text(value: object) -> str | None:
    """Return a text; None where it is missing."""
    return None if value is None or value is pd.NA or value != value else str(value)
