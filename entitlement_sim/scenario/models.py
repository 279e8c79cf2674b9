"""The scenario: every word that a scenario file may say, with its unit and its default.

The models are strict: text is no number, a number is no switch, and no value is bent until it
fits. The docstrings under the fields are also the descriptions that editors show; ``schema.py``
reads them when it is asked, because no run has time for that. What can only be judged by looking
at several parts of a scenario stands in ``checks.py``.
"""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    WrapValidator,
    field_validator,
    model_validator,
)

from ..rules.amounts import hundredths, terms
from ..rules.balances import PLAIN_PRIORITY
from ..rules.days import day_number, months_later
from ..rules.periods import MONTHS_OF_PERIOD
from ..rules.prices import price_of_periods
from ..rules.weights import SEVERITIES
from ..rules.words import (
    Allocation,
    Applies,
    Debt,
    DecreaseOn,
    Origin,
    Pick,
    PickKey,
    RunsOut,
    labels,
)
from ..targets import TARGETS
from .values import (
    FIRST_DATE,
    LAST_DATE,
    as_date,
    as_decimal,
    as_grant,
    as_limit,
    as_list,
    as_parts,
    as_share,
    as_term,
    as_term_end,
    as_weight,
    clock_time,
    closing_time,
    currency_code,
    each_once,
    exhaustion_or,
    in_order,
    keys_that_matter,
    known_zone,
    month_day,
    origins_in_order,
    period_or,
    picks_or,
    price_or,
    printable_name,
    reference_or,
    run_name,
    some_share,
    some_weight,
    spend_in_order,
    unlimited_or,
)

#: Templates, segments, products and service levels of a scenario, each at the most.
MOST_NAMES = 10_000
#: Longest term, in years.
MOST_YEARS = 100

UnitShare = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e12)]
_AmountText = Annotated[str, Field(pattern=r"^\d+(\.\d{1,2})?$")]
_TWO_PLACES = AfterValidator(lambda amount: amount.quantize(Decimal("0.01")))
Amount = Annotated[
    Decimal,
    Field(ge=0, le=100_000_000_000, decimal_places=2),
    BeforeValidator(
        as_decimal,
        json_schema_input_type=Annotated[float, Field(ge=0, le=1e11)] | _AmountText,
    ),
    _TWO_PLACES,
]
SomeAmount = Annotated[
    Decimal,
    Field(ge=Decimal("0.01"), le=100_000_000_000, decimal_places=2),
    BeforeValidator(
        as_decimal,
        json_schema_input_type=Annotated[float, Field(ge=0.01, le=1e11)] | _AmountText,
    ),
    _TWO_PLACES,
]
_AMOUNT: TypeAdapter[Decimal] = TypeAdapter(Amount)
_SOME_AMOUNT: TypeAdapter[Decimal] = TypeAdapter(SomeAmount)
#: So many that a hundred years of days grant no more than the largest total.
Grant = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, decimal_places=2),
    BeforeValidator(
        as_grant,
        json_schema_input_type=Annotated[float, Field(ge=0, le=1e6)] | _AmountText,
    ),
    _TWO_PLACES,
]
Severity = Annotated[int, Field(ge=1, le=SEVERITIES)]
#: What a JSON schema says of keys that are severities.
SEVERITY_NAMES = Field(
    json_schema_extra={
        "propertyNames": {"enum": [str(severity) for severity in range(1, SEVERITIES + 1)]}
    }
)
Limit = Annotated[Amount, BeforeValidator(as_limit)]
CaseWeight = Annotated[
    Decimal,
    Field(ge=0, le=100, decimal_places=2),
    BeforeValidator(as_weight, json_schema_input_type=Annotated[float, Field(ge=0, le=100)]),
]
Date = Annotated[
    dt.date,
    Field(ge=FIRST_DATE, le=LAST_DATE),
    BeforeValidator(as_date, json_schema_input_type=dt.date),
]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(printable_name)]
ClockTime = Annotated[
    str, AfterValidator(clock_time), Field(json_schema_extra={"pattern": r"^\d\d:\d\d$"})
]
ClosingTime = Annotated[
    str, AfterValidator(closing_time), Field(json_schema_extra={"pattern": r"^\d\d:\d\d$"})
]
Currency = Annotated[
    str, AfterValidator(currency_code), Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})
]
MonthDay = Annotated[
    str, AfterValidator(month_day), Field(json_schema_extra={"pattern": r"^\d\d-\d\d$"})
]
TermEnd = Annotated[
    dt.date | str,
    BeforeValidator(
        as_term_end,
        json_schema_input_type=Annotated[str, Field(pattern=r"^(\d{4}-)?\d\d-\d\d$")],
    ),
]
ExactShare = Annotated[
    Decimal,
    Field(ge=0, le=1, decimal_places=4),
    BeforeValidator(as_share, json_schema_input_type=UnitShare),
]
RunName = Annotated[
    str,
    AfterValidator(run_name),
    Field(json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"}),
]
if TYPE_CHECKING:
    AllocationName: TypeAlias = str
    AppliesName: TypeAlias = str
    DebtName: TypeAlias = str
    DecreaseOnName: TypeAlias = str
    OriginName: TypeAlias = str
    PickKeyName: TypeAlias = str
    ScoreName: TypeAlias = str
else:
    AllocationName = Literal[*labels(Allocation)]
    AppliesName = Literal[*labels(Applies)]
    DebtName = Literal[*labels(Debt)]
    DecreaseOnName = Literal[*labels(DecreaseOn)]
    OriginName = Literal[*labels(Origin)]
    PickKeyName = Literal[*labels(PickKey)]
    ScoreName = Literal[*TARGETS]
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Part(BaseModel):
    """A part of a scenario: frozen, strict, and without room for unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
    )


#: How it is said that of several fields one is to be given.
ONE_OF = "needs exactly one of"


class OneOf(Part):
    """A part of which exactly one field is given."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @classmethod
    def alternatives(cls) -> list[str]:
        """Names of the fields of which one is given."""
        return list(cls.model_fields)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        names = self.alternatives()
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            given_text = (
                f"has {len(given)} of them: {', '.join(given)}" if given else "has none of them"
            )
            raise ValueError(f"{ONE_OF} {', '.join(names)}, but {given_text}")
        return self


# ------------------------------------------------------------------------ distributions


class LogNormal(Part):
    """A log-normal distribution."""

    median: Annotated[float, Field(gt=0, le=1e6)]
    """The median, in the unit of the field."""
    sigma: Annotated[float, Field(ge=0, le=5)]
    """Standard deviation of the logarithm."""


class MixturePart(Part):
    """A part of a mixture: log-normal by `median` and `sigma`, or of the one other kind given."""

    median: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Log-normal with this median, in the unit of the field; needs `sigma`."""
    sigma: Annotated[float, Field(ge=0, le=5)] | None = None
    """Standard deviation of the logarithm."""
    fixed: Annotated[float, Field(ge=0, le=1e6)] | None = None
    """Always the same."""
    exponential: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Exponential with this mean."""
    uniform: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Evenly spread between 0 and this."""
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of this part; the shares of a mixture add up to 1."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = ("median", "fixed", "exponential", "uniform")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1 or (self.median is None) != (self.sigma is None):
            raise ValueError(
                "needs median and sigma, or exactly one of fixed, exponential and uniform"
            )
        return self


class Distribution(OneOf):
    """Amounts of time; exactly one kind is given."""

    fixed: Annotated[float, Field(ge=0, le=1e6)] | None = None
    """Always the same."""
    exponential: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Exponential with this mean."""
    uniform: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Evenly spread between 0 and this."""
    lognormal: LogNormal | None = None
    """Log-normal with this median and spread."""
    mixture: Annotated[list[MixturePart], Field(min_length=1, max_length=8)] | None = None
    """A mixture of log-normals or other kinds, whose shares add up to 1."""
    quantiles: (
        Annotated[
            dict[UnitShare, Annotated[float, Field(ge=0, le=1e6)]],
            Field(max_length=1000),
            AfterValidator(in_order),
        ]
        | None
    ) = None
    """Empirical quantiles, share -> value, from 0 to 1, joined by straight lines."""

    @field_validator("mixture")
    @classmethod
    def _whole_mixture(cls, parts: list[MixturePart] | None) -> list[MixturePart] | None:
        if parts is not None:
            total = sum(part.share for part in parts)
            if abs(total - 1) > 1e-6:
                raise ValueError(f"the shares must add up to 1, not {total:.6g}")
        return parts

    @field_validator("quantiles")
    @classmethod
    def _rising_quantiles(cls, quantiles: dict[float, float] | None) -> dict[float, float] | None:
        if quantiles is None:
            return None
        shares, heights = list(quantiles), list(quantiles.values())
        if len(shares) < 2 or shares[0] != 0 or shares[-1] != 1:
            ends = f"from {shares[0]:g} to {shares[-1]:g}" if shares else "nowhere"
            raise ValueError(f"must go from share 0 to share 1, not {ends}")
        for place in range(1, len(shares)):
            if heights[place] < heights[place - 1]:
                raise ValueError(
                    f"must not fall: {heights[place]:g} at {shares[place]:g} lies under "
                    f"{heights[place - 1]:g} at {shares[place - 1]:g}"
                )
        return quantiles


Factor = Annotated[float, Field(gt=0, le=1000)]


class Duration(Distribution):
    """Amounts of time of cases, on a clock, that may differ by what a case is about.

    Exactly one kind of distribution is given.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [kind]} for kind in Distribution.model_fields]}
    )

    clock: Literal["elapsed", "working"] = "elapsed"
    """`elapsed`: time that passes by day and night, weekends and changes of summer time included.
    `working`: hours run on the calendar's `business_hours` only; billable minutes are cut to the
    working time between the opening (or reopening) of the case and its resolution."""
    by_product: Annotated[
        dict[Name, Factor], Field(max_length=MOST_NAMES), AfterValidator(in_order)
    ] = {}
    """Factors of what is drawn, by product; 1 for products that are not listed."""
    by_origin: Annotated[dict[OriginName, Factor], AfterValidator(origins_in_order)] = {}
    """Factors of what is drawn, by origin, on top of those by product; 1 where none is listed."""

    @classmethod
    def alternatives(cls) -> list[str]:
        """Names of the kinds of distributions."""
        return list(Distribution.model_fields)


