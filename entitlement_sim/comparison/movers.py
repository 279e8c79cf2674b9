"""Winners and losers: the customers whose outcome moved most, and the rows that moved it."""

from typing import TYPE_CHECKING, Final

from ..store.run import Run
from .measures import METRICS

if TYPE_CHECKING:
    import pandas as pd

#: What customers are ranked by, the first before the second: columns of the sums.
_RANKED: Final = ("turned_away", "bookings")
_PARTS: Final = {metric.numerator: metric.parts for metric in METRICS if metric.kind != "share"}

#: The rows of a customer's ledger, with what they are known by in another run: numbers of contracts
#: and cases are not the same there.
_LEDGER: Final = """
SELECT happened_at, templates.template, reason::VARCHAR AS reason, ledger.amount::DOUBLE AS amount,
       ledger.balance::DOUBLE AS balance, cases.created_at AS case_came_at,
       cases.origin::VARCHAR AS case_came_by, cases.outcome::VARCHAR AS case_outcome
FROM ledger
JOIN entitlements USING (entitlement_id)
JOIN templates USING (template_id)
LEFT JOIN cases USING (case_id)
WHERE entitlements.customer_id = ? AND happened_at >= (SELECT start_date FROM run)
    AND (ledger.amount <> 0 OR ledger.case_id IS NOT NULL)
ORDER BY happened_at, ledger.entitlement_id, entry
"""

#: Cases without a row in any ledger: those of customers who hold nothing, and the like.
_CASES: Final = """
SELECT created_at AS happened_at, NULL AS template, 'case' AS reason, NULL::DOUBLE AS amount,
       NULL::DOUBLE AS balance, created_at AS case_came_at, origin::VARCHAR AS case_came_by,
       outcome::VARCHAR AS case_outcome
FROM arrived_cases
WHERE customer_id = ? AND case_id NOT IN (
    SELECT case_id FROM ledger WHERE case_id IS NOT NULL
)
ORDER BY created_at, case_id
"""

#: What makes a row of one run the counterpart of one in the other; the balance does not.
_KEYS: Final = ("happened_at", "template", "reason", "amount", "case_came_at", "case_outcome")


def movers(
    first: "pd.DataFrame",
    second: "pd.DataFrame",
    most: int | None,
    *,
    knows_turned_away: bool = True,
) -> "pd.DataFrame":
    """Return the customers of whom cases turned away or bookings differ, most of all first.

    Parameters
    ----------
    first, second : DataFrame
        As :func:`~.by_customer.sums_by_customer` returns them, customers numbered alike.
    most : int or None
        How many; None returns all.
    knows_turned_away : bool, default True
        Whether it is known of both runs which cases were turned away; else these are NaN.

    Returns
    -------
    DataFrame
        Columns `customer_id`, `segment`, and of `turned_away` and `bookings` each the value in the
        first run, in the second, and the difference: ``turned_away_first`` and so on. Sorted by how
        far cases turned away differ, then bookings.
    """
    columns = list(_RANKED)
    before, after = (
        sums.groupby(["customer_id", "segment"], observed=True)[columns].sum().add_suffix(side)
        for sums, side in ((first, "_first"), (second, "_second"))
    )
    both = before.join(after, how="outer").fillna(0).astype(float)
    if not knows_turned_away:
        both[["turned_away_first", "turned_away_second"]] = float("nan")
    for column in columns:
        parts = _PARTS.get(column, 1)
        sides = [f"{column}_first", f"{column}_second"]
        both[sides] /= parts
        both[f"{column}_difference"] = both[sides[1]] - both[sides[0]]
    moved = both[both[[f"{column}_difference" for column in columns]].fillna(0).ne(0).any(axis=1)]
    far = {f"{column}_far": moved[f"{column}_difference"].abs() for column in columns}
    ranked = (
        moved.assign(**far)
        .reset_index()
        .sort_values([*far, "customer_id"], ascending=[False] * len(far) + [True])
    )
    names = [f"{column}_{side}" for column in columns for side in ("first", "second", "difference")]
    shown = ranked if most is None else ranked.head(most)
    return shown[["customer_id", "segment", *names]].reset_index(drop=True)


def rows_that_differ(
    first: Run, second: Run, customers: tuple[int, int], names: tuple[str, str]
) -> "pd.DataFrame":
    """Return the rows of a customer's ledgers that have no counterpart in the other run.

    A counterpart is a row of the same moment, template, reason and amount, about the same case with
    the same outcome. Cases that moved no balance stand there too, with the reason "case".

    Parameters
    ----------
    first, second : Run
    customers : tuple of int
        The customer's number in each.
    names : tuple of str
        What the runs are called.

    Returns
    -------
    DataFrame
        Columns `run`, `happened_at`, `template`, `reason`, `amount`, `balance`, `case_came_at`,
        `case_came_by` and `case_outcome`, in the order in which things happened.
    """
    import pandas as pd

    keys = list(_KEYS)
    sides = []
    for run, customer in zip((first, second), customers, strict=True):
        rows = pd.concat(
            [run.sql(query, [customer]) for query in (_LEDGER, _CASES)], ignore_index=True
        )
        sides.append(rows.assign(place=rows.groupby(keys, dropna=False).cumcount()))
    alone = []
    for name, own, other in zip(names, sides, reversed(sides), strict=True):
        known = own.merge(other[[*keys, "place"]], on=[*keys, "place"], how="left", indicator=True)
        is_alone = (known["_merge"] == "left_only").to_numpy()
        alone.append(own[is_alone].assign(run=name))
    both = pd.concat(alone, ignore_index=True).sort_values("happened_at", kind="stable")
    columns = [
        "run", "happened_at", "template", "reason", "amount", "balance", "case_came_at",
        "case_came_by", "case_outcome",
    ]  # fmt: skip
    return both[columns].reset_index(drop=True)
