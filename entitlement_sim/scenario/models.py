"""The scenario: every word that a scenario file may say, with its unit and its default."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[Decimal, Field(ge=0, le=100_000_000_000, max_digits=14, decimal_places=2)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
OriginName = Literal["phone", "email", "web", "facebook", "twitter", "iot"]


class Part(BaseModel):
    """A part of a scenario: frozen, and without room for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


# ------------------------------------------------------------------------ distributions


class LogNormal(Part):
    """A log-normal distribution."""

    median: Annotated[float, Field(gt=0)]
    """The median, in the unit of the field."""
    sigma: Annotated[float, Field(ge=0, le=5)]
    """Standard deviation of the logarithm."""


class WeightedLogNormal(LogNormal):
    """A part of a mixture."""

    share: Annotated[float, Field(gt=0, le=1)]
    """Share of this part; the shares of a mixture add up to 1."""


class Distribution(Part):
    """Amounts of time; exactly one kind is given."""

    fixed: Annotated[float, Field(ge=0)] | None = None
    """Always the same."""
    exponential: Annotated[float, Field(gt=0)] | None = None
    """Exponential with this mean."""
    lognormal: LogNormal | None = None
    mixture: Annotated[list[WeightedLogNormal], Field(min_length=1, max_length=8)] | None = None
    """A mixture of log-normals."""
    quantiles: dict[Share, Annotated[float, Field(ge=0)]] | None = None
    """Empirical quantiles, share -> value, from 0 to 1, joined by straight lines."""


class DayRange(Part):
    """Whole days, every one as likely: from `least` to `most`, both included."""

    least: Annotated[int, Field(ge=0, le=3650)] = 0
    most: Annotated[int, Field(ge=0, le=3650)] = 0


# ------------------------------------------------------------------------------ calendar


class Season(Part):
    """A yearly season: a cosine around 1."""

    amplitude: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How far the strongest day is above the mean, as a share of it."""
    peak: Annotated[str, Field(pattern=r"^\d\d-\d\d$")] = "01-15"
    """Month and day (MM-DD) of the strongest day."""


class Holiday(Part):
    """A day on which fewer cases come and no business hours run."""

    date: dt.date
    factor: Annotated[float, Field(ge=0, le=10)] = 0.15
    """Cases of the day against the same weekday without a holiday."""


class BusinessHours(Part):
    """The hours in which SLA clocks run."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = [
        "mon", "tue", "wed", "thu", "fri",
    ]  # fmt: skip
    opens: Annotated[str, Field(pattern=r"^\d\d:\d\d$")] = "09:00"
    closes: Annotated[str, Field(pattern=r"^\d\d:\d\d$")] = "17:00"


class Calendar(Part):
    """The days of the run and how many cases each of them brings against the mean."""

    start: dt.date
    """First day of the run."""
    days: Annotated[int, Field(ge=1, le=36_525)]
    """Length of the run in days."""
    zone: str = "UTC"
    """Name of the business time zone; all times of a run are local times in it."""
    weekdays: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=7, max_length=7)] = [
        1.0
    ] * 7
    """Cases by weekday, Monday first, against a working day; scaled so that case rates hold."""
    hours: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=24, max_length=24)] = [
        1.0
    ] * 24
    """Cases by hour of the day, midnight first, in any unit."""
    season: Season = Season()
    growth: Annotated[float, Field(ge=-0.9, le=10)] = 0.0
    """Growth of the case rate a year (0.05 is five per cent)."""
    day_spread: Annotated[float, Field(ge=0, le=3)] = 0.0
    """Coefficient of variation of a gamma effect that all customers of a day share."""
    holidays: list[Holiday] = []
    business_hours: BusinessHours = BusinessHours()


# ----------------------------------------------------------------------------- templates


class Sla(Part):
    """A service level, in business hours."""

    first_response_hours: Annotated[float, Field(gt=0, le=10_000)] | None = None
    resolve_hours: Annotated[float, Field(gt=0, le=10_000)]


class Term(Part):
    """How long an entitlement runs; exactly one of the two is given."""

    days: Annotated[int, Field(ge=1, le=36_525)] | None = None
    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    """Calendar months: the last day is the one before the start's day of the month."""


