"""Targets: what real logs of cases and a published renewal table come to.

The figures are computed from public data; they are facts, said here in our own words. Rows that a
run has no column for (priorities, types of cases, reassignments, closing after resolution) are left
out, as are sizes of the logs themselves (cases a day, cases of a site).
"""

from typing import Final, Literal, NamedTuple

Unit = Literal["share", "number", "hours"]

UCI: Final = "UCI 498, a ServiceNow incident log (Amaral, Fantinato and Peres), Mar to May 2016"
BPI: Final = "BPI Challenge 2014 (4TU), service components"
HELP_DESK: Final = "Italian help-desk log (4TU)"
ASSUMED: Final = "tolerance assumed"
CONFIGURED: Final = "the scenario's own renewal.inclination"
BY_RULE: Final = "the rulebook: never"

#: Window by which customers are compared, as long as the log that the targets come from.
WINDOW_DAYS: Final = 91
#: Cases of a customer in such a window from which its weeks say something.
LEAST_CASES: Final = 10
#: Days after an end by which a renewal was decided; who comes later returns.
GRACE_DAYS: Final = 90


class Goal(NamedTuple):
    """One number that is held against a target.

    Attributes
    ----------
    part : str
        Which of the numbers of its row; empty where there is one.
    target : float or None
        What the log comes to; None where the scenario says it.
    low, high : float or None
        Limits of the values that hit, both included; None where a side is open.
    """

    part: str
    target: float | None
    low: float | None
    high: float | None


class Target(NamedTuple):
    """A row of the scorecard.

    Attributes
    ----------
    words : str
        What is measured, for people.
    goals : tuple of Goal
    unit : {"share", "number", "hours"}
    base : str
        What `n` counts.
    moved_by : str
        Keys of a scenario that move it.
    source : str
    is_relative : bool
        Whether the limits are a share of the target, so that another target scales them; else it
        shifts them.
    """

    words: str
    goals: tuple[Goal, ...]
    unit: Unit
    base: str
    moved_by: str
    source: str
    is_relative: bool = False


def _within(distance: float, **targets: float) -> tuple[Goal, ...]:
    """Numbers that may lie so far on either side."""
    return tuple(
        Goal(part, target, target - distance, target + distance) for part, target in targets.items()
    )


def _share_off(share: float, **targets: float) -> tuple[Goal, ...]:
    """Numbers that may be off by a share of the target."""
    return tuple(
        Goal(part, target, target * (1 - share), target * (1 + share))
        for part, target in targets.items()
    )


def _only(target: float | None, low: float | None, high: float | None) -> tuple[Goal, ...]:
    return (Goal("", target, low, high),)