class DayRange(Part):
    """Whole days, every one as likely: from `least` to `most`, both included."""

    least: Annotated[int, Field(ge=0, le=3650)] = 0
    """Fewest days."""
    most: Annotated[int, Field(ge=0, le=3650)] = 0
    """Most days."""

    @model_validator(mode="after")
    def _least_first(self) -> Self:
        if self.least > self.most:
            raise ValueError(
                f"least ({self.least}) lies above most ({self.most}); write both, the smaller first"
            )
        return self


# ------------------------------------------------------------------------------ calendar


class Season(Part):
    """A yearly season: a cosine around 1."""

    amplitude: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How far the strongest day is above the mean, as a share of it."""
    peak: MonthDay = "01-15"
    """Month and day (MM-DD) of the strongest day."""


class Holiday(Part):
    """A day on which fewer cases come and no business hours run."""

    date: Date
    """The day."""
    factor: Annotated[float, Field(ge=0, le=10)] = 0.15
    """Cases of the day against the same weekday without a holiday."""


class BusinessHours(Part):
    """The hours in which SLA clocks run."""

    days: Annotated[list[DayName], Field(min_length=1), AfterValidator(each_once)] = [
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    ]
    """Weekdays on which they run, unless the day is a holiday."""
    opens: ClockTime = "09:00"
    """Local time (HH:MM) at which they begin."""
    closes: ClosingTime = "17:00"
    """Local time (HH:MM) at which they end; 24:00 is the end of the day."""
    on_holidays: bool = False
    """Whether they run on holidays, too."""

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"opens ({self.opens}) must come before closes ({self.closes})")
        return self


#: Hours that never end.
_ALWAYS = {"days": [*get_args(DayName)], "opens": "00:00", "closes": "24:00", "on_holidays": True}

BusinessHoursOrAlways = Annotated[
    BusinessHours,
    BeforeValidator(
        lambda hours: _ALWAYS if hours == "always" else hours,
        json_schema_input_type=BusinessHours | Literal["always"],
    ),
]


class Step(Part):
    """A break in the level of cases."""

    date: Date
    """First day of the new level."""
    factor: Annotated[float, Field(ge=0, le=100)]
    """Cases from then on, against what they would have been."""
    segment: Name | None = None
    """The segment that it meets, by its name in `segments`; blank means all."""


class Level(Part):
    """How the level of cases wanders from week to week, and where it breaks.

    The logarithm is a first-order autoregression by calendar week (Monday to Sunday), summed over
    the last 104 weeks; the mean factor is 1.
    """

    sd: Annotated[float, Field(ge=0, le=3)] = 0.0
    """Standard deviation of the logarithm."""
    half_life_days: Annotated[float, Field(ge=1, le=36_525)] = 60.0
    """Days after which half of a deviation is left."""
    steps: list[Step] = []
    """Days from which on cases are more or fewer."""


class Calendar(Part):
    """The days of the run and how many cases each of them brings against the mean."""

    start: Date
    """First day of the run (YYYY-MM-DD, 1970 to 2199)."""
    days: Annotated[int, Field(ge=1, le=36_525)]
    """Length of the run in days."""
    zone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    """Name of the business time zone; all times of a run are local times in it. Where summer time
    begins, nothing happens in the hour that is left out; where it ends, the hour that comes twice
    is taken for its first coming, and what falls into the second is written at its end. Durations
    and service levels are hours that pass."""
    weekdays: Annotated[
        list[Weight], Field(min_length=7, max_length=7), AfterValidator(some_weight)
    ] = [1.0] * 7
    """Cases by weekday, Monday first, against a working day; scaled so that case rates hold."""
    hours: Annotated[
        list[Weight], Field(min_length=24, max_length=24), AfterValidator(some_weight)
    ] = [1.0] * 24
    """Cases by hour of the day, midnight first, in any unit. An hour that summer time leaves out
    has none, one that comes twice has twice as many."""
    season: Season = Season()
    """How the case rate swings over the year."""
    growth: Annotated[float, Field(ge=-0.9, le=10)] = 0.0
    """Growth of the case rate a year (0.05 is five per cent)."""
    day_spread: Annotated[float, Field(ge=0, le=3)] = 0.0
    """Coefficient of variation of a gamma effect that all customers of a day share."""
    holidays: Annotated[list[Holiday], Field(max_length=36_525)] = []
    """Days with fewer cases and without business hours."""
    level: Level = Level()
    """How the level of cases wanders and breaks."""
    business_hours: BusinessHoursOrAlways = BusinessHours()
    """When SLA clocks run; `always` means around the clock on every day."""

    @property
    def is_always_open(self) -> bool:
        """Whether business hours never end."""
        hours = self.business_hours
        always = BusinessHours.model_validate(_ALWAYS)
        return (
            set(hours.days) == set(always.days)
            and (hours.opens, hours.closes) == (always.opens, always.closes)
            and (hours.on_holidays or not self.holidays)
        )

    @field_validator("holidays")
    @classmethod
    def _each_holiday_once(cls, holidays: list[Holiday]) -> list[Holiday]:
        each_once([holiday.date for holiday in holidays])
        return holidays


class History(Part):
    """A past: customers joined and lived from some years before the first day on.

    The run publishes what touches its own days. Customers join as a Poisson process, at a rate that
    makes the segments as large on the first day as they say; it goes on from then on.
    """

    years: Annotated[int, Field(ge=1, le=40)]
    """Age of the business on the first day, in years."""
    growth: Annotated[float, Field(ge=-0.5, le=10)] = 0.0
    """Growth of the number that joins a year, up to the first day (0.05 is five per cent)."""


class Revision(Part):
    """From when on what is sold is what overrides say: a change that meets the book as it stands.

    Until that day templates, service levels, and what segments buy and do with it are as the base
    says, the scenario before its overrides; what else these change, such as the number of cases,
    holds from the first day of the run on. Without this part all of it does.
    """

    from_: Annotated[Date | None, Field(alias="from")] = None
    """Day from which on the changed offering is sold; blank means the first day of the run."""
    applies: AppliesName
    """Whom it reaches: `new`, what is sold from that day on, while contracts that were sold before
    keep their offering and are renewed into it; `at_renewal`, contracts that were sold before, too,
    from their next renewal on; `all`, these on the day itself, too: each is deactivated, edited and
    activated again, and keeps what it has where the rules refuse the edit. Allocation, term and
    price always wait for the renewal, and so do the refund and the price of overage."""


# ----------------------------------------------------------------------------- templates


class SlaOfSeverity(Part):
    """What a service level promises cases of one severity; what is not written is the level's."""

    first_response_hours: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Hours of the level's clock until the first response is due."""
    resolve_hours: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Hours of the level's clock until the resolution is due."""

    @model_validator(mode="after")
    def _some_promise(self) -> Self:
        if self.first_response_hours is None and self.resolve_hours is None:
            raise ValueError("says nothing; write first_response_hours, resolve_hours or both")
        return self


