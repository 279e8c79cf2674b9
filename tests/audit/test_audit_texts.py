"""What an audit says in words, on the invented book that comes along."""

from entitlement_sim.audit import audit
from entitlement_sim.audit.saying import sentences
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.sample import sample_book


def test_one_balance_that_parts_is_told_as_one() -> None:
    with enter(sample_book()) as run:
        assert sentences(audit(run)) == [
            "Of 8 recorded balances, 4 agree with the rules, 1 parts from them and "
            "3 cannot be decided.",
            "1 entitlement parts: terms worth EUR 150 too many are left, and terms worth EUR 0 too "
            "few.",
        ]
