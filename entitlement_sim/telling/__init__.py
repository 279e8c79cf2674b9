"""How numbers, days, lists and tables are written: one way in charts, notebooks, terminal, pages.

The conventions, each in one place:

- **Rounding** is half up (away from zero), in decimal arithmetic: 0.125 is 12.5%, 0.0625 is 6.3%.
- **Counts and amounts** have separators of thousands and as many of two decimals as they need;
  amounts of a ledger and single prices always have two; sums of money are whole.
- **Money** has its currency in front, where the scenario of a run names one (``run.currency``).
- **Shares** have one decimal. None is 0% and all is 100%, and nothing else is: what would round to
  them reads ``< 0.1%`` or ``> 99.9%``. Only the ticks of an axis may be whole.
- **A share of nothing** is "no share"; a value that is not known is an en dash, as is a limit that
  is not; a table without rows says "none".
- **Names** are letters, whatever they look like: ``verbatim`` writes them into Markdown.
- **Days** read ``2 Jan 2025`` in any sentence. In the column of a table, where days are compared,
  and wherever a person types one, they are ISO: ``2025-01-02``.
- **A base** is named where contracts or customers are counted: paid entitlements and paying
  customers, unless nothing has a price.
- **Lists** read "a, b and c".
- **Tables** are laid out from the same headings and rows for a terminal and in HTML; the first
  column names the row, numbers stand flush right.
"""

from .bases import customers_of, entitlements_of, left_out
from .days import clock, day, iso_day, iso_month, long_month, month, quarter, short_month
from .lists import listed, tally
from .money import in_currency, money, price, short_money, signed_money, signed_short_money
from .moves import (
    limits_of_kind,
    move_in_words,
    move_of_kind,
    moved_in_words,
    short_from,
    short_of_kind,
    value_of_kind,
)
from .names import FORMULA_BEGINNINGS, nearest, plain_name, printable, unknown, verbatim
from .numbers import (
    UNKNOWN,
    change,
    counted,
    exact,
    limits,
    number,
    percent,
    percent_tick,
    points,
    roughly,
    rounded,
    seconds,
    share_of,
    short,
    short_tick,
    signed,
    signed_rounded,
    signed_short,
    significant,
    tenths,
)
from .tables import LETTERS, Right, Table

__all__ = [
    "FORMULA_BEGINNINGS",
    "LETTERS",
    "UNKNOWN",
    "Right",
    "Table",
    "change",
    "clock",
    "counted",
    "customers_of",
    "day",
    "entitlements_of",
    "exact",
    "in_currency",
    "iso_day",
    "iso_month",
    "left_out",
    "limits",
    "limits_of_kind",
    "listed",
    "long_month",
    "money",
    "month",
    "move_in_words",
    "move_of_kind",
    "moved_in_words",
    "nearest",
    "number",
    "percent",
    "percent_tick",
    "plain_name",
    "points",
    "price",
    "printable",
    "quarter",
    "roughly",
    "rounded",
    "seconds",
    "share_of",
    "short",
    "short_from",
    "short_money",
    "short_month",
    "short_of_kind",
    "short_tick",
    "signed",
    "signed_money",
    "signed_rounded",
    "signed_short",
    "signed_short_money",
    "significant",
    "tally",
    "tenths",
    "unknown",
    "value_of_kind",
    "verbatim",
]