class Sla(Part):
    """A service level: until when a case is to be answered, and resolved."""

    clock: Literal["working", "always"] = "working"
    """Which hours count: `working`, those of the calendar's `business_hours`; `always`, all that
    pass, since service is promised around the clock."""
    first_response_hours: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Hours of this clock until the first response is due; blank means no such promise."""
    resolve_hours: Annotated[float, Field(gt=0, le=10_000)]
    """Hours of this clock until the resolution is due."""
    severity: Annotated[
        dict[Severity, SlaOfSeverity], AfterValidator(in_order), SEVERITY_NAMES
    ] = {}
    """Other hours by the severity of a case, from 1 to 5; 1 is the most severe one."""

    def hours_for(self, severity: int | None) -> tuple[float | None, float]:
        """Hours to the first response (None: not promised) and to the resolution of a case."""
        own = self.severity.get(severity) if severity is not None else None
        if own is None:
            return self.first_response_hours, self.resolve_hours
        return (
            own.first_response_hours or self.first_response_hours,
            own.resolve_hours or self.resolve_hours,
        )

    @property
    def promises_response(self) -> bool:
        """Whether it says of any case when its first response is due."""
        return any(self.hours_for(severity)[0] is not None for severity in (None, *self.severity))


#: Ways to say how long a term is, of which one is written.
_TERM_WAYS = ("days", "months", "years", "until", "open")


class Term(Part):
    """How long an entitlement runs: so many days or months, until a day of the year, or a period.

    Terms that end on a date are renewed by their own dates, whatever `dates` of the renewal says.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [way]} for way in _TERM_WAYS]}
    )

    days: Annotated[int, Field(ge=1, le=36_525)] | None = None
    """Days, both the first and the last counted."""
    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    """Calendar months: the last day is the one before the start's day of the month. Where one term
    follows another without a gap, months count from the first of them."""
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)] | None = None
    """Years, which are 12 months each."""
    open: Literal[True] | None = None
    """Whether it has no end: it neither expires nor is it renewed. `term: open` is short for it."""
    until: TermEnd | None = None
    """Last day: a day of the year (MM-DD), on which every term ends, the first of them perhaps
    after a part of a year; or, with `from`, the last day of a fixed period."""
    from_: Annotated[Date | None, Field(alias="from")] = None
    """First day of a fixed period. What is sold before it waits for it, what is sold within it ends
    with it; periods of as many months follow, or of as many days where months are not whole."""

    @model_validator(mode="before")
    @classmethod
    def _years_as_months(cls, written: Any) -> Any:
        """Let a term of whole years be one of months, so that either says the same."""
        match written:
            case {"years": int(years), **others} if not isinstance(years, bool):
                others_given = any(others.get(way) is not None for way in _TERM_WAYS)
                if 1 <= years <= MOST_YEARS and not others_given:
                    return others | {"months": MONTHS_OF_PERIOD["year"] * years}
        return written

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in _TERM_WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            given_text = (
                f"has {len(given)} of them: {', '.join(given)}" if given else "has none of them"
            )
            raise ValueError(f"{ONE_OF} {', '.join(_TERM_WAYS)}, but {given_text}")
        if isinstance(self.until, dt.date) != (self.from_ is not None):
            raise ValueError(
                "needs 'from' and 'until' with a year each for a fixed period, such as "
                "from: 2025-01-01, until: 2025-12-31; or 'until' alone with a month and day, such "
                "as 12-31"
            )
        if isinstance(self.until, dt.date) and self.from_ is not None and self.until < self.from_:
            raise ValueError(f"until ({self.until}) must not lie before from ({self.from_})")
        return self

    @property
    def period_days(self) -> int | None:
        """Days of a fixed period, both the first and the last counted; None where there is none."""
        if self.from_ is None or not isinstance(self.until, dt.date):
            return None
        return (self.until - self.from_).days + 1


TermOrWords = Annotated[
    Term,
    BeforeValidator(
        as_term,
        json_schema_input_type=Term
        | Annotated[str, Field(pattern=r"^(open|[1-9]\d{0,4} *(day|month|year)s?)$")],
    ),
]


class PeriodOfDays(Part):
    """The length of the periods of an allowance, in days."""

    days: Annotated[int, Field(ge=1, le=36_525)]
    """Days of each period."""


class Left(Part):
    """So few terms that more are bought."""

    left: SomeAmount
    """Terms that are left at the most."""


if TYPE_CHECKING:
    Picks: TypeAlias = str | list[str]
    RunsOutWhen: TypeAlias = str | Left
    Every: TypeAlias = Literal["month", "quarter", "year"] | PeriodOfDays
    TotalTerms: TypeAlias = Decimal | Literal["unlimited"]