class Template(Part):
    """An offering: what an entitlement made from it holds."""

    allocation: Literal["cases", "hours"] = "cases"
    total_terms: Amount | None = None
    """Terms on the whole; blank counts as 0 and only goes where cases are not restricted."""
    decrease_on: Literal["creation", "resolution"] = "resolution"
    restrict: bool = False
    """Whether a case is refused when no terms are left."""
    term: Term = Term(months=12)
    channels: dict[OriginName, Amount] = {}
    """Terms by channel; a channel that is not listed only meets the overall total."""
    products: list[Name] = []
    """Products that it covers; none written means all."""
    contacts: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many of the customer's contacts it lists; blank means that all may write."""
    price: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)] = Decimal(0)
    sla: Name | None = None
    """The service level that its cases get, by its name in `slas`."""
    moves_up_to: Name | None = None
    """Template that a customer who used much renews into."""
    moves_down_to: Name | None = None
    """Template that a customer who used little renews into."""


# ------------------------------------------------------------------------------ segments


class Joining(Part):
    """When the customers of a segment join."""

    at_start: Share = 1.0
    """Share that is there on the first day."""
    over_days: Annotated[int, Field(ge=1, le=36_525)] | None = None
    """The others join evenly over this many days; blank means the whole run."""


class Holding(Part):
    """One kind of entitlement that customers of a segment buy when they join."""

    template: Name
    share: Share = 1.0
    """Share of the customers that buy it, each kind by itself."""
    sold_after_days: DayRange = DayRange()
    """Days between joining and the sale."""
    lead_days: DayRange = DayRange()
    """Days between the sale and the start date; until then the entitlement waits."""


class LeftInDraft(Part):
    """Sales whose activation somebody forgets."""

    share: Share = 0.0
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days until somebody notices and activates it; blank means never."""


class CaseRate(Part):
    """How many cases a customer has."""

    per_year: Annotated[float, Field(ge=0, le=100_000)]
    """Mean a customer and year of 365.25 days, at the start of the run."""
    shape: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Shape k of the gamma spread between customers; blank means that all have the mean rate."""


class Cancellation(Part):
    """Entitlements that are cancelled in mid-term."""

    per_year: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Hazard a year of running."""


class Amendment(Part):
    """Entitlements whose total is changed in mid-term: deactivate, edit, activate again."""

    per_year: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Hazard a year of running; at most one a term."""
    change: Annotated[list[Annotated[float, Field(gt=-1, le=10)]], Field(min_length=1)] = [0.5]
    """Changes of the total as shares of it (0.5 is half as much again), each as likely."""
    days_in_draft: DayRange = DayRange()
    """Days between deactivation and the next activation."""


class BetaGeometric(Part):
    """Shifted beta-geometric: each customer has its own constant chance to leave."""

    alpha: Annotated[float, Field(gt=0, le=1000)]
    beta: Annotated[float, Field(gt=0, le=1000)]


class Inclination(Part):
    """Chance to renew; exactly one kind is given."""

    constant: Share | None = None
    beta_geometric: BetaGeometric | None = None
    """A customer's chance to leave at a renewal is drawn once from Beta(alpha, beta)."""


class MovedBy(Part):
    """What moves the log-odds of renewing."""

    utilisation: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each 1.0 of utilisation above `around`."""
    around: Annotated[float, Field(ge=0, le=10)] = 0.6
    refusals: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each refused case in the term."""
    missed_slas: Annotated[float, Field(ge=-20, le=20)] = 0.0
    """Log-odds for each case in the term that missed its SLA."""


class Lateness(Part):
    """Renewals that are booked after the day that follows the end."""

    share: Share = 0.0
    days: Distribution = Distribution(exponential=14.0)
    """Days by which they are late, rounded up to whole ones."""


class Returning(Part):
    """Customers who lapsed and come back."""

    share: Share = 0.0
    days: Distribution = Distribution(exponential=120.0)
    """Days between the end and the return, rounded up to whole ones."""


class Renewal(Part):
    """What happens when an entitlement has ended."""

    inclination: Inclination = Inclination(constant=0.8)
    after_cancellation: Share = 0.0
    """Chance factor for entitlements that were cancelled: 0 means that they never renew."""
    moved_by: MovedBy = MovedBy()
    late: Lateness = Lateness()
    returns: Returning = Returning()
    dates: Literal["product", "contiguous"] = "product"
    """`product`: from the day of renewal, as many days as before. `contiguous`: from the day
    after the old end, by the template's own term (calendar months stay calendar months)."""
    up_above: Annotated[float, Field(ge=0)] = 1.0
    """Utilisation from which a customer moves up to the template's `moves_up_to`."""
    down_below: Annotated[float, Field(ge=0)] = 0.25
    """Utilisation under which a customer moves down to the template's `moves_down_to`."""


