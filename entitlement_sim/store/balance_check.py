"""Whether the balances of a run add up: what came into each of them is what went and what is left.

For each entitlement, its terms and the periods in them: what it began with, was granted, topped up
or got from other balances, with what was settled by a bill or forgiven, is what was used (net of
what came back), lapsed or went to other balances, and what is left.
"""

from typing import Final

from ..telling import number
from .damage import reading
from .formats import format_of
from .run import Run
from .views import expanded
from .views.qualifying import qualify

#: Balances on which the movements do not come to what is left; of what has no total, there is none.
_NOT_WHAT_IS_LEFT: Final = """
SELECT balance_id
FROM balances LEFT JOIN (
    SELECT balance_id, sum(amount) AS moved FROM ledger GROUP BY balance_id
) USING (balance_id)
WHERE kind <> 'channel' AND coalesce(moved, 0) <> remaining_terms
"""

#: Channels on which they do not: these move with the others, and alone.
_CHANNEL_NOT_WHAT_IS_LEFT: Final = """
SELECT balance_id
FROM balances AS channel LEFT JOIN (
    SELECT entitlement_id, origin, sum(origin_amount) AS moved
    FROM ledger WHERE origin IS NOT NULL GROUP BY ALL
) USING (entitlement_id, origin)
WHERE kind = 'channel' AND coalesce(moved, 0) <> channel.remaining_terms
"""

#: Entitlements whose balances do not add up to their own.
_NOT_THE_SUM: Final = """
SELECT entitlement_id
FROM entitlements JOIN (
    SELECT entitlement_id, sum(remaining_terms) AS left_over
    FROM balances WHERE kind <> 'channel' GROUP BY entitlement_id
) USING (entitlement_id)
WHERE left_over <> remaining_terms
"""

#: Entitlements of which something was carried that arrived nowhere, or came from nowhere.
_CARRIED_AWAY: Final = """
SELECT entitlement_id
FROM ledger
WHERE rolls_over(reason)
GROUP BY entitlement_id, happened_at
HAVING sum(amount) <> 0
"""

#: Balances with a period that is over and still have something, or lack it.
_LEFT_AFTER_ITS_END: Final = """
SELECT balance_id
FROM balances JOIN entitlements USING (entitlement_id)
CROSS JOIN (SELECT (start_date + days - 1)::DATE AS as_of FROM run)
WHERE is_one_of_several(kind) AND balances.remaining_terms <> 0
    AND (balances.ends < as_of OR entitlements.state IN ('expired', 'cancelled'))
"""

#: Entitlements whose periods do not go on with what those before them left.
_BROKEN: Final = """
SELECT entitlement_id
FROM (
    SELECT entitlement_id,
           balance <> sum(amount) OVER (PARTITION BY entitlement_id ORDER BY entry) AS is_wrong
    FROM ledger
)
WHERE is_wrong
"""

_LAWS: Final = {
    "what moved on a balance is not what is left of it": _NOT_WHAT_IS_LEFT,
    "what moved on a channel is not what is left of it": _CHANNEL_NOT_WHAT_IS_LEFT,
    "the balances of an entitlement do not add up to what it has left": _NOT_THE_SUM,
    "what was carried over did not arrive": _CARRIED_AWAY,
    "something is left of a balance that is over": _LEFT_AFTER_ITS_END,
    "a row of the ledger does not go on where the one before it left off": _BROKEN,
}

#: What they read: all of it is stored, and is at hand in a run that is opened without its views.
_READ: Final = ("balances", "entitlements", "ledger", "run")


def broken_laws(run: Run) -> tuple[str, ...]:
    """Return in words which laws of balances a run breaks, with how many of its rows do.

    It breaks none where its format has no balances: they are derived from its ledger then.
    """
    if "balances" not in format_of(run.manifest).columns:
        return ()
    places = {table: f"{run.stored_in}.{table}" for table in _READ}
    with reading(run.file):
        broken = []
        for words, query in _LAWS.items():
            [(count,)] = run.connection.execute(
                f"SELECT count(*) FROM ({qualify(expanded(query), places)})"
            ).fetchall()
            if count:
                broken.append(f"{words} ({number(count)})")
    return tuple(broken)