else:
    _PickKeys = Annotated[
        list[PickKeyName],
        Field(min_length=1, max_length=len(PickKey)),
        AfterValidator(each_once),
        AfterValidator(keys_that_matter),
    ]
    Picks = Annotated[
        _PickKeys,
        WrapValidator(picks_or, json_schema_input_type=Literal[*labels(Pick)] | _PickKeys),
        PlainSerializer(lambda picks: picks),
    ]
    RunsOutWhen = Annotated[
        Left,
        WrapValidator(
            exhaustion_or,
            json_schema_input_type=Literal[
                *(word for word in labels(RunsOut) if word != RunsOut.LEFT.label)
            ]
            | Left,
        ),
        PlainSerializer(lambda when: when if isinstance(when, str) else when.model_dump()),
    ]
    Every = Annotated[
        PeriodOfDays,
        WrapValidator(period_or, json_schema_input_type=Literal[*MONTHS_OF_PERIOD] | PeriodOfDays),
        PlainSerializer(lambda every: every if isinstance(every, str) else every.model_dump()),
    ]
    TotalTerms = Annotated[
        Amount,
        WrapValidator(unlimited_or, json_schema_input_type=Amount | Literal["unlimited"]),
        PlainSerializer(lambda total: total),
    ]


class Carry(Part):
    """How much of what a period leaves goes on into the next one, and for how long.

    Where neither `at_most` nor `share` is written, all of it does. Cases are carried whole. The
    last period of a term carries nothing.
    """

    at_most: Limit | None = None
    """Terms that everything carried may come to together; blank means no such limit."""
    share: ExactShare | None = None
    """Part of a period's grant that may be carried out of it (0.4 is 40 %); blank means all."""
    for_: Annotated[int, Field(ge=1, le=1200, alias="for")] = 1
    """Periods in which it can be used; what is left then lapses."""
    burns: Literal["first", "last"] = "first"
    """Whether what was carried is used before the running period's grant, or after it."""


class Allowance(Part):
    """So many terms every period, in place of a total.

    Periods count from the start of the entitlement and go on to its end, where the last one may be
    cut short. What a period leaves lapses at its end, unless it is carried.
    """

    terms: Grant
    """Terms of a period."""
    every: Every
    """How long a period is: a month, a quarter, a year, or so many days."""
    anchor: Literal["start", "calendar"] = "start"
    """When periods begin: `start` counts them from the entitlement's start date, `calendar` lets
    them begin with the months, quarters or years of the calendar."""
    first: Literal["whole", "prorated"] = "whole"
    """What a first period grants that a calendar cuts short: all, or a part by its days."""
    last: Literal["whole", "prorated"] = "whole"
    """What a last period grants that the end of the term cuts short: all, or a part by its days.
    Cases are rounded down to whole ones, hours to the hundredth."""
    carry: Carry | None = None
    """What goes on into the next period; blank means nothing."""


class Overage(Part):
    """Terms that are used beyond all that there is, which are billed by the unit.

    They are known at the end of a period of an allowance, and of an entitlement where there is
    none. Channels have no overage: where cases are restricted, their caps refuse.
    """

    price: Amount | None = None
    """Price of a unit (a case, or an hour), in the business's currency; blank only where debt is
    forgiven."""
    at_most: Limit | None = None
    """Units of a period that are billed at the most. Where cases are restricted, further ones are
    refused, otherwise they are never paid; blank means no such limit."""
    free: Amount = Decimal("0.00")
    """Units of a period that cost nothing before the first one that is billed."""
    debt: DebtName = "billed"
    """What becomes of the units: `billed`; `forgiven`, so that nobody pays them; or `carried`, so
    that the next period begins with that much less, and only those of the last one are billed."""


class OfSpend(Part):
    """A price by what a customer spends, in bands: each rate is for what lies in its band."""

    up_to: Annotated[
        dict[Annotated[float, Field(gt=0, le=1e9)], ExactShare],
        Field(min_length=1, max_length=100),
        AfterValidator(spend_in_order),
    ]
    """Share that is paid of what lies under each amount and above the one before it, amount ->
    share."""
    above: ExactShare
    """Share that is paid of what lies above the last of these amounts."""
    at_least: Amount = Decimal("0.00")
    """Price where less would come out."""


class Pricing(Part):
    """The price of a term by its periods, or by what the customer spends."""

    amount: Amount | None = None
    """Price of a period; needs `every`."""
    every: Literal["month", "quarter", "year"] | None = None
    """How long a period is. Periods count from the first day of the term; a part of one counts by
    its days of the whole one, to the hundredth. A renewal of as many days as a term of whole months
    costs what that term does."""
    of_spend: OfSpend | None = None
    """Price by the segment's `spend`, which each customer has its own of."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        periods = (self.amount is not None, self.every is not None)
        if any(periods) if self.of_spend is not None else not all(periods):
            raise ValueError("needs amount and every, or of_spend alone")
        return self


class Notice(Part):
    """How long before the end of a term a renewal is decided."""

    days: Annotated[int, Field(ge=1, le=3650)]
    """Days before the last one of the term; of a term that is sold later than that, the day after
    the sale."""


class Renews(Part):
    """What an offering says of its renewals, whatever a segment does by habit."""

    itself: bool = False
    """Whether a term renews itself unless its customer says otherwise: on the day after its end,
    from then on and by the template's own term, whatever `dates` and `late` of the segment say.
    Where it was cancelled, these and `after_cancellation` decide."""
    notice: Notice | None = None
    """Until when the customer can say so; blank means until the end. What the customer knows then
    decides, and is stored."""
    rise: ExactShare = Decimal("0.0000")
    """By how much every renewal is dearer than the term before it (0.05 is 5 %), each time to the
    hundredth, halves up."""
    into: Name | None = None
    """Template that a term renews into, at that one's price and without the rise; beats moving up
    and down."""


class Minutes(Part):
    """How the minutes of a resolution are rounded up before they become terms.

    No minutes stay none. Where a case is reopened, its next resolution is rounded anew.
    """

    at_least: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Minutes that a resolution takes at least."""
    step: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Minutes of a step that is begun and counts as a whole one."""


class Weighing(Part):
    """How many times its terms a case takes, by when it comes and how severe it is.

    The minute of creation decides; where several apply, the largest counts, and where none does, a
    case takes its terms once. A case that weighs 0 takes none and is never refused for terms.
    """

    outside_hours: CaseWeight | None = None
    """Weight of a case that comes outside the calendar's `business_hours`."""
    weekend: CaseWeight | None = None
    """Weight of a case that comes on a Saturday or Sunday."""
    holiday: CaseWeight | None = None
    """Weight of a case that comes on one of the calendar's `holidays`."""
    severity: Annotated[dict[Severity, CaseWeight], AfterValidator(in_order), SEVERITY_NAMES] = {}
    """Weight of a case by its severity, from 1 to 5; 1 is the most severe one."""


if TYPE_CHECKING:
    Price: TypeAlias = Decimal | Pricing
    Reference: TypeAlias = Decimal | dict[str, Decimal]
else:
    Price = Annotated[
        Pricing,
        WrapValidator(
            lambda value, pricing: price_or(value, pricing, Pricing, _AMOUNT),
            json_schema_input_type=Amount | Pricing,
        ),
        PlainSerializer(lambda price: price.model_dump() if isinstance(price, Pricing) else price),
    ]
    Reference = Annotated[
        dict[Name, SomeAmount],
        WrapValidator(
            lambda value, by_template: reference_or(value, by_template, _SOME_AMOUNT),
            json_schema_input_type=SomeAmount | dict[Name, SomeAmount],
        ),
        PlainSerializer(lambda reference: reference),
    ]