#: The rows of the scorecard in their order.
TARGETS: Final[dict[str, Target]] = {
    "weekday_index": Target(
        "cases of a weekday against a working day, without holidays",
        _within(0.1, mon=1.18, tue=0.94, wed=0.99, thu=0.95, fri=0.94, sat=0.13, sun=0.12),
        "number", "cases", "calendar.weekdays", UCI,
    ),
    "weekend_share": Target(
        "cases at the weekend",
        _only(0.05, 0.02, 0.08), "share", "cases", "calendar.weekdays", UCI,
    ),
    "holiday_factor": Target(
        "cases of a holiday against the same weekday",
        _only(0.19, 0.11, 0.26), "number", "holidays", "calendar.holidays.factor", UCI,
    ),
    "day_dispersion": Target(
        "variance over mean of a working day's cases, within quarters, days of bursts out",
        _only(6.7, 2.6, 10.8), "number", "working days",
        "calendar.day_spread, segments.cases.per_year, segments.cases.follow_ups", UCI,
    ),
    "day_variation": Target(
        "spread of working days beyond chance, within quarters, days of bursts out",
        _only(0.107, 0.066, 0.147), "share", "working days",
        "calendar.day_spread, calendar.level.sd, segments.cases.follow_ups", UCI,
    ),
    "weekend_variation": Target(
        "spread of days at the weekend beyond chance, within quarters, days of bursts out",
        _only(0.31, 0.26, 0.36), "share", "days", "calendar.day_spread", UCI,
    ),
    "lag_1": Target(
        "correlation of a working day with the next, weekday means taken off, days of bursts out",
        _only(0.4, 0.2, None), "number", "pairs of days", "calendar.level.sd",
        f"{UCI}; {HELP_DESK}",
    ),
    "hour_profile": Target(
        "cases by hour of the day",
        _within(0.03, **{"8-11": 0.438, "12-13": 0.12, "14-16": 0.251, "17-19": 0.074,
                         "20-7": 0.117}),
        "share", "cases", "calendar.hours", f"{UCI}; {ASSUMED}",
    ),
    "channel_mix": Target(
        "cases by channel",
        _within(0.03, phone=0.991, web=0.006, email=0.002),
        "share", "cases", "segments.origins", f"{UCI}; {ASSUMED}",
    ),
    "shape": Target(
        "shape of cases by customer over 91 days, negative binomial, likeliest",
        _only(0.32, 0.224, 0.416), "number", "customers, once a window",
        "segments.cases.shape, segments.cases.key_accounts", UCI, is_relative=True,
    ),
    "seen_shape": Target(
        "the same from customers with any case, zero-truncated",
        _only(0.32, 0.224, 0.416), "number", "customers, once a window",
        "segments.cases.shape, segments.cases.key_accounts", UCI, is_relative=True,
    ),
    "gini": Target(
        "Gini coefficient of cases by customer with any case, over 91 days, as persons",
        _only(0.51, 0.46, 0.56), "number", "customers, once a window",
        "segments.cases.shape, segments.cases.per_year", UCI,
    ),
    "account_gini": Target(
        "Gini coefficient of cases by customer with any case, over 91 days, as sites",
        _only(0.91, 0.86, 0.96), "number", "customers, once a window",
        "segments.cases.key_accounts, segments.cases.shape", UCI,
    ),
    "top_tenth": Target(
        "cases of the tenth of customers with the most, over 91 days, as sites",
        _only(0.88, 0.83, 0.93), "share", "customers, once a window",
        "segments.cases.key_accounts, segments.cases.shape", f"{UCI}; {ASSUMED}",
    ),
    "weekly_dispersion": Target(
        "variance of a customer's weeks over that of a multinomial (10 or more cases in 91 days)",
        _only(2.24, 1.9, 2.6), "number", "customers, once a window",
        "segments.cases.follow_ups", UCI,
    ),
    "short_gaps": Target(
        "gaps between a customer's cases below one hour, over 91 days",
        _only(0.173, 0.13, 0.21), "share", "gaps", "segments.cases.follow_ups", UCI,
    ),
    "same_day": Target(
        "cases that share customer and day",
        _only(0.328, 0.25, 0.4), "share", "cases", "segments.cases.follow_ups", UCI,
    ),
    "resolution_hours": Target(
        "hours from opening to resolution",
        (
            *_share_off(0.3, p10=0.1, p25=0.42), *_share_off(0.15, p50=22.1),
            *_share_off(0.3, p75=148), *_share_off(0.15, p90=382),
            *_share_off(0.3, p95=711, p99=2843),
        ),
        "hours", "cases worked", "segments.resolve_hours",
        f"{UCI}; tolerance of all but p50 and p90 assumed", is_relative=True,
    ),
    "resolved_within": Target(
        "cases resolved within a time, or not",
        (
            Goal("1 h", 0.32, 0.29, 0.35), Goal("24 h", 0.52, 0.49, 0.55),
            Goal("after 30 d", 0.049, 0.019, 0.079),
        ),
        "share", "cases worked", "segments.resolve_hours", f"{UCI}; {ASSUMED}",
    ),
    "weekend_resolutions": Target(
        "resolutions at the weekend",
        _only(0.03, None, 0.05), "share", "resolutions",
        "segments.resolve_hours.clock, calendar.business_hours", f"{UCI}; {HELP_DESK}: none",
    ),
    "reopened": Target(
        "resolved cases that were reopened",
        _only(0.011, 0.001, 0.021), "share", "cases resolved", "segments.reopened", UCI,
    ),
    "excess_minutes": Target(
        "cases with more billable minutes than working time between opening and resolution",
        _only(0.0, None, 0.0), "share", "cases resolved",
        "segments.billable_minutes.clock, segments.resolve_hours.clock", BY_RULE,
    ),
    "renewal_curve": Target(
        "share that renews so many times",
        tuple(Goal(f"S({number})", None, -0.02, 0.02) for number in range(1, 6)),
        "share", "due", "segments.renewal.inclination, segments.renewal.moved_by", CONFIGURED,
    ),
    "integrity": Target(
        "what must not be",
        tuple(
            Goal(part, 0.0, None, 0.0)
            for part in (
                "case before joining", "use out of cover", "ledger does not sum",
                "successor overlaps", "use without case",
            )
        ),
        "number", "rows", "no key", BY_RULE,
    ),
}  # fmt: skip
