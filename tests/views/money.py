"""What customers paid and what the business still owes, reckoned contract by contract."""

import calendar
import datetime as dt
from collections import Counter, defaultdict
from fractions import Fraction

import pandas as pd
from plain import PUT_IN, USE, frame_of, half_up, month

METHODS = ("proportional_by_contract", "proportional_by_portfolio", "remote", "stand_ready")
FLOWS = ("billed", "revenue", "refunded", "remitted")
ONE_DAY = dt.timedelta(days=1)


def as_day(value) -> dt.date:
    """A date of Python's own."""
    return pd.Timestamp(value).date()


class Contract:
    """A billed entitlement, or a top-up of one: its days, and what of its price is given back."""

    def __init__(self, row, template, top_up=None, bought=None) -> None:
        sold = row if top_up is None else top_up
        self.id, self.template_id, self.price = row.entitlement_id, row.template_id, sold.price
        self.top_up = None if top_up is None else top_up.balance_id
        self.start, self.end = as_day(row.start_date), as_day(row.end_date)
        self.billed = as_day(row.activated_on)
        gone = row.ended_by == "cancellation"
        if top_up is not None:
            self.start, self.end = as_day(top_up.starts), as_day(top_up.ends)
            self.billed = max(self.billed, bought)
            gone = gone and as_day(row.ended_on) <= self.end
        self.days = (self.end - self.start).days + 1
        self.is_unlimited = row.is_unlimited
        over = min(as_day(row.ended_on), self.end + ONE_DAY) if gone else self.end
        self.closes = max(self.billed, over)
        self.opens = min(max(self.start, self.billed), self.closes)
        self.refund = 0
        if gone and template.refund == "unused":
            unused = (self.end - max(over - ONE_DAY, self.start - ONE_DAY)).days
            self.refund = half_up(self.price * unused, self.days)

    def straight(self, close: dt.date) -> int:
        """Revenue to date on a straight line."""
        over = min((close - self.start).days + 1, self.days)
        return half_up(self.price * over, self.days)

    def by_use(self, used: int, held: int, unused_share: Fraction) -> int:
        """Revenue to date along with use."""
        return half_up_of(self.price * progress(used, held, unused_share))


def progress(used: int, held: int, unused_share: Fraction) -> Fraction:
    """Share of the expected use that has come."""
    if used <= 0 or held <= 0:
        return Fraction(0)
    expected = held * (1 - unused_share)
    return min(Fraction(1), used / expected) if expected else Fraction(1)


def half_up_of(amount: Fraction) -> int:
    """Nearest whole number, halves up."""
    return half_up(amount.numerator, amount.denominator)