#: What an expectation may be about, each by the share of a term before which it is not to happen.
EXPECTED = ("turned_away_before", "refused_before", "exhausted_before")


class Expectation(Part):
    """A share of customers, or of contracts, that is expected to stay within a bound.

    It changes no row of a run: `entitlement-sim check --expect` holds it against replications.
    """

    turned_away_before: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the term: counted are those of whom a case is refused for want of terms before so
    much of it has passed, and nobody works on that case."""
    refused_before: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the term: counted are those of whom a case is refused for want of terms before so
    much of it has passed, whether somebody works on it or not."""
    exhausted_before: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the term: counted are those whose terms are all used before so much of it has
    passed. What has no total is never exhausted."""
    share_of: Literal["customers", "contracts"] = "customers"
    """Of what a share is taken. A customer is counted once, if it happens in any of its contracts;
    `contracts` are all terms, those that a renewal begins among them."""
    at_most: UnitShare | None = None
    """Largest share that is expected; of `at_most` and `at_least` one is written."""
    at_least: UnitShare | None = None
    """Smallest share that is expected."""
    sure: Annotated[float, Field(gt=0.5, le=0.9999)] = 0.95
    """How sure an answer is: 1 less this is the chance of saying that an expectation holds that
    does not, and of saying that one does not hold that does, each at the most."""
    template: Name | None = None
    """The template whose contracts count, by its name in `templates`; blank means all. Under a
    template it is that one, and not written."""
    segment: Name | None = None
    """The segment whose customers count, by its name in `segments`; blank means all."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for names in (EXPECTED, ("at_most", "at_least")):
            given = [name for name in names if getattr(self, name) is not None]
            if len(given) != 1:
                said = f"has {len(given)} of them" if given else "has none of them"
                raise ValueError(f"{ONE_OF} {', '.join(names)}, but {said}")
        return self

    @property
    def happens(self) -> str:
        """What is expected not to happen, or to: one of :data:`EXPECTED`."""
        return next(name for name in EXPECTED if getattr(self, name) is not None)

    @property
    def before(self) -> float:
        """Share of the term before which it is counted."""
        share: float = getattr(self, self.happens)
        return share

    @property
    def bound(self) -> float:
        """The share that is expected at the most, or at the least."""
        bound = self.at_least if self.at_most is None else self.at_most
        assert bound is not None
        return bound


Expectations = Annotated[
    list[Expectation],
    Field(max_length=100),
    BeforeValidator(as_parts, json_schema_input_type=Expectation | list[Expectation]),
]


class Template(Part):
    """An offering: what an entitlement made from it holds."""

    allocation: AllocationName = "cases"
    """What one term is: a case, or an hour of billable minutes."""
    total_terms: TotalTerms | None = None
    """Terms on the whole; blank counts as 0 and only goes where cases are not restricted.
    `unlimited` means that there is no total at all: only channels have caps then."""
    allowance: Allowance | None = None
    """So many terms every period, in place of `total_terms`; blank means none."""
    overage: Overage | None = None
    """What is used beyond all terms, and billed by the unit; blank means that there is no such
    thing."""
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = PLAIN_PRIORITY
    """Of several blocks in an entitlement the one of the lowest priority is used first; of several
    entitlements the lowest one is, where a segment's `picks` compares priorities."""
    adds_to: (
        Annotated[list[Name], Field(min_length=1, max_length=64), AfterValidator(each_once)] | None
    ) = None
    """Templates to whose entitlements it adds its terms, as a block with its own price and
    priority: a top-up, which is sold by a segment's `buys_more`. Blank means that it makes
    entitlements of its own."""
    ends: Literal["with_contract", "own"] | None = None
    """When a top-up ends: `with_contract`, which blank means, with the entitlement that it adds
    to; `own` after its own `term`, and with the entitlement at the latest."""
    minutes: Minutes | None = None
    """How minutes are rounded up, where terms are hours; blank means that each counts."""
    weighs: Weighing | None = None
    """How many times its terms a case takes; blank means once."""
    decrease_on: DecreaseOnName = "resolution"
    """The event of a case that takes terms; hours only decrease on resolution."""
    restrict: bool = False
    """Whether a case is refused when no terms are left."""
    term: TermOrWords = Term(months=12)
    """How long an entitlement runs."""
    channels: Annotated[dict[OriginName, Amount], AfterValidator(origins_in_order)] = {}
    """Terms by channel; a channel that is not listed only meets the overall total."""
    products: Annotated[list[Name], Field(max_length=MOST_NAMES), AfterValidator(each_once)] = []
    """Products that it covers; none written means all."""
    contacts: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many contacts of an account, or of a customer without any, it lists; blank means that all
    may write."""
    price: Price = Decimal("0.00")
    """Price of a term, in the business's currency: an amount, or what it is reckoned by."""
    prorate: Literal["nothing", "price", "both"] = "nothing"
    """What of a part period is a part: nothing, the price, or `both`, the price and all totals.
    It is by days of the whole period, to the hundredth, of cases to whole ones, halves up; a period
    that is longer than a whole one is more. With `both`, renewed terms have the template's totals
    and not those of the old one."""
    refund: Literal["none", "unused"] = "none"
    """What a cancellation gives back: nothing, or the price of the days of the term that are left
    (price x days left / days of the term), however many terms were used; of a top-up so much of
    its own price, by its own days."""
    renews: Renews | None = None
    """What it says of its renewals; blank leaves them to the segment."""
    sla: Name | None = None
    """The service level that its cases get, by its name in `slas`."""
    moves_up_to: Name | None = None
    """Template that a customer who used much renews into."""
    moves_down_to: Name | None = None
    """Template that a customer who used little renews into."""
    expect: Expectations = []
    """What is expected of its contracts, one mapping or a list of them; it changes no row of a
    run."""

    @property
    def is_paid(self) -> bool:
        """Whether it has a price above 0."""
        if isinstance(self.price, Pricing):
            return self.price.of_spend is not None or bool(self.price.amount)
        return self.price > 0

    def price_from(self, start: dt.date) -> Decimal | None:
        """Price of a whole term that begins on a day; None where its customer decides it."""
        if not isinstance(self.price, Pricing):
            return self.price
        if self.price.amount is None or self.price.every is None:
            return None
        first, months = day_number(start), self.term.months or 12
        following = first + self.term.days if self.term.days else months_later(first, months)
        if self.term.from_ is not None:
            first = day_number(self.term.from_)
            following = first + (self.term.period_days or 0)
        every = MONTHS_OF_PERIOD[self.price.every]
        return terms(price_of_periods(hundredths(self.price.amount), every, first, following - 1))


# ------------------------------------------------------------------------------ segments


class Joining(Part):
    """When the customers of a segment join."""

    at_start: UnitShare = 1.0
    """Share that is there on the first day; has no place beside `history`."""
    over_days: Annotated[int, Field(ge=1, le=36_525)] | None = None
    """The others join evenly over this many days, 365 where nothing is written. Who would join
    after the run is no part of it."""


class Discount(Part):
    """A discount that some customers get."""

    share: UnitShare = 1.0
    """Share of the customers that get it, on everything that the holding renews into, too."""
    off: ExactShare
    """Part of the list price that they do not pay. 0.15 is 15 %; to the hundredth, halves up."""


