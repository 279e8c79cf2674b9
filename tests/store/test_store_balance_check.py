"""What comes into balances is what goes out of them and what is left."""

from collections.abc import Iterator

import pytest
from sold_offerings import sold

from entitlement_sim import simulate
from entitlement_sim.store.balance_check import broken_laws
from entitlement_sim.store.run import Run
from entitlement_sim.store.verify import verify


@pytest.fixture
def run() -> Iterator[Run]:
    few = {f"segments.{name}.customers": 3 for name in ("cases", "hours", "packs")}
    with simulate(sold(few), seed=5) as stored:
        yield stored


def test_the_balances_of_offerings_as_they_are_sold_add_up(run: Run) -> None:
    assert verify(run).holds


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (
            "UPDATE balances SET remaining_terms = remaining_terms + 1 WHERE balance_id = 1",
            "what moved on a balance is not what is left of it (1)",
        ),
        (
            "UPDATE balances SET remaining_terms = remaining_terms + 1 "
            "WHERE balance_id = (SELECT min(balance_id) FROM balances WHERE kind = 'channel')",
            "what moved on a channel is not what is left of it (1)",
        ),
        (
            "UPDATE entitlements SET remaining_terms = remaining_terms + 1 "
            "WHERE entitlement_id = 1",
            "the balances of an entitlement do not add up to what it has left (1)",
        ),
        (
            "DELETE FROM ledger WHERE rowid = "
            "(SELECT min(rowid) FROM ledger WHERE reason = 'rollover_in')",
            "what was carried over did not arrive (1)",
        ),
        (
            "UPDATE balances SET remaining_terms = 2 WHERE balance_id = "
            "(SELECT min(balance_id) FROM balances WHERE kind = 'carried')",
            "something is left of a balance that is over (1)",
        ),
        (
            "UPDATE ledger SET balance = balance + 1 "
            "WHERE rowid = (SELECT min(rowid) FROM ledger WHERE reason = 'consume')",
            "a row of the ledger does not go on where the one before it left off (1)",
        ),
    ],
)
def test_what_does_not_add_up_is_said(run: Run, edit: str, says: str) -> None:
    run.connection.execute(edit)
    assert says in broken_laws(run)