class Money:
    """The contracts of a run as :class:`plain.Plain` has it, and its closes."""

    def __init__(self, plain, least_ended: int = 30) -> None:
        self.plain, self.least_ended = plain, least_ended
        templates = {row.template_id: row for row in plain.templates.itertuples()}
        balances = frame_of(plain.run, "SELECT * FROM balances WHERE kind = 'topup'")
        topped_up = {row.balance_id: row for row in balances.itertuples()}
        self.movements = defaultdict(list)
        self.contracts = [
            Contract(row, templates[row.template_id])
            for row in plain.entitlements.itertuples()
            if row.activated_on is not None
        ]
        for row in plain.ledger.itertuples():
            day = as_day(row.happened_at)
            block = row.balance_id if row.balance_id in topped_up else None
            self.movements[row.entitlement_id, block].append((day, row))
            held = plain.entitlements.loc[row.entitlement_id]
            if row.reason == "topup" and held["activated_on"] is not None:
                sold = topped_up[row.balance_id]
                self.contracts.append(Contract(held, templates[held["template_id"]], sold, day))
        self.last = as_day(plain.last)
        day = as_day(plain.start)
        self.closes = [day - ONE_DAY]
        while day <= self.last:
            end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
            self.closes.append(min(end, self.last))
            day = end + ONE_DAY

    def unused_share(self, template: int, close: dt.date) -> Fraction | None:
        """Expected breakage of a template as known at a close; None where it is not supported."""
        begins = as_day(self.plain.start)
        ended = [
            (row.allotment, self.unused(row.entitlement_id, row.end_date))
            for row in self.plain.limited().itertuples()
            if row.template_id == template and row.ended_by != "cancellation" and row.allotment
            and begins <= as_day(row.end_date) < close
        ]  # fmt: skip
        if len(ended) < self.least_ended:
            return None
        return Fraction(sum(unused for _, unused in ended), sum(held for held, _ in ended))

    def unused(self, contract: int, end: object) -> int:
        """Terms that an entitlement leaves unused, its own and those of its top-ups."""
        blocks = {block for owner, block in self.movements if owner == contract}
        return max(0, self.held(contract, end) - self.use(contract, end)) - sum(
            row.amount
            for block in blocks - {None}
            for _, row in self.movements[contract, block]
            if row.reason == "expire"
        )

    def use(self, contract: int, close: object, block: int | None = None) -> int:
        """Net use up to a day, be it before the run, of its own terms or those of a top-up."""
        last = as_day(close)
        moves = self.movements[contract, block]
        return -sum(row.amount for day, row in moves if day <= last and row.reason in USE)

    def held(self, contract: int, close: object, block: int | None = None) -> int:
        """Terms put in up to a day."""
        last = as_day(close)
        moves = self.movements[contract, block]
        return sum(row.amount for day, row in moves if day <= last and row.reason in PUT_IN)

    def moved(self, one: Contract, close: dt.date) -> tuple[int, int]:
        """Terms used and put in up to a day, of what is paid for."""
        return self.use(one.id, close, one.top_up), self.held(one.id, close, one.top_up)

    def to_date(self, template: int, close: dt.date) -> dict[str, int]:
        """Revenue to date of all contracts of a template, by method."""
        total: dict[str, int] = Counter(dict.fromkeys(METHODS, 0))
        share = self.unused_share(template, close)
        price, used, held = 0, 0, 0
        for one in self.contracts:
            if one.template_id != template or one.opens > close:
                continue
            if one.closes <= close:
                for method in METHODS:
                    total[method] += one.price - one.refund
                continue
            straight = one.straight(close)
            total["stand_ready"] += straight
            if one.is_unlimited:
                for method in METHODS[:3]:
                    total[method] += straight
                continue
            use, terms = self.moved(one, close)
            total["remote"] += one.by_use(use, terms, Fraction(0))
            total["proportional_by_contract"] += one.by_use(use, terms, share or Fraction(0))
            if share is None:
                total["proportional_by_portfolio"] += one.by_use(use, terms, Fraction(0))
            price, used, held = price + one.price, used + use, held + terms
        if share is not None:
            total["proportional_by_portfolio"] += half_up_of(price * progress(used, held, share))
        return total

    def unrecognised(self, template: int, close: dt.date, method: str) -> int:
        """What is owed at a close: prices billed, less refunds and revenue to date."""
        billed = sum(
            one.price - (one.refund if one.closes <= close else 0)
            for one in self.contracts
            if one.template_id == template and one.billed <= close
        )
        return billed - self.to_date(template, close)[method]

    def roll_forward(self) -> dict[tuple, tuple[int, ...]]:
        """Opening, billed, revenue, refunded and closing, by month, template and method."""
        rows = {}
        for template in sorted({one.template_id for one in self.contracts}):
            of_template = [one for one in self.contracts if one.template_id == template]
            before = self.to_date(template, self.closes[0])
            opening = {name: self.unrecognised(template, self.closes[0], name) for name in METHODS}
            for first, last in zip(self.closes, self.closes[1:], strict=False):
                billed = sum(one.price for one in of_template if first < one.billed <= last)
                refunded = sum(one.refund for one in of_template if first < one.closes <= last)
                after = self.to_date(template, last)
                for method in METHODS:
                    closing = self.unrecognised(template, last, method)
                    revenue = after[method] - before[method]
                    row = (opening[method], billed, revenue, refunded, closing)
                    if any((row[0], billed, revenue, closing)):
                        rows[month(last), template, method] = row
                    opening[method] = closing
                before = after
        return rows

    def left_by_days(self, method: str) -> Counter:
        """What is owed at the last close, by template and by first and last day to come."""
        left: Counter = Counter()
        for one in self.contracts:
            if one.closes <= self.last:
                continue
            earned = 0
            if one.opens <= self.last:
                share = self.unused_share(one.template_id, self.last) or Fraction(0)
                if method == "remote":
                    share = Fraction(0)
                use, terms = self.moved(one, self.last)
                by_days = method == "stand_ready" or one.is_unlimited
                earned = one.straight(self.last) if by_days else one.by_use(use, terms, share)
            key = one.template_id, max(one.start, self.last + ONE_DAY), one.end, one.is_unlimited
            left[key] += one.price - earned
        return left