class Holding(Part):
    """One kind of entitlement that customers of a segment buy when they join."""

    template: Name
    """The template, by its name in `templates`."""
    share: UnitShare = 1.0
    """Share of the customers that buy it, each kind by itself."""
    sold_after_days: DayRange = DayRange()
    """Days between joining and the sale."""
    lead_days: DayRange = DayRange()
    """Days between the sale and the start date; until then the entitlement waits."""
    starts: Literal["after_lead", "with_contract"] = "after_lead"
    """`with_contract`: it goes with the customer's contract of another holding, of several with
    that of the first in this list: it does not start before that one and ends with it, and so do
    its renewals. Where none runs or waits on its start, it has its template's own term."""
    discount: Discount | None = None
    """Discount of some of them; blank means that all pay the list price."""


class Accounts(Part):
    """Accounts of one customer, such as its sites or subsidiaries, each with demand of its own.

    Everything is counted by customer: it is one, however many accounts it has.
    """

    each: Annotated[int, Field(ge=1, le=100)]
    """How many accounts each customer has. Rates and contacts are those of an account: each draws
    its own, and the first one draws what a customer without accounts does."""
    hold: Literal["one", "own"] = "one"
    """`one`: what the customer holds serves all of its accounts. `own`: each account buys and holds
    what stands in `holds`, has a default of its own, and its cases take nothing from the others'.
    Each entitlement is renewed, cancelled and amended by itself; how the customer leans to
    renewing, when its demand ends and whether it accepts overage is the same for all."""


class LeftInDraft(Part):
    """Sales whose activation somebody forgets."""

    share: UnitShare = 0.0
    """Share of the sales."""
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days until somebody notices and activates it; blank means never."""


class KeyAccounts(Part):
    """Customers with many times the cases of others."""

    share: UnitShare = 0.0
    """Share of the customers."""
    factor: Annotated[float, Field(ge=1, le=1000)] = 20.0
    """Their cases against those of an ordinary customer; the mean of all stays what it is."""


class FollowUps(Part):
    """Cases that bring others of the same customer about the same product."""

    mean: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    """Mean number of direct follow-ups of a case (Poisson). Follow-ups have follow-ups of their
    own, so that a family comes to 1 / (1 - mean) cases; cases of bursts have none. `per_year` stays
    the mean: fewer cases begin a family."""
    hours: Distribution = Distribution(
        mixture=[MixturePart(share=0.55, exponential=0.5), MixturePart(share=0.45, uniform=48.0)]
    )
    """Hours between a case and its follow-up, measured by how busy it is: 24 of them pass while a
    mean day's cases come, so that follow-ups come when customers write."""


class CaseRate(Part):
    """How many cases a customer has."""

    per_year: Annotated[float, Field(ge=0, le=100_000)]
    """Mean a customer and year of 365.25 days, at the start of the run; an account and year where
    customers have accounts."""
    shape: Annotated[float, Field(ge=1e-6, le=1000)] | None = None
    """Shape k of the gamma spread between customers; blank means that all have the mean rate."""
    key_accounts: KeyAccounts = KeyAccounts()
    """A heavy tail beyond that spread."""
    follow_ups: FollowUps = FollowUps()
    """Cases that bring others."""


class Life(Part):
    """How a customer's demand begins and ends."""

    ends: Distribution | None = None
    """Days after the last cover at which the demand ends, unless a sale or renewal is still to
    come: from then on the customer writes nothing, neither follow-ups nor cases of bursts, until
    it returns. A draft counts as cover until its end date. Blank means that demand never ends."""
    never_covered: UnitShare | None = None
    """Share of the customers who buy nothing and yet write; every other customer who never holds
    anything writes nothing. Blank means 0 where `ends` is given, and otherwise that customers
    without anything write like all others."""
    ramp_up_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days from joining in which the rate climbs evenly from nothing to the customer's own. What
    is missing then is not made up for: these days have half of their cases. Cases of bursts come
    all the same."""

    @property
    def needs_cover(self) -> bool:
        """Whether customers who never hold anything write nothing, but for a share of them."""
        return self.ends is not None or self.never_covered is not None


class BuysMore(Part):
    """What customers buy when the terms of an entitlement have run out."""

    when: RunsOutWhen
    """When they have: `empty` once a case has left nothing on all open blocks together,
    `{ left: n }` once it has left n terms or fewer, `refused` before a case is refused for want of
    terms."""
    share: UnitShare
    """Share of the times that terms run out, each by itself, in which the customer buys more."""
    template: Name
    """What is bought, by its name in `templates`: a top-up of the entitlement (its template's
    `adds_to`); or anything else as an entitlement of its own, which is activated at once, becomes
    the default where the other one was, and is renewed as all others are. That is not bought while
    another one of its template has terms."""
    within_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """0: at once, so that a case that is about to be refused is not, if the terms suffice. Else
    after 1 to so many days, each as likely, unless the entitlement has ended by then."""


class Cancellation(Part):
    """Entitlements that are cancelled in mid-term."""

    per_year: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Hazard a year of running."""


class Amendment(Part):
    """Entitlements whose total is changed in mid-term: deactivate, edit, activate again."""

    per_year: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Hazard a year of running; at most one a term."""
    change: Annotated[
        list[Annotated[float, Field(gt=-1, le=10)]], Field(min_length=1, max_length=1000)
    ] = [0.5]
    """Changes of the total as shares of it (0.5 is half as much again), each as likely."""
    days_in_draft: DayRange = DayRange()
    """Days between deactivation and the next activation."""


class BetaGeometric(Part):
    """Shifted beta-geometric: each customer has its own constant chance to leave."""

    alpha: Annotated[float, Field(gt=0, le=1000)]
    """Weight of leaving: the first renewal's mean chance is beta / (alpha + beta)."""
    beta: Annotated[float, Field(gt=0, le=1000)]
    """Weight of staying."""


class Inclination(OneOf):
    """Chance to renew; exactly one kind is given."""

    constant: UnitShare | None = None
    """The same for all."""
    beta_geometric: BetaGeometric | None = None
    """A customer's chance to leave at a renewal is drawn once from Beta(alpha, beta)."""