class Segment(Part):
    """A kind of customer."""

    customers: Annotated[int, Field(ge=0, le=100_000_000)]
    joins: Joining = Joining()
    holds: Annotated[list[Holding], Field(max_length=32)] = []
    left_in_draft: LeftInDraft = LeftInDraft()
    contacts: Annotated[int, Field(ge=1, le=1000)] = 1
    """Contacts that write, each as likely; matters where a template lists contacts."""
    cases: CaseRate
    origins: dict[OriginName, Annotated[float, Field(ge=0)]] = {"phone": 1.0}
    """Cases by origin, in any unit."""
    products: dict[Name, Annotated[float, Field(ge=0)]] = {}
    """Cases by product, in any unit; none written means that cases name no product."""
    billable_minutes: Distribution = Distribution(lognormal=LogNormal(median=30.0, sigma=1.0))
    """Working minutes of a case; those of a reopened case come on top."""
    resolve_hours: Distribution = Distribution(
        mixture=[
            WeightedLogNormal(share=0.42, median=0.32, sigma=1.52),
            WeightedLogNormal(share=0.58, median=105.0, sigma=1.49),
        ]
    )
    """Hours between opening (or reopening) a case and its resolution, around the clock."""
    respond_hours: Distribution = Distribution(lognormal=LogNormal(median=1.0, sigma=1.0))
    """Hours between opening a case and the first response; never after the resolution."""
    cancelled: Share = 0.0
    """Share of the cases that are cancelled instead of resolved."""
    cancelled_reactivated: Share = 0.0
    """Share of the cancelled cases that come back to life."""
    reopened: Share = 0.011
    """Share of the resolutions after which the case is reopened."""
    reopened_after_hours: Distribution = Distribution(exponential=72.0)
    """Hours between a resolution or cancellation and the reactivation."""
    do_not_decrement: Share = 0.0
    """Share of the cases that are marked to take no terms."""
    picks: Literal["default", "soonest_ending", "most_remaining", "first_fitting"] = "default"
    """Which entitlement a case takes where the customer holds several: the customer's default
    (the product's own way), or the fitting ones in this order until one has terms."""
    turned_away: Share = 0.0
    """Share of the cases without cover that nobody works on; the others are billed apart."""
    cancellation: Cancellation = Cancellation()
    amendments: Amendment = Amendment()
    renewal: Renewal = Renewal()


class Burst(Part):
    """An incident of a product that hits many customers at once."""

    product: Name
    per_year: Annotated[float, Field(ge=0, le=1000)]
    """Incidents a year, at any time."""
    hits: Share = 0.3
    """Share of the customers of segments with this product that feel an incident."""
    cases: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Mean number of extra cases of a customer that feels it (Poisson)."""
    over_hours: Annotated[float, Field(gt=0, le=1000)] = 8.0
    """Mean hours between the incident and such a case (exponential)."""


class RuleSwitches(Part):
    """Where the product's documents can be read two ways: the other reading, switched on."""

    gate_literal_below_zero: bool = False
    renew_marks_old_cancelled: bool = False
    renew_copies_remaining: bool = False
    allow_blank_total: bool = False
    gate_on_reactivate: bool = False
    exclude_billed_minutes: bool = False
    default_failure_blocks: bool = False
    minimal_dialog_bills_zero: bool = False
    job_time: Annotated[str, Field(pattern=r"^\d\d:\d\d$")] = "00:00"
    utc_midnight_mode: bool = False


class ScenarioModel(Part):
    """A whole scenario file."""

    scenario: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    """Name of the scenario; runs are named after it."""
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1
    """Seed of everything random; `--seed` overrides it."""
    calendar: Calendar
    products: list[Name] = []
    slas: dict[Name, Sla] = {}
    templates: Annotated[dict[Name, Template], Field(min_length=1)]
    segments: Annotated[dict[Name, Segment], Field(min_length=1)]
    bursts: Annotated[list[Burst], Field(max_length=64)] = []
    rules: RuleSwitches = RuleSwitches()