class MovedBy(Part):
    """What moves the log-odds of renewing.

    One offset a segment keeps the mean chance of first renewals to the inclination's. It is worked
    out from the scenario as written and stays under overrides, so that what an offering does to
    renewals is seen.
    """

    utilisation: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each 1.0 of utilisation above `around`."""
    around: Annotated[float, Field(ge=0, le=10)] = 0.6
    """Utilisation (terms used / total terms) that moves nothing."""
    refusals: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each refused case in the term."""
    missed_slas: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each case in the term that missed its SLA."""
    price_rise: Annotated[float, Field(ge=-1000, le=1000)] = 0.0
    """Log-odds for each 1.0 by which a year of the next term is dearer than one of this (0.05 is
    5 %)."""
    paid_per_use: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each 1.0 of what overage of the term was billed over the term's price."""
    missed_notice: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds, once, where the term had begun because its customer would have left at the end of
    the one before, but the notice was over."""

    @property
    def moves(self) -> bool:
        """Whether anything moves them."""
        return bool(
            self.utilisation
            or self.refusals
            or self.missed_slas
            or self.price_rise
            or self.paid_per_use
            or self.missed_notice
        )


class Lateness(Part):
    """Renewals that are booked after the day that follows the end."""

    share: UnitShare = 0.0
    """Share of the renewals."""
    days: Distribution = Distribution(exponential=14.0)
    """Days by which they are late, rounded up to whole ones."""


class Returning(Part):
    """Customers who lapsed and come back."""

    share: UnitShare = 0.0
    """Share of the lapsed customers."""
    days: Distribution = Distribution(exponential=120.0)
    """Days between the end and the return, rounded up to whole ones."""


class Renewal(Part):
    """What happens when an entitlement has ended."""

    inclination: Inclination = Inclination(constant=0.0)
    """Chance to renew before anything moves it; where nothing is written, nobody renews."""
    after_cancellation: UnitShare = 0.0
    """Chance factor for entitlements that were cancelled: 0 means that they never renew."""
    moved_by: MovedBy = MovedBy()
    """What the term that ended does to the chance."""
    late: Lateness = Lateness()
    """Renewals that are booked late."""
    returns: Returning = Returning()
    """Customers who come back after a lapse."""
    dates: Literal["product", "contiguous"] = "product"
    """`product`: from the day of renewal, as many days as before. `contiguous`: from the day
    after the old end, by the template's own term; months count from the first of such terms, so
    that what began on the 31st begins on the 31st wherever a month has one."""
    up_above: Annotated[float, Field(ge=0)] = 1.0
    """Utilisation (terms used / total terms, 0 where the total is 0) from which a customer moves
    up to the template's `moves_up_to`; 0 moves everybody."""
    down_below: Annotated[float, Field(ge=0)] = 0.25
    """Utilisation under which a customer moves down to the template's `moves_down_to`."""

    @model_validator(mode="after")
    def _down_under_up(self) -> Self:
        if self.down_below > self.up_above:
            raise ValueError(
                f"down_below ({self.down_below:g}) must not lie above up_above "
                f"({self.up_above:g}), or the same customer would move both ways"
            )
        return self


class AnswersPrice(Part):
    """How customers answer to prices other than the one for which the scenario is written.

    A price is what the customer is asked for a term. With an elasticity of -1.2, a price that is
    10 % higher leaves 1.1 to the power of -1.2 of the buyers, 89 %; shares and chances end at 1.
    """

    reference: Reference
    """Price of a term at which the shares of `holds` and the inclination hold: an amount, or one
    for each template by its name."""
    buying: Annotated[float, Field(ge=-20, le=0)]
    """Elasticity of the share that buys. Who buys at a price buys at a lower one, too."""
    renewing: Annotated[float, Field(ge=-20, le=0)]
    """Elasticity of the chance to renew, by the price of the next term."""


class Segment(Part):
    """A kind of customer."""

    customers: Annotated[int, Field(ge=0, le=100_000_000)]
    """How many customers. Beside `history`: how many hold an active contract on the first day, in
    expectation."""
    drawn_as: Name | None = None
    """Name that the customers are drawn as, by default the segment's own: a renamed segment keeps
    its customers, and the parts of a divided one share them out in their order."""
    joins: Joining = Joining()
    """When they join."""
    holds: Annotated[list[Holding], Field(max_length=32)] = []
    """What they buy when they join; the same template may stand more than once."""
    left_in_draft: LeftInDraft = LeftInDraft()
    """Sales whose activation is forgotten."""
    accounts: Accounts | None = None
    """Accounts of each customer; blank means that it has none."""
    contacts: Annotated[int, Field(ge=1, le=1000)] = 1
    """Contacts that write, each as likely, of each account where there are some; matters where a
    template lists contacts."""
    cases: CaseRate
    """How many cases a customer has."""
    life: Life = Life()
    """How a customer's demand begins and ends."""
    origins: Annotated[
        dict[OriginName, Weight],
        Field(min_length=1),
        AfterValidator(some_share),
        AfterValidator(origins_in_order),
    ] = {"phone": 1.0}
    """Cases by origin, in any unit."""
    products: Annotated[
        dict[Name, Weight],
        Field(max_length=MOST_NAMES),
        AfterValidator(some_share),
        AfterValidator(in_order),
    ] = {}
    """Cases by product, in any unit; none written means that cases name no product."""
    products_spread: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Each customer has a mix of its own, drawn from a Dirichlet distribution around that of the
    segment with this concentration; blank means that all have the segment's."""
    billable_minutes: Duration = Duration(lognormal=LogNormal(median=30.0, sigma=1.0))
    """Working minutes of a case; those of a reopened case come on top."""
    resolve_hours: Duration = Duration(
        mixture=[
            MixturePart(share=0.42, median=0.32, sigma=1.52),
            MixturePart(share=0.58, median=105.0, sigma=1.49),
        ]
    )
    """Hours between opening (or reopening) a case and its resolution."""
    respond_hours: Duration = Duration(lognormal=LogNormal(median=1.0, sigma=1.0))
    """Hours between opening a case and the first response; never after the resolution."""
    cancelled: UnitShare = 0.0
    """Share of the cases that are cancelled instead of resolved."""
    cancelled_reactivated: UnitShare = 0.0
    """Share of the cancelled cases that come back to life."""
    reopened: UnitShare = 0.0
    """Share of the resolutions after which the case is reopened."""
    reopened_after_hours: Distribution = Distribution(exponential=72.0)
    """Hours between a resolution or cancellation and the reactivation."""
    do_not_decrement: UnitShare = 0.0
    """Share of the cases that are marked to take no terms."""
    picks: Picks = "default"
    """Which entitlement a case takes where the customer holds several: the customer's default
    (the product's own way), or the fitting ones in an order until one has terms. A list says what
    is compared, one after the other: `priority` of the template, the lowest first; `free_first`,
    what has no price; `narrowest`, the fewest products listed, then contacts, then channels, where
    none listed means all; `soonest_ending`; `most_remaining`, what is unlimited before all others;
    `oldest`. Of equal ones the oldest is first."""
    buys_more: BuysMore | None = None
    """What customers buy when terms run out; blank means nothing."""
    severities: Annotated[
        dict[Severity, Weight],
        AfterValidator(some_share),
        AfterValidator(in_order),
        SEVERITY_NAMES,
    ] = {}
    """Cases by severity, from 1 to 5, in any unit; none written means that cases have none."""
    accepts_overage: UnitShare = 1.0
    """Share of the customers that go on beyond their terms where a template has `overage`; the
    others are refused then, and turned away or not as `turned_away` says."""
    spend: Distribution | None = None
    """What a customer spends in a term, of which a price is a share (`of_spend`), in the business's
    currency; each customer's stays what it is."""
    answers_price: AnswersPrice | None = None
    """How prices change who buys and renews; blank means that customers do not react to them."""
    turned_away: UnitShare = 0.0
    """Share of the cases without cover that nobody works on; the others are billed apart."""
    cancellation: Cancellation = Cancellation()
    """Entitlements that are cancelled in mid-term."""
    amendments: Amendment = Amendment()
    """Entitlements whose total is changed in mid-term."""
    renewal: Renewal = Renewal()
    """What happens when an entitlement has ended."""

    @property
    def account_count(self) -> int:
        """Accounts of a customer, each with cases of its own; 1 where it has none."""
        return 1 if self.accounts is None else self.accounts.each

    @property
    def holder_count(self) -> int:
        """How many of these buy for themselves; 1 where the customer buys for all."""
        return self.account_count if self.accounts and self.accounts.hold == "own" else 1


class Burst(Part):
    """An incident of a product that hits many customers at once."""

    name: Name | None = None
    """Name of this kind of incident, by default that of its product; each has its own."""
    product: Name
    """The product, by its name in `products`."""
    per_year: Annotated[float, Field(ge=0, le=1000)]
    """Incidents a year, at any time."""
    hits: UnitShare = 0.3
    """Share of the customers of segments with this product that feel an incident."""
    scaled_by: Literal["nothing", "rate"] = "nothing"
    """`rate`: it reaches a customer in proportion to its own cases of the product, against those of
    an ordinary customer of its segment. Where that comes to more than certainty, it is more cases
    instead."""
    cases: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Mean number of extra cases of a customer that feels it (Poisson)."""
    size: Distribution = Distribution(fixed=1.0)
    """How much an incident differs from the usual one: a factor of the number of extra cases."""
    over_hours: Annotated[float, Field(gt=0, le=1000)] = 8.0
    """Mean hours between the incident and such a case (exponential)."""


class RuleSwitches(Part):
    """Where the product's documents can be read two ways: the other reading, switched on."""

    gate_literal_below_zero: bool = False
    """Q1: cases are only refused below zero, so that one more passes at zero."""
    renew_marks_old_cancelled: bool = False
    """Q3: renewing sets the old record to Cancelled."""
    renew_copies_remaining: bool = False
    """Q4: the renewed record starts with what the old one had left."""
    allow_blank_total: bool = False
    """Q6: a blank total counts as 0 even where cases are restricted."""
    gate_on_reactivate: bool = False
    """Q11: reactivating a case passes the gate like attaching it."""
    exclude_billed_minutes: bool = False
    """Q12: minutes that an earlier resolution billed are left out of the next one."""
    default_failure_blocks: bool = False
    """Q14: a default entitlement that does not fit refuses the case instead of being skipped."""
    opt_out_keeps_charge: bool = False
    """Q22: a case of a history that is marked do-not-decrement keeps its creation term."""
    empty_default_is_skipped: bool = False
    """Q23: a default without terms is skipped by name, too, instead of refusing the new case."""
    resolved_cases_locked: bool = False
    """Q24: a resolved case of a history takes no mark any more."""
    minimal_dialog_bills_zero: bool = False
    """Q2: resolving without entering minutes bills none."""
    job_time: ClockTime = "00:00"
    """Q15: local time (HH:MM) at which the state job runs."""
    utc_midnight_mode: bool = False
    """Q15: days change at midnight UTC instead of the business zone's midnight."""


class Declaration(Part):
    """A row of the scorecard that runs of the scenario mean to meet."""

    row: ScoreName
    """The row, by its name; `entitlement-sim scorecard` shows them all."""
    segment: Name | None = None
    """The segment that it is measured for, by its name in `segments`; blank means all customers
    together."""
    target: (
        Annotated[
            list[Annotated[float, Field(ge=-1e6, le=1e6)]],
            BeforeValidator(
                as_list,
                json_schema_input_type=float | list[Annotated[float, Field(ge=-1e6, le=1e6)]],
            ),
        ]
        | None
    ) = None
    """What it should come to, one number for each part of the row; blank means what the logs come
    to that the card names."""
    tolerance: Annotated[float, Field(ge=0, le=1e6)] | None = None
    """How far a number may be off, on either side; blank means the row's own limits."""
    source: str = ""
    """Where another target comes from, for people."""


class Uncovered(Part):
    """What is billed for work that no entitlement covers."""

    case: Amount = Decimal("0.00")
    """Price of such a case, in the business's currency."""
    hour: Amount = Decimal("0.00")
    """Price of an hour worked on it, by the minute."""


class Money(Part):
    """What support costs and what is billed apart from contracts.

    It changes no row of a run: a run that is stored may be reckoned with other money.
    """

    currency: Currency | None = None
    """Currency of all money, as `currency` at the top says it, where that is written, too."""
    hour_costs: Amount = Decimal("0.00")
    """Cost of an hour worked, covered or not, by the minute: neither rounded up nor weighted."""
    case_costs: Annotated[dict[OriginName, Amount], AfterValidator(origins_in_order)] = {}
    """Cost of each case that is worked on, by origin, whatever its minutes; 0 where none is
    listed."""
    uncovered: Uncovered = Uncovered()
    """What is billed for work that no entitlement covers."""
    turned_away_costs: Amount = Decimal("0.00")
    """What a case that is turned away is assumed to cost the business, in goodwill say; no payment
    goes with it."""
    discount_rate: ExactShare = Decimal("0.1000")
    """By how much what comes in a year later is worth less, in the value of a customer who stays
    (0.1 is 10 % a year)."""
    margin_method: Literal["straight_line", "proportional", "remote"] = "straight_line"
    """How prices become revenue in the margin: evenly over the days of a term (`straight_line`), as
    terms are used with those expected to lapse shared out among them (`proportional`), or as they
    are used with those that lapsed at the end (`remote`)."""


class ScenarioModel(Part):
    """A whole scenario file."""

    scenario: RunName
    """Name of the scenario; runs are named after it."""
    description: str = ""
    """What it is about, for people."""
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1
    """Seed of everything random; `--seed` overrides it."""
    currency: Currency | None = None
    """Currency of all prices, by its three letters (ISO 4217), such as EUR; blank means that
    amounts are written without one. It changes no row of a run."""
    calendar: Calendar
    """The days of the run."""
    products: Annotated[list[Name], Field(max_length=MOST_NAMES), AfterValidator(each_once)] = []
    """Names of the products that cases are about."""
    slas: Annotated[dict[Name, Sla], Field(max_length=MOST_NAMES)] = {}
    """Service levels by name."""
    templates: Annotated[dict[Name, Template], Field(min_length=1, max_length=MOST_NAMES)]
    """Offerings by name; their order is that of the tables."""
    segments: Annotated[dict[Name, Segment], Field(min_length=1, max_length=MOST_NAMES)]
    """Kinds of customers by name; their order is that of the tables. All together have at most
    2,000,000,000 customers."""
    bursts: Annotated[list[Burst], Field(max_length=64)] = []
    """Incidents that hit many customers at once."""
    rules: RuleSwitches = RuleSwitches()
    """Other readings of the rulebook."""
    history: History | None = None
    """A past from before the first day; blank means that everything begins on it."""
    revision: Revision | None = None
    """From when on, and for which contracts, the scenario differs from the one before its
    overrides; blank means from the first day on."""
    scorecard: list[Declaration] = []
    """Rows of the scorecard that a run means to meet; it changes no row of a run."""
    expect: Expectations = []
    """What is expected of contracts and their customers, one mapping or a list of them; it changes
    no row of a run."""
    money: Money | None = None
    """What support costs; blank means that it is not known, so that no margin is reckoned."""

    @property
    def currency_of_all(self) -> str | None:
        """Currency of all money, wherever it is written; None where it is not."""
        return self.currency or (None if self.money is None else self.money.currency)

    @property
    def freezes_from_base(self) -> bool:
        """Whether something that rows hang on is worked out from the base scenario."""
        return (
            self.history is not None
            or self.revision is not None
            or any(segment.renewal.moved_by.moves for segment in self.segments.values())
        )

    @property
    def revised_from(self) -> dt.date:
        """Day from which on the offering is as the scenario says; until then it is the base's."""
        if self.revision is None or self.revision.from_ is None:
            return self.calendar.start
        return self.revision.from_

    @property
    def history_start(self) -> dt.date | None:
        """First day of the past; None where there is none."""
        if self.history is None:
            return None
        return years_before(self.calendar.start, self.history.years)


def years_before(day: dt.date, years: int) -> dt.date:
    """Return the same day of the year, some years before; 28 February for a leap day.

    Raises
    ------
    ValueError
        There is no such year.
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
